//! Random commands that have something to do with the sessions there are.

use super::command::{Choice, Command, Creation, Limit, Listing, Order};
use super::data::{Data, Entries};
use super::mistakes;
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

/// Ids that no session here has and that may be looked up all the same.
const FOREIGN_IDS: &[&str] = &["tab\t", "a\0b", "\u{85}", "\r\n+OK\r\n"];

const MALFORMED_TOKENS: &[&str] = &[
    "",
    "undefined",
    "eyJ1c2VyIjoxfQ.ZQ.abc",
    "{tag} and blanks",
    "0123456789012345678901234567890123456789012345678901234567890123x",
];

const TTLS: &[i64] = &[1, 5, 10, 11, 30, 60, 300, 3600, 7200, 315_360_000];

const DTS: &[i64] = &[0, 1, 2, 5, 9, 10, 11, 12, 20, 60, 7200, 315_360_000];

const NAMES: &[&str] = &[
    "\"a\"",
    "\"b\"",
    "\"\\u0061\"",
    "\"\"",
    "\"ключ\"",
    "\"a b\\n\"",
    "\"\\ud83d\"",
];

/// Names of the data above that INCR takes, and one that only INCR makes.
const KEYS: &[&str] = &["a", "b", "ключ", "a b\n", "\u{fffd}", "\\u0061"];

const ADDED: &[i64] = &[0, 1, -1, 7, i64::MAX, i64::MIN];

const VALUES: &[&str] = &[
    "null",
    "null",
    "true",
    "false",
    "0",
    "-0",
    "41",
    "9007199254740993",
    "9223372036854775807",
    "-9223372036854775808",
    "1.0",
    "1E+2",
    "1e308",
    "12345678901234567890",
    "\"\"",
    "\"text\"",
    "\"ünï 😀\"",
    "\"\\ud83d\"",
    "\"\\u0000\\r\\n\"",
    "\"{\\\"a\\\":1}\"",
    "[]",
    "[ null , {\"b\":[1.0,\"\\ude00\"]} ]",
    "{\"\\ud83d\":null,\"b\":{\"c\":{}}}",
    "\"a long text of sixty characters, so that some data are too large\"",
];

/// `clock` is about now.
pub(super) fn command(dice: &mut Dice, state: &State, clock: i64) -> Command {
    let (app, token) = session(dice, state);
    let id = id(dice, state, &app);
    let dt = window(dice, state, &app, clock);
    let maybe_dt = dice.chance(60).then_some(dt);
    let json = dice.chance(40);
    match dice.below(100) {
        0..22 => Command::Create {
            app,
            id,
            options: creation(dice),
        },
        22..32 => Command::Get { app, token, json },
        32..37 => Command::Peek { app, token, json },
        37..43 => Command::Set {
            changes: changes(dice, state, &app, &token),
            app,
            token,
            json,
        },
        43..49 => Command::Incr {
            app,
            token,
            key: dice.pick(KEYS).to_owned(),
            by: maybe(dice, ADDED),
        },
        49..54 => Command::Touch {
            app,
            token,
            ttl: maybe(dice, TTLS),
        },
        54..56 => Command::Exists { app, token },
        56..62 => {
            let id = dice.chance(50).then_some(id);
            Command::Rotate { app, token, id }
        }
        62..66 => Command::Kill { app, token },
        66..70 => Command::KillSoid {
            choice: choice(dice, state, token),
            id: looked_up(dice, id),
            app,
        },
        70 => Command::KillAll { app },
        71..77 => {
            let order = match dice.below(3) {
                0 => None,
                1 => Some(Order::Ascending),
                _ => Some(Order::Descending),
            };
            Command::Soid {
                app,
                id: looked_up(dice, id),
                only: dice.chance(20).then(|| sid_of(state, &token)),
                order,
                listing: listing(dice, maybe_dt, json),
            }
        }
        77..83 => Command::Soapp {
            app,
            listing: listing(dice, maybe_dt, json),
        },
        83..86 => Command::Activity { app, dt },
        86..89 => Command::Count { app, dt: maybe_dt },
        89..91 => Command::CountSoid {
            app,
            id: looked_up(dice, id),
            dt: maybe_dt,
        },
        91..95 => Command::Users {
            app,
            dt,
            limit: limit(dice),
        },
        95..98 => Command::Wipe,
        _ => mistakes::draw(dice, &app, &token, &id),
    }
}

