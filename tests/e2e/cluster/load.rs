//! Clients that create, use and kill sessions on a cluster and remember what must be there.

use super::create;
use crate::harness::{Cluster, Reply, Roamer};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{JoinHandle, spawn};

/// What one client knows about the sessions that it created.
#[derive(Default)]
pub(super) struct Ledger {
    /// By token: the id and how often the session was read and written.
    living: BTreeMap<String, (String, i64, i64)>,
    killed: Vec<String>,
    pub(super) commands: usize,
    pub(super) tried_again: usize,
}

pub(super) struct Load {
    stop: Arc<AtomicBool>,
    clients: Vec<JoinHandle<Ledger>>,
}

impl Load {
    /// Starts this number of clients, each with its own ids.
    pub(super) fn start(cluster: &Cluster, clients: usize) -> Load {
        let stop = Arc::new(AtomicBool::new(false));
        let clients = (0..clients)
            .map(|number| {
                let (stop, client) = (Arc::clone(&stop), cluster.client());
                spawn(move || work(number, client, &stop))
            })
            .collect();
        Load { stop, clients }
    }

    /// Waits until the clients have finished their current commands; returns what they know.
    pub(super) fn end(self) -> Vec<Ledger> {
        self.stop.store(true, Relaxed);
        self.clients
            .into_iter()
            .map(|client| client.join().expect("no reply was wrong"))
            .collect()
    }
}

fn work(number: usize, mut client: Roamer, stop: &AtomicBool) -> Ledger {
    let mut ledger = Ledger::default();
    let mut turn = 0_usize;
    while !stop.load(Relaxed) {
        turn += 1;
        let id = format!("client{number}-user{}", turn % 97);
        let token = create(&mut client, "web", &id);
        ledger.living.insert(token, (id, 1, 1));
        // An older session, a different one each time.
        let older = ledger.living.iter().nth(turn * 7 % ledger.living.len());
        let token = older.map(|(token, _)| token.clone()).unwrap();
        let (id, reads, writes) = ledger.living.get_mut(&token).unwrap();
        let got = client.run(&["SESSIONS.GET", "web", &token]).session();
        assert_eq!(
            (got.text("id"), got.int("r"), got.int("w")),
            (id.as_str(), *reads, *writes)
        );
        *reads += 1;
        let data = format!("{{\"turn\":{turn}}}");
        let set = client.run(&["SESSIONS.SET", "web", &token, &data]).session();
        assert_eq!((set.text("d"), set.int("r")), (data.as_str(), *reads));
        *writes += 1;
        if turn.is_multiple_of(3) {
            assert_eq!(client.run(&["SESSIONS.KILL", "web", &token]), Reply::Int(1));
            ledger.living.remove(&token);
            ledger.killed.push(token);
        }
        ledger.commands += 4;
    }
    ledger.tried_again = client.tried_again;
    ledger
}

impl Ledger {
    /// Checks every session, live or killed; returns the number of live ones.
    #[track_caller]
    pub(super) fn check(&self, client: &mut Roamer) -> usize {
        for (token, (id, reads, writes)) in &self.living {
            let reply = client.run(&["SESSIONS.PEEK", "web", token]);
            assert!(!reply.is_nil(), "the session of {id} is lost");
            let session = reply.session();
            let seen = (session.text("id"), session.int("r"), session.int("w"));
            assert_eq!(seen, (id.as_str(), *reads, *writes));
        }
        for token in &self.killed {
            assert_eq!(
                client.run(&["SESSIONS.EXISTS", "web", token]),
                Reply::Int(0),
                "a killed session is back"
            );
        }
        self.living.len()
    }
}
