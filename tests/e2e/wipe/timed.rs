//! The timed cleanup pass, on servers whose clocks the test moves, because the shortest interval is
//! 10 s.

use super::timed_out;
use crate::commands::digest;
use crate::harness::*;
use std::time::Duration;

const INTERVAL: Duration = Duration::from_secs(10);

#[test]
fn the_timed_pass_wipes_every_database_on_the_primary_and_nothing_on_a_replica() {
    let primary = Server::builder()
        .own_clock()
        .tcp()
        .line("sessions.wipe-interval 10")
        .start();
    let replica = Server::builder()
        .own_clock()
        .replica_of(&primary)
        .line("sessions.wipe-interval 10")
        .line("replica-read-only no")
        .start();
    let mut client = primary.client();
    let mut tokens = Vec::new();
    for database in ["0", "3", "15"] {
        client.run(&["SELECT", database]);
        tokens.push(timed_out(&mut client, "web", "u:1"));
        tokens.push(create(&mut client, "web", "u:2", &[]));
        client.run(&["ZADD", "rs:SESSIONS", "1", "rubbish"]);
    }
    replica.catch_up_with(&primary);
    let mut theirs = replica.client();
    theirs.run(&["SELECT", "7"]);
    let token = token_of('r');
    plant(
        &mut theirs,
        "web",
        &token,
        &[("id", "u1"), ("la", "1000"), ("ttl", "10")],
    );

    primary.let_pass(INTERVAL);
    wait_until(GENEROUS, "the timed pass has wiped every database", || {
        ["0", "3", "15"].iter().all(|database| {
            client.run(&["SELECT", database]);
            client.run(&["ZCARD", "rs:SESSIONS"]) == Reply::Int(1)
        })
    });
    for database in ["0", "3", "15"] {
        client.run(&["SELECT", database]);
        assert_eq!(client.run(&["DBSIZE"]), Reply::Int(5), "database {database}");
    }
    // If the first interval started a pass, it would be over before the end of the second.
    replica.let_pass(INTERVAL);
    replica.let_pass(INTERVAL);
    assert_eq!(theirs.run(&["DBSIZE"]), Reply::Int(5), "the replica wiped by itself");
    replica.catch_up_with(&primary);
    assert_eq!(theirs.run(&["FLUSHDB"]), "OK".into());
    assert_eq!(digest(&mut client), digest(&mut theirs));
    let removed = |log: &str| -> usize {
        let counts = log
            .lines()
            .filter_map(|line| line.split_once("removed ")?.1.split_once(" unreadable members"));
        counts.map(|(count, _)| count.parse::<usize>().unwrap()).sum()
    };
    assert_eq!(
        (removed(&primary.log()), removed(&replica.log())),
        (3, 0),
        "{}",
        primary.log()
    );
    for log in [primary.log(), replica.log()] {
        for token in &tokens {
            assert!(!log.contains(token.as_str()), "a token is in the log:\n{log}");
        }
        assert!(!log.contains("rubbish"), "{log}");
    }
}

#[test]
fn the_module_unloads_when_no_pass_is_in_progress_and_wipes_again_once_reloaded() {
    let server = Server::builder().own_clock().line("sessions.wipe-interval 10").start();
    let mut client = server.client();
    timed_out(&mut client, "web", "u1");
    server.let_pass(INTERVAL);
    wait_until(GENEROUS, "the timed pass has wiped", || {
        client.run(&["DBSIZE"]) == Reply::Int(0)
    });
    wait_until(GENEROUS, "the module unloads", || {
        client.run(&["MODULE", "UNLOAD", "sessions"]) == "OK".into()
    });
    let path = module_path();
    let path = path.to_str().unwrap();
    let loaded = client.run(&["MODULE", "LOADEX", path, "CONFIG", "sessions.wipe-interval", "10"]);
    assert_eq!(loaded, "OK".into());
    timed_out(&mut client, "web", "u1");
    server.let_pass(INTERVAL);
    wait_until(GENEROUS, "the timed pass wipes again", || {
        client.run(&["DBSIZE"]) == Reply::Int(0)
    });
}

#[test]
fn no_timed_pass_runs_before_its_time_nor_with_interval_0() {
    for (interval, time) in [("86400", 40_000), ("0", 1_000_000)] {
        let server = Server::builder()
            .own_clock()
            .line(format!("sessions.wipe-interval {interval}"))
            .start();
        let mut client = server.client();
        timed_out(&mut client, "web", "u1");
        for _ in 0..2 {
            server.let_pass(Duration::from_secs(time));
            assert_eq!(server.info("sessions_passes"), "0", "interval {interval}");
        }
        assert_eq!(client.run(&["DBSIZE"]), Reply::Int(5), "interval {interval}");
        assert_eq!(client.run(&["SESSIONS.WIPE"]), Reply::Int(1));
    }
}

#[test]
fn a_replica_that_becomes_a_primary_wipes_at_once_if_a_pass_was_due() {
    const HOUR: Duration = Duration::from_secs(3600);
    let server = Server::builder()
        .own_clock()
        .line("sessions.wipe-interval 3600")
        .start();
    let mut client = server.client();
    timed_out(&mut client, "web", "u1");
    client.line("REPLICAOF 127.0.0.1 1").assert_ok();
    // If the first hour started a pass, it would have begun before the end of the second.
    server.let_pass(HOUR);
    server.let_pass(HOUR / 2);
    assert_eq!(client.run(&["DBSIZE"]), Reply::Int(5));
    client.line("REPLICAOF NO ONE").assert_ok();
    wait_until(GENEROUS, "the timed pass has wiped", || {
        client.run(&["DBSIZE"]) == Reply::Int(0)
    });
}
