//! A typical site: most sessions are idle, and users click twice a minute. Measures what an
//! average use costs with short and with long steps of the indexes, and the errors of counts that
//! use the indexes.
//!
//! The benchmark uses the server's own clock. All sessions get the state that they would have at a
//! time in the near future; from then on, the uses of each second are made in that second.

mod report;
mod visits;

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::client::{Client, Operation, Reply, operation, run_wide};
use crate::crowd::{APP, Crowd, now};
use crate::server::Server;
use crate::uses::CONNECTIONS;
pub(crate) use report::{document, goals};
use sessions_model::index::Step;
use sessions_model::stored_name::StoredName;
use visits::Visits;

const STEPS: [i64; 2] = [10, 60];
const DEPTH: usize = 32;
/// Long enough for every session of the site.
const TTL: &str = "864000";
/// The measured windows: a command and its seconds.
const WINDOWS: [(&str, i64); 6] = [
    ("ACTIVITY", 60),
    ("ACTIVITY", 600),
    ("COUNT", 60),
    ("COUNT", 300),
    ("COUNT", 600),
    ("COUNT", 3600),
];

pub(crate) struct Site {
    pub(crate) sessions: usize,
    pub(crate) runs: Vec<Run>,
}

/// The results for one length of a step.
pub(crate) struct Run {
    step: i64,
    seconds: Vec<Second>,
    windows: Vec<Window>,
}

/// The uses of one second.
struct Second {
    uses: usize,
    /// How many uses wrote indexes.
    indexed: usize,
    /// Microseconds of server CPU per use, and per HGETALL of other sessions in visits.
    cpu: f64,
    hgetall: f64,
}

/// The replies to one question, one per second.
struct Window {
    name: String,
    truths: Vec<f64>,
    replies: Vec<f64>,
    milliseconds: Vec<f64>,
}

/// Measures for this number of seconds per step; `dump` contains the sessions of the crowd.
pub(crate) fn measure(dump: &Path, crowd: &Crowd, seconds: usize) -> Site {
    Site {
        sessions: crowd.members.len(),
        runs: STEPS.map(|step| run(dump, crowd, step, seconds)).into(),
    }
}

fn run(dump: &Path, crowd: &Crowd, step: i64, seconds: usize) -> Run {
    let sessions = crowd.members.len();
    eprintln!("a site of {sessions} sessions, steps of {step} s");
    let server = Server::start(&[&format!("sessions.index-step {step}")], Some(dump));
    let mut client = server.connect();
    let names: Vec<StoredName> = crowd
        .members
        .iter()
        .map(|member| StoredName::parse(member.token.as_bytes()).unwrap())
        .collect();
    let by_clock = Step::from_setting(step);
    let mut lead = 5 + sessions as i64 / 15_000;
    let (epoch, mut visits) = loop {
        let epoch = now() as i64 + lead;
        let visits = visits::simulate(&names, epoch, by_clock, seconds);
        store(&mut client, crowd, &visits, epoch);
        if (now() as i64) < epoch {
            break (epoch, visits);
        }
        eprintln!("storing took longer than {lead} s: once more");
        lead *= 2;
    };
    let mut run = Run {
        step,
        seconds: Vec::new(),
        windows: WINDOWS.map(|(command, dt)| Window::new(command, dt)).into(),
    };
    for second in 0..seconds {
        let start = UNIX_EPOCH + Duration::from_secs(epoch as u64 + second as u64) + Duration::from_millis(20);
        if let Ok(left) = start.duration_since(SystemTime::now()) {
            thread::sleep(left);
        }
        let others = &visits.clicks[(second + seconds / 2) % seconds];
        let (uses, others) = (gets(crowd, &visits.clicks[second]), hgetalls(crowd, others));
        let (cpu, hgetall) = if second % 2 == 0 {
            let cpu = cost(&server, &uses);
            (cpu, cost(&server, &others))
        } else {
            let hgetall = cost(&server, &others);
            (cost(&server, &uses), hgetall)
        };
        let at = now() as i64 - epoch;
        let mut indexed = 0;
        for &number in &visits.clicks[second] {
            let is_first = visits.states[number].click(at, epoch, by_clock, &names[number]);
            indexed += usize::from(is_first);
        }
        run.seconds.push(Second {
            uses: uses.len(),
            indexed,
            cpu,
            hgetall,
        });
        for window in &mut run.windows {
            window.ask(&mut client, &visits, at);
        }
    }
    check(&mut client, crowd, &visits, epoch);
    run
}

