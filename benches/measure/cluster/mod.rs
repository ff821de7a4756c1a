//! What differs in a cluster: what an operation costs on one, two and three primaries, what a request
//! costs in comparison with strings, how long a node needs for all its slots, and what moving and killing
//! take. Writes docs/benchmarks-cluster.md.

mod delays;
mod moving;
mod nodes;
mod operations;
mod report;
mod rivals;

use std::fs;
use std::path::Path;
use std::time::Instant;

use crate::client::Client;
use crate::crowd::APP;
use crate::size::{aof, used};
use crate::stats::median;
use crate::wrap::wrapped;
use moving::Moving;
use nodes::Nodes;
use operations::{Arrangement, about};
use sessions_model::slot::Slot;

/// How much is measured.
pub(crate) struct Effort {
    rounds: usize,
    sessions: usize,
    /// In a round of one kind.
    operations: usize,
    /// In a round of one kind of request.
    requests: usize,
    delays: delays::Sizes,
    command: &'static str,
}

pub(crate) const FULL: Effort = Effort {
    rounds: 5,
    sessions: 100_000,
    operations: 20_000,
    requests: 5000,
    delays: delays::Sizes {
        spread: 400_000,
        of_one: 200_000,
        due: 100_000,
    },
    command: "make bench-cluster",
};
pub(crate) const QUICK: Effort = Effort {
    rounds: 2,
    sessions: 9000,
    operations: 2000,
    requests: 500,
    delays: delays::Sizes {
        spread: 40_000,
        of_one: 20_000,
        due: 10_000,
    },
    command: "scripts/bench.sh --cluster --quick",
};

/// The slots that contain as many sessions per slot as a whole cluster with 100 million sessions.
const DENSE_SLOTS: usize = 16;
const MILLIONS: f64 = 100e6;
const SLOTS: f64 = 16_384.0;

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
    rivals: Vec<rivals::OnServer>,
    delays: delays::Delays,
}

pub(crate) fn measure(effort: Effort) -> Measured {
    Measured {
        arrangements: operations::measure(&effort),
        rivals: rivals::measure(&effort),
        answers: vec![answers(300, &effort), answers(effort.sessions, &effort)],
        delays: delays::measure(effort.delays),
        kill_all: kill_all(&effort),
        moving: moving::moving(&effort),
        memory: memory(&effort),
        effects: effects(),
        effort,
    }
}

pub(crate) fn write(measured: &Measured, folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    fs::write(
        folder.join("benchmarks-cluster.md"),
        wrapped(&report::document(measured)),
    )
    .unwrap();
}

fn ids(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("user{number}")).collect()
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
    let mut grown = |what: &mut dyn FnMut()| {
        let before = aof(&mut client);
        what();
        (aof(&mut client) - before) / USES as f64
    };
    let mut crowd = None;
    let create = grown(&mut || crowd = Some(nodes.gather(ids(USES))));
    let mut crowd = crowd.expect("created");
    let (picked, changes) = crowd.changes_to_age(USES);
    let tokens: Vec<String> = picked
        .iter()
        .map(|&number| crowd.members[number].token.clone())
        .collect();
    nodes.run(tokens.iter().cloned().zip(changes));
    let mut all = |command: &str| grown(&mut || nodes.run(tokens.iter().map(|token| about(command, token))));
    vec![
        ("CREATE", create),
        ("GET, first use in a step", all("SESSIONS.GET")),
        ("GET within a step, a second after the last use", all("SESSIONS.GET")),
        ("KILL", all("SESSIONS.KILL")),
    ]
}

/// The sessions per slot if a cluster has 100 million.
fn planned_density() -> f64 {
    MILLIONS / SLOTS
}
