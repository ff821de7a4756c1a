//! Writes are paused, or the server becomes a replica or fails over, while work in slices is in
//! progress.

use super::filled::{begin, fill};
use crate::harness::*;
use std::thread::sleep;
use std::time::Duration;

/// Work on `web` that waits in the middle, because writes are paused.
struct HeldUp {
    caller: Client,
    /// The number of sessions at the beginning, and the number that are left.
    count: i64,
    left: i64,
}

/// `start` gets a client of its own and begins work that ends all sessions of `web`.
#[track_caller]
fn held_up(server: &Server, planted: Planted<'_>, mut start: impl FnMut(&mut Client)) -> HeldUp {
    let mut client = server.client();
    catch_under_way(|count| {
        Planted { count, ..planted }.plant(&mut client);
        let mut caller = server.client();
        start(&mut caller);
        wait_until(GENEROUS, "the work has begun", || {
            client.run(&["SESSIONS.COUNT", "web"]).int() < count
        });
        assert_eq!(client.run(&["CLIENT", "PAUSE", "600000", "WRITE"]), "OK".into());
        let left = client.run(&["SESSIONS.COUNT", "web"]).int();
        if left > 0 {
            return Some(HeldUp { caller, count, left });
        }
        assert_eq!(client.run(&["CLIENT", "UNPAUSE"]), "OK".into());
        wait_until(GENEROUS, "the work is over", || server.info("blocked_clients") == "0");
        None
    })
}

/// Sessions of a thousand ids that live, or that have timed out if they are for a wipe.
fn sessions(idle: i64) -> Planted<'static> {
    Planted {
        ids: 1000,
        idle,
        ..Planted::default()
    }
}

/// For the duration of some slices, checks that nothing is written and that other clients are
/// served.
#[track_caller]
fn assert_nothing_moves(client: &mut Client) {
    let before = digest(client);
    sleep(Duration::from_millis(100));
    assert_eq!(client.line("PING"), "PONG".into());
    assert_eq!(digest(client), before, "something was written while writes are paused");
}

#[test]
fn a_killall_waits_while_writes_are_paused_and_then_continues() {
    let server = Server::start();
    let mut client = server.client();
    let mut work = held_up(&server, sessions(0), |caller| {
        caller.send(&["SESSIONS.KILLALL", "web"]);
    });
    assert_nothing_moves(&mut client);
    assert_whole(&mut client);
    client.run(&["CLIENT", "UNPAUSE"]);
    assert_eq!(work.caller.receive(), Reply::Int(work.count));
    assert_no_keys(&mut client);
}

#[test]
fn a_cleanup_pass_waits_while_writes_are_paused_and_then_continues() {
    let server = Server::start();
    let mut client = server.client();
    let mut work = held_up(&server, sessions(10_000), |caller| caller.send(&["SESSIONS.WIPE"]));
    assert_nothing_moves(&mut client);
    assert_whole(&mut client);
    client.run(&["CLIENT", "UNPAUSE"]);
    assert_eq!(work.caller.receive(), Reply::Int(work.count));
    assert_no_keys(&mut client);
}

#[test]
fn a_timed_pass_waits_while_writes_are_paused_and_then_continues() {
    let server = Server::builder().own_clock().line("sessions.wipe-interval 10").start();
    let mut client = server.client();
    held_up(&server, sessions(10_000), |_| server.let_pass(Duration::from_secs(10)));
    assert_nothing_moves(&mut client);
    assert_whole(&mut client);
    client.run(&["CLIENT", "UNPAUSE"]);
    wait_until(GENEROUS, "the pass is over", || {
        client.run(&["DBSIZE"]) == Reply::Int(0)
    });
}

