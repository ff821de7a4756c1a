//! `sessions.publish-changes`: the messages that client-side caches receive.

use crate::harness::*;
use std::time::Duration;

/// The messages that subscribers of `channel` receive because of `act`.
fn heard(server: &Server, channel: &str, act: impl FnOnce(&mut Client)) -> Vec<String> {
    let mut subscriber = server.client();
    subscriber.run(&["SUBSCRIBE", channel]);
    let mut client = server.client();
    act(&mut client);
    client.run(&["PUBLISH", channel, "the end"]);
    until_the_end(subscriber)
}

/// The messages before the last one.
fn until_the_end(mut subscriber: Client) -> Vec<String> {
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
        assert_eq!(client.run(&["SESSIONS.INCR", "web", &a, "x"]), Reply::Int(2))
    });
    assert_eq!(messages, [expected(&a)]);
    let messages = heard(&server, "rs:cache", |client| {
        assert_eq!(client.run(&["SESSIONS.SAVE", "web", &a, "{}"]), Reply::Int(1));
        // A new session is in no cache.
        assert_eq!(
            client.run(&["SESSIONS.SAVE", "shop", &token_of('s'), "{}"]),
            Reply::Int(2)
        );
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
        client.run(&["SESSIONS.INCR", "web", &token_of('n'), "a"]);
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

/// The messages that subscribers on both servers receive while `act` runs on the first; they must
/// be the same.
fn heard_on_both(primary: &Server, replica: &Server, act: impl FnOnce(&mut Client)) -> Vec<String> {
    let [on_primary, on_replica] = [primary, replica].map(|server| {
        let mut subscriber = server.client();
        subscriber.run(&["SUBSCRIBE", "rs:cache"]);
        subscriber
    });
    let mut client = primary.client();
    act(&mut client);
    // All messages that arrive by replication have arrived by then, regardless of how the last
    // message arrives.
    replica.catch_up_with(primary);
    client.run(&["PUBLISH", "rs:cache", "the end"]);
    let [on_primary, on_replica] = [on_primary, on_replica].map(until_the_end);
    assert_eq!(on_replica, on_primary);
    on_replica
}

#[test]
fn changes_are_published_on_replicas_too_and_not_in_the_aof() {
    const MANY: usize = 2_000;
    let primary = Server::builder()
        .tcp()
        .aof()
        .line("sessions.publish-changes yes")
        .start();
    let replica = Server::builder().replica_of(&primary).start();
    let mut client = primary.client();
    let [a, b, c, d, e] = ["u1", "u2", "u3", "u4", "u5"].map(|id| create(&mut client, "web", id, &["TTL", "100"]));
    for _ in 0..MANY {
        create(&mut client, "big", "u1", &[]);
    }
    replica.catch_up_with(&primary);
    age_everywhere(&mut client, "web", &e, 200);
    let set = ["SESSIONS.SET", "web", &a, r#"{"x":1}"#];
    let effects = primary.effects(|| {
        let messages = heard_on_both(&primary, &replica, |client| {
            client.run(&["SESSIONS.GET", "web", &a]).session();
            client.run(&set).session();
            client.run(&["SESSIONS.ROTATE", "web", &b]).text();
            client.line("MULTI").assert_ok();
            client.run(&["SESSIONS.KILL", "web", &c]);
            client.run(&set);
            client.line("EXEC");
            let script = "return redis.call('SESSIONS.KILL', 'web', ARGV[1])";
            assert_eq!(client.run(&["EVAL", script, "0", &d]), Reply::Int(1));
            assert_eq!(client.line("SESSIONS.WIPE"), Reply::Int(1));
        });
        assert_eq!(messages, [&a, &b, &c, &a, &d, &e].map(|token| format!("web:{token}")));
        let messages = heard_on_both(&primary, &replica, |client| {
            assert_eq!(client.line("SESSIONS.KILLALL big"), Reply::Int(MANY as i64));
        });
        assert_eq!(messages.len(), MANY);
    });
    let written: Vec<_> = effects.iter().filter(|effect| effect[0] == "PUBLISH").collect();
    assert!(written.is_empty(), "the AOF holds {written:?}");
}

#[test]
fn in_a_cluster_each_node_hears_of_a_change_once() {
    let cluster = Cluster::start_with(1, 1, |builder| builder.line("sessions.publish-changes yes"));
    let (primary, replica) = (&cluster.primaries()[0], &cluster.replicas()[0]);
    let mut token = String::new();
    let messages = heard_on_both(primary, replica, |client| {
        token = create(client, "web", "u1", &[]);
        client.run(&["SESSIONS.SET", "web", &token, r#"{"x":1}"#]).session();
        assert_eq!(client.line("SESSIONS.KILLALL web"), Reply::Int(1));
    });
    assert_eq!(messages, [format!("web:{token}"), format!("web:{token}")]);
}
