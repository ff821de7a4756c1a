//! Random options and data.

use super::command::{Max, Options, Owner, Terms};
use super::data::{Data, Entries};
use super::database::Layout;
use super::draw;
use super::state::State;
use crate::harness::Dice;

const TTLS: &[i64] = &[1, 5, 10, 11, 30, 60, 300, 3600, 7200, 315_360_000];

const NAMES: &[&str] = &[
    "\"a\"",
    "\"b\"",
    "\"\\u0061\"",
    "\"\"",
    "\"ключ\"",
    "\"a b\\n\"",
    "\"\\ud83d\"",
    "\"n\"",
];

const VALUES: &[&str] = &[
    "null",
    "null",
    "true",
    "false",
    "0",
    "-0",
    "41",
    "-7",
    "1.0",
    "1E+2",
    "1e308",
    "9223372036854775807",
    "-9223372036854775808",
    "12345678901234567890",
    "\"\"",
    "\"41\"",
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

const USER_AGENTS: &[&str] = &["", "Mozilla/5.0 (X11; Linux x86_64) é", "tab\tand\u{85}\r\n"];

pub(super) fn of_a_new_one(dice: &mut Dice) -> Options {
    let owner = if dice.chance(25) { Owner::Nobody } else { Owner::Unnamed };
    Options {
        max: if owner == Owner::Unnamed { max(dice) } else { None },
        owner,
        no_resave: dice.chance(25),
        data: dice.chance(50).then(|| entries(dice, 0)),
        ..of_any(dice)
    }
}

/// On a single server a visitor needs no id.
pub(super) fn id_of_a_new_one(dice: &mut Dice, state: &State, options: &Options, id: String) -> String {
    let may_be_empty = options.owner == Owner::Nobody && state.layout == Layout::Single;
    if may_be_empty && dice.chance(50) {
        String::new()
    } else {
        id
    }
}

pub(super) fn of_a_save(dice: &mut Dice, state: &State, app: &str, token: &str) -> Options {
    let owner = owner(dice, state, app, token);
    Options {
        max: if matches!(owner, Owner::Id(_)) { max(dice) } else { None },
        owner,
        no_resave: dice.chance(15),
        ..of_any(dice)
    }
}

pub(super) fn of_a_rotation(dice: &mut Dice, state: &State, app: &str, token: &str) -> Options {
    let repeated = state
        .aliases
        .iter()
        .find(|alias| alias.app == app && alias.old == token);
    let owner = match repeated {
        Some(alias) if !alias.of.is_empty() && dice.chance(50) => Owner::Id(alias.of.clone()),
        _ => owner(dice, state, app, token),
    };
    Options {
        max: if matches!(owner, Owner::Id(_)) { max(dice) } else { None },
        grace: dice.chance(50).then(|| [1, 2, 30, 60][dice.below(4)]),
        owner,
        data: dice.chance(40).then(|| match dice.below(4) {
            0 => Entries::new(),
            _ => changes(dice, state, app, token),
        }),
        ..of_any(dice)
    }
}

fn of_any(dice: &mut Dice) -> Options {
    Options {
        ip: dice
            .chance(40)
            .then(|| dice.pick(&["", "127.0.0.1", "::1", "proxy, 10.0.0.1"]).to_owned()),
        ua: dice.chance(40).then(|| user_agent(dice)),
        ttl: time_out(dice),
        lifetime: if dice.chance(40) { time_out(dice) } else { None },
        ..Options::default()
    }
}

/// Mostly close to the number of existing sessions.
fn max(dice: &mut Dice) -> Option<Max> {
    dice.chance(35).then(|| Max {
        n: if dice.chance(10) { 100 } else { 1 + dice.below(4) },
        reject: dice.chance(40),
    })
}

fn user_agent(dice: &mut Dice) -> String {
    match dice.below(6) {
        0 => "ü".repeat(300),
        1 => "x".repeat(511) + "é",
        _ => dice.pick(USER_AGENTS).to_owned(),
    }
}

/// In a cluster mostly an id of the token's slot.
fn owner(dice: &mut Dice, state: &State, app: &str, token: &str) -> Owner {
    match dice.below(10) {
        0..5 => Owner::Unnamed,
        5 | 6 => Owner::Nobody,
        _ if state.layout == Layout::Cluster && dice.chance(80) => match state.find(app, token) {
            Some(session) if !session.id.is_empty() && dice.chance(50) => Owner::Id(session.id.clone()),
            _ => Owner::Id(format!("of {{{token}}}")),
        },
        _ => Owner::Id(draw::id(dice, state, app)),
    }
}

pub(super) fn terms(dice: &mut Dice, state: &State, app: &str, token: &str) -> Terms {
    let id = state.find(app, token).map_or("", |session| &session.id).to_owned();
    Terms {
        if_w: dice.chance(20).then(|| w_near(dice, state, app, token)),
        if_id: dice.chance(20).then(|| match dice.below(4) {
            0 => String::new(),
            1 => draw::id(dice, state, app),
            _ => id,
        }),
        ttl: if dice.chance(40) { time_out(dice) } else { None },
        lifetime: if dice.chance(30) { time_out(dice) } else { None },
    }
}

/// The session's `w`, or another.
pub(super) fn w_near(dice: &mut Dice, state: &State, app: &str, token: &str) -> i64 {
    let w = state.find(app, token).map_or(1, |session| session.w);
    match dice.below(6) {
        0 => w - 1,
        1 => [0, w + 1, i64::MAX][dice.below(3)],
        _ => w,
    }
}

pub(super) fn time_out(dice: &mut Dice) -> Option<i64> {
    dice.chance(60).then(|| TTLS[dice.below(TTLS.len())])
}

pub(super) fn entries(dice: &mut Dice, least: i64) -> Entries {
    let count = dice.between(least, 4);
    let entry = |_| (dice.pick(NAMES).to_owned(), dice.pick(VALUES).to_owned());
    (0..count).map(entry).collect()
}

/// Sometimes changes that remove all data.
pub(super) fn changes(dice: &mut Dice, state: &State, app: &str, token: &str) -> Entries {
    let data = state.find(app, token).map(|session| &session.data);
    match data {
        Some(Data::Object(entries)) if dice.chance(25) => {
            let removed = |(name, _): &(String, String)| (name.clone(), "null".to_owned());
            entries.iter().map(removed).collect()
        }
        _ => entries(dice, 1),
    }
}
