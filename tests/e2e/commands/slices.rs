//! KILLALL, KILLSOID and WIPE of very many sessions: they run in slices, their client is blocked,
//! and all other clients are served.

use crate::harness::*;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Enough for very many slices.
const MANY: i64 = 3_000;

/// The commands that run in slices; each removes all sessions of `planted`.
const WORK: [&str; 3] = ["SESSIONS.KILLALL web", "SESSIONS.KILLSOID web u:0", "SESSIONS.WIPE"];

/// Sessions of one id, created 100 s ago; they have timed out if they are for the cleanup pass.
fn planted(count: i64, work: &str) -> Planted<'static> {
    Planted {
        count,
        idle: 100,
        ttl: if work == "SESSIONS.WIPE" { 10 } else { 7200 },
        ..Planted::default()
    }
}

/// Work in progress; its client waits for the reply in a thread of its own.
struct UnderWay {
    caller: JoinHandle<Reply>,
    /// How many sessions were there.
    count: i64,
}

/// Stores `count` sessions and begins work that removes them all. `None`: the work was over at
/// once.
fn try_start(server: &Server, database: &str, work: &str, count: i64) -> Option<UnderWay> {
    let mut caller = server.client();
    caller.run(&["SELECT", database]);
    planted(count, work).plant(&mut caller);
    let command: Vec<String> = work.split(' ').map(str::to_owned).collect();
    let caller = thread::spawn(move || caller.run(&command));
    wait_until(GENEROUS, &format!("the caller of {work} is blocked"), || {
        caller.is_finished() || server.info("blocked_clients") == "1"
    });
    (!caller.is_finished()).then_some(UnderWay { caller, count })
}

#[track_caller]
fn started(server: &Server, database: &str, work: &str) -> UnderWay {
    catch_under_way(|count| try_start(server, database, work, count))
}

#[test]
fn others_are_served_during_the_work_and_new_sessions_live() {
    let server = Server::builder().own_clock().start();
    let mut other = server.client();
    other.run(&["SELECT", "3"]);
    for work in WORK {
        catch_under_way(|count| {
            let UnderWay { caller, .. } = try_start(&server, "3", work, count)?;
            // Sessions created in the second in which the work began may be killed, later ones may
            // not.
            let began = now(&mut other);
            server.set_calendar(2);
            let mut made = Vec::new();
            while !caller.is_finished() {
                let time = now(&mut other);
                made.push((create(&mut other, "web", "u:0", &[]), time));
                thread::sleep(Duration::from_millis(5));
            }
            let killed = caller.join().unwrap().int();
            assert!(
                (count..=count + made.len() as i64).contains(&killed),
                "{work}: {killed}"
            );
            for (token, time) in &made {
                let lives = other.run(&["SESSIONS.EXISTS", "web", token]) == Reply::Int(1);
                assert!(lives || *time <= began, "{work} killed a session made after it began");
            }
            let left = other.run(&["SESSIONS.COUNT", "web"]).int();
            assert!(left <= made.len() as i64, "{work} left old sessions behind");
            other.run(&["SESSIONS.KILLALL", "web"]).int();
            assert_no_keys(&mut other);
            made.iter().any(|(_, time)| *time > began).then_some(())
        });
    }
}

#[test]
fn rotate_during_killall_kills_the_session_and_returns_null() {
    let server = Server::start();
    let mut other = server.client();
    let UnderWay { caller, count } = started(&server, "0", WORK[0]);
    let mut number = count;
    while !caller.is_finished() {
        let token = format!("{number:064}");
        assert_eq!(other.run(&["SESSIONS.ROTATE", "web", &token]), Reply::Nil, "{number}");
        assert_eq!(
            other.run(&["SESSIONS.EXISTS", "web", &token]),
            Reply::Int(0),
            "{number}"
        );
        number -= 1;
    }
    let killed = caller.join().unwrap().int();
    assert!(
        (number..=count).contains(&killed),
        "{killed} killed, {} rotated",
        count - number
    );
    assert_no_keys(&mut other);
    let token = create(&mut other, "web", "u1", &[]);
    other.run(&["SESSIONS.ROTATE", "web", &token]).text();
}

#[test]
fn a_caller_that_disconnects_does_not_stop_the_work() {
    let server = Server::start();
    let mut other = server.client();
    for work in WORK {
        catch_under_way(|count| {
            planted(count, work).plant(&mut other);
            let mut caller = server.client();
            caller.send(&work.split(' ').collect::<Vec<_>>());
            wait_until(GENEROUS, &format!("{work} has begun"), || {
                other.run(&["SESSIONS.COUNT", "web"]).int() < count
            });
            let is_blocked = server.info("blocked_clients") == "1";
            drop(caller);
            wait_until(GENEROUS, &format!("{work} is done"), || {
                other.run(&["DBSIZE"]) == Reply::Int(0)
            });
            is_blocked.then_some(())
        });
    }
}

