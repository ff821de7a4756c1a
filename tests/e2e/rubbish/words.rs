//! Arguments that range from nearly right to absurd.

use crate::harness::Dice;

/// Part of every wrong argument; no error may repeat it.
pub(super) const MARKER: &str = "Se3cretMark";

const APPS: &[&str] = &["web", "foul"];

const IDS: &[&str] = &["u1", "a:b", "Zoë", "x y"];

/// The same ids, and some that CREATE refuses but that may be stored and looked up.
pub(super) const STORED_IDS: &[&str] = &["u1", "a:b", "Zoë", "x y", "tab\t", "a\0b", "\u{85}"];

/// Commands with the number of their positional arguments and their options.
const COMMANDS: &[(&str, usize, &[&str])] = &[
    (
        "CREATE",
        2,
        &[
            "ANON", "IP", "UA", "TTL", "NORESAVE", "LIFETIME", "MAX", "REJECT", "DATA",
        ],
    ),
    ("CREATE", 2, &[]),
    ("GET", 2, &["JSON"]),
    ("PEEK", 2, &["JSON"]),
    ("SET", 3, &["JSON", "IFW", "IFID", "TTL", "LIFETIME"]),
    ("SAVE", 3, &[]),
    (
        "SAVE",
        3,
        &[
            "NX", "XX", "ID", "ANON", "IP", "UA", "TTL", "LIFETIME", "NORESAVE", "MAX", "REJECT", "IFW",
        ],
    ),
    ("INCR", 3, &["BY"]),
    ("TOUCH", 2, &["TTL"]),
    ("EXISTS", 2, &[]),
    (
        "ROTATE",
        2,
        &[
            "ID", "ANON", "GRACE", "IP", "UA", "TTL", "LIFETIME", "MAX", "REJECT", "DATA",
        ],
    ),
    ("KILL", 2, &[]),
    ("KILLSOID", 2, &["EXCEPT", "ONLY"]),
    ("KILLALL", 1, &[]),
    (
        "SOID",
        2,
        &["ONLY", "DT", "ASC", "DESC", "LIMIT", "NODATA", "WITHTOKENS", "JSON"],
    ),
    ("SOAPP", 2, &["LIMIT", "NODATA", "WITHTOKENS", "JSON"]),
    ("ACTIVITY", 2, &[]),
    ("COUNT", 1, &["DT"]),
    ("COUNTSOID", 2, &["DT"]),
    ("USERS", 2, &["LIMIT"]),
    ("WIPE", 0, &[]),
    ("HELP", 0, &[]),
];

const STRAY_OPTIONS: &[&str] = &["TTL", "LIMIT", "json", "DATA", "", "JSON\0", "Se3cretMark"];

const NUMBERS: &[&str] = &[
    "0",
    "1",
    "-1",
    "10",
    "315360000",
    "315360001",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "18446744073709551616",
    "1e3",
    "0x10",
    "٣",
    "+1",
    " 1",
    "1 ",
    "007",
    "nan",
];

const JSON: &[&str] = &[
    r#"{"a":1,"b":"text","c":null,"d":true,"e":-1.5e+10}"#,
    r#"{"Se3cretMark":"Se3cretMark","x":"\ud83d\ude00\u0000"}"#,
    r#"{"a":{"b":[1,2,{"c":"Se3cretMark"}]}}"#,
    r#" { "a" : "\"\\\/\b\f\n\r\t" , "a" : "\ud83d" } "#,
    r#"{"n":9223372036854775807,"a":-0,"b":12345678901234567890,"c":"7"}"#,
    r#"{"__proto__":"Se3cretMark","":""}"#,
    r#"{"\ud83d":[1e400,{"\ude00":"\ud83dSe3cretMark"}],"\ud83c":99999999999999999999}"#,
    "[1,2,3]",
    "null",
    "{}",
];

/// Names of numbers in the data, and other names.
const KEYS: &[&str] = &["n", "a", "b", "c", "", "\0", "\u{fffd}", "\"\n", "Se3cretMark"];

/// A session that was created in this run and may have ended.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) app: String,
    pub(super) token: String,
}

/// A command that is correct, or has words that are replaced, missing or added.
pub(super) fn command(dice: &mut Dice, known: &[Known]) -> Vec<Vec<u8>> {
    let (name, positional, options) = drawn_command(dice);
    let mut words: Vec<Vec<u8>> = vec![format!("SESSIONS.{name}").into()];
    let session = one_of(dice, known);
    words.extend((0..positional).map(|place| fitting(dice, name, place, &session)));
    if !options.is_empty() && dice.chance(50) {
        for _ in 0..=dice.below(2) {
            let name = dice.pick(options);
            option(dice, name, known, &mut words);
        }
    }
    if dice.chance(45) {
        for _ in 0..=dice.below(2) {
            spoil(dice, known, &mut words);
        }
    }
    words
}