/// Mostly a session that is there.
fn session(dice: &mut Dice, state: &State) -> (String, String) {
    let app = dice.pick(APPS).to_owned();
    match dice.below(20) {
        0 => (app, dice.token()),
        3 => (app, dice.pick(MALFORMED_TOKENS).to_owned()),
        1 if !state.dead.is_empty() => state.dead[dice.below(state.dead.len())].clone(),
        _ if state.sessions.is_empty() => (app, dice.token()),
        roll => {
            let session = &state.sessions[dice.below(state.sessions.len())];
            let of = if roll == 2 { app } else { session.app.clone() };
            (of, session.token.clone())
        }
    }
}

fn id(dice: &mut Dice, state: &State, app: &str) -> String {
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

fn creation(dice: &mut Dice) -> Creation {
    let ip = dice
        .chance(50)
        .then(|| dice.pick(&["", "127.0.0.1", "::1", "proxy, 10.0.0.1"]));
    // The limit of 512 bytes lies inside a character.
    let long = format!("x{}", "日本".repeat(100));
    let agents = ["", "curl/8.5.0", "tab\t and\r\nlines \u{85}", &long];
    let ua = dice.chance(30).then(|| dice.pick(&agents));
    Creation {
        ip: ip.map(ToOwned::to_owned),
        ua: ua.map(ToOwned::to_owned),
        ttl: maybe(dice, TTLS),
        no_resave: dice.chance(25),
        lifetime: if dice.chance(50) { maybe(dice, TTLS) } else { None },
        data: dice.chance(50).then(|| entries(dice, 0)),
    }
}

fn entries(dice: &mut Dice, least: i64) -> Entries {
    let count = dice.between(least, 4);
    let entry = |_| (dice.pick(NAMES).to_owned(), dice.pick(VALUES).to_owned());
    (0..count).map(entry).collect()
}

/// Now and then those that remove all there is.
fn changes(dice: &mut Dice, state: &State, app: &str, token: &str) -> Entries {
    let data = state.find(app, token).map(|session| &session.data);
    match data {
        Some(Data::Object(entries)) if dice.chance(25) => {
            let removed = |(name, _): &(String, String)| (name.clone(), "null".to_owned());
            entries.iter().map(removed).collect()
        }
        _ => entries(dice, 1),
    }
}

fn choice(dice: &mut Dice, state: &State, token: String) -> Choice {
    match dice.below(3) {
        0 => Choice::All,
        1 => Choice::Except(token),
        _ => Choice::Only(sid_of(state, &token)),
    }
}

fn sid_of(state: &State, token: &str) -> String {
    let named = state.sessions.iter().find(|session| session.token == token);
    named.map_or("0123456789abcdef".into(), |session| session.sid())
}

fn listing(dice: &mut Dice, dt: Option<i64>, json: bool) -> Listing {
    Listing {
        dt,
        limit: limit(dice),
        data: dice.chance(70),
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

/// A look-back window, often one at whose edge a session of the app lies.
fn window(dice: &mut Dice, state: &State, app: &str, clock: i64) -> i64 {
    let idle: Vec<i64> = state.of_app(app).map(|session| session.idle(clock)).collect();
    if idle.is_empty() || dice.chance(40) {
        return DTS[dice.below(DTS.len())];
    }
    let edge = idle[dice.below(idle.len())] + dice.between(-1, 1);
    edge.clamp(0, 315_360_000)
}

fn maybe(dice: &mut Dice, numbers: &[i64]) -> Option<i64> {
    dice.chance(60).then(|| numbers[dice.below(numbers.len())])
}