#[test]
fn a_caller_that_disconnects_does_not_stop_the_work() {
    for (command, ids) in [("SESSIONS.KILLALL web", 1000), ("SESSIONS.KILLSOID web u:0", 1)] {
        let server = Server::start();
        let mut client = server.client();
        let planted = Planted { ids, ..sessions(0) };
        let work = held_up(&server, planted, |caller| {
            caller.send(&command.split(' ').collect::<Vec<_>>());
        });
        drop(work.caller);
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
    let mut client = server.client();
    let mut id = 0;
    let _work = held_up(&server, sessions(10_000), |caller| {
        id = caller.run(&["CLIENT", "ID"]).int();
        caller.send(&["SESSIONS.WIPE"]);
    });
    assert_eq!(client.run(&["CLIENT", "KILL", "ID", &id.to_string()]), Reply::Int(1));
    client.run(&["CLIENT", "UNPAUSE"]);
    wait_until(GENEROUS, "the work is done", || {
        client.run(&["DBSIZE"]) == Reply::Int(0)
    });
}

#[test]
fn an_unblocked_caller_does_not_stop_the_work() {
    let server = Server::start();
    let mut client = server.client();
    let mut id = 0;
    let mut work = held_up(&server, sessions(0), |caller| {
        id = caller.run(&["CLIENT", "ID"]).int();
        caller.send(&["SESSIONS.KILLALL", "web"]);
    });
    client.run(&["CLIENT", "UNBLOCK", &id.to_string(), "ERROR"]);
    client.run(&["CLIENT", "UNPAUSE"]);
    assert!(matches!(work.caller.receive(), Reply::Int(_) | Reply::Error(_)));
    wait_until(GENEROUS, "the work is done", || {
        client.run(&["DBSIZE"]) == Reply::Int(0)
    });
}

#[test]
fn a_demoted_server_ends_its_work_and_tells_the_caller() {
    for (command, idle) in [("SESSIONS.KILLALL web", 0), ("SESSIONS.WIPE", 10_000)] {
        let server = Server::builder().tcp().start();
        let mut client = server.client();
        let mut work = held_up(&server, sessions(idle), |caller| {
            caller.send(&command.split(' ').collect::<Vec<_>>());
        });
        // A primary that cannot be reached: the replica keeps its data.
        assert_eq!(client.run(&["REPLICAOF", "127.0.0.1", "1"]), "OK".into());
        let reply = work.caller.receive();
        assert!(reply.error().starts_with("UNBLOCKED "), "{command}: {reply:?}");
        client.run(&["CLIENT", "UNPAUSE"]);
        assert_nothing_moves(&mut client);
        assert_whole(&mut client);
        assert_eq!(
            client.run(&["SESSIONS.COUNT", "web"]),
            Reply::Int(work.left),
            "{command}"
        );
        assert_eq!(client.run(&["REPLICAOF", "NO", "ONE"]), "OK".into());
        assert_nothing_moves(&mut client);
        assert_eq!(client.line(command), Reply::Int(work.left), "{command} again");
        assert_no_keys(&mut client);
    }
}

#[test]
fn a_failover_with_a_killall_in_progress_leaves_both_servers_alike() {
    catch_under_way(|count| {
        let old = Server::builder().tcp().start();
        let new = Server::builder().replica_of(&old).start();
        let (mut client, mut caller) = (old.client(), old.client());
        fill(&mut client, "web", count, 0);
        new.catch_up_with(&old);
        if !begin(&old, &mut caller, "web", &["SESSIONS.KILLALL", "web"]) {
            return None;
        }
        assert_eq!(client.run(&["FAILOVER"]), "OK".into());
        match caller.receive() {
            Reply::Int(_) => return None,
            reply => assert!(reply.error().starts_with("UNBLOCKED "), "{reply:?}"),
        }
        wait_until(GENEROUS, "the roles have changed", || {
            new.info("role") == "master" && old.info("role") == "slave"
        });
        old.catch_up_with(&new);
        let mut promoted = new.client();
        assert_eq!(digest(&mut client), digest(&mut promoted));
        assert_whole(&mut promoted);
        let left = promoted.run(&["SESSIONS.COUNT", "web"]).int();
        assert!((1..count).contains(&left), "{left} left: not in the middle of its work");
        assert_eq!(promoted.run(&["SESSIONS.KILLALL", "web"]), Reply::Int(left));
        assert_no_keys(&mut promoted);
        old.catch_up_with(&new);
        assert_no_keys(&mut client);
        Some(())
    });
}
