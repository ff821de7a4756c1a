//! MAX and its surroundings: events, replicas, full memory, redis-sessions, other apps, a cluster.

use super::limiting::{LIMIT, LOG_INS, new_token, of_u1, prepared};
use super::{assert_plain, digest};
use crate::harness::*;
use std::collections::BTreeSet;
use std::time::Duration;

#[test]
fn while_memory_is_full_a_log_in_is_refused_before_it_kills() {
    let server = Server::builder().line("maxmemory-policy noeviction").start();
    let mut client = server.client();
    for log_in in LOG_INS {
        let (_, command) = prepared(&mut client, log_in);
        let before = digest(&mut client);
        client.line("CONFIG SET maxmemory 1");
        assert!(client.line(&command).error().starts_with("OOM "), "{command}");
        client.line("CONFIG SET maxmemory 0");
        assert_eq!(digest(&mut client), before, "{command}");
        client.line("SESSIONS.KILLALL web");
    }
}

#[test]
fn killed_sessions_are_reported_before_the_new_session() {
    let server = Server::builder()
        .line("notify-keyspace-events Ed")
        .line("sessions.publish-changes yes")
        .start();
    let mut client = server.client();
    for (log_in, own) in LOG_INS.iter().zip(["create", "create", "set", "rotate"]) {
        let (tokens, command) = prepared(&mut client, log_in);
        let timed_out = create(&mut client, "web", "u1", &["TTL", "100"]);
        age(&mut client, "web", &timed_out, 200);
        let mut subscriber = server.client();
        subscriber.run(&["PSUBSCRIBE", "__keyevent@0__:sessions.*", "rs:cache", "the end"]);
        subscriber.receive();
        subscriber.receive();
        let token = new_token(&client.line(&command), &command);
        client.run(&["PUBLISH", "the end", ""]);
        let mut heard = Vec::new();
        while let Some(message) = subscriber.receive_within(Duration::from_secs(60)) {
            let words = message.texts();
            match words[2].split_once("__:sessions.") {
                Some((_, event)) => heard.push(format!("{event} {}", words[3])),
                None if words[2] == "the end" => break,
                None => heard.push(format!("cache {}", words[3])),
            }
        }
        let (mut gone, told): (Vec<_>, Vec<_>) = heard.into_iter().partition(|told| {
            [&tokens[0], &tokens[1], &timed_out]
                .iter()
                .any(|token| told.ends_with(token.as_str()))
        });
        gone.sort();
        let mut wanted: Vec<String> = Vec::new();
        for (event, token) in [("kill", &tokens[0]), ("kill", &tokens[1]), ("expire", &timed_out)] {
            wanted.extend([format!("{event} rs:web:{token}"), format!("cache web:{token}")]);
        }
        wanted.sort();
        assert_eq!(gone, wanted, "{log_in}");
        assert_eq!(told[0], format!("{own} rs:web:{token}"), "{log_in}");
        assert_eq!(told.len(), if own == "create" { 1 } else { 2 }, "{log_in}: {told:?}");
        client.line("SESSIONS.KILLALL web");
    }
}

#[test]
fn a_log_in_with_its_kills_is_one_transaction_for_replicas_and_the_aof() {
    let primary = Server::builder().tcp().aof().start();
    let replica = Server::builder().replica_of(&primary).start();
    let mut client = primary.client();
    for log_in in LOG_INS {
        let (_, command) = prepared(&mut client, log_in);
        let effects = primary.effects(|| {
            let reply = client.line(&command);
            new_token(&reply, &command);
        });
        assert_plain(&effects);
        let script = [
            "EVAL",
            "return redis.call(unpack(ARGV))",
            "0",
            "SESSIONS.CREATE",
            "web",
            "u1",
            "MAX",
            "1",
        ];
        assert!(is_token(client.run(&script).text()));
        client.line("MULTI");
        client.line("SESSIONS.CREATE web u1 MAX 1");
        client.line("SESSIONS.CREATE web u1 MAX 1 REJECT");
        client.line("SESSIONS.CREATE web u1 MAX 2 REJECT");
        let replies = client.line("EXEC");
        let replies = replies.list();
        assert_eq!(replies[1], Reply::Error(LIMIT.into()));
        assert!(is_token(replies[0].text()) && is_token(replies[2].text()));
        assert_eq!(client.line("SESSIONS.COUNTSOID web u1"), Reply::Int(2));
        replica.catch_up_with(&primary);
        assert_eq!(digest(&mut replica.client()), digest(&mut client), "{log_in}");
        client.line("SESSIONS.KILLALL web");
    }
    let before = digest(&mut client);
    client.line("DEBUG LOADAOF").assert_ok();
    assert_eq!(digest(&mut client), before);
}

