//! Keyspace events on a session's key.

use crate::harness::*;
use std::time::Duration;

/// The events on keys while `act` runs, as `event key`.
fn events(server: &Server, act: impl FnOnce(&mut Client)) -> Vec<String> {
    let mut subscriber = server.client();
    subscriber.run(&["PSUBSCRIBE", "__keyspace@*__:*", "the end"]);
    subscriber.receive();
    let mut client = server.client();
    act(&mut client);
    client.run(&["PUBLISH", "the end", "now"]);
    let mut events = Vec::new();
    while let Some(message) = subscriber.receive_within(Duration::from_secs(60)) {
        let words = message.texts();
        match words[2].split_once("__:") {
            Some((_, key)) => events.push(format!("{} {key}", words[3])),
            None => return events,
        }
    }
    panic!("the end was not heard");
}

#[test]
fn each_change_of_a_session_is_one_event_on_its_key() {
    let server = Server::builder().line("notify-keyspace-events KEd").start();
    let mut tokens = Vec::new();
    let found = events(&server, |client| {
        let token = create(client, "web", "u1", &["TTL", "100"]);
        client.run(&["SESSIONS.GET", "web", &token]);
        client.run(&["SESSIONS.PEEK", "web", &token]);
        client.run(&["SESSIONS.SET", "web", &token, r#"{"a":1}"#]);
        let new = client.run(&["SESSIONS.ROTATE", "web", &token]).text().to_owned();
        client.run(&["SESSIONS.KILL", "web", &new]);
        let old = create(client, "web", "u1", &["TTL", "100"]);
        age_everywhere(client, "web", &old, 200);
        client.run(&["SESSIONS.WIPE"]);
        tokens = vec![token, new, old];
    });
    let names: Vec<&str> = found.iter().map(|event| event.split(' ').next().unwrap()).collect();
    let wanted = [
        "sessions.create",
        "sessions.set",
        "sessions.rotate",
        "sessions.kill",
        "sessions.create",
        "sessions.expire",
    ];
    assert_eq!(names, wanted, "{found:#?}");
    for (event, token) in [(0, 0), (1, 0), (3, 1), (4, 2), (5, 2)] {
        assert!(
            found[event].ends_with(&format!(" rs:web:{}", tokens[token])),
            "{found:#?}"
        );
    }
    let rotated = &found[2];
    assert!(
        tokens[..2].iter().any(|token| rotated.ends_with(token.as_str())),
        "{found:#?}"
    );
}

#[test]
fn there_are_no_events_by_default() {
    let server = Server::start();
    let found = events(&server, |client| {
        let token = create(client, "web", "u1", &[]);
        client.run(&["SESSIONS.KILL", "web", &token]);
    });
    assert_eq!(found, [""; 0]);
}
