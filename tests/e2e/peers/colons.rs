//! Ids with a colon, which redis-sessions does not handle: its wipe and its killall cut the id at
//! the colon and leave index entries behind. The module's commands must cope with these entries.

use super::{Peer, with_peer};
use crate::harness::*;
use serde_json::json;

/// What redis-sessions leaves of a timed-out session of `a:b` after its own wipe.
#[track_caller]
fn rubbish(client: &mut Client, peer: &mut Peer) {
    let token = peer.create("a:b", &json!({ "ttl": 10 }));
    age_everywhere(client, "webapp", &token, 60);
    peer.wipe();
    assert!(hash(client, "webapp", &token).is_empty(), "the hash went");
    let left = client.run(&["KEYS", "*"]);
    assert_eq!(left.list().len(), 4, "the indexes stayed: {left:?}");
}

#[test]
fn wipe_clears_what_the_wipe_of_redis_sessions_leaves_of_ids_with_a_colon() {
    with_peer(|client, peer| {
        rubbish(client, peer);
        client.run(&["SESSIONS.WIPE"]).int();
        assert_no_keys(client);
    });
}

#[test]
fn killsoid_clears_what_the_wipe_of_redis_sessions_leaves_of_ids_with_a_colon() {
    with_peer(|client, peer| {
        rubbish(client, peer);
        assert_eq!(client.run(&["SESSIONS.KILLSOID", "webapp", "a:b"]).int(), 0);
        assert_no_keys(client);
    });
}

#[test]
fn killall_clears_what_the_wipe_of_redis_sessions_leaves_of_ids_with_a_colon() {
    with_peer(|client, peer| {
        rubbish(client, peer);
        assert_eq!(client.run(&["SESSIONS.KILLALL", "webapp"]).int(), 0);
        assert_no_keys(client);
    });
}

#[test]
fn leftovers_of_an_id_do_not_affect_its_next_session() {
    with_peer(|client, peer| {
        rubbish(client, peer);
        let token = create(client, "webapp", "a:b", &[]);
        assert_eq!(client.run(&["SESSIONS.SOID", "webapp", "a:b"]).sessions().len(), 1);
        assert_eq!(client.run(&["SESSIONS.WIPE"]).int(), 0);
        assert_eq!(client.run(&["SESSIONS.ACTIVITY", "webapp", "60"]).int(), 1);
        assert_eq!(client.run(&["SESSIONS.KILL", "webapp", &token]).int(), 1);
        assert_no_keys(client);
    });
}

#[test]
fn live_sessions_of_ids_with_a_colon_work_on_both_sides() {
    with_peer(|client, peer| {
        let theirs = peer.create("a:b", &json!({ "d": { "x": 1 } }));
        let ours = create(client, "webapp", "a:b", &["IP", "203.0.113.7"]);
        assert_eq!(peer.get(&ours)["id"], json!("a:b"));
        assert_eq!(
            client.run(&["SESSIONS.GET", "webapp", &theirs]).session().text("id"),
            "a:b"
        );
        assert_eq!(client.run(&["SESSIONS.SOID", "webapp", "a:b"]).sessions().len(), 2);
        assert_eq!(client.run(&["SESSIONS.KILLSOID", "webapp", "a:b"]).int(), 2);
        assert_no_keys(client);
    });
}
