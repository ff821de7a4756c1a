//! The harness itself, on servers without the module.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test ends by panicking"
)]

use sessions_harness::{Client, GENEROUS, Reply, Server, now, wait_until};
use std::time::Duration;

#[test]
fn effects_are_the_commands_that_reach_the_aof() {
    let server = Server::builder().without_module().aof().start();
    let mut client = server.client();
    client.run(&["SET", "first", "1"]);
    let effects = server.effects(|| {
        client.run(&["MULTI"]);
        client.run(&["SET", "a b", "\r\n"]);
        client.run(&["INCR", "first"]);
        client.run(&["EXEC"]);
        client.run(&["GET", "first"]);
    });
    assert_eq!(
        effects,
        [
            vec!["MULTI"],
            vec!["SET", "a b", "\r\n"],
            vec!["INCR", "first"],
            vec!["EXEC"]
        ]
    );
}

#[test]
fn a_killed_server_starts_again_with_its_aof() {
    let mut server = Server::builder().without_module().aof().start();
    server.client().run(&["SET", "kept", "yes"]);
    server.kill9();
    server.start_again();
    assert_eq!(server.client().run(&["GET", "kept"]), "yes".into());
    server.restart();
    assert_eq!(server.client().run(&["GET", "kept"]), "yes".into());
}

#[test]
fn a_replica_follows_and_both_protocols_read_alike() {
    let primary = Server::builder().without_module().tcp().start();
    let replica = Server::builder().without_module().replica_of(&primary).start();
    primary.client().run(&["HSET", "h", "f", "v"]);
    replica.catch_up_with(&primary);
    let flat = Reply::List(vec!["f".into(), "v".into()]);
    let map = Reply::Map(vec![("f".into(), "v".into())]);
    assert_eq!(replica.client().run(&["HGETALL", "h"]), flat);
    assert_eq!(replica.client_resp3().run(&["HGETALL", "h"]), map);
    let refused = replica.client().run(&["SET", "x", "y"]);
    assert!(refused.error().starts_with("READONLY "), "{refused:?}");
}

#[test]
fn time_passes_at_once_for_a_server_with_a_clock_of_its_own() {
    let server = Server::builder().without_module().own_clock().start();
    let mut client = server.client();
    client.run(&["SET", "short", "1", "EX", "1000"]);
    let (before, up) = (now(&mut client), server.info("uptime_in_seconds"));
    server.let_pass(Duration::from_secs(999));
    assert!((999..1060).contains(&(now(&mut client) - before)));
    assert_ne!(server.info("uptime_in_seconds"), up);
    assert!(client.run(&["TTL", "short"]).int() <= 1);
    server.let_pass(Duration::from_secs(2));
    assert_eq!(client.run(&["EXISTS", "short"]), Reply::Int(0));
    server.set_calendar(-100_000);
    // Some servers read the calendar once per turn of their event loop.
    wait_until(GENEROUS, "the calendar is set back", || now(&mut client) < before);
}

#[test]
fn servers_are_gone_when_dropped() {
    let server = Server::builder().without_module().start();
    let dir = server.dir().to_owned();
    let mut client = server.client();
    drop(server);
    wait_until(GENEROUS, "the connection is lost", || {
        client.try_run(&["PING"]).is_err()
    });
    assert!(!dir.exists());
    let address = format!("redis+unix://{}", dir.join("socket").display());
    assert!(Client::connect(&address).is_err());
}
