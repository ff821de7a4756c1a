//! SESSIONS.ROTATE app token [ID id]

use super::{assert_plain, check_arguments, check_counts, check_options, check_wrong_types, digest};
use crate::harness::*;

#[test]
fn rotate_gives_the_same_session_a_new_token_and_the_old_token_is_dead() {
    let server = Server::start();
    let mut client = server.client();
    let options = ["IP", "10.0.0.1", "TTL", "500", "LIFETIME", "5000", "DATA", r#"{"a":1}"#];
    let old = create(&mut client, "web", "u1", &options);
    client.run(&["SESSIONS.GET", "web", &old]);
    client.run(&["SESSIONS.SET", "web", &old, r#"{"b":2}"#]);
    age_everywhere(&mut client, "web", &old, 50);
    let before = hash(&mut client, "web", &old);
    let start = now(&mut client);

    let new = client.run(&["SESSIONS.ROTATE", "web", &old]).text().to_owned();
    assert!(is_token(&new) && new != old, "{new}");
    assert_eq!(slot(&new), slot("u1"));
    let la = la(&mut client, "web", &new);
    assert!((start..=now(&mut client)).contains(&la), "ROTATE is a use");
    let without_la =
        |fields: Vec<(String, String)>| -> Vec<_> { fields.into_iter().filter(|(name, _)| name != "la").collect() };
    assert_eq!(without_la(hash(&mut client, "web", &new)), without_la(before));
    for command in ["GET", "PEEK", "ROTATE"] {
        assert_eq!(client.run(&[&format!("SESSIONS.{command}"), "web", &old]), Reply::Nil);
    }

    assert_eq!(client.run(&["DBSIZE"]), Reply::Int(5));
    assert_eq!(score(&mut client, "rs:web:_sessions", &format!("{new}:u1")), Some(la));
    assert_eq!(score(&mut client, "rs:web:_users", "u1"), Some(la));
    let wipe_at = score(&mut client, "rs:SESSIONS", &format!("web:{new}:u1"));
    assert_eq!(wipe_at, Some(wipe_score(&new, la, 500)));
    assert_eq!(client.run(&["ZCARD", "rs:web:_sessions"]), Reply::Int(1));
    assert_eq!(client.run(&["ZCARD", "rs:SESSIONS"]), Reply::Int(1));
    assert_eq!(client.run(&["SMEMBERS", "rs:web:us:u1"]).texts(), [new.as_str()]);
    client.run(&["SESSIONS.KILL", "web", &new]);
    assert_no_keys(&mut client);
}

#[test]
fn rotate_with_id_moves_the_session_to_that_id() {
    let server = Server::start();
    let mut client = server.client();
    let old = create(&mut client, "web", "visitor:7", &["DATA", r#"{"cart":3}"#]);
    let new = client
        .run(&["SESSIONS.ROTATE", "web", &old, "ID", "me@home"])
        .text()
        .to_owned();
    assert_eq!(slot(&new), slot("me@home"));
    let session = client.run(&["SESSIONS.PEEK", "web", &new]).session();
    assert_eq!((session.text("id"), session.text("d")), ("me@home", r#"{"cart":3}"#));
    assert_eq!(client.run(&["SESSIONS.COUNTSOID", "web", "visitor:7"]), Reply::Int(0));
    assert_eq!(client.run(&["SESSIONS.COUNTSOID", "web", "me@home"]), Reply::Int(1));
    assert_eq!(client.run(&["SESSIONS.USERS", "web", "0"]).texts(), ["me@home"]);
    assert_eq!(client.run(&["EXISTS", "rs:web:us:visitor:7"]), Reply::Int(0));
    assert_eq!(client.run(&["DBSIZE"]), Reply::Int(5));
    client.run(&["SESSIONS.KILL", "web", &new]);
    assert_no_keys(&mut client);
}

#[test]
fn rotate_to_the_same_id_is_a_plain_rotate() {
    let server = Server::start();
    let mut client = server.client();
    let old = create(&mut client, "web", "u1", &[]);
    let new = client
        .run(&["SESSIONS.ROTATE", "web", &old, "id", "u1"])
        .text()
        .to_owned();
    assert_eq!(client.run(&["SMEMBERS", "rs:web:us:u1"]).texts(), [new.as_str()]);
    assert_eq!(client.run(&["SESSIONS.USERS", "web", "0"]).texts(), ["u1"]);
    client.run(&["SESSIONS.KILL", "web", &new]);
    assert_no_keys(&mut client);
}

#[test]
fn an_id_that_loses_a_session_but_keeps_others_keeps_its_activity() {
    let server = Server::start();
    let mut client = server.client();
    let time = now(&mut client) - 100;
    let (goes, stays) = (token_in_step(time, 0, 'g'), token_in_step(time, 0, 's'));
    let (la, score_then) = ((time + 8).to_string(), time.to_string());
    plant(
        &mut client,
        "web",
        &stays,
        &[("id", "u1"), ("la", &score_then), ("ttl", "7200")],
    );
    plant(
        &mut client,
        "web",
        &goes,
        &[("id", "u1"), ("la", &score_then), ("ttl", "7200")],
    );
    client.run(&["HSET", &format!("rs:web:{goes}"), "la", &la]);
    client.run(&["SESSIONS.ROTATE", "web", &goes, "ID", "u2"]).text();
    let left = score(&mut client, "rs:web:_users", "u1").unwrap();
    assert!((time + 8..=now(&mut client)).contains(&left), "{left}, la was {la}");
}

#[test]
fn rotate_keeps_unknown_fields_of_the_hash() {
    let server = Server::start();
    let mut client = server.client();
    let old = create(&mut client, "web", "u1", &[]);
    client.run(&["HSET", &format!("rs:web:{old}"), "theirs", "kept"]);
    client.run(&["SESSIONS.GET", "web", &old]);
    client.run(&["SESSIONS.SET", "web", &old, r#"{"a":1}"#]);
    let new = client.run(&["SESSIONS.ROTATE", "web", &old]).text().to_owned();
    assert_eq!(hash_field(&mut client, "web", &new, "theirs").as_deref(), Some("kept"));
}

#[test]
fn rotate_returns_null_for_unknown_and_timed_out_sessions_and_changes_nothing() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &["TTL", "100"]);
    age(&mut client, "web", &token, 101);
    let before = digest(&mut client);
    for tail in [&[][..], &["ID", "u2"]] {
        for (app, token) in [("web", token_of('n').as_str()), ("other", &token), ("web", &token)] {
            let reply = client.run(&[&["SESSIONS.ROTATE", app, token], tail].concat());
            assert_eq!(reply, Reply::Nil, "{app} {token}");
        }
    }
    assert_eq!(digest(&mut client), before);
}

#[test]
fn rotate_reaches_the_aof_as_plain_commands_in_one_transaction() {
    let server = Server::builder().aof().start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &["DATA", r#"{"a":1}"#]);
    let effects = server.effects(|| {
        client.run(&["SESSIONS.ROTATE", "web", &token, "ID", "u2"]).text();
    });
    assert_plain(&effects);
    assert!(write_effects(&effects).len() >= 8, "{effects:?}");
    let before = digest(&mut client);
    client.run(&["DEBUG", "LOADAOF"]);
    assert_eq!(digest(&mut client), before);
}

#[test]
fn rotate_refuses_wrong_counts() {
    check_counts("SESSIONS.ROTATE {app} {token}", true);
}

#[test]
fn rotate_refuses_wrong_arguments() {
    check_arguments("SESSIONS.ROTATE {app} {token} ID {id}");
    check_arguments("SESSIONS.ROTATE {app} {token} ID {id} MAX {max}");
    check_options(
        "SESSIONS.ROTATE {app} {token}",
        &[
            ("ID", "ID requires a value"),
            ("JSON", "unknown option at argument 3"),
            ("ID u2 ID u2", "ID is given twice"),
            ("ID u2 id", "ID is given twice"),
            ("ID u2 JSON", "unknown option at argument 5"),
            ("ID u2 MAX", "MAX requires a value"),
            ("ID u2 MAX 3 4", "unknown option at argument 7"),
            ("ID u2 REJECT", "REJECT requires MAX"),
            ("MAX 3", "MAX requires ID"),
            ("MAX 0 REJECT", "MAX requires ID"),
            ("ANON MAX 3", "MAX requires ID"),
        ],
    );
}

#[test]
fn rotate_with_a_key_of_the_wrong_type_writes_nothing() {
    check_wrong_types(
        "SESSIONS.ROTATE web {token}",
        &["hash", "_sessions", "_users", "us", "SESSIONS"],
    );
    check_wrong_types(
        "SESSIONS.ROTATE web {token} ID u2",
        &["hash", "_sessions", "_users", "us", "SESSIONS"],
    );
}

#[test]
fn rotate_to_an_id_whose_set_has_the_wrong_type_writes_nothing() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &[]);
    client.run(&["SET", "rs:web:us:u2", "x"]);
    let before = digest(&mut client);
    let reply = client.run(&["SESSIONS.ROTATE", "web", &token, "ID", "u2"]);
    assert_eq!(reply.error(), WRONGTYPE);
    assert_eq!(digest(&mut client), before);
}
