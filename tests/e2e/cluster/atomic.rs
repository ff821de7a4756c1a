//! Slots that the server moves as a whole, as Valkey does since version 9: no command is refused
//! during the move.

use super::load::Load;
use super::resharding::check;
use super::{assert_whole, create, keys, sum};
use crate::harness::{Cluster, GENEROUS, Reply, Server, skip, wait_until};

/// Begins to move all slots of a range. `false`: the server cannot move whole slots.
#[track_caller]
fn begin(from: &Server, to: &Server, first: u16, last: u16) -> bool {
    let command = format!("CLUSTER MIGRATESLOTS SLOTSRANGE {first} {last} NODE {}", to.id());
    let reply = from.client().line(&command);
    if reply.is_error_of("ERR") && reply.error().contains("unknown subcommand") {
        skip("newer-server");
        return false;
    }
    reply.assert_ok();
    true
}

/// Waits until the node has ended all moves; returns whether the last one succeeded.
fn wait_for_end(node: &Server) -> bool {
    let mut states = Vec::new();
    wait_until(GENEROUS, "the slots have been moved", || {
        let reply = node.client().line("CLUSTER GETSLOTMIGRATIONS");
        states = reply
            .list()
            .iter()
            .map(|job| job.session().text("state").to_owned())
            .collect();
        states
            .iter()
            .all(|state| ["success", "failed", "cancelled"].contains(&state.as_str()))
    });
    states.first().is_some_and(|state| state == "success")
}

#[test]
fn moving_whole_slots_loses_nothing_and_refuses_nothing() {
    let cluster = Cluster::start(2, 0);
    let load = Load::start(&cluster, 2);
    if !begin(&cluster.nodes[0], &cluster.nodes[1], 0, 1999) {
        load.end();
        return;
    }
    assert!(wait_for_end(&cluster.nodes[0]));
    assert_eq!(check(&cluster, load), 0, "clients were told to try again");
}

#[test]
fn an_app_that_is_killed_while_some_slots_move_stays_dead() {
    kill_while_moving(4095);
}

#[test]
fn an_app_that_is_killed_while_all_slots_move_stays_dead() {
    kill_while_moving(8191);
}

/// A node that gives away its last slot becomes a replica.
#[track_caller]
fn kill_while_moving(last: u16) {
    let cluster = Cluster::start(2, 0);
    let mut client = cluster.client();
    for n in 0..5000 {
        create(&mut client, "web", &format!("user{n}"));
    }
    let stored: usize = cluster.primaries().iter().map(|node| assert_whole(node, "web")).sum();
    assert_eq!(stored, 5000);
    let (from, to) = (&cluster.nodes[0], &cluster.nodes[1]);
    if !begin(from, to, 0, last) {
        return;
    }
    // Some sessions are killed on this node, some on the other, and some on neither at first.
    let mut killed = 0;
    wait_until(GENEROUS, "all is killed", || {
        for node in cluster.primaries() {
            match node.client().line("SESSIONS.KILLALL web") {
                Reply::Int(count) => killed += count,
                refused => assert!(
                    ["TRYAGAIN", "UNBLOCKED", "READONLY"]
                        .iter()
                        .any(|code| refused.is_error_of(code)),
                    "{refused:?}"
                ),
            }
        }
        // The node that gave away its last slot forgets the move when it has become a replica.
        wait_for_end(to) && sum(&cluster, "SESSIONS.COUNT web") == 0
    });
    assert!(killed <= 5000, "{killed} killed");
    for node in cluster.primaries() {
        assert_eq!(keys(node), [""; 0]);
    }
}
