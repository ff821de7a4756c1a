//! Random changes to the keys of the app `foul` and to the set that all apps share, as other
//! programs could make them.

use super::words::{Known, STORED_IDS, bytes, json, one_of};
use crate::harness::{Client, Dice};

const FIELDS: &[&str] = &[
    "id",
    "r",
    "w",
    "ip",
    "ua",
    "la",
    "ttl",
    "d",
    "no_resave",
    "created",
    "until",
    "hashed",
    "slot",
    "graced",
    "to",
    "sealed",
    "of",
    "since",
    "login",
    "x",
];

const VALUES: &[&str] = &[
    "",
    "0",
    "1",
    "-1",
    "nan",
    "1.5",
    "-9223372036854775808",
    "9223372036854775807",
    "99999999999999999999",
    "u1",
    "web",
    "\r\n+OK\r\n",
    "{",
    "{}",
    "[]",
    "{\"a\":[{}]}",
    "a\0b",
    " 12 ",
];

const NUMBERS: &[&str] = &[
    "-9223372036854775808",
    "9223372036854775807",
    "-1e300",
    "1e300",
    "-1",
    "0",
    "1",
    "1.9",
    "1700000000",
    "4000000000",
];

const SCORES: &[&str] = &["-inf", "+inf", "0", "1.5", "-1e300", "9e18", "1e19", "1700000000"];

/// Makes one random change; `known` are sessions of all apps.
pub(super) fn play(dice: &mut Dice, client: &mut Client, known: &[Known]) {
    let key = key(dice, known);
    let member = member(dice, known);
    let score = dice.pick(SCORES).as_bytes().to_vec();
    match dice.below(10) {
        0 | 1 => replace(dice, client, &key),
        2 if dice.chance(30) => write(client, &["PEXPIRE".into(), key, "1".into()]),
        2 => write(client, &["DEL".into(), key]),
        3 => {
            let other = self::key(dice, known);
            write(client, &["RENAME".into(), key, other]);
        }
        4 | 5 => {
            let value = match dice.below(4) {
                0 => bytes(dice),
                3 => one_of(dice, known).token.into(),
                1 => json(dice),
                _ => dice.pick(VALUES).into(),
            };
            let command = if dice.chance(20) { "HDEL" } else { "HSET" };
            let field = dice.pick(FIELDS).into();
            let mut words = vec![command.into(), key, field, value];
            words.truncate(if command == "HDEL" { 3 } else { 4 });
            write(client, &words);
        }
        6 => write(client, &["SADD".into(), key, member]),
        7 => write(client, &["ZADD".into(), key, score, member]),
        8 => plant(dice, client),
        _ => {
            let shared = [b"foul:".to_vec(), member].concat();
            let member = if dice.chance(70) { shared } else { bytes(dice) };
            write(client, &["ZADD".into(), "rs:SESSIONS".into(), score, member]);
        }
    }
}

/// Plants a session with all its index entries; every number may be absurd.
fn plant(dice: &mut Dice, client: &mut Client) {
    let (token, id) = (dice.token(), stored_id(dice));
    let key: Vec<u8> = format!("rs:foul:{token}").into();
    for field in ["id", "la", "ttl", "until", "created", "no_resave", "r", "w"] {
        let value = if field == "id" { id } else { dice.pick(NUMBERS) };
        if !["until", "no_resave"].contains(&field) || dice.chance(30) {
            write(client, &[b"HSET".to_vec(), key.clone(), field.into(), value.into()]);
        }
    }
    let member = format!("{token}:{id}");
    let indexes = [
        ("rs:foul:_sessions", member.clone()),
        ("rs:foul:_users", id.to_owned()),
        ("rs:SESSIONS", format!("foul:{member}")),
    ];
    for (set, member) in indexes {
        let score = dice.pick(SCORES).into();
        write(client, &[b"ZADD".to_vec(), set.into(), score, member.into()]);
    }
    write(
        client,
        &[b"SADD".to_vec(), format!("rs:foul:us:{id}").into(), token.into()],
    );
}

/// Runs `act` while a key of another type replaces the set that all apps share.
pub(super) fn without_the_shared_set(dice: &mut Dice, client: &mut Client, act: impl FnOnce(&mut Dice)) {
    let (shared, aside) = ("rs:SESSIONS".to_owned(), "aside".to_owned());
    write(client, &["RENAME".into(), shared.clone().into(), aside.clone().into()]);
    replace_with_another_type(dice, client, shared.as_bytes());
    act(dice);
    write(client, &["DEL".into(), shared.clone().into()]);
    write(client, &["RENAME".into(), aside.into(), shared.into()]);
}

fn replace(dice: &mut Dice, client: &mut Client, key: &[u8]) {
    write(client, &["DEL".into(), key.to_vec()]);
    replace_with_another_type(dice, client, key);
}

fn replace_with_another_type(dice: &mut Dice, client: &mut Client, key: &[u8]) {
    let commands: &[&[&str]] = &[&["SET", "text"], &["RPUSH", "item"], &["XADD", "*", "field", "value"]];
    let words = commands[dice.below(commands.len())];
    let mut command = vec![words[0].into(), key.to_vec()];
    command.extend(words[1..].iter().map(|word| word.as_bytes().to_vec()));
    write(client, &command);
}

/// Empty: anonymous.
fn stored_id(dice: &mut Dice) -> &'static str {
    if dice.chance(15) { "" } else { dice.pick(STORED_IDS) }
}

fn key(dice: &mut Dice, known: &[Known]) -> Vec<u8> {
    match dice.below(9) {
        0 | 1 => "rs:foul:_sessions".into(),
        2 | 3 => "rs:foul:_users".into(),
        4 => "rs:foul:_audit".into(),
        5 | 6 => format!("rs:foul:us:{}", stored_id(dice)).into(),
        _ => format!("rs:foul:{}", one_of(dice, known).token).into(),
    }
}

fn member(dice: &mut Dice, known: &[Known]) -> Vec<u8> {
    let id = stored_id(dice);
    match dice.below(5) {
        0 => bytes(dice),
        1 => id.into(),
        2 => one_of(dice, known).token.into(),
        _ => format!("{}:{id}", one_of(dice, known).token).into(),
    }
}

/// The server's own reply does not matter: the key may be of a wrong type or missing.
fn write(client: &mut Client, words: &[Vec<u8>]) {
    client.run(words);
}
