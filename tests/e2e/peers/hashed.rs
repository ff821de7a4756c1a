//! What redis-sessions sees of hashed sessions: it counts, wipes and ends them, and neither opens
//! nor lists them.

use super::Peer;
use super::peer::with_server_of;
use super::sessions::app_and;
use crate::harness::*;
use serde_json::{Value, json};

#[track_caller]
fn with_hashed(test: impl FnOnce(&mut Client, &mut Peer)) {
    let builder = Server::builder().line("sessions.hash-tokens yes");
    with_server_of(builder, |server, peer| test(&mut server.client(), peer));
}

/// Creates a user's session and a visitor's; returns their tokens.
#[track_caller]
fn fill(client: &mut Client) -> [String; 2] {
    let data = ["IP", "203.0.113.7", "DATA", r#"{"cart":3}"#];
    let visitors = [&["ANON"][..], &data].concat();
    [("u1", &data[..]), ("", &visitors)].map(|(id, options)| create(client, "webapp", id, options))
}

#[test]
fn redis_sessions_opens_a_hashed_session_neither_by_its_token_nor_by_its_stored_name() {
    with_hashed(|client, peer| {
        let tokens = fill(client);
        let rotated = client.run(&["SESSIONS.ROTATE", "webapp", &tokens[0], "GRACE", "60"]);
        let present = rotated.text().to_owned();
        let before = digest(client);
        for token in tokens.iter().chain([&present]) {
            for name in [token.clone(), stored_name(token)] {
                assert_eq!(peer.get(&name), Value::Null);
                let set = peer.call("set", &app_and(json!({ "token": name, "d": { "a": 1 } })));
                assert_eq!(set, Value::Null);
                assert_eq!(peer.kills("kill", &app_and(json!({ "token": name }))), 0);
            }
        }
        assert_eq!(digest(client), before);
    });
}

#[test]
fn redis_sessions_counts_hashed_sessions_and_lists_none() {
    with_hashed(|client, peer| {
        fill(client);
        let counted = peer.call("activity", &app_and(json!({ "deltaTime": 600 })));
        assert_eq!(counted["activity"], json!(1));
        for (call, more) in [("soapp", json!({ "deltaTime": 600 })), ("soid", json!({ "id": "u1" }))] {
            let listed = peer.call(call, &app_and(more));
            assert_eq!(listed["sessions"], json!([]), "{call}");
        }
    });
}

#[test]
fn redis_sessions_ends_hashed_sessions_by_id_and_all_at_once_and_leaves_nothing() {
    with_hashed(|client, peer| {
        let [users, visitors] = fill(client);
        assert_eq!(peer.kills("killsoid", &app_and(json!({ "id": "u1" }))), 1);
        assert_eq!(client.run(&["SESSIONS.EXISTS", "webapp", &users]), Reply::Int(0));
        assert_eq!(client.run(&["SESSIONS.EXISTS", "webapp", &visitors]), Reply::Int(1));
        assert_whole(client);
        create(client, "webapp", "u2", &[]);
        assert_eq!(peer.kills("killall", &app_and(json!({}))), 2);
        assert_no_keys(client);
    });
}

#[test]
fn redis_sessions_wipes_hashed_sessions_that_have_timed_out_and_no_others() {
    with_hashed(|client, peer| {
        let tokens = fill(client);
        peer.wipe();
        assert_eq!(client.run(&["SESSIONS.COUNT", "webapp"]), Reply::Int(2));
        for (token, id) in tokens.iter().zip(["u1", ""]) {
            let name = stored_name(token);
            age(client, "webapp", &name, 8000);
            client.run(&["ZINCRBY", "rs:SESSIONS", "-8000", &format!("webapp:{name}:{id}")]);
        }
        peer.wipe();
        assert_no_keys(client);
    });
}

#[test]
fn redis_sessions_does_not_find_its_session_once_the_module_has_moved_it_to_its_stored_name() {
    with_hashed(|client, peer| {
        let token = peer.create("u1", &json!({ "d": { "cart": 3 } }));
        assert_eq!(peer.get(&token)["id"], json!("u1"));
        assert_eq!(client.run(&["SESSIONS.EXISTS", "webapp", &token]), Reply::Int(1));
        let get = client.run(&["SESSIONS.GET", "webapp", &token]).session();
        assert_eq!((get.text("id"), get.text("d")), ("u1", r#"{"cart":3}"#));
        assert_eq!(peer.get(&token), Value::Null);
        assert_whole(client);
        assert_eq!(client.run(&["SESSIONS.KILL", "webapp", &token]), Reply::Int(1));
        assert_no_keys(client);
    });
}
