//! Runs during resharding and with lost connections.

use super::super::moving;
use super::*;
use std::thread;
use std::time::Duration;

#[test]
fn the_tool_waits_for_a_slot_that_is_being_moved() {
    let (source, cluster) = (single(), Cluster::start(2, 0));
    let mut client = source.client();
    for n in 0..200 {
        create(&mut client, "web", &format!("u{n}"), &[]);
    }
    copy(&[], &source, &cluster);
    let number = slot("u7");
    let in_slot = (0..200).filter(|n| slot(format!("u{n}")) == number).count();
    let from = cluster.owner_of("u7");
    let to = cluster
        .primaries()
        .iter()
        .find(|node| node.port() != from.port())
        .unwrap();
    moving::open_slot(number, from, to);
    moving::move_keys(number, from, to, 1);
    for n in 0..200 {
        create(&mut client, "web", &format!("u{n}"), &[]);
    }
    thread::scope(|threads| {
        let run = threads.spawn(|| copy(&[], &source, &cluster));
        let others = i64::try_from(400 - 2 * in_slot).unwrap();
        wait_until(GENEROUS, "the other slots have their sessions", || {
            sum(&cluster, "SESSIONS.COUNT web") >= others
        });
        while moving::move_keys(number, from, to, 10) > 0 {}
        moving::close_slot(number, from, to);
        run.join()
            .unwrap()
            .assert_counts(&[("copied", 200), ("unchanged", 200)]);
    });
    assert_eq!(on_the_cluster(&cluster, "web"), on_the_source(&source, "web"));
}

#[test]
fn a_run_survives_lost_connections_and_flushed_scripts() {
    let (source, cluster) = (single(), Cluster::start(2, 0));
    create_many(&source, 0..5000);
    thread::scope(|threads| {
        let run = threads.spawn(|| copy(&[], &source, &cluster));
        wait_until(GENEROUS, "some have arrived", || {
            sum(&cluster, "SESSIONS.COUNT web") > 0
        });
        for turn in 0..6 {
            for node in cluster.primaries() {
                node.client().line("SCRIPT FLUSH").assert_ok();
                if turn % 2 == 0 {
                    node.client().line("CLIENT KILL TYPE normal SKIPME yes");
                }
            }
            thread::sleep(Duration::from_millis(50));
        }
        let said = run.join().unwrap();
        // A session that was written before the reply got lost is found unchanged at the second
        // try.
        assert_eq!(said.count("copied") + said.count("unchanged"), 5000, "{said:?}");
    });
    let copied: usize = cluster.primaries().iter().map(|node| assert_whole(node, "web")).sum();
    assert_eq!(copied, 5000);
}
