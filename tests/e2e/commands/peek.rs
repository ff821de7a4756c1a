//! SESSIONS.PEEK app token [JSON]

use super::{check_arguments, check_counts, check_options, check_wrong_types, digest};
use crate::harness::*;

#[test]
fn peek_returns_the_session_with_its_sid_and_changes_nothing() {
    let server = Server::builder().aof().start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &["TTL", "100", "DATA", r#"{"a":1}"#]);
    age_everywhere(&mut client, "web", &token, 50);
    let before = digest(&mut client);
    let effects = server.effects(|| {
        for _ in 0..3 {
            let session = client.run(&["SESSIONS.PEEK", "web", &token]).session();
            assert_eq!(session.names(), ["sid", "id", "r", "w", "ttl", "idle", "created", "d"]);
            assert_eq!((session.int("r"), session.int("w"), session.int("ttl")), (1, 1, 100));
            assert!((50..=51).contains(&session.int("idle")), "{session:?}");
        }
    });
    assert_eq!(digest(&mut client), before);
    assert!(effects.is_empty(), "{effects:?}");
}

#[test]
fn the_sid_is_the_start_of_the_tokens_sha_256() {
    let server = Server::start();
    let mut client = server.client();
    let la = now(&mut client).to_string();
    for (letter, sid) in [
        ('a', "ffe054fe7ae0cb6d"),
        ('0', "60e05bd1b195af2f"),
        ('Z', "cc7321cce5e4409b"),
    ] {
        let token = token_of(letter);
        plant(&mut client, "web", &token, &[("id", "u1"), ("la", &la), ("ttl", "100")]);
        let session = client.run(&["SESSIONS.PEEK", "web", &token]).session();
        assert_eq!(session.text("sid"), sid, "{token}");
    }
}

#[test]
fn peek_returns_null_for_unknown_and_timed_out_sessions() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &["TTL", "100"]);
    age(&mut client, "web", &token, 101);
    for json in [&[][..], &["JSON"]] {
        for (app, token) in [("web", token_of('n').as_str()), ("other", &token), ("web", &token)] {
            let reply = client.run(&[&["SESSIONS.PEEK", app, token], json].concat());
            assert_eq!(reply, Reply::Nil, "{app} {token}");
        }
    }
}

#[test]
fn peek_and_exists_work_on_a_replica_and_get_does_not() {
    let primary = Server::builder().tcp().start();
    let replica = Server::builder().replica_of(&primary).start();
    let token = create(&mut primary.client(), "web", "u1", &[]);
    replica.catch_up_with(&primary);
    let mut client = replica.client();
    assert_eq!(client.run(&["SESSIONS.PEEK", "web", &token]).session().text("id"), "u1");
    assert_eq!(client.run(&["SESSIONS.EXISTS", "web", &token]), Reply::Int(1));
    let get = client.run(&["SESSIONS.GET", "web", &token]);
    assert!(get.error().starts_with("READONLY "), "{get:?}");
}

#[test]
fn peek_refuses_wrong_counts() {
    check_counts("SESSIONS.PEEK {app} {token}", true);
}

#[test]
fn peek_refuses_wrong_arguments() {
    check_arguments("SESSIONS.PEEK {app} {token}");
    check_options(
        "SESSIONS.PEEK {app} {token}",
        &[
            ("JSON JSON", "JSON is given twice"),
            ("WITHTOKENS", "unknown option at argument 3"),
        ],
    );
}

#[test]
fn peek_returns_wrongtype_for_a_foreign_key() {
    check_wrong_types("SESSIONS.PEEK web {token}", &["hash"]);
}
