//! Both sides write the same keys with the same types, fields and members. The scores in `SESSIONS`
//! differ as documented, and the module adds the fields `created` and `until`.

use super::{IDS, Peer, with_peer};
use crate::harness::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Keys by name, with type and content. The token and the time of creation are replaced by words.
type Keys = BTreeMap<String, (String, Vec<(String, String)>)>;

#[test]
fn both_sides_store_the_same_sessions() {
    with_peer(|client, peer| {
        for id in IDS {
            same(client, peer, id, &json!({}), &[]);
        }
    });
}

#[test]
fn both_sides_store_the_same_data_and_options() {
    let cases: &[(Value, &[&str])] = &[
        (json!({ "ttl": 600 }), &["TTL", "600"]),
        (json!({ "no_resave": true }), &["NORESAVE"]),
        (json!({ "no_resave": true, "ttl": 50 }), &["TTL", "50", "NORESAVE"]),
        (json!({ "d": { "cart": 3 } }), &["DATA", r#"{"cart":3}"#]),
        (
            json!({ "d": { "e": "", "f": false, "n": -1.5, "s": "ü \"q\"", "t": true } }),
            &["DATA", r#"{"e":"","f":false,"n":-1.5,"s":"ü \"q\"","t":true}"#],
        ),
        (json!({ "d": { "a": null, "b": 1 } }), &["DATA", r#"{"a":null,"b":1}"#]),
        (json!({ "d": { "a": null } }), &["DATA", r#"{"a":null}"#]),
    ];
    with_peer(|client, peer| {
        for (options, words) in cases {
            same(client, peer, "u1", options, words);
        }
    });
}

#[test]
fn both_sides_store_the_same_after_uses_and_changes() {
    with_peer(|client, peer| {
        let theirs = in_one_second(client, |client, now| {
            let token = peer.create("u1", &json!({ "d": { "a": 1, "b": 2 } }));
            peer.get(&token);
            peer.call(
                "set",
                &json!({ "app": "webapp", "token": token, "d": { "b": null, "c": "x" } }),
            );
            stored(client, &token, now, now + 7200)
        });
        let ours = in_one_second(client, |client, now| {
            let token = create(
                client,
                "webapp",
                "u1",
                &["IP", "203.0.113.7", "DATA", r#"{"a":1,"b":2}"#],
            );
            client.run(&["SESSIONS.GET", "webapp", &token]);
            client.run(&["SESSIONS.SET", "webapp", &token, r#"{"b":null,"c":"x"}"#]);
            stored(client, &token, now, wipe_score(&token, now, 7200))
        });
        assert_eq!(ours, theirs);
    });
}

/// Creates a session on each side and compares what is stored.
#[track_caller]
fn same(client: &mut Client, peer: &mut Peer, id: &str, options: &Value, words: &[&str]) {
    let ttl = options["ttl"].as_i64().unwrap_or(7200);
    let theirs = in_one_second(client, |client, now| {
        let token = peer.create(id, options);
        stored(client, &token, now, now + ttl)
    });
    let ours = in_one_second(client, |client, now| {
        let token = create(client, "webapp", id, &[&["IP", "203.0.113.7"], words].concat());
        let wipe_at = match words.contains(&"NORESAVE") {
            true => now + ttl,
            false => wipe_score(&token, now, ttl),
        };
        stored(client, &token, now, wipe_at)
    });
    assert_eq!(ours, theirs, "{id:?} {options}");
    assert_eq!(theirs.len(), 5);
}

fn stored(client: &mut Client, token: &str, now: i64, wipe_at: i64) -> Keys {
    let reply = client.run(&["KEYS", "*"]);
    let mut keys = Keys::new();
    for key in reply.texts() {
        let kind = client.run(&["TYPE", key]).text().to_owned();
        let pairs = |reply: Reply| -> Vec<(String, String)> {
            let words = reply.texts().iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
            words.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect()
        };
        let mut content = match kind.as_str() {
            "hash" => pairs(client.run(&["HGETALL", key])),
            "zset" => pairs(client.run(&["ZRANGE", key, "0", "-1", "WITHSCORES"])),
            "set" => client
                .run(&["SMEMBERS", key])
                .texts()
                .iter()
                .map(|member| ((*member).to_owned(), String::new()))
                .collect(),
            other => panic!("{key} is a {other}"),
        };
        content.retain(|(name, _)| !(kind == "hash" && name == "created"));
        for (name, value) in &mut content {
            *name = name.replace(token, "TOKEN");
            if *value == now.to_string() {
                *value = "NOW".into();
            } else if kind == "zset" && *value == wipe_at.to_string() {
                *value = "WIPE".into();
            }
        }
        content.sort();
        keys.insert(key.replace(token, "TOKEN"), (kind, content));
    }
    keys
}
