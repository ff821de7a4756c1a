//! Random commands, most of them about existing sessions.

use super::command::{Choice, Command, Existence, Limit, Listing, Order};
use super::mistakes;
use super::options;
use super::state::State;
use crate::harness::Dice;

pub(super) const APPS: &[&str] = &["web", "web-2", "SESSIONS"];

pub(super) const IDS: &[&str] = &[
    "u1",
    "a",
    "a:b",
    "a:b:c",
    "us:a",
    ":",
    "Zoë Müller",
    "x@example.com",
    "日本語 😀",
    "\"quoted\" \\ {tag} %s",
];

/// Ids that no session here has and that commands may still look up.
const FOREIGN_IDS: &[&str] = &["tab\t", "a\0b", "\u{85}", "\r\n+OK\r\n"];

const MALFORMED_TOKENS: &[&str] = &[
    "",
    "undefined",
    "eyJ1c2VyIjoxfQ.ZQ.abc",
    "{tag} and blanks",
    "0123456789012345678901234567890123456789012345678901234567890123x",
];

const DTS: &[i64] = &[0, 1, 2, 5, 9, 10, 11, 12, 20, 60, 7200, 315_360_000];

const KEYS: &[&str] = &["a", "b", "n", "ключ", "a b\n", "\u{fffd}", "\u{0}\"\\/\u{7f}"];

const STEPS: &[i64] = &[0, 1, -1, 5, -40, i64::MAX, i64::MIN];

/// `clock` is approximately the present time.
pub(super) fn command(dice: &mut Dice, state: &State, clock: i64) -> Command {
    let (app, token) = session(dice, state);
    let id = id(dice, state, &app);
    let dt = window(dice, state, &app, clock);
    let maybe_dt = dice.chance(60).then_some(dt);
    let json = dice.chance(40);
    match dice.below(132) {
        0..18 => {
            let options = options::of_a_new_one(dice);
            let id = options::id_of_a_new_one(dice, state, &options, id);
            Command::Create { app, id, options }
        }
        18..38 => save(dice, state, app, token),
        38..48 => Command::Get { app, token, json },
        48..53 => Command::Peek { app, token, json },
        53..66 => set(dice, state, app, token, json),
        66..74 => Command::Incr {
            app,
            token,
            key: dice.pick(KEYS).repeat(if dice.chance(5) { 30 } else { 1 }),
            by: dice.chance(60).then(|| STEPS[dice.below(STEPS.len())]),
        },
        74..80 => Command::Touch {
            ttl: options::time_out(dice),
            app,
            token,
        },
        80..82 => Command::Exists { app, token },
        82..92 => Command::Rotate {
            options: options::of_a_rotation(dice, state, &app, &token),
            app,
            token,
        },
        92..96 => Command::Kill { app, token },
        96..100 => Command::KillSoid {
            choice: choice(dice, state, token),
            id: looked_up(dice, id),
            app,
        },
        100 => Command::KillAll { app },
        101..109 => {
            let order = match dice.below(3) {
                0 => None,
                1 => Some(Order::Ascending),
                _ => Some(Order::Descending),
            };
            Command::Soid {
                only: dice.chance(25).then(|| sid(dice, state, &app, &id)),
                id: looked_up(dice, id),
                app,
                order,
                listing: listing(dice, maybe_dt, json),
            }
        }
        109..115 => Command::Soapp {
            app,
            listing: listing(dice, maybe_dt, json),
        },
        115..118 => Command::Activity { app, dt },
        118..121 => Command::Count { app, dt: maybe_dt },
        121..123 => Command::CountSoid {
            app,
            id: looked_up(dice, id),
            dt: maybe_dt,
        },
        123..127 => Command::Users {
            app,
            dt,
            limit: limit(dice),
        },
        127..130 => Command::Wipe,
        _ => mistakes::draw(dice, &app, &token, &id),
    }
}

