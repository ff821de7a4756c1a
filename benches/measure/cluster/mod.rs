//! What an operation costs on one server and on one, two and three primaries, what a node answers
//! for all its slots, and what moving and killing take. Writes docs/benchmarks-cluster.md.

mod moving;
mod nodes;
mod report;

use std::path::Path;
use std::time::{Duration, Instant};
use std::{fs, thread};

use crate::client::{Client, Operation, operation};
use crate::crowd::{APP, DATA, creation};
use crate::server::Server;
use crate::size::{aof, used};
use crate::stats::median;
use moving::Moving;
use nodes::Nodes;
use sessions_model::slot::Slot;

/// How much is measured.
pub(crate) struct Effort {
    rounds: usize,
    sessions: usize,
    command: &'static str,
}

pub(crate) const FULL: Effort = Effort {
    rounds: 5,
    sessions: 100_000,
    command: "make bench-cluster",
};
pub(crate) const QUICK: Effort = Effort {
    rounds: 2,
    sessions: 9000,
    command: "scripts/bench.sh --cluster --quick",
};

/// The slots that contain as many sessions per slot as a whole cluster with 100 million sessions.
const DENSE_SLOTS: usize = 16;
const MILLIONS: f64 = 100e6;
const SLOTS: f64 = 16_384.0;

/// Microseconds of all servers' main threads an operation; operations a second.
#[derive(Default)]
struct Cost {
    cpu: Vec<f64>,
    rate: Vec<f64>,
}

/// One arrangement of servers.
struct Arrangement {
    name: String,
    create: Cost,
    get_within: Cost,
    get_first: Cost,
    kill: Cost,
}

/// What one node with the slots of three takes to answer, in microseconds.
struct Answers {
    sessions: usize,
    by_command: Vec<(&'static str, f64)>,
}

pub(crate) struct Measured {
    effort: Effort,
    arrangements: Vec<Arrangement>,
    answers: Vec<Answers>,
    /// Seconds of KILLALL on three primaries, one after the other.
    kill_all: f64,
    moving: Moving,
    /// Bytes of `used_memory` per session: on a single server, in all slots, in few slots.
    memory: [f64; 3],
    /// Bytes that the AOF, and therefore a replica, gets per operation.
    effects: Vec<(&'static str, f64)>,
}

pub(crate) fn measure(effort: Effort) -> Measured {
    let arrangements = [0, 1, 2, 3].map(|primaries| arrangement(primaries, &effort)).into();
    Measured {
        arrangements,
        answers: vec![answers(300, &effort), answers(effort.sessions, &effort)],
        kill_all: kill_all(&effort),
        moving: moving::moving(&effort),
        memory: memory(&effort),
        effects: effects(),
        effort,
    }
}

pub(crate) fn write(measured: &Measured, folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("benchmarks-cluster.md"), report::document(measured)).unwrap();
}

fn ids(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("user{number}")).collect()
}

fn about_token(command: &str, token: &str) -> Operation {
    operation(&[command.as_bytes(), APP.as_bytes(), token.as_bytes()])
}

/// `primaries` 0: a server that is no cluster's.
fn arrangement(primaries: usize, effort: &Effort) -> Arrangement {
    let name = match primaries {
        0 => "no cluster".to_owned(),
        1 => "1 primary".to_owned(),
        more => format!("{more} primaries"),
    };
    eprintln!("operations on {name}");
    let nodes = Nodes::start(primaries);
    let mut arrangement = Arrangement {
        name,
        create: Cost::default(),
        get_within: Cost::default(),
        get_first: Cost::default(),
        kill: Cost::default(),
    };
    let ids = ids(effort.sessions);
    for _ in 0..effort.rounds {
        let creations = ids.iter().map(|id| (id.as_str(), creation(id, Some(DATA))));
        let tokens = nodes.create(creations, &mut arrangement.create);
        let gets = || {
            tokens
                .iter()
                .map(|token| (token.as_str(), about_token("SESSIONS.GET", token)))
        };
        // Longer than a step: the next use of each session is the first in one.
        thread::sleep(Duration::from_secs(11));
        nodes.run(gets(), &mut arrangement.get_first);
        nodes.run(gets(), &mut arrangement.get_within);
        let kills = tokens
            .iter()
            .map(|token| (token.as_str(), about_token("SESSIONS.KILL", token)));
        nodes.run(kills, &mut arrangement.kill);
    }
    arrangement
}

