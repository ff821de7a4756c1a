//! Clients that create and read sessions all the time, and remember what they were told.

use crate::harness::{Connection, Endpoint, GENEROUS, Service, create, wait_until};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, sleep};
use std::time::Duration;

const CLIENTS: usize = 4;
/// How many new sessions show that the service serves again.
const SERVED: usize = 50;

/// What became of a request: a status, or nothing where the connection broke.
type Outcome = Option<u16>;

pub(super) struct Load {
    /// Sessions from before the trouble, which every server has: token and id.
    settled: Vec<(String, String)>,
    stop: AtomicBool,
    created: AtomicUsize,
    /// How often each of them was read.
    read: Vec<AtomicUsize>,
    /// Each id is that of one request alone.
    creates: Mutex<Vec<(String, Outcome)>>,
    reads: Mutex<BTreeMap<Outcome, usize>>,
    wrong: Mutex<Vec<String>>,
}

impl Load {
    /// With sessions that the tests' own client creates, one after another by `run`.
    pub(super) fn with_sessions(mut run: impl FnMut(&[&str]) -> String) -> Load {
        let ids = (0..40).map(|number| format!("settled-{number}"));
        let settled = ids.map(|id| (run(&["SESSIONS.CREATE", "shop", &id]), id));
        let settled: Vec<_> = settled.collect();
        Load {
            read: settled.iter().map(|_| AtomicUsize::new(0)).collect(),
            settled,
            stop: AtomicBool::new(false),
            created: AtomicUsize::new(0),
            creates: Mutex::default(),
            reads: Mutex::default(),
            wrong: Mutex::default(),
        }
    }

    pub(super) fn on(client: &mut crate::harness::Client) -> Load {
        Load::with_sessions(|command| create(client, command[1], command[2], &[]))
    }

    /// Runs the clients while `trouble` does its work.
    pub(super) fn meanwhile(&self, service: &Service, trouble: impl FnOnce()) {
        let endpoint: &Endpoint = service;
        self.run(endpoint, trouble);
    }

    pub(super) fn run(&self, endpoint: &Endpoint, trouble: impl FnOnce()) {
        thread::scope(|scope| {
            for number in 0..CLIENTS {
                scope.spawn(move || self.client(endpoint, number));
            }
            let stop = Stop(&self.stop);
            self.served_again();
            trouble();
            drop(stop);
        });
        let wrong = self.wrong.lock().unwrap();
        assert!(wrong.is_empty(), "wrong answers: {wrong:#?}");
    }

    /// Waits until requests succeed that are sent from now on, those for each session among them.
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

    /// Each 201 is one session, each 503 none, and each 504 or broken connection one at most. `Exact` where nothing
    /// that a server has confirmed may be lost.
    pub(super) fn assert_counts(&self, kept: Kept, mut sessions_of: impl FnMut(&str) -> i64) {
        let creates = self.creates.lock().unwrap();
        let mut counted: BTreeMap<(Outcome, i64), usize> = BTreeMap::new();
        for (id, outcome) in creates.iter() {
            *counted.entry((*outcome, sessions_of(id))).or_default() += 1;
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
        assert!(wrong.is_empty(), "wrong answers: {wrong:#?}");
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
            let read = self.read(endpoint, &mut connection, client * 10 + number);
            *self.reads.lock().unwrap().entry(read).or_default() += 1;
            if (outcome, read) == (Some(201), Some(200)) {
                continue;
            }
            // So that a service in trouble is not met with a flood.
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

/// What the servers keep of what they have confirmed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    All,
    /// A replica that took over may lack the last writes.
    Most,
}

/// Stops the clients where the trouble panics, too.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// `None`: the connection broke. The next request has a new one.
fn sent(
    endpoint: &Endpoint,
    connection: &mut Option<Connection>,
    request: &crate::harness::Request,
) -> Option<crate::harness::Response> {
    if connection.is_none() {
        // The request goes out on this connection alone, so that a broken one is not taken for one that was never sent.
        *connection = endpoint.try_connect().ok();
    }
    let response = connection.as_mut()?.try_send(request).ok();
    if response.is_none() {
        *connection = None;
    }
    response
}
