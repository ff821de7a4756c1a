//! SESSIONS.KILL app token

use super::{assert_plain, check_arguments, check_counts, check_wrong_types, digest};
use crate::harness::*;

#[test]
fn kill_removes_the_session_and_leaves_nothing_behind() {
    let server = Server::start();
    let mut client = server.client();
    for id in ["u1", "a:b:c", "me@home", "a b", "😀"] {
        let token = create(
            &mut client,
            "web",
            id,
            &["DATA", r#"{"a":1}"#, "NORESAVE", "LIFETIME", "50"],
        );
        assert_eq!(client.run(&["SESSIONS.KILL", "web", &token]), Reply::Int(1), "{id}");
        assert_no_keys(&mut client);
        assert_eq!(client.run(&["SESSIONS.KILL", "web", &token]), Reply::Int(0), "{id}");
        assert_eq!(client.run(&["SESSIONS.GET", "web", &token]), Reply::Nil, "{id}");
    }
}

#[test]
fn kill_of_a_session_that_its_ids_set_has_lost_keeps_the_set_for_the_others() {
    let server = Server::start();
    let mut client = server.client();
    let [lost, stays] = [(); 2].map(|()| create(&mut client, "web", "u1", &[]));
    client.run(&["SREM", "rs:web:us:u1", &lost]);
    assert_eq!(client.run(&["SESSIONS.KILL", "web", &lost]), Reply::Int(1));
    assert_eq!(client.run(&["SMEMBERS", "rs:web:us:u1"]).texts(), [stays.as_str()]);
    assert_eq!(client.run(&["SESSIONS.KILLSOID", "web", "u1"]), Reply::Int(1));
    assert_no_keys(&mut client);
}

#[test]
fn kill_leaves_the_other_sessions_of_the_id_alone() {
    let server = Server::start();
    let mut client = server.client();
    let [goes, stays] = [(); 2].map(|()| create(&mut client, "web", "u1", &[]));
    let other = create(&mut client, "web", "u2", &[]);
    let elsewhere = create(&mut client, "shop", "u1", &[]);
    assert_eq!(client.run(&["SESSIONS.KILL", "web", &goes]), Reply::Int(1));
    for (app, token) in [("web", &stays), ("web", &other), ("shop", &elsewhere)] {
        assert_eq!(
            client.run(&["SESSIONS.EXISTS", app, token]),
            Reply::Int(1),
            "{app} {token}"
        );
    }
    assert_eq!(client.run(&["SMEMBERS", "rs:web:us:u1"]).texts(), [stays.as_str()]);
    assert_eq!(client.run(&["SESSIONS.ACTIVITY", "web", "60"]), Reply::Int(2));
    assert_eq!(client.run(&["ZCARD", "rs:SESSIONS"]), Reply::Int(3));
}

#[test]
fn a_timed_out_session_is_not_counted_but_removed() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &["TTL", "100"]);
    age(&mut client, "web", &token, 101);
    assert_eq!(client.run(&["SESSIONS.KILL", "web", &token]), Reply::Int(0));
    assert_no_keys(&mut client);

    let token = create(&mut client, "web", "u1", &["LIFETIME", "100"]);
    client.run(&["HSET", &format!("rs:web:{token}"), "until", "1000"]);
    assert_eq!(client.run(&["SESSIONS.KILL", "web", &token]), Reply::Int(0));
    assert_no_keys(&mut client);
}

#[test]
fn kill_returns_0_for_an_unknown_session_and_changes_nothing() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &[]);
    let before = digest(&mut client);
    for (app, token) in [("web", token_of('n').as_str()), ("other", &token)] {
        assert_eq!(
            client.run(&["SESSIONS.KILL", app, token]),
            Reply::Int(0),
            "{app} {token}"
        );
    }
    assert_eq!(digest(&mut client), before);
}

#[test]
fn the_ids_score_is_raised_to_the_killed_sessions_la() {
    let server = Server::start();
    let mut client = server.client();
    let time = now(&mut client) - 100;
    let (goes, stays) = (token_in_step(time, 0, 'g'), token_in_step(time, 0, 's'));
    for token in [&goes, &stays] {
        plant(
            &mut client,
            "web",
            token,
            &[("id", "u1"), ("la", &time.to_string()), ("ttl", "7200")],
        );
    }
    client.run(&["HSET", &format!("rs:web:{goes}"), "la", &(time + 8).to_string()]);
    assert_eq!(client.run(&["SESSIONS.KILL", "web", &goes]), Reply::Int(1));
    assert_eq!(score(&mut client, "rs:web:_users", "u1"), Some(time + 8));
    assert_eq!(client.run(&["SESSIONS.KILL", "web", &stays]), Reply::Int(1));
    assert_no_keys(&mut client);
}

#[test]
fn kill_reaches_the_aof_as_plain_commands_in_one_transaction() {
    let server = Server::builder().aof().start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &[]);
    let effects = server.effects(|| {
        assert_eq!(client.run(&["SESSIONS.KILL", "web", &token]), Reply::Int(1));
    });
    assert_plain(&effects);
    client.run(&["DEBUG", "LOADAOF"]);
    assert_no_keys(&mut client);
}

#[test]
fn kill_refuses_wrong_counts() {
    check_counts("SESSIONS.KILL {app} {token}", false);
}

#[test]
fn kill_refuses_wrong_arguments() {
    check_arguments("SESSIONS.KILL {app} {token}");
}

#[test]
fn kill_with_a_key_of_the_wrong_type_writes_nothing() {
    check_wrong_types(
        "SESSIONS.KILL web {token}",
        &["hash", "_sessions", "_users", "us", "SESSIONS"],
    );
}
