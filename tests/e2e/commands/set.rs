//! SESSIONS.SET app token json [JSON]; `data` tests which JSON is accepted.

use super::{
    assert_plain, check_arguments, check_counts, check_options, check_wrong_types, digest, plant_within_a_step,
};
use crate::harness::*;

#[test]
fn set_merges_and_returns_w_incremented_and_the_merged_data() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &["TTL", "100", "DATA", r#"{"a":1,"b":2}"#]);
    age(&mut client, "web", &token, 40);
    let session = client
        .run(&["SESSIONS.SET", "web", &token, r#"{"b":"x","c":true}"#])
        .session();
    assert_eq!(session.names(), ["sid", "id", "r", "w", "ttl", "idle", "created", "d"]);
    assert_eq!((session.int("r"), session.int("w"), session.int("ttl")), (1, 2, 100));
    assert!(
        (40..=41).contains(&session.int("idle")),
        "idle as it was before: {session:?}"
    );
    assert_eq!(session.text("d"), r#"{"a":1,"b":"x","c":true}"#);
    assert_eq!(hash_field(&mut client, "web", &token, "w").unwrap(), "2");
    assert_eq!(hash_field(&mut client, "web", &token, "r").unwrap(), "1");
    let d = hash_field(&mut client, "web", &token, "d");
    assert_eq!(d.as_deref(), Some(r#"{"a":1,"b":"x","c":true}"#));
    let idle = client.run(&["SESSIONS.PEEK", "web", &token]).session().int("idle");
    assert!((0..=1).contains(&idle), "SET refreshes");
}

#[test]
fn set_removes_what_is_null_and_d_when_nothing_is_left() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &["DATA", r#"{"a":1,"b":2}"#]);
    let steps = [
        (r#"{"a":null}"#, Some(r#"{"b":2}"#)),
        (r#"{"x":null}"#, Some(r#"{"b":2}"#)),
        (r#"{"b":null}"#, None),
        (r#"{"x":null}"#, None),
        (r#"{"y":0,"x":null}"#, Some(r#"{"y":0}"#)),
    ];
    for (number, (json, wanted)) in steps.iter().enumerate() {
        let session = client.run(&["SESSIONS.SET", "web", &token, json]).session();
        assert_eq!(
            session.get("d").map(|d| d.text().to_owned()).as_deref(),
            *wanted,
            "{json}"
        );
        assert_eq!(session.int("w"), number as i64 + 2);
        assert_eq!(
            hash_field(&mut client, "web", &token, "d").as_deref(),
            *wanted,
            "{json}"
        );
    }
}

#[test]
fn set_returns_null_for_unknown_and_timed_out_sessions_and_changes_nothing() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &["TTL", "100"]);
    age(&mut client, "web", &token, 101);
    let before = digest(&mut client);
    for tail in [&[][..], &["JSON"]] {
        for (app, token) in [("web", token_of('n').as_str()), ("other", &token), ("web", &token)] {
            let reply = client.run(&[&["SESSIONS.SET", app, token, r#"{"a":1}"#], tail].concat());
            assert_eq!(reply, Reply::Nil, "{app} {token}");
        }
    }
    assert_eq!(digest(&mut client), before);
}

#[test]
fn a_refused_set_changes_nothing_and_does_not_count_as_a_use() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &["DATA", r#"{"a":1}"#]);
    age(&mut client, "web", &token, 50);
    let before = digest(&mut client);
    for json in ["{}", "[]", "x", r#"{"a":1e400}"#] {
        let reply = client.run(&["SESSIONS.SET", "web", &token, json]);
        assert!(reply.error().starts_with("ERR invalid data: "), "{json}: {reply:?}");
    }
    assert_eq!(digest(&mut client), before);
}

#[test]
fn set_within_a_step_writes_only_d_la_and_w() {
    let server = Server::builder().aof().start();
    let mut client = server.client();
    create(&mut client, "web", "u0", &[]);
    let token = plant_within_a_step(&mut client, r#"{"a":1}"#);
    let key = format!("rs:web:{token}");
    let effects = server.effects(|| {
        client.run(&["SESSIONS.SET", "web", &token, r#"{"a":2}"#]).session();
    });
    assert_eq!(effects.len(), 1, "{effects:?}");
    assert_eq!(effects[0][..2], ["HSET".to_owned(), key.clone()]);
    assert!(effects[0].windows(2).any(|pair| pair == ["w", "8"]), "{effects:?}");
    assert!(
        effects[0].windows(2).any(|pair| pair == ["d", r#"{"a":2}"#]),
        "{effects:?}"
    );
    let effects = server.effects(|| {
        client.run(&["SESSIONS.SET", "web", &token, r#"{"a":null}"#]).session();
    });
    assert_plain(&effects);
    let removed = ["HDEL".to_owned(), key, "d".into()];
    assert!(write_effects(&effects).contains(&removed.to_vec()), "{effects:?}");
}

#[test]
fn set_refuses_wrong_counts() {
    check_counts("SESSIONS.SET {app} {token} {\"a\":1}", true);
}

#[test]
fn set_refuses_wrong_arguments() {
    check_arguments("SESSIONS.SET {app} {token} {\"a\":1}");
    check_options(
        "SESSIONS.SET {app} {token} {\"a\":1}",
        &[
            ("JSON JSON", "JSON is given twice"),
            ("TTL 5 TTL 5", "TTL is given twice"),
            ("IFW", "IFW requires a value"),
            ("NX", "unknown option at argument 4"),
            ("{\"a\":1}", "unknown option at argument 4"),
            ("JSON {\"a\":1}", "unknown option at argument 5"),
        ],
    );
}

#[test]
fn set_with_a_key_of_the_wrong_type_writes_nothing() {
    check_wrong_types(
        "SESSIONS.SET web {token} {\"a\":2}",
        &["hash", "_sessions", "_users", "SESSIONS"],
    );
}
