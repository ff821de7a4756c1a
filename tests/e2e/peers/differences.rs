//! The differences between both sides in what they allow, show and keep, as the table of
//! docs/migration.md lists them.

use super::sessions::app_and;
use super::{with_peer, with_server_and_peer};
use crate::harness::*;
use serde_json::json;

#[test]
fn redis_sessions_refuses_apps_and_times_that_the_module_allows() {
    with_peer(|client, peer| {
        for app in ["a", "ab", &"a".repeat(21)] {
            let token = create(client, app, "u1", &[]);
            let refused = peer.try_call("get", &json!({ "app": app, "token": token }));
            assert_eq!(refused, Err("Invalid app format".to_owned()));
        }
        create(client, "webapp", "u1", &["TTL", "9"]);
        let refused = peer.try_call("create", &app_and(json!({ "id": "u1", "ip": "::1", "ttl": 9 })));
        assert!(refused.is_err_and(|error| error.starts_with("ttl must be")));
        assert_eq!(client.run(&["SESSIONS.ACTIVITY", "webapp", "9"]), Reply::Int(1));
        let refused = peer.try_call("activity", &app_and(json!({ "deltaTime": 9 })));
        assert!(refused.is_err_and(|error| error.starts_with("deltaTime must be")));
    });
}

#[test]
fn redis_sessions_shows_a_session_after_the_end_of_its_lifetime() {
    with_peer(|client, peer| {
        let token = create(client, "webapp", "u1", &["LIFETIME", "600"]);
        let over = (now(client) - 1).to_string();
        client.run(&["HSET", &format!("rs:webapp:{token}"), "until", &over]);
        assert_eq!(peer.get(&token)["id"], json!("u1"));
        assert!(client.run(&["SESSIONS.GET", "webapp", &token]).is_nil());
    });
}

#[test]
fn a_use_by_redis_sessions_can_cost_a_session_with_noresave_a_second() {
    with_peer(|client, peer| {
        let left = in_one_second(client, |client, _| {
            let token = create(client, "webapp", "u1", &["NORESAVE", "TTL", "1000"]);
            age(client, "webapp", &token, 1);
            for _ in 0..3 {
                peer.get(&token);
            }
            client.run(&["SESSIONS.PEEK", "webapp", &token]).session().int("ttl")
        });
        assert_eq!(left, 999 - 3);
    });
}

/// The set of redis-sessions first reads, then writes. It reads while writes are paused; after the
/// pause the module's SET is written first.
#[test]
fn a_set_of_redis_sessions_overwrites_a_set_of_the_module_at_the_same_time() {
    with_server_and_peer(|server, peer| {
        let mut client = server.client();
        let token = create(&mut client, "webapp", "u1", &["DATA", r#"{"cart":3}"#]);
        let waiting = |count: &str| {
            wait_until(GENEROUS, "the write waits", || server.info("blocked_clients") == count);
        };
        client.run(&["CLIENT", "PAUSE", "600000", "WRITE"]).assert_ok();
        let mut ours = server.client();
        ours.send(&["SESSIONS.SET", "webapp", &token, r#"{"lang":"en"}"#]);
        waiting("1");
        peer.begin("set", &app_and(json!({ "token": token, "d": { "seen": true } })));
        waiting("2");
        client.run(&["CLIENT", "UNPAUSE"]).assert_ok();
        let set = ours.receive().session();
        assert_eq!(set.text("d"), r#"{"cart":3,"lang":"en"}"#);
        peer.answer().expect("it is set");
        let seen = client.run(&["SESSIONS.PEEK", "webapp", &token]).session();
        assert_eq!(seen.text("d"), r#"{"cart":3,"seen":true}"#);
    });
}
