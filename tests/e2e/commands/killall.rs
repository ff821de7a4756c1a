//! SESSIONS.KILLALL app

use super::{assert_plain, check_arguments, check_counts, check_wrong_types, digest};
use crate::harness::*;

#[test]
fn killall_kills_every_session_of_the_app_and_no_other() {
    let server = Server::start();
    let mut client = server.client();
    for id in ["u1", "u1", "a:b", "me@home", "a b", ":"] {
        create(&mut client, "web", id, &["DATA", r#"{"a":1}"#]);
    }
    let other = create(&mut client, "web2", "u1", &[]);
    assert_eq!(client.run(&["SESSIONS.KILLALL", "web"]), Reply::Int(6));
    assert_eq!(client.run(&["SESSIONS.KILLALL", "web"]), Reply::Int(0));
    assert_eq!(client.run(&["SESSIONS.EXISTS", "web2", &other]), Reply::Int(1));
    assert_eq!(client.run(&["DBSIZE"]), Reply::Int(5));
    assert_eq!(client.run(&["SESSIONS.KILLALL", "web2"]), Reply::Int(1));
    assert_no_keys(&mut client);
}

#[test]
fn killall_counts_live_sessions_only_and_removes_the_others_too() {
    let server = Server::start();
    let mut client = server.client();
    let tokens: Vec<String> = (0..5)
        .map(|n| create(&mut client, "web", &format!("u{n}"), &["TTL", "100"]))
        .collect();
    age(&mut client, "web", &tokens[0], 101);
    client.run(&["HDEL", &format!("rs:web:{}", tokens[1]), "id"]);
    client.run(&["HSET", &format!("rs:web:{}", tokens[2]), "la", "yesterday"]);
    client.run(&["DEL", &format!("rs:web:{}", tokens[3])]);
    assert_eq!(client.run(&["SESSIONS.KILLALL", "web"]), Reply::Int(1));
    assert_no_keys(&mut client);
}

#[test]
fn killall_removes_ids_that_have_no_session() {
    let server = Server::start();
    let mut client = server.client();
    for sessions in [0, 1] {
        for n in 0..40 {
            client.run(&["ZADD", "rs:web:_users", "1000", &format!("nobody{n}")]);
        }
        client.run(&["SADD", "rs:web:us:nobody7", "rubbish"]);
        (0..sessions).for_each(|_| drop(create(&mut client, "web", "u1", &[])));
        assert_eq!(client.run(&["SESSIONS.KILLALL", "web"]), Reply::Int(sessions));
        assert_no_keys(&mut client);
    }
}

#[test]
fn killall_removes_thousands_and_returns_how_many() {
    let server = Server::start();
    let mut client = server.client();
    for number in 0..5000 {
        client.send(&["SESSIONS.CREATE", "web", &format!("u{}", number % 1700)]);
    }
    for _ in 0..5000 {
        client.receive().text();
    }
    assert_eq!(client.run(&["SESSIONS.KILLALL", "web"]), Reply::Int(5000));
    assert_no_keys(&mut client);
}

#[test]
fn killall_skips_a_foreign_key() {
    let server = Server::start();
    let mut client = server.client();
    let tokens = [(); 3].map(|()| create(&mut client, "web", "u1", &[]));
    let foreign = format!("rs:web:{}", tokens[1]);
    client.run(&["DEL", &foreign]);
    client.run(&["RPUSH", &foreign, "theirs"]);
    assert_eq!(client.run(&["SESSIONS.KILLALL", "web"]), Reply::Int(2));
    assert_eq!(client.run(&["KEYS", "*"]).texts(), [foreign.as_str()]);
    client.run(&["DEL", &foreign]);

    create(&mut client, "web", "u1", &[]);
    client.run(&["DEL", "rs:web:us:u1"]);
    client.run(&["SET", "rs:web:us:u1", "theirs"]);
    create(&mut client, "web", "u2", &[]);
    assert_eq!(client.run(&["SESSIONS.KILLALL", "web"]), Reply::Int(2));
    assert_eq!(client.run(&["KEYS", "*"]).texts(), ["rs:web:us:u1"]);
}

#[test]
fn killall_of_an_unknown_app_returns_0_and_changes_nothing() {
    let server = Server::start();
    let mut client = server.client();
    create(&mut client, "web", "u1", &[]);
    let before = digest(&mut client);
    assert_eq!(client.run(&["SESSIONS.KILLALL", "we"]), Reply::Int(0));
    assert_eq!(digest(&mut client), before);
}

#[test]
fn killall_reaches_the_aof_as_plain_commands() {
    let server = Server::builder().aof().start();
    let mut client = server.client();
    for id in ["u1", "u2"] {
        create(&mut client, "web", id, &[]);
    }
    let effects = server.effects(|| {
        assert_eq!(client.run(&["SESSIONS.KILLALL", "web"]), Reply::Int(2));
    });
    assert_plain(&effects);
    client.run(&["DEBUG", "LOADAOF"]);
    assert_no_keys(&mut client);
}

#[test]
fn killall_refuses_wrong_counts() {
    check_counts("SESSIONS.KILLALL {app}", false);
}

#[test]
fn killall_refuses_wrong_arguments() {
    check_arguments("SESSIONS.KILLALL {app}");
}

#[test]
fn killall_with_an_index_of_the_wrong_type_writes_nothing() {
    check_wrong_types("SESSIONS.KILLALL web", &["_sessions", "_users", "SESSIONS"]);
}
