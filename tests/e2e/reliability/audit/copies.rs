//! Replicas, the AOF and RDB files have the same entries under the same IDs, also where old ones
//! are removed.

use super::super::times_longer;
use super::super::traffic::Traffic;
use super::{STREAM, stored};
use crate::harness::*;

const STREAMS: [&str; 2] = [STREAM, "rs:shop:_audit"];

fn recording() -> Builder {
    Server::builder()
        .line("sessions.audit-length 50")
        .line("sessions.wipe-interval 0")
}

#[track_caller]
fn assert_same(name: &str, copy: &Server, wanted: &Server) {
    let (mut copy, mut wanted) = (copy.client(), wanted.client());
    for stream in STREAMS {
        let (found, expected) = (stored(&mut copy, stream), stored(&mut wanted, stream));
        assert!(found == expected, "{name}: {stream} differs");
    }
    assert_eq!(digest(&mut copy), digest(&mut wanted), "{name}");
}

#[test]
fn replicas_have_the_entries_of_their_primary() {
    let primary = recording().tcp().start();
    let copies = [
        ("replica", recording()),
        ("without the module", Server::builder().without_module()),
        // Packs entries in another way, so an approximate trim would remove other entries.
        ("with small nodes", recording().line("stream-node-max-entries 7")),
    ];
    let copies = copies.map(|(name, builder)| (name, builder.replica_of(&primary).start()));
    let traffic = Traffic::start(&primary, 4, &[]);
    let mut client = primary.client();
    for length in ["50", "1000", "3", "200", "0", "100"] {
        client
            .run(&["CONFIG", "SET", "sessions.audit-length", length])
            .assert_ok();
        traffic.run(800 * times_longer());
    }
    traffic.stop();
    assert_ne!(primary.info("sessions_audited"), "0");
    for (name, copy) in &copies {
        copy.catch_up_with(&primary);
        assert_same(name, copy, &primary);
    }
    assert_eq!(
        copies[0].1.info("sessions_audited"),
        "0",
        "a replica recorded by itself"
    );
}

#[test]
fn a_promoted_replica_continues_with_the_stream() {
    let old = recording().tcp().start();
    let new = recording().replica_of(&old).start();
    let token = create(&mut old.client(), "web", "u1", &[]);
    new.catch_up_with(&old);
    old.client().line("FAILOVER").assert_ok();
    wait_until(GENEROUS, "the roles have changed", || {
        new.info("role") == "master" && old.info("role") == "slave"
    });
    assert_eq!(new.client().run(&["SESSIONS.KILL", "web", &token]), Reply::Int(1));
    old.catch_up_with(&new);
    let all = stored(&mut new.client(), STREAM);
    let events: Vec<_> = all.iter().map(|(_, entry)| &*entry["event"]).collect();
    assert_eq!(events, ["create", "kill"]);
    assert_eq!(stored(&mut old.client(), STREAM), all);
}

#[test]
fn the_aof_and_the_rdb_file_bring_every_entry_back() {
    let mut server = recording().aof().start();
    let traffic = Traffic::start(&server, 4, &[]);
    let mut client = server.client();
    for _ in 0..2 {
        traffic.run(1500 * times_longer());
        client.run(&["BGREWRITEAOF"]);
        traffic.run(1500 * times_longer());
        wait_until(GENEROUS, "the AOF is rewritten", || {
            server.info("aof_rewrite_in_progress") == "0" && server.info("aof_rewrite_scheduled") == "0"
        });
    }
    traffic.stop();
    let before = STREAMS.map(|stream| stored(&mut client, stream));
    let wanted = digest(&mut client);
    assert!(before.iter().all(|entries| entries.len() >= 50));
    client.line("DEBUG RELOAD").assert_ok();
    assert_eq!(STREAMS.map(|stream| stored(&mut client, stream)), before, "reloaded");
    server.kill9();
    server.start_again();
    let mut client = server.client();
    assert_eq!(
        STREAMS.map(|stream| stored(&mut client, stream)),
        before,
        "from the AOF"
    );
    assert_eq!(digest(&mut client), wanted);
    server
        .restart_with(|line| (!line.starts_with("loadmodule ") && !line.starts_with("sessions.")).then(|| line.into()));
    assert_eq!(digest(&mut server.client()), wanted, "without the module");
}

#[test]
fn an_entry_is_replicated_with_its_command_and_the_length_that_came_out() {
    let server = Server::builder().aof().line("sessions.audit-length 1").start();
    let mut client = server.client();
    client.line("CONFIG SET stream-node-max-entries 2").assert_ok();
    let effects = server.effects(|| {
        for _ in 0..4 {
            create(&mut client, "web", "u1", &[]);
        }
        assert_eq!(client.line("SESSIONS.KILLSOID web u1"), Reply::Int(4));
    });
    let mut within = false;
    let mut lengths = Vec::new();
    for effect in &effects {
        match effect[0].as_str() {
            "MULTI" => within = true,
            "EXEC" => within = false,
            "XADD" => {
                assert!(within, "{effect:?} has a transaction of its own");
                assert_eq!([&*effect[1], &*effect[2], &*effect[3]], [STREAM, "MAXLEN", "="]);
                assert!(effect[5].contains('-') && effect[6] == "event", "{effect:?}");
                lengths.push(effect[4].parse::<i64>().expect("a number"));
            }
            _ => {}
        }
    }
    // A node of two entries is removed as soon as there is one entry after it.
    assert_eq!(lengths, [1, 2, 1, 2, 1, 2, 1, 2]);
    assert_eq!(client.run(&["XLEN", STREAM]), Reply::Int(2));
}
