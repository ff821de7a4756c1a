//! Clients that continuously create and read sessions and remember the responses.

use super::sessions_of;
use crate::harness::{Client, Connection, Endpoint, GENEROUS, Reply, Request, Response, wait_until};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, sleep};
use std::time::Duration;

const CLIENTS: usize = 4;
/// How many new sessions show that the service serves again.
const SERVED: usize = 50;

/// The outcome of a request: a status, or `None` if the connection broke.
type Outcome = Option<u16>;

pub(super) struct Load {
    /// Sessions from before the failure, which every server has: token and id.
    settled: Vec<(String, String)>,
    stop: AtomicBool,
    created: AtomicUsize,
    /// How often each of them was read.
    read: Vec<AtomicUsize>,
    /// The id of each request; every request has a different one.
    creates: Mutex<Vec<(String, Outcome)>>,
    /// The state of each client's own session.
    chains: Vec<Mutex<Chain>>,
    reads: Mutex<BTreeMap<Outcome, usize>>,
    wrong: Mutex<Vec<String>>,
}

impl Load {
    /// Creates the sessions with `run`, which sends a command to the servers.
    pub(super) fn with_sessions(mut run: impl FnMut(&[&str]) -> Reply) -> Load {
        let ids = (0..40).map(|number| format!("settled-{number}"));
        let settled = ids.map(|id| (run(&["SESSIONS.CREATE", "shop", &id]).text().to_owned(), id));
        let settled: Vec<_> = settled.collect();
        Load {
            read: settled.iter().map(|_| AtomicUsize::new(0)).collect(),
            settled,
            stop: AtomicBool::new(false),
            created: AtomicUsize::new(0),
            creates: Mutex::default(),
            chains: (0..CLIENTS).map(|_| Mutex::default()).collect(),
            reads: Mutex::default(),
            wrong: Mutex::default(),
        }
    }

    pub(super) fn on(client: &mut Client) -> Load {
        Load::with_sessions(|command| client.run(command))
    }

    /// Runs the clients while `trouble` runs.
    pub(super) fn meanwhile(&self, endpoint: &Endpoint, trouble: impl FnOnce()) {
        thread::scope(|scope| {
            for number in 0..CLIENTS {
                scope.spawn(move || self.client(endpoint, number));
            }
            let stop = Stop(&self.stop);
            self.served_again();
            trouble();
            drop(stop);
        });
        self.assert_nothing_wrong();
    }

    /// Waits until new requests succeed, including a request for each session.
    pub(super) fn served_again(&self) {
        let reads = || self.read.iter().map(|count| count.load(Ordering::Relaxed));
        let (created, read) = (self.created.load(Ordering::Relaxed), reads().collect::<Vec<_>>());
        wait_until(GENEROUS, "sessions are created and read", || {
            self.assert_nothing_wrong();
            let each = reads().zip(&read).all(|(now, before)| now > *before);
            each && self.created.load(Ordering::Relaxed) >= created + SERVED
        });
    }

    /// Waits until requests fail.
    pub(super) fn fails(&self) {
        let failed = || {
            self.creates
                .lock()
                .unwrap()
                .iter()
                .filter(|(_, outcome)| *outcome != Some(201))
                .count()
        };
        let before = failed();
        wait_until(GENEROUS, "requests fail", || failed() > before);
    }

    /// Checks that each 201 has created one session, each 503 none, and each 504 or broken
    /// connection at most one. `run` sends a command to the servers.
    pub(super) fn assert_counts(&self, kept: Kept, mut run: impl FnMut(&[&str]) -> Reply) {
        let creates = self.creates.lock().unwrap();
        let mut counted: BTreeMap<(Outcome, i64), usize> = BTreeMap::new();
        for (id, outcome) in creates.iter() {
            *counted.entry((*outcome, sessions_of(id, &mut run))).or_default() += 1;
        }
        for (outcome, count) in counted.keys() {
            let allowed = match (outcome, kept) {
                (Some(201), Kept::All) => 1..=1,
                (Some(503), _) => 0..=0,
                _ => 0..=1,
            };
            assert!(allowed.contains(count), "sessions by outcome: {counted:?}");
        }
        assert!(counted.keys().any(|(outcome, _)| *outcome == Some(201)), "{counted:?}");
        for (client, chain) in self.chains.iter().enumerate() {
            let chain = chain.lock().unwrap();
            assert_eq!(chain.twice, 0, "increments that were done twice: {chain:?}");
            let live = usize::try_from(sessions_of(&Chain::id(client), &mut run)).unwrap();
            assert!(live <= chain.begun, "{live} sessions of {chain:?}");
            if kept == Kept::All {
                assert_eq!((chain.undone, chain.lost), (0, 0), "{chain:?}");
            }
        }
    }

    /// How often requests had this outcome.
    pub(super) fn outcomes(&self) -> BTreeMap<Outcome, usize> {
        let mut all = self.reads.lock().unwrap().clone();
        for (_, outcome) in self.creates.lock().unwrap().iter() {
            *all.entry(*outcome).or_default() += 1;
        }
        all
    }

    fn assert_nothing_wrong(&self) {
        let wrong = self.wrong.lock().unwrap();
        assert!(wrong.is_empty(), "wrong responses: {wrong:#?}");
    }

