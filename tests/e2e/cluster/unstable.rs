//! Commands that are not about one session, while a slot is being moved: windows, work in slices,
//! timed passes.

use super::{assert_whole, close_slot, create, move_keys, open_slot, sum};
use crate::harness::*;
use std::time::Duration;

/// The node that has the slot of an id, and another.
fn owner_and_other<'c>(cluster: &'c Cluster, id: &str) -> (&'c Server, &'c Server) {
    let owner = cluster.owner_of(id);
    let other = cluster.primaries().iter().find(|node| node.port() != owner.port());
    (owner, other.expect("a second node"))
}

#[test]
fn a_killsoid_in_progress_writes_nothing_in_a_slot_that_starts_to_move() {
    let cluster = Cluster::start(2, 0);
    let (from, to) = owner_and_other(&cluster, "u:0");
    let number = slot("u:0");
    let mut client = from.client();
    // On a fast machine the work may end before the slot starts to move; the next attempt has more
    // work.
    let mut count = 5_000;
    let killed = loop {
        let planted = Planted {
            tag: Some(tag_of_slot(number)),
            count,
            idle: 100,
            ..Planted::default()
        };
        planted.plant(&mut client);
        let mut caller = from.client();
        caller.send(&["SESSIONS.KILLSOID", "web", "u:0"]);
        wait_until(GENEROUS, "the work has begun", || {
            client.line("SESSIONS.COUNT web").int() < count
        });
        open_slot(number, from, to);
        let reply = caller.receive();
        if reply.is_error_of("TRYAGAIN") {
            break count - client.line("SESSIONS.COUNT web").int();
        }
        assert_eq!(reply, Reply::Int(count));
        assert!(count < 100_000, "the work went on in a slot that moves");
        for node in [from, to] {
            node.client()
                .line(&format!("CLUSTER SETSLOT {number} STABLE"))
                .assert_ok();
        }
        count *= 2;
    };
    assert!((1..count).contains(&killed), "{killed} killed of {count}");
    while move_keys(number, from, to, 100) > 0 {}
    close_slot(number, from, to);
    assert_eq!(i64::try_from(assert_whole(to, "web")), Ok(count - killed));
    let rest = cluster.client().run(&["SESSIONS.KILLSOID", "web", "u:0"]);
    assert_eq!(rest, Reply::Int(count - killed));
}

/// Seconds of a window that begins between the scores and the last use of `at_the_edge`.
const DT: i64 = 1000;

/// For the five seconds after `now`, these sessions are in a window of `DT` seconds by their hashes
/// and outside it by their scores.
fn at_the_edge(number: u16, count: i64, ids: i64) -> Planted<'static> {
    Planted {
        tag: Some(tag_of_slot(number)),
        count,
        ids,
        idle: DT - 5,
        behind: 9,
        ..Planted::default()
    }
}

/// The sums of COUNT, ACTIVITY, USERS and SOAPP over all nodes.
fn in_the_window(cluster: &Cluster) -> [i64; 4] {
    let listed = |command: &str| -> i64 {
        let nodes = cluster.primaries().iter();
        nodes.map(|node| node.client().line(command).list().len() as i64).sum()
    };
    [
        sum(cluster, &format!("SESSIONS.COUNT web DT {DT}")),
        sum(cluster, &format!("SESSIONS.ACTIVITY web {DT}")),
        listed(&format!("SESSIONS.USERS web {DT}")),
        listed(&format!("SESSIONS.SOAPP web {DT}")),
    ]
}

/// Empties the cluster and runs `act`, until `act` takes less than the five seconds of
/// `at_the_edge`.
fn within_five_seconds<T>(cluster: &Cluster, mut act: impl FnMut() -> T) -> T {
    for _ in 0..20 {
        for node in cluster.primaries() {
            node.client().line("FLUSHALL").assert_ok();
        }
        let mut client = cluster.nodes[0].client();
        let start = now(&mut client);
        let result = act();
        if now(&mut client) - start <= 5 {
            return result;
        }
    }
    panic!("this machine takes more than five seconds");
}

#[test]
fn at_a_windows_edge_the_scores_alone_decide_in_a_slot_that_moves() {
    let cluster = Cluster::start(2, 0);
    let mut here = &cluster.nodes[0];
    let mut there = &cluster.nodes[1];
    const SLOT: u16 = 100;
    // Everything that is stored: three hashes, the id's set, three indexes.
    for moved in 0..=7 {
        let [stable, moving, stable_again] = within_five_seconds(&cluster, || {
            at_the_edge(SLOT, 3, 1).plant(&mut here.client());
            let stable = in_the_window(&cluster);
            open_slot(SLOT, here, there);
            assert_eq!(move_keys(SLOT, here, there, moved), moved);
            let moving = in_the_window(&cluster);
            while move_keys(SLOT, here, there, 10) > 0 {}
            close_slot(SLOT, here, there);
            (here, there) = (there, here);
            [stable, moving, in_the_window(&cluster)]
        });
        assert_eq!(stable, [3, 1, 1, 3]);
        assert_eq!(moving, [0; 4], "{moved} keys moved");
        assert_eq!(stable_again, stable);
    }
}

#[test]
fn a_command_reads_500_hashes_at_a_windows_edge_whatever_the_number_of_slots() {
    let cluster = Cluster::start(1, 0);
    let mut client = cluster.nodes[0].client();
    let mut found = |in_each: i64| {
        within_five_seconds(&cluster, || {
            for number in [100, 200, 300] {
                at_the_edge(number, in_each, in_each).plant(&mut client);
            }
            in_the_window(&cluster)
        })
    };
    assert_eq!(found(160), [480; 4]);
    // All sessions are active: the counts are estimates from the sessions that are read.
    let [count, activity, users, _] = found(240);
    assert_eq!([count, activity], [720; 2]);
    assert!(users <= 500, "USERS was exact about {users} ids");
}

#[test]
fn a_timed_pass_skips_a_slot_that_moves_without_counting_a_failure() {
    let cluster = Cluster::start_with(2, 0, |node| node.own_clock().line("sessions.wipe-interval 10"));
    let mut client = cluster.client();
    for n in 0..200 {
        client.run(&["SESSIONS.CREATE", "web", &format!("user{n}"), "TTL", "1"]);
    }
    create(&mut client, "web", "bob");
    let (from, to) = owner_and_other(&cluster, "user7");
    let number = slot("user7");
    let moving = (0..200).filter(|n| slot(format!("user{n}")) == number).count();
    open_slot(number, from, to);
    let wiped = |node: &Server| node.info("sessions_wiped").parse::<usize>().unwrap();
    let all_wiped = || wiped(from) + wiped(to);
    // In steps so short that no node takes another node for failed.
    let let_pass = || {
        for _ in 0..6 {
            [from, to].iter().for_each(|node| node.let_pass(Duration::from_secs(2)));
        }
    };
    let_pass();
    wait_until(GENEROUS, "all other slots are wiped", || all_wiped() == 200 - moving);
    wait_until(GENEROUS, "the passes are over", || {
        [from, to].iter().all(|node| node.info("sessions_passes") != "0")
    });
    for node in [from, to] {
        let log = node.log();
        let mut warnings = log
            .lines()
            .filter(|line| line.contains("<sessions>") && line.contains(" # "));
        assert_eq!(warnings.next(), None);
    }
    while move_keys(number, from, to, 10) > 0 {}
    close_slot(number, from, to);
    let_pass();
    wait_until(GENEROUS, "the moved slot is wiped too", || all_wiped() == 200);
    assert_eq!(sum(&cluster, "SESSIONS.COUNT web"), 1);
}