#[test]
fn inside_a_transaction_or_a_script_it_is_done_in_one_go() {
    let server = Server::start();
    let mut client = server.client();
    for work in WORK {
        let command: Vec<&str> = work.split(' ').collect();
        planted(MANY, work).plant(&mut client);
        client.run(&["MULTI"]);
        client.run(&command);
        client.run(&["DBSIZE"]);
        let replies = client.run(&["EXEC"]);
        assert_eq!(replies, Reply::List(vec![Reply::Int(MANY), Reply::Int(0)]), "{work}");
        planted(MANY, work).plant(&mut client);
        let script = "return {redis.call(unpack(ARGV)), redis.call('DBSIZE')}";
        let replies = client.run(&[&["EVAL", script, "0"], &command[..]].concat());
        assert_eq!(replies, Reply::List(vec![Reply::Int(MANY), Reply::Int(0)]), "{work}");
    }
}

#[test]
fn each_slice_is_one_transaction_of_plain_commands() {
    let server = Server::builder().aof().start();
    let mut client = server.client();
    for work in WORK {
        planted(MANY, work).plant(&mut client);
        let effects = server.effects(|| assert_eq!(client.line(work), Reply::Int(MANY), "{work}"));
        let mut slices = 0;
        for slice in effects.split_inclusive(|effect| effect[0] == "EXEC") {
            super::assert_plain(slice);
            slices += 1;
        }
        assert!(slices > 1, "{work} took {slices} slice");
        client.run(&["DEBUG", "LOADAOF"]);
        assert_no_keys(&mut client);
    }
}

#[test]
fn slices_wait_while_writes_are_paused() {
    let server = Server::start();
    let mut other = server.client();
    for work in WORK {
        let UnderWay { caller, count } = catch_under_way(|count| {
            let under_way = try_start(&server, "0", work, count)?;
            other.run(&["CLIENT", "PAUSE", "100000", "WRITE"]);
            if other.run(&["SESSIONS.COUNT", "web"]) != Reply::Int(0) {
                return Some(under_way);
            }
            other.run(&["CLIENT", "UNPAUSE"]);
            under_way.caller.join().unwrap();
            None
        });
        let left = other.run(&["DBSIZE"]).int();
        thread::sleep(Duration::from_millis(200));
        assert!(!caller.is_finished(), "{work} went on while writes were paused");
        assert_eq!(other.run(&["DBSIZE"]), Reply::Int(left), "{work}");
        other.run(&["CLIENT", "UNPAUSE"]);
        assert_eq!(caller.join().unwrap(), Reply::Int(count), "{work}");
        assert_no_keys(&mut other);
    }
}

#[test]
fn the_module_does_not_unload_while_work_is_in_progress() {
    let server = Server::start();
    let mut other = server.client();
    catch_under_way(|count| {
        let UnderWay { caller, .. } = try_start(&server, "0", WORK[0], count)?;
        let reply = other.run(&["MODULE", "UNLOAD", "sessions"]);
        assert_eq!(caller.join().unwrap(), Reply::Int(count));
        if reply == "OK".into() {
            other.run(&["MODULE", "LOAD", module_path().to_str().unwrap()]);
            return None;
        }
        assert!(matches!(reply, Reply::Error(_)), "{reply:?}");
        Some(())
    });
    assert_eq!(other.run(&["MODULE", "UNLOAD", "sessions"]), "OK".into());
}

#[test]
fn a_server_that_becomes_a_replica_ends_the_work_with_unblocked() {
    let primary = Server::builder().tcp().start();
    for work in WORK {
        catch_under_way(|count| {
            let server = Server::builder().tcp().start();
            let mut other = server.client();
            let UnderWay { caller, .. } = try_start(&server, "0", work, count)?;
            other.run(&["REPLICAOF", "127.0.0.1", &primary.port().to_string()]);
            match caller.join().unwrap() {
                Reply::Int(_) => return None,
                reply => assert!(reply.error().starts_with("UNBLOCKED "), "{work}: {reply:?}"),
            }
            server.catch_up_with(&primary);
            other.run(&["REPLICAOF", "NO", "ONE"]);
            create(&mut other, "web", "u1", &[]);
            assert_eq!(other.run(&["SESSIONS.KILLALL", "web"]), Reply::Int(1), "{work}");
            Some(())
        });
    }
}