/// On the first of three primaries, `sessions` being those of all three.
fn answers(sessions: usize, effort: &Effort) -> Answers {
    eprintln!("answers of a node, {sessions} sessions");
    let nodes = Nodes::start(3);
    nodes.fill(&ids(sessions));
    let server = nodes.first();
    let mut client = server.connect();
    let commands: [(&str, &[&str]); 7] = [
        ("ACTIVITY webapp 600", &["SESSIONS.ACTIVITY", APP, "600"]),
        ("ACTIVITY webapp 0", &["SESSIONS.ACTIVITY", APP, "0"]),
        ("COUNT webapp", &["SESSIONS.COUNT", APP]),
        (
            "SOAPP webapp 600 LIMIT 0 20",
            &["SESSIONS.SOAPP", APP, "600", "LIMIT", "0", "20"],
        ),
        (
            "USERS webapp 600 LIMIT 0 20",
            &["SESSIONS.USERS", APP, "600", "LIMIT", "0", "20"],
        ),
        ("WIPE, nothing to do", &["SESSIONS.WIPE"]),
        ("KILLALL of an app without sessions", &["SESSIONS.KILLALL", "none"]),
    ];
    let by_command = commands
        .map(|(name, words)| {
            let times: Vec<f64> = (0..effort.rounds * 4)
                .map(|_| microseconds(&mut client, words))
                .collect();
            (name, median(&times))
        })
        .into();
    Answers {
        sessions: sessions / 3,
        by_command,
    }
}

fn microseconds(client: &mut Client, words: &[&str]) -> f64 {
    let began = Instant::now();
    client.call(words);
    began.elapsed().as_secs_f64() * 1e6
}

fn kill_all(effort: &Effort) -> f64 {
    eprintln!("KILLALL on three primaries");
    let nodes = Nodes::start(3);
    nodes.fill(&ids(effort.sessions));
    let began = Instant::now();
    for mut client in nodes.connect() {
        client.call(&["SESSIONS.KILLALL", APP]);
    }
    began.elapsed().as_secs_f64()
}

/// Ids whose slots are among the few dense ones.
fn dense_ids(count: usize) -> Vec<String> {
    (0..count)
        .map(|number| format!("user{number}{{{}}}", number % DENSE_SLOTS))
        .collect()
}

fn memory(effort: &Effort) -> [f64; 3] {
    eprintln!("memory a session");
    let each = |nodes: Nodes, ids: &[String]| {
        let mut client = nodes.first().connect();
        let before = used(&mut client);
        nodes.fill(ids);
        (used(&mut client) - before) / ids.len() as f64
    };
    let all = ids(effort.sessions);
    let dense = dense_ids(effort.sessions);
    assert_eq!(Slot::of(dense[0].as_bytes()), Slot::of(dense[DENSE_SLOTS].as_bytes()));
    [
        each(Nodes::start(0), &all),
        each(Nodes::start(1), &all),
        each(Nodes::start(1), &dense),
    ]
}

fn effects() -> Vec<(&'static str, f64)> {
    const USES: usize = 1000;
    eprintln!("bytes of effects");
    let nodes = Nodes::start_with(1, &["appendonly yes"]);
    let mut client = nodes.first().connect();
    let mut unread = Cost::default();
    let ids = ids(USES);
    let mut grown = |what: &mut dyn FnMut()| {
        let before = aof(&mut client);
        what();
        (aof(&mut client) - before) / USES as f64
    };
    let mut tokens = Vec::new();
    let creations = || ids.iter().map(|id| (id.as_str(), creation(id, Some(DATA))));
    let create = grown(&mut || tokens = nodes.create(creations(), &mut unread));
    let mut unread = Cost::default();
    let mut get = || {
        let gets = tokens
            .iter()
            .map(|token| (token.as_str(), about_token("SESSIONS.GET", token)));
        nodes.run(gets, &mut unread);
    };
    thread::sleep(Duration::from_secs(11));
    let first = grown(&mut get);
    let within = grown(&mut get);
    let mut unread = Cost::default();
    let kill = grown(&mut || {
        let kills = tokens
            .iter()
            .map(|token| (token.as_str(), about_token("SESSIONS.KILL", token)));
        nodes.run(kills, &mut unread);
    });
    vec![
        ("CREATE", create),
        ("GET, first use in a step", first),
        ("GET within a step, in the same second", within),
        ("KILL", kill),
    ]
}

/// The sessions per slot if a cluster has 100 million.
fn planned_density() -> f64 {
    MILLIONS / SLOTS
}

fn cpu(servers: &[Server]) -> Duration {
    servers.iter().map(Server::cpu).sum()
}
