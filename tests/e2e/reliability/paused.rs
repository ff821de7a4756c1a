//! Writes that pause, end or fail while work in slices is under way.

use super::filled::{MANY, begin, fill};
use crate::harness::*;
use std::thread::sleep;
use std::time::Duration;

/// Holds up what is under way; returns how many sessions it has left of `app`.
#[track_caller]
fn pause(client: &mut Client, app: &str) -> i64 {
    assert_eq!(client.run(&["CLIENT", "PAUSE", "600000", "WRITE"]), "OK".into());
    let left = client.run(&["SESSIONS.COUNT", app]).int();
    assert!((1..MANY).contains(&left), "{left} left: not in the middle of its work");
    left
}

/// For the length of some slices, nothing is written and others are served.
#[track_caller]
fn assert_nothing_moves(client: &mut Client) {
    let before = digest(client);
    sleep(Duration::from_millis(100));
    assert_eq!(client.line("PING"), "PONG".into());
    assert_eq!(digest(client), before, "something was written while writes are paused");
}

#[test]
fn a_killall_waits_while_writes_are_paused_and_then_goes_on() {
    let server = Server::start();
    let (mut client, mut caller) = (server.client(), server.client());
    fill(&mut client, "web", MANY, 0);
    begin(&server, &mut caller, &["SESSIONS.KILLALL", "web"]);
    pause(&mut client, "web");
    assert_nothing_moves(&mut client);
    assert_whole(&mut client);
    client.run(&["CLIENT", "UNPAUSE"]);
    assert_eq!(caller.receive(), Reply::Int(MANY));
    assert_no_keys(&mut client);
}

#[test]
fn a_wipe_waits_while_writes_are_paused_and_then_goes_on() {
    let server = Server::start();
    let (mut client, mut caller) = (server.client(), server.client());
    fill(&mut client, "web", MANY, 10_000);
    begin(&server, &mut caller, &["SESSIONS.WIPE"]);
    pause(&mut client, "web");
    assert_nothing_moves(&mut client);
    assert_whole(&mut client);
    client.run(&["CLIENT", "UNPAUSE"]);
    assert_eq!(caller.receive(), Reply::Int(MANY));
    assert_no_keys(&mut client);
}

#[test]
fn a_timed_pass_waits_while_writes_are_paused_and_then_goes_on() {
    let server = Server::builder().own_clock().line("sessions.wipe-interval 10").start();
    let mut client = server.client();
    fill(&mut client, "web", MANY, 10_000);
    server.let_pass(Duration::from_secs(10));
    wait_until(GENEROUS, "the pass is under way", || {
        client.run(&["SESSIONS.COUNT", "web"]).int() < MANY
    });
    pause(&mut client, "web");
    assert_nothing_moves(&mut client);
    assert_whole(&mut client);
    client.run(&["CLIENT", "UNPAUSE"]);
    wait_until(GENEROUS, "the pass is over", || {
        client.run(&["DBSIZE"]) == Reply::Int(0)
    });
}

#[test]
fn a_caller_that_disconnects_does_not_stop_the_work() {
    for command in [["SESSIONS.KILLALL", "web"], ["SESSIONS.KILLSOID", "web"]] {
        let server = Server::start();
        let (mut client, mut caller) = (server.client(), server.client());
        let words: Vec<&str> = match command[0] {
            "SESSIONS.KILLALL" => {
                fill(&mut client, "web", MANY, 0);
                command.to_vec()
            }
            _ => {
                for _ in 0..MANY {
                    client.send(&["SESSIONS.CREATE", "web", "one"]);
                }
                (0..MANY).for_each(|_| drop(client.receive()));
                [&command[..], &["one"]].concat()
            }
        };
        begin(&server, &mut caller, &words);
        pause(&mut client, "web");
        drop(caller);
        wait_until(GENEROUS, "the caller is gone", || server.info("blocked_clients") == "0");
        client.run(&["CLIENT", "UNPAUSE"]);
        wait_until(GENEROUS, "the work is done", || {
            client.run(&["DBSIZE"]) == Reply::Int(0)
        });
        create(&mut client, "web", "u1", &[]);
        assert_eq!(client.run(&["SESSIONS.KILLALL", "web"]), Reply::Int(1));
    }
}

