//! redis-sessions does not see the old token of a session that was rotated with a grace. A use by
//! redis-sessions that runs during the rotation leaves keys behind.

use super::sessions::app_and;
use super::{with_peer, with_server_and_peer};
use crate::harness::*;
use serde_json::{Value, json};

fn rotate(client: &mut Client, token: &str, options: &[&str]) -> String {
    let command = [&["SESSIONS.ROTATE", "webapp", token, "GRACE", "60"], options].concat();
    client.run(&command).text().to_owned()
}

#[test]
fn redis_sessions_finds_no_session_by_an_old_token_and_changes_nothing() {
    with_peer(|client, peer| {
        let old = peer.create("u1", &json!({ "d": { "cart": 3 } }));
        let new = rotate(client, &old, &[]);
        let before = digest(client);
        assert_eq!(peer.get(&old), Value::Null);
        let set = peer.call("set", &app_and(json!({ "token": old, "d": { "seen": true } })));
        assert_eq!(set, Value::Null);
        assert_eq!(peer.kills("kill", &app_and(json!({ "token": old }))), 0);
        assert_eq!(digest(client), before);
        let seen = client.run(&["SESSIONS.GET", "webapp", &old]).session();
        assert_eq!((seen.text("token"), seen.text("d")), (new.as_str(), r#"{"cart":3}"#));
        assert_eq!(peer.get(&new)["id"], json!("u1"));
        let listed = peer.call("soid", &app_and(json!({ "id": "u1" })));
        assert_eq!(listed["sessions"].as_array().expect("a list").len(), 1);
    });
}

#[test]
fn when_redis_sessions_ends_the_session_the_old_token_is_dead() {
    with_peer(|client, peer| {
        for (call, by) in [("kill", "token"), ("killsoid", "id"), ("killall", "")] {
            let old = create(client, "webapp", "u1", &[]);
            let new = rotate(client, &old, &[]);
            let options = match by {
                "token" => json!({ "token": new }),
                "id" => json!({ "id": "u1" }),
                _ => json!({}),
            };
            assert_eq!(peer.kills(call, &app_and(options)), 1, "{call}");
            assert_eq!(
                client.run(&["SESSIONS.EXISTS", "webapp", &old]),
                Reply::Int(0),
                "{call}"
            );
            assert_no_keys(client);
        }
    });
}

/// The get of redis-sessions has read the session, and the module gives it a new token before that
/// get writes.
#[test]
fn a_get_by_redis_sessions_during_a_rotation_with_grace_harms_neither_the_session_nor_its_old_token() {
    with_server_and_peer(|server, peer| {
        let mut client = server.client();
        for (options, is_log_in) in [(&[][..], false), (&["ID", "u2"], true)] {
            let old = create(&mut client, "webapp", "u1", &["DATA", r#"{"cart":3}"#]);
            let waiting = |count: &str| {
                wait_until(GENEROUS, "the write waits", || server.info("blocked_clients") == count);
            };
            client.run(&["CLIENT", "PAUSE", "600000", "WRITE"]).assert_ok();
            let mut ours = server.client();
            ours.send(&[&["SESSIONS.ROTATE", "webapp", &old, "GRACE", "60"], options].concat());
            waiting("1");
            peer.begin("get", &app_and(json!({ "token": old })));
            waiting("2");
            client.run(&["CLIENT", "UNPAUSE"]).assert_ok();
            let new = ours.receive().text().to_owned();
            assert_eq!(peer.answer().expect("a session")["id"], json!("u1"));

            let key = format!("rs:webapp:{old}");
            assert_eq!(
                client.run(&["HEXISTS", &key, "r"]),
                Reply::Int(1),
                "it has counted a read there"
            );
            assert!(client.run(&["PTTL", &key]).int() > 0, "which goes with the alias");
            let found = client.run(&["SESSIONS.EXISTS", "webapp", &old]);
            assert_eq!(found, Reply::Int((!is_log_in).into()));
            assert_eq!(client.run(&["SESSIONS.EXISTS", "webapp", &new]), Reply::Int(1));
            // The index entries that the get has written are leftovers, and the module's cleanup
            // pass removes nothing else.
            client.run(&["ZADD", "rs:SESSIONS", "1", &format!("webapp:{old}:u1")]);
            assert_eq!(client.run(&["SESSIONS.WIPE"]), Reply::Int(0));
            assert_whole(&mut client);
            assert_eq!(client.run(&["SESSIONS.EXISTS", "webapp", &old]), found);
            assert_eq!(client.run(&["SESSIONS.KILL", "webapp", &new]), Reply::Int(1));
            assert_no_keys(&mut client);
        }
    });
}

#[test]
fn the_wipe_of_redis_sessions_after_such_a_get_ends_the_grace_and_not_the_session() {
    with_peer(|client, peer| {
        let old = create(client, "webapp", "u1", &[]);
        let new = rotate(client, &old, &[]);
        let member = format!("{old}:u1");
        client.run(&["ZADD", "rs:webapp:_sessions", "1", &member]);
        client.run(&["ZADD", "rs:SESSIONS", "1", &format!("webapp:{member}")]);
        peer.wipe();
        assert_eq!(client.run(&["SESSIONS.EXISTS", "webapp", &old]), Reply::Int(0));
        assert_eq!(client.run(&["SESSIONS.EXISTS", "webapp", &new]), Reply::Int(1));
        assert_whole(client);
    });
}
