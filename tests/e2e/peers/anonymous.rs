//! What redis-sessions sees of anonymous sessions, which only the module creates, and what it
//! leaves behind: its get and its set add an empty id to the app's ids.

use super::sessions::app_and;
use super::{Peer, with_peer, with_server_and_peer};
use crate::harness::*;
use serde_json::{Value, json};

const USERS: &str = "rs:webapp:_users";

#[track_caller]
fn anonymous(client: &mut Client) -> String {
    let options = ["ANON", "IP", "203.0.113.7", "DATA", r#"{"cart":3}"#];
    create(client, "webapp", "a7f1", &options)
}

/// An anonymous session that redis-sessions has used, and the empty id that this has left.
#[track_caller]
fn used_by_theirs(client: &mut Client, peer: &mut Peer) -> String {
    let token = anonymous(client);
    peer.get(&token);
    assert!(score(client, USERS, "").is_some(), "an empty id");
    token
}

fn of_app(client: &mut Client, command: &str) -> Reply {
    client.run(&[&format!("SESSIONS.{command}"), "webapp", "600"])
}

#[test]
fn redis_sessions_shows_an_anonymous_session_with_an_empty_id() {
    with_peer(|client, peer| {
        let token = anonymous(client);
        let seen = peer.get(&token);
        let shown = [&seen["id"], &seen["ip"], &seen["r"], &seen["d"]];
        assert_eq!(
            shown,
            [&json!(""), &json!("203.0.113.7"), &json!(1), &json!({ "cart": 3 })]
        );
        let listed = peer.call("soapp", &app_and(json!({ "deltaTime": 600 })));
        assert_eq!(listed["sessions"][0]["id"], json!(""));
    });
}

#[test]
fn redis_sessions_changes_an_anonymous_session_and_it_stays_anonymous() {
    with_peer(|client, peer| {
        let token = anonymous(client);
        peer.call("set", &app_and(json!({ "token": token, "d": { "lang": "en" } })));
        let seen = client.run(&["SESSIONS.GET", "webapp", &token]).session();
        assert_eq!((seen.get("id"), seen.int("w")), (None, 2));
        assert_eq!(seen.text("d"), r#"{"cart":3,"lang":"en"}"#);
        assert_eq!(client.run(&["SESSIONS.COUNT", "webapp"]), Reply::Int(1));
    });
}

#[test]
fn redis_sessions_can_neither_list_nor_kill_anonymous_sessions_by_id() {
    with_peer(|client, peer| {
        let token = anonymous(client);
        for call in ["soid", "killsoid"] {
            let refused = peer.try_call(call, &app_and(json!({ "id": "" })));
            assert_eq!(refused, Err("No id supplied".to_owned()), "{call}");
        }
        assert_eq!(client.run(&["SESSIONS.EXISTS", "webapp", &token]), Reply::Int(1));
    });
}

#[test]
fn redis_sessions_counts_the_empty_id_that_it_leaves_and_the_module_does_not() {
    with_peer(|client, peer| {
        used_by_theirs(client, peer);
        let user = create(client, "webapp", "u1", &[]);
        assert_eq!(of_app(client, "ACTIVITY"), Reply::Int(1));
        assert_eq!(of_app(client, "USERS").texts(), ["u1"]);
        assert_eq!(of_app(client, "SOAPP").list().len(), 2);
        let theirs = peer.call("activity", &app_and(json!({ "deltaTime": 600 })));
        assert_eq!(theirs["activity"], json!(2));
        client.run(&["SESSIONS.KILL", "webapp", &user]);
        assert_eq!(of_app(client, "ACTIVITY"), Reply::Int(0));
        assert_eq!(of_app(client, "USERS"), Reply::List(vec![]));
    });
}

#[test]
fn the_module_removes_the_empty_id_with_an_anonymous_session() {
    with_peer(|client, peer| {
        let token = used_by_theirs(client, peer);
        assert_eq!(client.run(&["SESSIONS.KILL", "webapp", &token]), Reply::Int(1));
        assert_no_keys(client);

        used_by_theirs(client, peer);
        assert_eq!(client.run(&["SESSIONS.KILLALL", "webapp"]), Reply::Int(1));
        assert_no_keys(client);

        let token = used_by_theirs(client, peer);
        age_everywhere(client, "webapp", &token, 8000);
        assert_eq!(client.run(&["SESSIONS.WIPE"]), Reply::Int(1));
        assert_no_keys(client);
    });
}

#[test]
fn redis_sessions_ends_anonymous_sessions_and_leaves_nothing() {
    with_peer(|client, peer| {
        for is_used in [false, true] {
            let made = |client: &mut Client, peer: &mut Peer| match is_used {
                true => used_by_theirs(client, peer),
                false => anonymous(client),
            };
            let token = made(client, peer);
            assert_eq!(peer.kills("kill", &app_and(json!({ "token": token }))), 1);
            assert_no_keys(client);

            for _ in 0..2 {
                made(client, peer);
            }
            create(client, "webapp", "u1", &[]);
            assert_eq!(peer.kills("killall", &app_and(json!({}))), 3);
            assert_no_keys(client);

            let token = made(client, peer);
            age_everywhere(client, "webapp", &token, 8000);
            peer.wipe();
            assert_no_keys(client);
        }
    });
}

#[test]
fn redis_sessions_sees_a_visitor_who_has_logged_in_by_rotate_as_the_user() {
    with_peer(|client, peer| {
        let visitors = used_by_theirs(client, peer);
        let token = client.run(&["SESSIONS.ROTATE", "webapp", &visitors, "ID", "u1"]);
        assert_eq!(peer.get(&visitors), Value::Null);
        assert_eq!(peer.get(token.text())["id"], json!("u1"));
        let listed = peer.call("soid", &app_and(json!({ "id": "u1" })));
        assert_eq!(listed["sessions"][0]["d"], json!({ "cart": 3 }));
    });
}

/// A session of u1 that lives for two and a half hours, and index entries without the id, which are
/// due by now. A get of redis-sessions has written them: it read the session while writes were
/// paused, and wrote after the module's `SAVE … ID`.
#[track_caller]
fn saved_during_their_get(server: &Server, peer: &mut Peer) -> String {
    let mut client = server.client();
    let token = anonymous(&mut client);
    let waiting = |count: &str| {
        wait_until(GENEROUS, "the write waits", || server.info("blocked_clients") == count);
    };
    client.run(&["CLIENT", "PAUSE", "600000", "WRITE"]).assert_ok();
    let mut ours = server.client();
    ours.send(&["SESSIONS.SAVE", "webapp", &token, "{}", "XX", "ID", "u1", "TTL", "9000"]);
    waiting("1");
    peer.begin("get", &app_and(json!({ "token": token })));
    waiting("2");
    client.run(&["CLIENT", "UNPAUSE"]).assert_ok();
    assert_eq!(ours.receive(), Reply::Int(1));
    peer.answer().expect("a session");
    client.run(&["ZINCRBY", "rs:SESSIONS", "-7300", &format!("webapp:{token}:")]);
    age(&mut client, "webapp", &token, 7300);
    assert_eq!(client.run(&["SESSIONS.EXISTS", "webapp", &token]), Reply::Int(1));
    token
}

#[test]
fn a_get_by_redis_sessions_during_a_save_with_id_lets_its_wipe_end_the_session_early() {
    with_server_and_peer(|server, peer| {
        let token = saved_during_their_get(server, peer);
        peer.wipe();
        let exists = server.client().run(&["SESSIONS.EXISTS", "webapp", &token]);
        assert_eq!(exists, Reply::Int(0));
    });
}

#[test]
fn the_cleanup_pass_removes_what_such_a_get_has_left_and_keeps_the_session() {
    with_server_and_peer(|server, peer| {
        let token = saved_during_their_get(server, peer);
        let mut client = server.client();
        assert_eq!(client.run(&["SESSIONS.WIPE"]), Reply::Int(0));
        assert_whole(&mut client);
        assert_eq!(client.run(&["SESSIONS.KILL", "webapp", &token]), Reply::Int(1));
        assert_no_keys(&mut client);
    });
}
