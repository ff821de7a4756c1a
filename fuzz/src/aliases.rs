//! Aliases as any program may have stored them, together with a session that was rotated with a
//! grace.

use std::collections::BTreeMap;

use sessions::offline::{COMMANDS, Database, Reply, Value};
use sessions_model::alias::{Alias, Purpose};
use sessions_model::ident::{App, Token};
use sessions_model::index::Step;
use sessions_model::keys::Keys;
use sessions_model::parts::Part;
use sessions_model::session::Seconds;
use sessions_model::stored_name::{Storage, StoredName};

use crate::replies::{assert_is_a_reply, assert_is_an_error};
use crate::{BETWEEN_PARTS, NAMESPACE, START, STEPS, settings};

/// In the place of a field: the hash does not have that field.
const NO_FIELD: &[u8] = &[0xFE];
/// In the place of a field's value: the value of an alias that leads to the session.
const RIGHT: &[u8] = &[0xFD];
const NAMES: [&str; 10] = [
    "to", "sealed", "until", "of", "since", "login", "id", "hashed", "la", "ttl",
];
const OWNER: &[u8] = b"bob";
const UNTIL: Seconds = START + 20;

/// The input has the fields of a hash under an old token. Each command gets that token in the form
/// in which it is stored.
pub fn aliases(input: &[u8]) {
    for storage in [Storage::Plain, Storage::Hashed] {
        let parts = input.split(|&byte| byte == BETWEEN_PARTS);
        let named = NAMES.into_iter().zip(parts).filter(|(_, value)| *value != NO_FIELD);
        let right = right(storage);
        let fields: BTreeMap<Vec<u8>, Vec<u8>> = named
            .filter_map(|(name, value)| {
                let value = if value == RIGHT {
                    right.get(name.as_bytes())?
                } else {
                    value
                };
                Some((name.as_bytes().to_vec(), value.to_vec()))
            })
            .collect();
        for now in [START, UNTIL, UNTIL - 61, UNTIL + 1, i64::MIN, i64::MAX] {
            check(&fields, storage, now);
        }
    }
}

fn check(fields: &BTreeMap<Vec<u8>, Vec<u8>>, storage: Storage, now: Seconds) {
    let (old, new) = tokens();
    let value = |name: &str| fields.get(name.as_bytes()).map(Vec::as_slice);
    let is = |name: &str, wanted: &[u8]| value(name) == Some(wanted);
    let is_led = match storage {
        Storage::Plain => is("to", new.as_bytes()) && value("sealed").is_none(),
        Storage::Hashed => {
            value("to").is_none() && value("sealed") == right(storage).get(&b"sealed"[..]).map(Vec::as_slice)
        }
    };
    let number = |name: &str| value(name).and_then(|text| std::str::from_utf8(text).ok()?.parse::<Seconds>().ok());
    let agrees = number("until") == Some(UNTIL) && number("since") == Some(START) && is("of", OWNER);
    let is_alias = value("id").is_none() && value("hashed").is_none();
    let may_lead = is_led && agrees && is_alias && (UNTIL - 60..=UNTIL).contains(&now);
    for (name, more) in [
        ("PEEK", &[][..]),
        ("GET", &[]),
        ("SET", &[&b"{\"a\":1}"[..]]),
        ("INCR", &[b"n"]),
        ("TOUCH", &[]),
        ("EXISTS", &[]),
        ("SAVE", &[b"{}", b"XX"]),
        ("SAVE", &[b"{}", b"ID", b"eve"]),
        ("ROTATE", &[b"GRACE", b"60"]),
        ("ROTATE", &[b"ID", OWNER]),
        ("ROTATE", &[b"ID", b"eve", b"GRACE", b"5"]),
        ("KILL", &[]),
    ] {
        let database = with_session(fields, storage);
        let before = database.contents();
        let arguments = [&[&b"web"[..], old.as_bytes()], more].concat();
        let is_repeat = more == [&b"ID"[..], OWNER];
        let leads = may_lead && (value("login").is_none() || is_repeat);
        let name = format!("SESSIONS.{name}");
        let command = COMMANDS.iter().find(|command| command.name == name).expect("a command");
        match command.run(&database, &arguments, now) {
            Ok(reply) => {
                assert_is_a_reply(&reply, database.contents().len());
                let is_found = matches!(reply, Reply::Integer(1));
                assert!(
                    name != "SESSIONS.EXISTS" || is_found || !leads,
                    "an alias that agrees leads nowhere"
                );
                if let (Reply::Session(session), true) = (&reply, is_alias) {
                    assert!(leads, "{name} finds a session that does not agree");
                    assert!(session.fields.iter().any(|(name, _)| name == "token"));
                }
            }
            Err(error) => assert_is_an_error(&error),
        }
        let key = key(storage, &new);
        if !leads {
            let after = database.contents();
            assert_eq!(
                after.get(&key),
                before.get(&key),
                "{name} reaches a session that does not agree"
            );
        }
    }
}

fn tokens() -> (Token, Token) {
    let token = |letter| Token::parse(&[letter; 64]).expect("64 letters");
    (token(b'o'), token(b'n'))
}

fn key(storage: Storage, token: &Token) -> Vec<u8> {
    let app = App::parse(b"web").expect("an app");
    Keys::new(NAMESPACE, Part::Whole)
        .session(app, &StoredName::of(token, storage))
        .to_vec()
}

/// The fields of an alias that leads to the session.
fn right(storage: Storage) -> BTreeMap<Vec<u8>, Vec<u8>> {
    thread_local! {
        // Sealing generates a nonce.
        static RIGHT: [BTreeMap<Vec<u8>, Vec<u8>>; 2] = [Storage::Plain, Storage::Hashed].map(|storage| {
            let (old, new) = tokens();
            let alias = Alias::new((&old, &new), storage, OWNER, Some(START), UNTIL, Purpose::LogIn);
            alias.expect("random numbers").to_fields().into_iter().collect()
        });
    }
    RIGHT.with(|[plain, hashed]| match storage {
        Storage::Plain => plain.clone(),
        Storage::Hashed => hashed.clone(),
    })
}

fn with_session(alias: &BTreeMap<Vec<u8>, Vec<u8>>, storage: Storage) -> Database {
    let (old, new) = tokens();
    let database = Database::new(settings(STEPS.first().copied().unwrap_or(Step::DEFAULT), storage));
    let owner = match storage {
        Storage::Plain => "id",
        Storage::Hashed => "hashed",
    };
    let (start, until) = (START.to_string(), UNTIL.to_string());
    let fields = [
        (owner, "bob"),
        ("la", start.as_str()),
        ("ttl", "7200"),
        ("created", &start),
        ("graced", &until),
    ];
    let hash = fields.map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()));
    database.put(&key(storage, &new), Value::Hash(hash.into()));
    if !alias.is_empty() {
        database.put(&key(storage, &old), Value::Hash(alias.clone()));
    }
    database
}