#[test]
fn sessions_of_redis_sessions_count() {
    let server = Server::start();
    let mut client = server.client();
    let la = now(&mut client).to_string();
    for letter in ['a', 'b'] {
        let fields = [
            ("id", "u1"),
            ("r", "1"),
            ("w", "1"),
            ("ip", ""),
            ("la", &la),
            ("ttl", "7200"),
        ];
        plant(&mut client, "web", &token_of(letter), &fields);
    }
    assert_eq!(
        client.line("SESSIONS.CREATE web u1 MAX 2 REJECT"),
        Reply::Error(LIMIT.into())
    );
    let token = create(&mut client, "web", "u1", &["MAX", "2"]);
    assert_eq!(of_u1(&mut client), BTreeSet::from([token_of('b'), token]));
}

#[test]
fn other_ids_apps_and_databases_are_left_alone() {
    let server = Server::start();
    let mut client = server.client();
    client.line("SELECT 1");
    create(&mut client, "web", "u1", &[]);
    client.line("SELECT 0");
    create(&mut client, "shop", "u1", &[]);
    create(&mut client, "web", "u1:x", &[]);
    create(&mut client, "web", "", &["ANON"]);
    for _ in 0..3 {
        create(&mut client, "web", "u1", &["MAX", "1"]);
    }
    for (command, count) in [("COUNT web", 3), ("COUNT shop", 1), ("COUNTSOID web u1", 1)] {
        assert_eq!(
            client.line(&format!("SESSIONS.{command}")),
            Reply::Int(count),
            "{command}"
        );
    }
    client.line("SELECT 1");
    assert_eq!(client.line("SESSIONS.COUNT web"), Reply::Int(1));
}

#[test]
fn in_a_cluster_a_limit_holds_for_ids_on_every_node() {
    let cluster = Cluster::start(3, 0);
    let mut client = cluster.client();
    for number in 0..12 {
        let id = format!("user{number}");
        let save = format!("of {{{id}}}");
        for _ in 0..4 {
            client.run(&["SESSIONS.CREATE", "web", &id, "MAX", "2"]).text();
        }
        assert_eq!(client.run(&["SESSIONS.COUNTSOID", "web", &id]), Reply::Int(2), "{id}");
        let visitor = client.run(&["SESSIONS.CREATE", "web", &save, "ANON"]).text().to_owned();
        let to = |options: &[&'static str]| [&["SESSIONS.ROTATE", "web", &visitor, "ID", &id], options].concat();
        let refused = client.run(&to(&["MAX", "2", "REJECT"]));
        assert_eq!(refused, Reply::Error(LIMIT.into()), "{id}");
        let elsewhere = ["SESSIONS.ROTATE", "web", &visitor, "ID", "another", "MAX", "1"];
        let is_elsewhere = slot("another") != slot(&id);
        assert!(is_elsewhere && client.run(&elsewhere).is_error_of("CROSSSLOT"), "{id}");
        assert!(is_token(client.run(&to(&["MAX", "2"])).text()), "{id}");
        assert_eq!(client.run(&["SESSIONS.COUNTSOID", "web", &id]), Reply::Int(2), "{id}");
    }
    let left: usize = cluster
        .primaries()
        .iter()
        .map(|node| assert_node_is_whole(node, "web"))
        .sum();
    assert_eq!(left, 24);
}
