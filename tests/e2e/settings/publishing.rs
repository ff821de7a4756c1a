//! `sessions.publish-changes`: what client-side caches hear.

use crate::harness::*;
use std::time::Duration;

/// What `act` makes subscribers of `channel` hear.
fn heard(server: &Server, channel: &str, act: impl FnOnce(&mut Client)) -> Vec<String> {
    let mut subscriber = server.client();
    subscriber.run(&["SUBSCRIBE", channel]);
    let mut client = server.client();
    act(&mut client);
    client.run(&["PUBLISH", channel, "the end"]);
    let mut messages = Vec::new();
    while let Some(message) = subscriber.receive_within(Duration::from_secs(60)) {
        match message.texts()[2] {
            "the end" => return messages,
            text => messages.push(text.to_owned()),
        }
    }
    panic!("the end was not heard");
}

#[test]
fn changes_are_published_when_asked_for() {
    let server = Server::builder().line("sessions.publish-changes yes").start();
    let mut client = server.client();
    let [a, b, c, d, e] = ["u1", "u1", "u2", "u3", "u4"].map(|id| create(&mut client, "web", id, &["TTL", "100"]));
    let messages = heard(&server, "rs:cache", |client| {
        client.run(&["SESSIONS.CREATE", "web", "u9"]);
        client.run(&["SESSIONS.GET", "web", &a]);
        client.run(&["SESSIONS.TOUCH", "web", &a]);
        client.run(&["SESSIONS.PEEK", "web", &a]);
    });
    assert_eq!(messages, [""; 0], "uses change nothing that caches hold");
    let expected = |token: &str| format!("web:{token}");
    let messages = heard(&server, "rs:cache", |client| {
        drop(client.run(&["SESSIONS.SET", "web", &a, r#"{"x":1}"#]))
    });
    assert_eq!(messages, [expected(&a)]);
    let messages = heard(&server, "rs:cache", |client| {
        drop(client.run(&["SESSIONS.ROTATE", "web", &c]))
    });
    assert_eq!(messages, [expected(&c)]);
    let messages = heard(&server, "rs:cache", |client| {
        drop(client.run(&["SESSIONS.KILL", "web", &d]))
    });
    assert_eq!(messages, [expected(&d)]);
    let mut messages = heard(&server, "rs:cache", |client| {
        drop(client.run(&["SESSIONS.KILLSOID", "web", "u1"]))
    });
    messages.sort();
    let mut wanted = [expected(&a), expected(&b)];
    wanted.sort();
    assert_eq!(messages, wanted);
    age_everywhere(&mut client, "web", &e, 200);
    let messages = heard(&server, "rs:cache", |client| {
        assert_eq!(client.run(&["SESSIONS.WIPE"]), Reply::Int(1))
    });
    assert_eq!(messages, [expected(&e)]);
    let messages = heard(&server, "rs:cache", |client| {
        assert_eq!(client.run(&["SESSIONS.KILLALL", "web"]), Reply::Int(2))
    });
    assert_eq!(messages.len(), 2, "{messages:?}");
    let messages = heard(&server, "rs:cache", |client| {
        client.run(&["SESSIONS.KILL", "web", &token_of('n')]);
        client.run(&["SESSIONS.SET", "web", &token_of('n'), r#"{"a":1}"#]);
    });
    assert_eq!(messages, [""; 0], "nothing happened");
}

#[test]
fn changes_are_not_published_by_default_and_go_to_the_namespaces_channel() {
    let server = Server::builder().line("sessions.namespace ns").start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &[]);
    let set = ["SESSIONS.SET", "web", &token, r#"{"a":1}"#];
    assert_eq!(heard(&server, "ns:cache", |client| drop(client.run(&set))), [""; 0]);
    client.run(&["CONFIG", "SET", "sessions.publish-changes", "yes"]);
    assert_eq!(heard(&server, "rs:cache", |client| drop(client.run(&set))), [""; 0]);
    assert_eq!(
        heard(&server, "ns:cache", |client| drop(client.run(&set))),
        [format!("web:{token}")]
    );
}
