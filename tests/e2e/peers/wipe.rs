//! The cleanup pass of each side removes the timed-out sessions of the other, and no live session.

use super::{IDS, with_peer};
use crate::harness::*;
use serde_json::json;

#[test]
fn the_module_wipes_timed_out_sessions_of_redis_sessions() {
    with_peer(|client, peer| {
        for id in IDS {
            let token = peer.create(id, &json!({ "ttl": 10 }));
            age_everywhere(client, "webapp", &token, 12);
        }
        let kept = peer.create("u1", &json!({ "ttl": 10 }));
        assert_eq!(client.run(&["SESSIONS.WIPE"]).int(), IDS.len() as i64);
        assert_eq!(client.run(&["SESSIONS.KILL", "webapp", &kept]).int(), 1);
        assert_no_keys(client);
    });
}

#[test]
fn redis_sessions_wipes_timed_out_sessions_of_the_module() {
    with_peer(|client, peer| {
        for id in IDS {
            let token = create(client, "webapp", id, &["TTL", "100"]);
            age_everywhere(client, "webapp", &token, 100 + 11);
        }
        let kept = create(client, "webapp", "u1", &["TTL", "100"]);
        peer.wipe();
        assert_eq!(client.run(&["SESSIONS.COUNT", "webapp"]).int(), 1);
        assert_eq!(client.run(&["SESSIONS.KILL", "webapp", &kept]).int(), 1);
        assert_no_keys(client);
    });
}

#[test]
fn redis_sessions_wipes_no_live_session_of_the_module_in_any_second_of_a_step() {
    with_peer(|client, peer| {
        for second in 0..10 {
            // The keys that the module leaves after a use that changed only the hash: last used
            // `second` seconds into its step, one second before the session times out.
            let la = now(client) - 28;
            let token = token_in_step(la, second, 'x');
            let (la_text, ttl) = (la.to_string(), "30");
            plant(
                client,
                "webapp",
                &token,
                &[("id", "u1"), ("r", "1"), ("w", "1"), ("la", &la_text), ("ttl", ttl)],
            );
            let wipe_at = wipe_score(&token, la, 30).to_string();
            client.run(&["ZADD", "rs:SESSIONS", &wipe_at, &format!("webapp:{token}:u1")]);
            peer.wipe();
            let lives = client.run(&["SESSIONS.EXISTS", "webapp", &token]).int();
            assert!(lives == 1 || now(client) > la + 30, "wiped {second} s into a step");
            client.run(&["FLUSHALL"]);
        }
    });
}

#[test]
fn a_session_that_redis_sessions_refreshed_is_not_wiped_by_the_module() {
    with_peer(|client, peer| {
        let token = peer.create("u1", &json!({ "ttl": 30 }));
        age_everywhere(client, "webapp", &token, 20);
        peer.get(&token);
        assert!(la(client, "webapp", &token) >= now(client) - 1);
        assert_eq!(client.run(&["SESSIONS.WIPE"]).int(), 0);
        assert_eq!(client.run(&["SESSIONS.EXISTS", "webapp", &token]).int(), 1);
    });
}