/// Commands that end many sessions at once are rare.
fn drawn_command(dice: &mut Dice) -> (&'static str, usize, &'static [&'static str]) {
    loop {
        let drawn = COMMANDS[dice.below(COMMANDS.len())];
        if !["KILLALL", "KILLSOID"].contains(&drawn.0) || dice.chance(20) {
            return drawn;
        }
    }
}

fn spoil(dice: &mut Dice, known: &[Known], words: &mut Vec<Vec<u8>>) {
    let at = dice.below(words.len());
    match dice.below(6) {
        0 if at > 0 => drop(words.remove(at)),
        1 => words.insert(at + 1, word(dice, known)),
        2 => words.push(dice.pick(STRAY_OPTIONS).into()),
        _ if at > 0 => words[at] = word(dice, known),
        _ => words.push(word(dice, known)),
    }
}

fn option(dice: &mut Dice, name: &str, known: &[Known], words: &mut Vec<Vec<u8>>) {
    words.push(name.into());
    let number = dice.between(1, 100).to_string();
    match name {
        "IP" => words.push("10.0.0.1".into()),
        "UA" => words.push(word(dice, known)),
        "TTL" | "LIFETIME" | "DT" | "MAX" => words.push(number.into()),
        "GRACE" => words.push(dice.between(0, 61).to_string().into()),
        "LIMIT" => words.extend(["0".into(), number.into()]),
        "DATA" => words.push(json(dice)),
        "ID" => words.push(dice.pick(IDS).into()),
        "IFID" => words.push(dice.pick(STORED_IDS).into()),
        "IFW" => words.push(dice.between(0, 5).to_string().into()),
        "BY" => words.push(dice.pick(NUMBERS).into()),
        "EXCEPT" => words.push(token(dice, known)),
        "ONLY" => words.push(format!("{:016x}", dice.number()).into()),
        _ => {}
    }
}

fn fitting(dice: &mut Dice, name: &str, place: usize, session: &Known) -> Vec<u8> {
    match (name, place) {
        (_, 0) => session.app.clone().into(),
        ("SET" | "SAVE", 2) => json(dice),
        ("INCR", 2) => dice.pick(KEYS).into(),
        ("CREATE", _) => dice.pick(IDS).into(),
        ("SOID" | "KILLSOID" | "COUNTSOID", _) => dice.pick(STORED_IDS).into(),
        ("SOAPP" | "ACTIVITY" | "USERS", _) => dice.between(0, 100).to_string().into(),
        _ => session.token.clone().into(),
    }
}

/// A known session, sometimes of another app, or one that never was.
pub(super) fn one_of(dice: &mut Dice, known: &[Known]) -> Known {
    let app = dice.pick(APPS).to_owned();
    if known.is_empty() || dice.chance(20) {
        let token = dice.token();
        return Known { app, token };
    }
    let mut found = known[dice.below(known.len())].clone();
    if dice.chance(10) {
        found.app = app;
    }
    found
}

fn token(dice: &mut Dice, known: &[Known]) -> Vec<u8> {
    one_of(dice, known).token.into()
}

pub(super) fn word(dice: &mut Dice, known: &[Known]) -> Vec<u8> {
    match dice.below(12) {
        0 => token(dice, known),
        1 => dice.pick(IDS).into(),
        2 | 3 => dice.pick(NUMBERS).into(),
        4 | 5 => json(dice),
        6 => mutated(dice, MARKER.as_bytes()),
        7 => format!("{MARKER}{}", dice.token()).into_bytes(),
        8 => long(dice),
        9 => dice.pick(STRAY_OPTIONS).into(),
        _ => bytes(dice),
    }
}

pub(super) fn json(dice: &mut Dice) -> Vec<u8> {
    let seed = dice.pick(JSON).as_bytes();
    if dice.chance(30) {
        seed.to_vec()
    } else {
        mutated(dice, seed)
    }
}

pub(super) fn bytes(dice: &mut Dice) -> Vec<u8> {
    let length = dice.below(80);
    let random: Vec<u8> = (0..length).map(|_| dice.number() as u8).collect();
    [&random, MARKER.as_bytes()].concat()
}

fn long(dice: &mut Dice) -> Vec<u8> {
    match dice.below(5) {
        0 => MARKER.repeat(30).into_bytes(),
        1 => "[".repeat(20_000).into_bytes(),
        2 => "{\"a\":".repeat(20_000).into_bytes(),
        3 => format!("{{\"a\":\"{}\"}}", MARKER.repeat(9_000)).into_bytes(),
        _ => vec![0xff; 300],
    }
}

fn mutated(dice: &mut Dice, seed: &[u8]) -> Vec<u8> {
    const TELLING: &[u8] = b"{}[]\",:\\u0-+.eE \n\0\xff\xc3\x80";
    let mut text = seed.to_vec();
    for _ in 0..=dice.below(4) {
        let at = dice.below(text.len() + 1);
        let byte = TELLING[dice.below(TELLING.len())];
        match dice.below(5) {
            0 => text.insert(at, byte),
            1 if at < text.len() => text[at] = byte,
            2 if at < text.len() => drop(text.remove(at)),
            3 => text.truncate(at),
            _ => text.extend_from_within(at..),
        }
    }
    text
}