    fn client(&self, endpoint: &Endpoint, client: usize) {
        let mut connection: Option<Connection> = None;
        for number in 0.. {
            if self.stop.load(Ordering::Relaxed) {
                return;
            }
            let id = format!("new-{client}-{number}");
            let outcome = self.create(endpoint, &mut connection, &id);
            self.creates.lock().unwrap().push((id, outcome));
            self.chain(endpoint, &mut connection, client);
            let read = self.read(endpoint, &mut connection, client * 10 + number);
            *self.reads.lock().unwrap().entry(read).or_default() += 1;
            if (outcome, read) == (Some(201), Some(200)) {
                continue;
            }
            // Avoids a flood of requests while the service fails.
            sleep(Duration::from_millis(2));
        }
    }

    fn create(&self, endpoint: &Endpoint, connection: &mut Option<Connection>, id: &str) -> Outcome {
        let request = endpoint.post("/v1/apps/shop/sessions").json(&json!({"id": id}));
        let response = sent(endpoint, connection, &request)?;
        match response.status() {
            201 => {
                self.created.fetch_add(1, Ordering::Relaxed);
            }
            503 | 504 => {}
            _ => self.wrong.lock().unwrap().push(format!("{request:?}: {response:?}")),
        }
        Some(response.status())
    }

    /// Increments a number in the client's own session, and gives the session a new token.
    fn chain(&self, endpoint: &Endpoint, connection: &mut Option<Connection>, client: usize) {
        let mut chain = self.chains[client].lock().unwrap();
        let id = Chain::id(client);
        let Some(token) = chain.token.clone() else {
            let request = endpoint.post("/v1/apps/shop/sessions").json(&json!({"id": id}));
            let made = sent(endpoint, connection, &request).filter(|response| response.status() == 201);
            chain.token = made.map(|response| text(&response, "token"));
            chain.begun += 1;
            return;
        };
        let increment = endpoint
            .post("/v1/apps/shop/session/increment")
            .token(&token)
            .json(&json!({"key": "n"}));
        match sent(endpoint, connection, &increment).map(|response| (response.status(), response)) {
            Some((200, response)) => chain.incremented(response.json()["value"].as_i64().unwrap()),
            Some((503, _)) => {}
            Some((504, _)) | None => chain.unknown += 1,
            Some((404, _)) => return chain.lose(),
            Some((_, response)) => self.wrong.lock().unwrap().push(format!("{increment:?}: {response:?}")),
        }
        // If no response comes, the old token still works, and the same request returns the new
        // token.
        let rotate = endpoint
            .post("/v1/apps/shop/session/rotate")
            .token(&token)
            .json(&json!({"grace": 60}));
        match sent(endpoint, connection, &rotate).map(|response| (response.status(), response)) {
            Some((200, response)) => chain.token = Some(text(&response, "token")),
            Some((503 | 504, _)) | None => {}
            Some((404, _)) => chain.lose(),
            Some((_, response)) => self.wrong.lock().unwrap().push(format!("{rotate:?}: {response:?}")),
        }
    }

    fn read(&self, endpoint: &Endpoint, connection: &mut Option<Connection>, number: usize) -> Outcome {
        let number = number % self.settled.len();
        let (token, id) = &self.settled[number];
        let request = endpoint.get("/auth/shop").header("Cookie", format!("sid={token}"));
        let response = sent(endpoint, connection, &request)?;
        match response.status() {
            200 if response.header("x-session-user") == Some(id) => {
                self.read[number].fetch_add(1, Ordering::Relaxed);
            }
            503 => {}
            _ => self
                .wrong
                .lock()
                .unwrap()
                .push(format!("{request:?} of {id}: {response:?}")),
        }
        Some(response.status())
    }
}

/// A session that one client alone uses.
#[derive(Debug, Default)]
struct Chain {
    token: Option<String>,
    /// The last sum that the client received.
    sum: i64,
    /// Increments since then without a response, which may have been applied.
    unknown: i64,
    /// Sums that are larger than all increments together.
    twice: usize,
    /// Sums that lack an increment.
    undone: usize,
    /// How often a session was requested: more than once if no response came.
    begun: usize,
    /// How often the session was gone.
    lost: usize,
}

impl Chain {
    fn id(client: usize) -> String {
        format!("chain-{client}")
    }

    fn incremented(&mut self, sum: i64) {
        self.twice += usize::from(sum > self.sum + 1 + self.unknown);
        self.undone += usize::from(sum <= self.sum);
        (self.sum, self.unknown) = (sum, 0);
    }

    fn lose(&mut self) {
        self.lost += 1;
        (self.token, self.sum, self.unknown) = (None, 0, 0);
    }
}

fn text(response: &Response, member: &str) -> String {
    response.json()[member].as_str().unwrap().to_owned()
}

/// Which of the confirmed writes the servers keep.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    All,
    /// A replica that took over may lack the last writes.
    Most,
}

/// Stops the clients even if `trouble` panics.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// `None`: the connection broke. The next request opens a new one.
fn sent(endpoint: &Endpoint, connection: &mut Option<Connection>, request: &Request) -> Option<Response> {
    if connection.is_none() {
        // The request is sent only on this connection, so that a broken connection is not mistaken
        // for a request that was never sent.
        *connection = endpoint.try_connect().ok();
    }
    let response = connection.as_mut()?.try_send(request).ok();
    if response.is_none() {
        *connection = None;
    }
    response
}
