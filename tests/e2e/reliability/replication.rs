//! All copies agree: replicas, the AOF and the RDB file, with and without the module.

use super::times_longer;
use super::traffic::Traffic;
use crate::harness::*;
use std::time::Duration;

const INTERVAL: Duration = Duration::from_secs(10);

const CLIENTS: u64 = 4;

fn calls() -> usize {
    6000 * times_longer()
}

#[test]
fn copies_agree_after_load_with_lost_links_and_full_resyncs() {
    let timed = || Server::builder().own_clock().line("sessions.wipe-interval 10");
    let primary = timed().tcp().start();
    let start = || timed().replica_of(&primary).start();
    let replica = start();
    replica.catch_up_with(&primary);
    let traffic = Traffic::start(&primary, CLIENTS, &[]);
    traffic.run(calls());
    let plain = Server::builder().without_module().replica_of(&primary).start();
    let late = start();
    let mut client = primary.client();
    for _ in 0..5 {
        traffic.run(calls() / 5);
        client.run(&["CLIENT", "KILL", "TYPE", "replica"]).int();
    }
    replica.client().run(&["DEBUG", "CHANGE-REPL-ID"]);
    traffic.run(calls());
    for server in [&primary, &replica, &late] {
        server.let_pass(INTERVAL);
    }
    wait_until(GENEROUS, "a timed pass has run", || {
        primary.info("sessions_passes") != "0"
    });
    let calls = traffic.stop();
    let partial: usize = primary.info("sync_partial_ok").parse().unwrap();
    let full: usize = primary.info("sync_full").parse().unwrap();
    let wiped = primary.info("sessions_wiped");
    eprintln!("{calls} calls, {partial} partial and {full} full resyncs, {wiped} sessions wiped");
    assert!(partial >= 3 && full >= 3 && wiped != "0");
    assert_whole(&mut client);
    let wanted = digest(&mut client);
    for (name, copy) in [("replica", &replica), ("late", &late), ("plain", &plain)] {
        copy.catch_up_with(&primary);
        assert_eq!(digest(&mut copy.client()), wanted, "{name}");
    }
    assert_eq!(replica.info("sessions_passes"), "0", "a replica wiped by itself");
    assert_eq!(replica.info("sessions_wiped"), "0", "a replica wiped by itself");
}

#[test]
fn a_reloaded_rdb_file_holds_what_was_there_even_under_load() {
    let mut server = Server::builder().line("sessions.wipe-interval 0").start();
    let traffic = Traffic::start(&server, CLIENTS, &["LOADING "]);
    let mut client = server.client();
    for _ in 0..3 {
        traffic.run(calls() / 3);
        assert_eq!(client.run(&["DEBUG", "RELOAD"]), "OK".into());
    }
    traffic.stop();
    assert_whole(&mut client);
    let wanted = digest(&mut client);
    assert_eq!(client.run(&["DEBUG", "RELOAD"]), "OK".into());
    assert_eq!(digest(&mut client), wanted);
    assert_eq!(client.run(&["SAVE"]), "OK".into());
    server.kill9();
    server.start_again();
    assert_eq!(digest(&mut server.client()), wanted);
    server.client().run(&["SAVE"]);
    server.kill9();
    server
        .restart_with(|line| (!line.starts_with("loadmodule ") && !line.starts_with("sessions.")).then(|| line.into()));
    assert_eq!(digest(&mut server.client()), wanted, "without the module");
}

#[test]
fn an_aof_rewritten_under_load_holds_what_was_there() {
    let mut server = Server::builder().aof().line("sessions.wipe-interval 0").start();
    let traffic = Traffic::start(&server, CLIENTS, &[]);
    let mut client = server.client();
    for _ in 0..3 {
        traffic.run(calls() / 3);
        client.run(&["BGREWRITEAOF"]);
        traffic.run(calls() / 3);
        wait_until(GENEROUS, "the AOF is rewritten", || {
            server.info("aof_rewrite_in_progress") == "0" && server.info("aof_rewrite_scheduled") == "0"
        });
    }
    traffic.stop();
    assert_eq!(server.info("aof_last_bgrewrite_status"), "ok");
    assert_whole(&mut client);
    let wanted = digest(&mut client);
    server.kill9();
    server.start_again();
    assert_eq!(digest(&mut server.client()), wanted);
    server
        .restart_with(|line| (!line.starts_with("loadmodule ") && !line.starts_with("sessions.")).then(|| line.into()));
    assert_eq!(digest(&mut server.client()), wanted, "without the module");
    assert_whole(&mut server.client());
}

#[test]
fn the_cleanup_pass_moves_to_the_promoted_server() {
    let timed = || Server::builder().own_clock().line("sessions.wipe-interval 10");
    let old = timed().tcp().start();
    let new = timed().replica_of(&old).start();
    new.catch_up_with(&old);
    assert_eq!(old.client().run(&["FAILOVER"]), "OK".into());
    wait_until(GENEROUS, "the roles have changed", || {
        new.info("role") == "master" && old.info("role") == "slave"
    });
    let (passes, mut client) = (old.info("sessions_passes"), new.client());
    let token = create(&mut client, "web", "u1", &["TTL", "100"]);
    age_everywhere(&mut client, "web", &token, 200);
    for wiped in ["1", "2"] {
        new.let_pass(INTERVAL);
        old.let_pass(INTERVAL);
        wait_until(GENEROUS, "the promoted server has wiped", || {
            new.info("sessions_passes") == wiped
        });
    }
    assert_no_keys(&mut client);
    assert_eq!(old.info("sessions_passes"), passes, "the old primary went on wiping");
    old.catch_up_with(&new);
    assert_no_keys(&mut old.client());
}
