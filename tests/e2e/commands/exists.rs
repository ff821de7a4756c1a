//! SESSIONS.EXISTS app token

use super::{check_arguments, check_counts, check_wrong_types, digest};
use crate::harness::*;

#[test]
fn exists_returns_1_for_a_live_session_and_0_otherwise_and_changes_nothing() {
    let server = Server::builder().aof().start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &["TTL", "100"]);
    let old = create(&mut client, "web", "u1", &["TTL", "100"]);
    let ended = create(&mut client, "web", "u1", &["LIFETIME", "100"]);
    age_everywhere(&mut client, "web", &token, 90);
    age(&mut client, "web", &old, 101);
    client.run(&["HSET", &format!("rs:web:{ended}"), "until", "1000"]);
    let before = digest(&mut client);
    let effects = server.effects(|| {
        let cases = [
            ("web", token.as_str(), 1),
            ("web", &old, 0),
            ("web", &ended, 0),
            ("other", &token, 0),
            ("web", &token_of('n'), 0),
        ];
        for (app, token, wanted) in cases {
            assert_eq!(
                client.run(&["SESSIONS.EXISTS", app, token]),
                Reply::Int(wanted),
                "{app} {token}"
            );
        }
    });
    assert_eq!(digest(&mut client), before);
    assert!(effects.is_empty(), "{effects:?}");
}

#[test]
fn exists_refuses_wrong_counts() {
    check_counts("SESSIONS.EXISTS {app} {token}", false);
}

#[test]
fn exists_refuses_wrong_arguments() {
    check_arguments("SESSIONS.EXISTS {app} {token}");
}

#[test]
fn exists_returns_wrongtype_for_a_foreign_key() {
    check_wrong_types("SESSIONS.EXISTS web {token}", &["hash"]);
}
