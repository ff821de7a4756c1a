//! What other clients can do between two slices, on a server that is otherwise idle and on a busy
//! one, whose pauses between slices differ.

use super::filled::{begin, fill};
use crate::commands::digest;
use crate::harness::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{self, JoinHandle, sleep};
use std::time::Duration;

/// How many clients send one PING after the other: none, so that the server is quiet, or some.
const CROWDS: [usize; 2] = [0, 4];

/// Clients that keep a server busy until this is dropped.
struct Crowd {
    done: Arc<AtomicBool>,
    clients: Vec<JoinHandle<()>>,
}

impl Crowd {
    fn of(clients: usize, server: &Server) -> Self {
        let done = Arc::new(AtomicBool::new(false));
        let ping = |mut client: Client, done: Arc<AtomicBool>| {
            while !done.load(Relaxed) {
                client.line("PING");
            }
        };
        let start = |_| {
            let (client, done) = (server.client(), Arc::clone(&done));
            thread::spawn(move || ping(client, done))
        };
        let clients = (0..clients).map(start).collect();
        Self { done, clients }
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.done.store(true, Relaxed);
        for client in self.clients.drain(..) {
            let _ = client.join();
        }
    }
}

/// Lets the server do some slices, without keeping it busy.
fn some_slices() {
    sleep(Duration::from_millis(3));
}

#[test]
fn other_clients_get_their_replies_between_two_slices() {
    for crowd in CROWDS {
        let server = Server::start();
        let mut client = server.client();
        let _crowd = Crowd::of(crowd, &server);
        catch_under_way(|count| {
            let mut caller = server.client();
            fill(&mut client, "web", count, 0);
            begin(&server, &mut caller, "web", &["SESSIONS.KILLALL", "web"]);
            let mut seen = vec![count];
            while server.info("blocked_clients") == "1" {
                seen.push(client.run(&["SESSIONS.COUNT", "web"]).int());
                some_slices();
            }
            assert_eq!(caller.receive(), Reply::Int(count), "{crowd} others");
            assert!(seen.is_sorted_by(|before, after| before >= after), "{seen:?}");
            seen.dedup();
            (seen.len() > 4).then_some(())
        });
        assert_no_keys(&mut client);
    }
}

#[test]
fn the_module_does_not_unload_between_two_slices_of_a_timed_pass() {
    for crowd in CROWDS {
        catch_under_way(|count| {
            let server = Server::builder().own_clock().line("sessions.wipe-interval 10").start();
            let mut client = server.client();
            fill(&mut client, "web", count, 10_000);
            let _crowd = Crowd::of(crowd, &server);
            let all = client.run(&["DBSIZE"]).int();
            server.let_pass(Duration::from_secs(10));
            wait_until(GENEROUS, "the pass has begun", || client.run(&["DBSIZE"]).int() < all);
            let mut refused = 0;
            loop {
                match client.line("MODULE UNLOAD sessions") {
                    Reply::Error(_) => refused += 1,
                    reply => break assert_eq!(reply, "OK".into()),
                }
                some_slices();
            }
            assert_eq!(client.run(&["DBSIZE"]), Reply::Int(0), "{crowd} others");
            // The server still runs after the turn of its event loop in which a slice was due.
            assert_eq!(server.client().line("PING"), "PONG".into(), "{crowd} others");
            (refused > 20).then_some(())
        });
    }
}

#[test]
fn no_slice_is_done_during_a_script() {
    const SCRIPT: &str = "local before = redis.call('DBSIZE') local i = 0 while i < 3000000 do i = i + 1 end \
                          return {before, redis.call('DBSIZE')}";
    for crowd in CROWDS {
        // During a script that takes longer than this, the server serves sockets.
        let server = Server::builder().line("busy-reply-threshold 1").start();
        let mut client = server.client();
        catch_under_way(|count| {
            let mut caller = server.client();
            fill(&mut client, "web", count, 0);
            let is_blocked = begin(&server, &mut caller, "web", &["SESSIONS.KILLALL", "web"]);
            let others = Crowd::of(crowd, &server);
            for _ in 0..5 {
                some_slices();
                let sizes = client.run(&["EVAL", SCRIPT, "0"]);
                let sizes = sizes.list();
                assert_eq!(sizes[0], sizes[1], "{crowd} others");
            }
            drop(others);
            let caught = is_blocked && server.info("blocked_clients") == "1";
            assert_eq!(caller.receive(), Reply::Int(count), "{crowd} others");
            caught.then_some(())
        });
        assert_no_keys(&mut client);
    }
}

#[test]
fn no_slice_is_done_while_writes_are_paused_and_a_replica_has_the_same_data_afterwards() {
    for crowd in CROWDS {
        let primary = Server::builder().tcp().start();
        let replica = Server::builder().replica_of(&primary).start();
        let mut client = primary.client();
        let _crowd = Crowd::of(crowd, &primary);
        create(&mut client, "shop", "u1", &[]);
        catch_under_way(|count| {
            let mut caller = primary.client();
            fill(&mut client, "web", count, 0);
            begin(&primary, &mut caller, "web", &["SESSIONS.KILLALL", "web"]);
            let mut paused = 0;
            for _ in 0..5 {
                client.run(&["CLIENT", "PAUSE", "600000", "WRITE"]).assert_ok();
                let left = client.run(&["DBSIZE"]).int();
                (0..5).for_each(|_| some_slices());
                assert_eq!(client.run(&["DBSIZE"]), Reply::Int(left), "{crowd} others");
                paused += u32::from(primary.info("blocked_clients") == "1");
                client.run(&["CLIENT", "UNPAUSE"]).assert_ok();
                some_slices();
            }
            assert_eq!(caller.receive(), Reply::Int(count), "{crowd} others");
            (paused > 2).then_some(())
        });
        replica.catch_up_with(&primary);
        assert_eq!(digest(&mut client), digest(&mut replica.client()), "{crowd} others");
    }
}
