//! Each side reads, changes, lists and kills the sessions that the other side has created.

use super::{IDS, with_peer};
use crate::harness::*;
use serde_json::{Value, json};

pub(super) fn app_and(more: Value) -> Value {
    let mut options = json!({ "app": "webapp" });
    options
        .as_object_mut()
        .expect("an object")
        .extend(more.as_object().expect("an object").clone());
    options
}

fn parsed(reply: &Reply) -> Value {
    serde_json::from_str(reply.text()).expect("JSON")
}

/// A JSON reply of the module, converted to the form of redis-sessions.
fn as_theirs(reply: &Reply) -> Value {
    let mut session = parsed(reply);
    let fields = session.as_object_mut().expect("an object");
    for ours_alone in ["sid", "created", "until", "token"] {
        fields.remove(ours_alone);
    }
    if fields["d"] == json!({}) {
        fields.remove("d");
    }
    session
}

#[test]
fn the_module_reads_changes_and_lists_sessions_of_redis_sessions() {
    with_peer(|client, peer| {
        for id in IDS {
            let token = peer.create(id, &json!({ "d": { "cart": 3 } }));
            let read = parsed(&client.run(&["SESSIONS.GET", "webapp", &token, "JSON"]));
            assert_eq!(
                (&read["id"], &read["r"], &read["w"], &read["d"]),
                (&json!(id), &json!(1), &json!(1), &json!({ "cart": 3 }))
            );
            client
                .run(&["SESSIONS.SET", "webapp", &token, r#"{"cart":null,"lang":"en"}"#])
                .session();
            let seen = peer.get(&token);
            assert_eq!(
                (&seen["r"], &seen["w"], &seen["d"]),
                (&json!(2), &json!(2), &json!({ "lang": "en" }))
            );
            assert_eq!(client.run(&["SESSIONS.COUNTSOID", "webapp", id]).int(), 1, "{id}");
            let listed = client.run(&["SESSIONS.SOID", "webapp", id, "WITHTOKENS"]).sessions();
            assert_eq!(listed[0].text("token"), token);
        }
        let all = IDS.len();
        assert_eq!(client.run(&["SESSIONS.SOAPP", "webapp", "600"]).sessions().len(), all);
        assert_eq!(client.run(&["SESSIONS.ACTIVITY", "webapp", "600"]).int(), all as i64);
        let users = client.run(&["SESSIONS.USERS", "webapp", "600"]);
        assert!(IDS.iter().all(|id| users.texts().contains(id)), "{users:?}");
    });
}

#[test]
fn redis_sessions_reads_changes_and_lists_sessions_of_the_module() {
    with_peer(|client, peer| {
        for id in IDS {
            let token = create(client, "webapp", id, &["IP", "203.0.113.7", "DATA", r#"{"cart":3}"#]);
            let read = peer.get(&token);
            assert_eq!(
                (&read["id"], &read["r"], &read["w"], &read["ip"], &read["d"]),
                (
                    &json!(id),
                    &json!(1),
                    &json!(1),
                    &json!("203.0.113.7"),
                    &json!({ "cart": 3 })
                )
            );
            peer.call(
                "set",
                &app_and(json!({ "token": token, "d": { "cart": null, "lang": "en" } })),
            );
            let seen = client.run(&["SESSIONS.PEEK", "webapp", &token]).session();
            assert_eq!(
                (seen.int("r"), seen.int("w"), seen.text("d")),
                (2, 2, r#"{"lang":"en"}"#)
            );
            let listed = peer.call("soid", &app_and(json!({ "id": id })));
            assert_eq!(listed["sessions"].as_array().map(Vec::len), Some(1), "{id}");
        }
        let listed = peer.call("soapp", &app_and(json!({ "deltaTime": 600 })));
        assert_eq!(listed["sessions"].as_array().map(Vec::len), Some(IDS.len()));
        assert_eq!(
            peer.call("activity", &app_and(json!({ "deltaTime": 600 })))["activity"],
            json!(IDS.len())
        );
    });
}

#[test]
fn both_sides_show_a_session_alike() {
    with_peer(|client, peer| {
        let made: Vec<String> = vec![
            peer.create("u1", &json!({ "d": { "a": "ü", "n": 1.5 }, "ttl": 600 })),
            peer.create("u1", &json!({ "no_resave": true, "ttl": 100 })),
            create(client, "webapp", "u1", &["IP", "::1", "DATA", r#"{"b":true}"#]),
            create(client, "webapp", "u1", &["IP", "::1", "TTL", "100", "NORESAVE"]),
        ];
        for token in &made {
            age_everywhere(client, "webapp", token, 40);
        }
        for token in &made {
            // A second may pass between the two answers.
            wait_until(GENEROUS, "both answers come in the same second", || {
                let theirs = peer.call("get", &app_and(json!({ "token": token, "_noupdate": true })));
                let ours = as_theirs(&client.run(&["SESSIONS.PEEK", "webapp", token, "JSON"]));
                let same_second = ours["idle"] == theirs["idle"];
                assert!(!same_second || ours == theirs, "ours {ours}, theirs {theirs}");
                same_second
            });
        }
    });
}

#[test]
fn redis_sessions_shows_nested_data_and_keeps_it_when_it_sets_another_key() {
    with_peer(|client, peer| {
        let d = r#"{"cart":[{"sku":"x","n":2}],"prefs":{"a":{"b":null}}}"#;
        let token = create(client, "webapp", "u1", &["IP", "::1", "DATA", d]);
        let nested: Value = serde_json::from_str(d).expect("JSON");
        assert_eq!(peer.get(&token)["d"], nested);
        peer.call("set", &app_and(json!({ "token": token, "d": { "lang": "en" } })));
        let seen = parsed(&client.run(&["SESSIONS.PEEK", "webapp", &token, "JSON"]));
        assert_eq!(seen["d"]["cart"], nested["cart"]);
        assert_eq!(seen["d"]["prefs"], nested["prefs"]);
        assert_eq!(seen["d"]["lang"], json!("en"));
        let listed = peer.call("soapp", &app_and(json!({ "deltaTime": 600 })));
        assert_eq!(listed["sessions"][0]["d"], seen["d"]);
        for nested in [json!({ "a": { "b": 1 } }), json!({ "a": [1] })] {
            let refused = peer.try_call("set", &app_and(json!({ "token": token, "d": nested })));
            assert!(refused.is_err_and(|error| error.contains("forbidden type")), "{nested}");
        }
    });
}

#[test]
fn redis_sessions_does_not_show_the_user_agent_and_keeps_it() {
    with_peer(|client, peer| {
        let token = create(client, "webapp", "u1", &["UA", "curl/8.0"]);
        assert_eq!(peer.get(&token).get("ua"), None);
        peer.call("set", &app_and(json!({ "token": token, "d": { "lang": "en" } })));
        let seen = client.run(&["SESSIONS.PEEK", "webapp", &token]).session();
        assert_eq!((seen.text("ua"), seen.text("d")), ("curl/8.0", r#"{"lang":"en"}"#));
    });
}

#[test]
fn redis_sessions_shows_the_sum_of_incr_and_rounds_it_where_javascript_does() {
    with_peer(|client, peer| {
        for (count, rounded) in [("7", "7"), ("9007199254740993", "9007199254740992")] {
            let token = create(client, "webapp", "u1", &[]);
            client.run(&["SESSIONS.INCR", "webapp", &token, "n", "BY", count]).int();
            let rounded: i64 = rounded.parse().expect("a number");
            assert_eq!(peer.get(&token)["d"], json!({ "n": rounded }));
            let seen = client.run(&["SESSIONS.PEEK", "webapp", &token]).session();
            assert_eq!(seen.text("d"), format!(r#"{{"n":{count}}}"#));
            peer.call("set", &app_and(json!({ "token": token, "d": { "lang": "en" } })));
            let seen = client.run(&["SESSIONS.PEEK", "webapp", &token]).session();
            assert_eq!(seen.text("d"), format!(r#"{{"n":{rounded},"lang":"en"}}"#));
        }
    });
}

#[test]
fn a_session_that_save_has_created_is_read_changed_and_killed_by_redis_sessions() {
    with_peer(|client, peer| {
        // The SHA-256 of a framework's own id, in hex.
        let token = "0f".repeat(32);
        let saved = ["SESSIONS.SAVE", "webapp", &token, r#"{"cart":3}"#, "ID", "u1"];
        assert_eq!(client.run(&saved), Reply::Int(2));
        let seen = peer.get(&token);
        assert_eq!((&seen["id"], &seen["d"]), (&json!("u1"), &json!({ "cart": 3 })));
        peer.call("set", &app_and(json!({ "token": token, "d": { "lang": "en" } })));
        let seen = client.run(&["SESSIONS.PEEK", "webapp", &token]).session();
        assert_eq!((seen.int("w"), seen.text("d")), (2, r#"{"cart":3,"lang":"en"}"#));
        assert_eq!(peer.kills("kill", &app_and(json!({ "token": token }))), 1);
        assert_no_keys(client);
    });
}

#[test]
fn a_session_without_ip_is_shown_by_redis_sessions_with_the_text_null() {
    with_peer(|client, peer| {
        let token = create(client, "webapp", "u1", &[]);
        assert_eq!(peer.get(&token)["ip"], json!("null"));
    });
}

#[test]
fn either_side_kills_sessions_of_the_other() {
    with_peer(|client, peer| {
        for id in IDS {
            let token = peer.create(id, &json!({}));
            assert_eq!(client.run(&["SESSIONS.KILL", "webapp", &token]).int(), 1);
            assert_no_keys(client);
            let token = create(client, "webapp", id, &[]);
            assert_eq!(peer.kills("kill", &app_and(json!({ "token": token }))), 1);
            assert_no_keys(client);
        }
    });
}

#[test]
fn either_side_kills_all_sessions_of_an_id_including_those_of_the_other() {
    with_peer(|client, peer| {
        for id in IDS {
            let kept = create(client, "webapp", "another", &[]);
            peer.create(id, &json!({}));
            create(client, "webapp", id, &[]);
            assert_eq!(client.run(&["SESSIONS.KILLSOID", "webapp", id]).int(), 2);
            peer.create(id, &json!({}));
            create(client, "webapp", id, &[]);
            peer.call("killsoid", &app_and(json!({ "id": id })));
            assert_eq!(client.run(&["SESSIONS.KILL", "webapp", &kept]).int(), 1);
            assert_no_keys(client);
        }
    });
}

#[test]
fn either_side_kills_all_sessions_of_an_app_including_those_of_the_other() {
    with_peer(|client, peer| {
        for side in ["ours", "theirs"] {
            for id in IDS {
                peer.create(id, &json!({}));
                create(client, "webapp", id, &[]);
            }
            let killed = match side {
                "ours" => client.run(&["SESSIONS.KILLALL", "webapp"]).int(),
                _ => peer.kills("killall", &app_and(json!({}))),
            };
            assert_eq!(killed, 2 * IDS.len() as i64, "{side}");
            assert_no_keys(client);
        }
    });
}
