//! What 1.0.0 wrote: `written-by-1.0.0.jsonl` holds the commands that it sent to its AOF, one a
//! line. Later versions keep this file unchanged and add another one if they write anything new.

use crate::harness::*;
use serde_json::{Value, json};

const WRITTEN: &str = include_str!("written-by-1.0.0.jsonl");
/// The last second in which 1.0.0 wrote.
const WRITTEN_AT: i64 = 1_795_245_225;

/// Replays the commands with times moved to the present. The times move by whole steps of ten
/// seconds, so that the scores stay right.
#[track_caller]
fn play(client: &mut Client) -> i64 {
    let shift = (now(client) - WRITTEN_AT) / 10 * 10 - 10;
    for line in WRITTEN.lines() {
        let words: Vec<String> = serde_json::from_str(line).expect("a line is a list of words");
        let moved = words.into_iter().map(|word| match word.parse::<i64>() {
            Ok(time) if (WRITTEN_AT - 1000..WRITTEN_AT + 1_000_000).contains(&time) => (time + shift).to_string(),
            _ => word,
        });
        let reply = client.run(&moved.collect::<Vec<_>>());
        assert!(!matches!(reply, Reply::Error(_)), "{line}: {reply:?}");
    }
    shift
}

/// The token of the one live session whose commands contain these words.
fn token(what: &str) -> &'static str {
    let of = |line: &'static str| line.split(&[':', '"'][..]).find(|word| is_token(word));
    let lines = WRITTEN
        .lines()
        .filter(|line| line.starts_with(r#"["HSET""#) && line.contains(what));
    lines
        .filter_map(of)
        .next_back()
        .unwrap_or_else(|| panic!("no {what} was written"))
}

#[test]
fn every_kind_of_session_written_by_1_0_0_is_read() {
    let server = Server::start();
    let mut client = server.client();
    let shift = play(&mut client);
    let at = |second: i64| 1_795_245_000 + second + shift;
    let (plain, data) = (r#""id","u1","r","1","w","1","la""#, "203.0.113.7");
    let house = "ann:of: the house@example.com";
    for (app, what, mut wanted) in [
        (
            "webapp",
            plain,
            json!({"id": "u1", "r": 2, "w": 1, "ttl": 7200, "created": at(221)}),
        ),
        (
            "webapp",
            data,
            json!({"id": "u1", "r": 1, "w": 2, "ttl": 86400, "ip": "203.0.113.7", "created": at(221)}),
        ),
        (
            "webapp",
            "no_resave",
            json!({"id": house, "r": 2, "w": 1, "created": at(221), "no_resave": true}),
        ),
        (
            "webapp",
            "until",
            json!({"id": house, "r": 2, "w": 1, "ttl": 50000, "ip": "2001:db8::1", "created": at(221),
                "until": at(100_221)}),
        ),
        (
            "shop-2",
            "ünï",
            json!({"id": "ünï", "r": 1, "w": 1, "ttl": 40000, "created": at(221)}),
        ),
        (
            "webapp",
            r#""id","u2""#,
            json!({"id": "u2", "r": 1, "w": 1, "ttl": 7200, "created": at(221), "d": {"cart": 1}}),
        ),
    ] {
        let reply = client.run(&["SESSIONS.PEEK", app, token(what), "JSON"]);
        assert!(!reply.is_nil(), "{what}");
        let mut found: Value = serde_json::from_str(reply.text().replace(r"\ud83d", "?").as_str()).expect("JSON");
        let fields = found.as_object_mut().expect("an object");
        for changing in ["sid", "idle"] {
            assert!(fields.remove(changing).is_some(), "{changing} of {what}");
        }
        if what == "no_resave" {
            let left = fields.remove("ttl").and_then(|ttl| ttl.as_i64()).expect("ttl");
            assert!((89_900..=89_996).contains(&left), "{left} s are left");
        }
        if what == data {
            assert!(fields.remove("d").is_some());
        } else if wanted.get("d").is_none() {
            wanted["d"] = json!({});
        }
        assert_eq!(found, wanted);
    }
    let kept = client.run(&["SESSIONS.GET", "webapp", token(data)]).session();
    let d = r#"{"cart":3,"new":true,"name":"Zoë \ud83d","none":1.0,"big":12345678901234567890}"#;
    assert_eq!(kept.text("d"), d);
}

#[test]
fn every_index_written_by_1_0_0_is_read_changed_and_cleared() {
    let server = Server::start();
    let mut client = server.client();
    play(&mut client);
    for (line, count) in [
        ("SESSIONS.COUNT webapp", 6),
        ("SESSIONS.COUNT webapp DT 600", 6),
        ("SESSIONS.COUNTSOID webapp u1", 2),
        ("SESSIONS.ACTIVITY webapp 600", 4),
        ("SESSIONS.ACTIVITY shop-2 600", 1),
        ("SESSIONS.WIPE", 1),
        ("SESSIONS.COUNT webapp", 5),
        ("SESSIONS.COUNTSOID webapp u4", 0),
    ] {
        assert_eq!(client.line(line), Reply::Int(count), "{line}");
    }
    let users = client.line("SESSIONS.USERS webapp 600");
    let mut users = users.texts();
    users.sort_unstable();
    assert_eq!(users, ["ann:of: the house@example.com", "u1", "u2"]);
    assert_eq!(client.line("SESSIONS.SOAPP webapp 600").sessions().len(), 5);
    assert_eq!(client.line("SESSIONS.SOID webapp u1").sessions().len(), 2);

    let changed = client
        .run(&["SESSIONS.SET", "webapp", token("no_resave"), r#"{"a":1}"#])
        .session();
    assert_eq!((changed.int("w"), changed.text("d")), (2, r#"{"a":1}"#));
    let rotated = client.run(&["SESSIONS.ROTATE", "webapp", token("until"), "ID", "u2"]);
    assert!(is_token(rotated.text()));
    assert_eq!(client.line("SESSIONS.KILLSOID webapp u2"), Reply::Int(2));
    assert_eq!(client.line("SESSIONS.KILLALL webapp"), Reply::Int(3));
    assert_eq!(client.line("SESSIONS.KILLALL shop-2"), Reply::Int(1));
    assert_no_keys(&mut client);
}
