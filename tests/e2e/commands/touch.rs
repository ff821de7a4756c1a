//! SESSIONS.TOUCH app token [TTL s]

use super::{assert_plain, check_arguments, check_counts, check_options, check_wrong_types, digest};
use crate::harness::*;

#[test]
fn touch_refreshes_without_counting_a_read() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &["TTL", "100"]);
    age(&mut client, "web", &token, 90);
    let before = now(&mut client);
    assert_eq!(client.run(&["SESSIONS.TOUCH", "web", &token]), Reply::Int(1));
    assert!(la(&mut client, "web", &token) >= before);
    let session = client.run(&["SESSIONS.PEEK", "web", &token]).session();
    assert_eq!((session.int("r"), session.int("w"), session.int("ttl")), (1, 1, 100));
}

#[test]
fn touch_returns_0_for_unknown_and_timed_out_sessions_and_changes_nothing() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &["TTL", "100"]);
    age(&mut client, "web", &token, 101);
    let before = digest(&mut client);
    for tail in [&[][..], &["TTL", "1000"]] {
        for (app, token) in [("web", token_of('n').as_str()), ("other", &token), ("web", &token)] {
            let reply = client.run(&[&["SESSIONS.TOUCH", app, token], tail].concat());
            assert_eq!(reply, Reply::Int(0), "{app} {token} {tail:?}");
        }
    }
    assert_eq!(digest(&mut client), before);
}

#[test]
fn touch_with_ttl_sets_the_idle_timeout_from_now_on() {
    let server = Server::start();
    let mut client = server.client();
    for ttl in [50, 100_000] {
        let token = create(&mut client, "web", "u1", &["TTL", "100"]);
        age_everywhere(&mut client, "web", &token, 80);
        let command = ["SESSIONS.TOUCH", "web", &token, "TTL", &ttl.to_string()];
        assert_eq!(client.run(&command), Reply::Int(1));
        let la = la(&mut client, "web", &token);
        assert_eq!(hash_field(&mut client, "web", &token, "ttl"), Some(ttl.to_string()));
        let wipe_at = score(&mut client, "rs:SESSIONS", &format!("web:{token}:u1"));
        assert_eq!(wipe_at, Some(wipe_score(&token, la, ttl)));
    }
}

#[test]
fn touch_with_another_ttl_moves_the_cleanup_pass_even_within_a_step() {
    let server = Server::start();
    let mut client = server.client();
    let time = now(&mut client);
    let token = token_in_step(time, 5, 'x');
    let la = (time - 4).to_string();
    let fields = [
        ("id", "u1"),
        ("r", "1"),
        ("w", "1"),
        ("la", la.as_str()),
        ("ttl", "1000"),
    ];
    plant(&mut client, "web", &token, &fields);
    assert_eq!(
        client.run(&["SESSIONS.TOUCH", "web", &token, "TTL", "10"]),
        Reply::Int(1)
    );
    let la = crate::harness::la(&mut client, "web", &token);
    let wipe_at = score(&mut client, "rs:SESSIONS", &format!("web:{token}:u1"));
    assert_eq!(wipe_at, Some(wipe_score(&token, la, 10)));
}

#[test]
fn touch_with_ttl_does_not_outlive_the_lifetime() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &["TTL", "100", "LIFETIME", "200"]);
    let until = hash_field(&mut client, "web", &token, "until").unwrap();
    client.run(&["SESSIONS.TOUCH", "web", &token, "TTL", "5000"]);
    let wipe_at = score(&mut client, "rs:SESSIONS", &format!("web:{token}:u1"));
    assert_eq!(wipe_at, Some(until.parse().unwrap()));
    assert_eq!(hash_field(&mut client, "web", &token, "until"), Some(until));
}

#[test]
fn touch_reaches_the_aof_as_plain_commands() {
    let server = Server::builder().aof().start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &["TTL", "100"]);
    age_everywhere(&mut client, "web", &token, 30);
    let effects = server.effects(|| {
        client.run(&["SESSIONS.TOUCH", "web", &token, "TTL", "50"]);
    });
    assert_plain(&effects);
    assert_eq!(write_effects(&effects).len(), 4, "{effects:?}");
    let before = digest(&mut client);
    client.run(&["DEBUG", "LOADAOF"]);
    assert_eq!(digest(&mut client), before);
}

#[test]
fn touch_refuses_wrong_counts() {
    check_counts("SESSIONS.TOUCH {app} {token}", true);
}

#[test]
fn touch_refuses_wrong_arguments() {
    check_arguments("SESSIONS.TOUCH {app} {token} TTL {ttl}");
    check_options(
        "SESSIONS.TOUCH {app} {token}",
        &[
            ("TTL", "TTL requires a value"),
            ("JSON", "unknown option at argument 3"),
            ("TTL 5 TTL 5", "TTL is given twice"),
            ("TTL 5 ttl", "TTL is given twice"),
            ("TTL 5 JSON", "unknown option at argument 5"),
        ],
    );
}

#[test]
fn touch_with_a_key_of_the_wrong_type_writes_nothing() {
    check_wrong_types(
        "SESSIONS.TOUCH web {token}",
        &["hash", "_sessions", "_users", "SESSIONS"],
    );
    check_wrong_types(
        "SESSIONS.TOUCH web {token} TTL 50",
        &["hash", "_sessions", "_users", "SESSIONS"],
    );
}