#[test]
fn a_caller_whose_connection_is_killed_does_not_stop_the_work() {
    let server = Server::start();
    let (mut client, mut caller) = (server.client(), server.client());
    let id = caller.run(&["CLIENT", "ID"]).int().to_string();
    fill(&mut client, "web", MANY, 10_000);
    begin(&server, &mut caller, &["SESSIONS.WIPE"]);
    pause(&mut client, "web");
    assert_eq!(client.run(&["CLIENT", "KILL", "ID", &id]), Reply::Int(1));
    client.run(&["CLIENT", "UNPAUSE"]);
    wait_until(GENEROUS, "the work is done", || {
        client.run(&["DBSIZE"]) == Reply::Int(0)
    });
}

#[test]
fn an_unblocked_caller_does_not_stop_the_work() {
    let server = Server::start();
    let (mut client, mut caller) = (server.client(), server.client());
    let id = caller.run(&["CLIENT", "ID"]).int().to_string();
    fill(&mut client, "web", MANY, 0);
    begin(&server, &mut caller, &["SESSIONS.KILLALL", "web"]);
    client.run(&["CLIENT", "UNBLOCK", &id, "ERROR"]);
    assert!(matches!(caller.receive(), Reply::Int(_) | Reply::Error(_)));
    wait_until(GENEROUS, "the work is done", || {
        client.run(&["DBSIZE"]) == Reply::Int(0)
    });
}

#[test]
fn a_demoted_server_ends_its_work_and_tells_the_caller() {
    for command in ["SESSIONS.KILLALL web", "SESSIONS.WIPE"] {
        let server = Server::builder().tcp().start();
        let (mut client, mut caller) = (server.client(), server.client());
        fill(
            &mut client,
            "web",
            MANY,
            if command.contains("WIPE") { 10_000 } else { 0 },
        );
        begin(&server, &mut caller, &command.split(' ').collect::<Vec<_>>());
        pause(&mut client, "web");
        // A primary that cannot be reached: the replica keeps its data.
        assert_eq!(client.run(&["REPLICAOF", "127.0.0.1", "1"]), "OK".into());
        let reply = caller.receive();
        assert!(reply.error().starts_with("UNBLOCKED "), "{command}: {reply:?}");
        client.run(&["CLIENT", "UNPAUSE"]);
        assert_nothing_moves(&mut client);
        assert_whole(&mut client);
        let left = client.run(&["SESSIONS.COUNT", "web"]).int();
        assert_eq!(client.run(&["REPLICAOF", "NO", "ONE"]), "OK".into());
        assert_nothing_moves(&mut client);
        assert_eq!(client.line(command), Reply::Int(left), "{command} again");
        assert_no_keys(&mut client);
    }
}

#[test]
fn a_failover_with_a_killall_under_way_leaves_both_servers_alike() {
    let old = Server::builder().tcp().start();
    let new = Server::builder().replica_of(&old).start();
    let (mut client, mut caller) = (old.client(), old.client());
    fill(&mut client, "web", MANY, 0);
    new.catch_up_with(&old);
    begin(&old, &mut caller, &["SESSIONS.KILLALL", "web"]);
    assert_eq!(client.run(&["FAILOVER"]), "OK".into());
    let reply = caller.receive();
    assert!(reply.error().starts_with("UNBLOCKED "), "{reply:?}");
    wait_until(GENEROUS, "the roles have changed", || {
        new.info("role") == "master" && old.info("role") == "slave"
    });
    old.catch_up_with(&new);
    let mut promoted = new.client();
    assert_eq!(digest(&mut client), digest(&mut promoted));
    assert_whole(&mut promoted);
    let left = promoted.run(&["SESSIONS.COUNT", "web"]).int();
    assert!((1..MANY).contains(&left), "{left} left: not in the middle of its work");
    assert_eq!(promoted.run(&["SESSIONS.KILLALL", "web"]), Reply::Int(left));
    assert_no_keys(&mut promoted);
    old.catch_up_with(&new);
    assert_no_keys(&mut client);
}