/// Gives all sessions their state at the beginning.
fn store(client: &mut Client, crowd: &Crowd, visits: &Visits, epoch: i64) {
    for (first, states) in visits.states.chunks(10_000).enumerate() {
        let operations: Vec<Operation> = states
            .iter()
            .enumerate()
            .map(|(offset, state)| {
                let number = first * 10_000 + offset;
                let (la, score) = ((epoch + state.at).to_string(), (epoch + state.indexed).to_string());
                let due = (epoch + state.indexed + TTL.parse::<i64>().unwrap()).to_string();
                let (key, member, due_member) = (crowd.key(number), crowd.member(number), crowd.due(number));
                let id = crowd.members[number].id.as_bytes();
                operation(&[b"HSET", key.as_bytes(), b"la", la.as_bytes(), b"ttl", TTL.as_bytes()])
                    .and(&[b"ZADD", b"rs:webapp:_sessions", score.as_bytes(), member.as_bytes()])
                    .and(&[b"ZADD", b"rs:webapp:_users", score.as_bytes(), id])
                    .and(&[b"ZADD", b"rs:SESSIONS", due.as_bytes(), due_member.as_bytes()])
            })
            .collect();
        client.run(&operations, 64);
    }
}

fn gets(crowd: &Crowd, picked: &[usize]) -> Vec<Operation> {
    let token = |number: &usize| crowd.members[*number].token.as_bytes();
    let get = |number| operation(&[b"SESSIONS.GET", APP.as_bytes(), token(number)]);
    picked.iter().map(get).collect()
}

fn hgetalls(crowd: &Crowd, picked: &[usize]) -> Vec<Operation> {
    let read = |&number: &usize| operation(&[b"HGETALL", crowd.key(number).as_bytes()]);
    picked.iter().map(read).collect()
}

/// Microseconds of server CPU per operation.
fn cost(server: &Server, operations: &[Operation]) -> f64 {
    let mut clients: Vec<Client> = (0..CONNECTIONS).map(|_| server.connect()).collect();
    let before = server.cpu();
    run_wide(&mut clients, operations, DEPTH);
    (server.cpu() - before).as_nanos() as f64 / 1e3 / operations.len().max(1) as f64
}

/// Fails unless the sessions and the indexes have the state that the visits must result in.
fn check(client: &mut Client, crowd: &Crowd, visits: &Visits, epoch: i64) {
    let mut wrong = 0;
    let some: Vec<usize> = visits.clicks.iter().flatten().copied().take(2000).collect();
    for &number in &some {
        let state = visits.states[number];
        let la = client.call(&["HGET", &crowd.key(number), "la"]).text();
        let score = client.call(&["ZSCORE", "rs:webapp:_sessions", &crowd.member(number)]);
        let expected = (epoch + state.at, epoch + state.indexed);
        // A use at the end of a second may be in the next second.
        let is_near = |text: String, expected: i64| text.parse::<i64>().is_ok_and(|found| (found - expected).abs() < 2);
        wrong += usize::from(!is_near(la, expected.0) || !is_near(score.text(), expected.1));
    }
    assert!(
        wrong * 100 <= some.len(),
        "{wrong} of {} sessions are not as expected",
        some.len()
    );
}

impl Window {
    fn new(command: &str, dt: i64) -> Self {
        let name = match command {
            "COUNT" => format!("COUNT {APP} DT {dt}"),
            other => format!("{other} {APP} {dt}"),
        };
        Self {
            name,
            truths: Vec::new(),
            replies: Vec::new(),
            milliseconds: Vec::new(),
        }
    }

    /// Sends the commands and compares the replies with the simulated visitors; each user has one
    /// session. `at`: the present second.
    fn ask(&mut self, client: &mut Client, visits: &Visits, at: i64) {
        let question = format!("SESSIONS.{}", self.name);
        let words: Vec<&str> = question.split(' ').collect();
        let dt: i64 = words.last().and_then(|dt| dt.parse().ok()).unwrap();
        let began = Instant::now();
        let Reply::Integer(reply) = client.call(&words) else {
            panic!("{question} returned something else");
        };
        self.milliseconds.push(began.elapsed().as_secs_f64() * 1e3);
        let is_inside = |state: &&visits::State| state.at >= at - dt;
        self.truths.push(visits.states.iter().filter(is_inside).count() as f64);
        self.replies.push(reply as f64);
    }
}