fn save(dice: &mut Dice, state: &State, app: String, mut token: String) -> Command {
    if dice.chance(25) {
        token = dice.token();
    }
    let only = match dice.below(5) {
        0 => Some(Existence::New),
        1 | 2 => Some(Existence::Live),
        _ => None,
    };
    let if_w = if only == Some(Existence::New) || dice.chance(70) {
        None
    } else {
        Some(options::w_near(dice, state, &app, &token))
    };
    Command::Save {
        data: options::entries(dice, 0),
        options: options::of_a_save(dice, state, &app, &token),
        only,
        if_w,
        app,
        token,
    }
}

fn set(dice: &mut Dice, state: &State, app: String, token: String, json: bool) -> Command {
    let terms = options::terms(dice, state, &app, &token);
    let may_be_empty = terms.ttl.is_some() || terms.lifetime.is_some();
    let changes = if may_be_empty && dice.chance(40) {
        Vec::new()
    } else {
        options::changes(dice, state, &app, &token)
    };
    Command::Set {
        app,
        token,
        changes,
        terms,
        json,
    }
}

/// Mostly an existing session.
fn session(dice: &mut Dice, state: &State) -> (String, String) {
    let app = dice.pick(APPS).to_owned();
    match dice.below(20) {
        0 => (app, dice.token()),
        3 => (app, dice.pick(MALFORMED_TOKENS).to_owned()),
        4..7 if !state.aliases.is_empty() => {
            let alias = &state.aliases[dice.below(state.aliases.len())];
            (alias.app.clone(), alias.old.clone())
        }
        1 if !state.dead.is_empty() => state.dead[dice.below(state.dead.len())].clone(),
        _ if state.sessions.is_empty() => (app, dice.token()),
        roll => {
            let session = &state.sessions[dice.below(state.sessions.len())];
            let of = if roll == 2 { app } else { session.app.clone() };
            (of, session.token.clone())
        }
    }
}

pub(super) fn id(dice: &mut Dice, state: &State, app: &str) -> String {
    let ids: Vec<&str> = state.ids(app).collect();
    match dice.below(10) {
        0 if ids.len() > 3 => "é".repeat(256),
        1..9 if !ids.is_empty() => dice.pick(&ids).to_owned(),
        _ => dice.pick(IDS).to_owned(),
    }
}

fn looked_up(dice: &mut Dice, id: String) -> String {
    if dice.chance(5) {
        dice.pick(FOREIGN_IDS).to_owned()
    } else {
        id
    }
}

/// The sid of a session of the id, of another session, or of none.
fn sid(dice: &mut Dice, state: &State, app: &str, id: &str) -> String {
    let of_id: Vec<_> = state.of_id(app, id).collect();
    let of_app: Vec<_> = state.of_app(app).collect();
    let known = if dice.chance(80) { of_id } else { of_app };
    match known.len() {
        0 => "0123456789abcdef".into(),
        count => known[dice.below(count)].sid(),
    }
}

fn choice(dice: &mut Dice, state: &State, token: String) -> Choice {
    match dice.below(3) {
        0 => Choice::All,
        1 => Choice::Except(token),
        _ => {
            let named = state.sessions.iter().find(|session| session.token == token);
            Choice::Only(named.map_or("0123456789abcdef".into(), |session| session.sid()))
        }
    }
}

fn listing(dice: &mut Dice, dt: Option<i64>, json: bool) -> Listing {
    Listing {
        dt,
        limit: limit(dice),
        no_data: dice.chance(25),
        tokens: dice.chance(40),
        json,
    }
}

fn limit(dice: &mut Dice) -> Option<Limit> {
    let counts = [-1, 1, 2, 3, 1_000_000];
    dice.chance(40).then(|| Limit {
        offset: dice.between(0, 4),
        count: counts[dice.below(counts.len())],
    })
}

/// A look-back window, often one with a session of the app at its edge.
fn window(dice: &mut Dice, state: &State, app: &str, clock: i64) -> i64 {
    let idle: Vec<i64> = state.of_app(app).map(|session| session.idle(clock)).collect();
    if idle.is_empty() || dice.chance(40) {
        return DTS[dice.below(DTS.len())];
    }
    let edge = idle[dice.below(idle.len())] + dice.between(-1, 1);
    edge.clamp(0, 315_360_000)
}
