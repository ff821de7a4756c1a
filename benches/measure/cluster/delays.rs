//! How long a PING on one of three primaries takes during commands that work on very many sessions.
//!
//! All cases run one after the other on the same cluster. The cases that remove sessions run last.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use super::ids;
use super::nodes::{Nodes, Routed};
use crate::client::{Client, Reply, operation};
use crate::crowd::{APP, Crowd, Member, now};
use crate::latency::{Sample, ping};
use crate::server::{Server, info_number};
use crate::stats::{maximum, percentile};

/// The id that has very many sessions.
const ROBOT: &str = "robot";
/// How long dashboards are open, and how often each sends a command.
const OPEN: Duration = Duration::from_secs(5);
const EVERY: Duration = Duration::from_millis(100);
const TTL: u64 = 86_400;

#[derive(Clone, Copy)]
pub(super) struct Sizes {
    /// Sessions with one id each, on all nodes together.
    pub(super) spread: usize,
    /// Sessions of a single id.
    pub(super) of_one: usize,
    /// Timed-out sessions on all nodes together, which the cleanup pass removes.
    pub(super) due: usize,
}

#[derive(Clone, Copy)]
enum Case {
    Nothing,
    ListsAndCountOfId,
    Counts,
    KillSoid,
    CleanupPass,
    KillAll,
}

const CASES: [(Case, &str); 6] = [
    (Case::Nothing, "nothing else"),
    (
        Case::ListsAndCountOfId,
        "COUNTSOID and SOID … LIMIT 0 50 of the id with very many, SOAPP … LIMIT 0 50 on every primary, each every 100 ms",
    ),
    (
        Case::Counts,
        "COUNT, ACTIVITY … 600 and USERS … LIMIT 0 20 on every primary, each every 100 ms",
    ),
    (Case::KillSoid, "KILLSOID of the id with very many"),
    (Case::CleanupPass, "the cleanup pass on every primary"),
    (Case::KillAll, "KILLALL on every primary"),
];

/// What was seen during a case.
pub(super) struct Delay {
    pub(super) name: &'static str,
    pub(super) seconds: f64,
    /// Sessions that were removed on all nodes together.
    pub(super) sessions: f64,
    /// For each command of a dashboard, the milliseconds until its reply.
    pub(super) replies: Vec<f64>,
    pings: Vec<f64>,
    own: Vec<f64>,
}

pub(super) struct Delays {
    pub(super) sizes: Sizes,
    pub(super) cases: Vec<Delay>,
    /// The longest slice on the node that replied to PING, in milliseconds of CPU.
    pub(super) slice_cpu: f64,
}

impl Delay {
    pub(super) fn ping(&self, share: f64) -> f64 {
        percentile(&self.pings, share)
    }

    /// Without the time in which other programs, such as the other nodes, used the core.
    pub(super) fn own(&self, share: f64) -> f64 {
        percentile(&self.own, share)
    }

    pub(super) fn own_maximum(&self) -> f64 {
        maximum(&self.own)
    }
}

/// A case that has run: when it began, how many seconds it took, and its results.
struct Done {
    from: f64,
    seconds: f64,
    sessions: f64,
    replies: Vec<f64>,
}

pub(super) fn measure(sizes: Sizes) -> Delays {
    eprintln!("creating {} sessions on three primaries", sizes.spread + sizes.of_one);
    let nodes = Nodes::start_with(3, &["sessions.ttl 86400"]);
    nodes.fill(&vec![ROBOT.to_owned(); sizes.of_one]);
    let crowd = nodes.gather(ids(sizes.spread));
    let server = &nodes.all()[nodes.owner(ROBOT)];
    let cases = CASES.map(|(case, name)| during(case, name, sizes, &nodes, &crowd, server));
    let slice = "sessions_longest_slice_cpu_usec";
    Delays {
        sizes,
        cases: cases.into(),
        slice_cpu: info_number(&mut server.connect(), "sessions", slice) / 1e3,
    }
}

fn during(case: Case, name: &'static str, sizes: Sizes, nodes: &Nodes, crowd: &Crowd, server: &Server) -> Delay {
    eprintln!("PING during: {name}");
    if let Case::CleanupPass = case {
        time_out(nodes, crowd, sizes.due);
    }
    thread::sleep(Duration::from_millis(1500));
    let (done, epoch) = (AtomicBool::new(false), Instant::now());
    let (samples, work) = thread::scope(|scope| {
        let pings = scope.spawn(|| ping(server, epoch, &done));
        thread::sleep(Duration::from_millis(300));
        let work = work(case, nodes, server, epoch);
        done.store(true, Relaxed);
        (pings.join().unwrap(), work)
    });
    let within = |sample: &&Sample| (work.from..=work.from + work.seconds).contains(&sample.at);
    let within: Vec<&Sample> = samples.iter().filter(within).collect();
    Delay {
        name,
        seconds: work.seconds,
        sessions: work.sessions,
        replies: work.replies,
        pings: within.iter().map(|sample| sample.latency).collect(),
        own: within.iter().map(|sample| sample.own).collect(),
    }
}

/// Makes so many sessions time out in the same second.
fn time_out(nodes: &Nodes, crowd: &Crowd, count: usize) {
    let (la, end) = ((now() - TTL - 1).to_string(), (now() - 1).to_string());
    let changes = (0..count).map(|number| -> Routed {
        let Member { token, .. } = &crowd.members[number];
        let change = operation(&[b"HSET", crowd.key(number).as_bytes(), b"la", la.as_bytes()]).and(&[
            b"ZADD",
            crowd.due_key(number).as_bytes(),
            end.as_bytes(),
            crowd.due(number).as_bytes(),
        ]);
        (token.clone(), change)
    });
    nodes.run(changes);
}

fn work(case: Case, nodes: &Nodes, server: &Server, epoch: Instant) -> Done {
    let from = epoch.elapsed().as_secs_f64();
    let (mut sessions, mut replies) = (0.0, Vec::new());
    match case {
        Case::Nothing => thread::sleep(Duration::from_secs(3)),
        Case::ListsAndCountOfId => {
            let of_id: [&[&str]; 2] = [
                &["SESSIONS.COUNTSOID", APP, ROBOT],
                &["SESSIONS.SOID", APP, ROBOT, "LIMIT", "0", "50"],
            ];
            let of_app: &[&str] = &["SESSIONS.SOAPP", APP, "0", "LIMIT", "0", "50"];
            let everywhere = nodes.all().iter().map(|node| (node, of_app));
            let commands: Vec<_> = of_id
                .map(|command| (server, command))
                .into_iter()
                .chain(everywhere)
                .collect();
            replies = dashboard(&commands);
        }
        Case::Counts => {
            let commands: [&[&str]; 3] = [
                &["SESSIONS.COUNT", APP],
                &["SESSIONS.ACTIVITY", APP, "600"],
                &["SESSIONS.USERS", APP, "600", "LIMIT", "0", "20"],
            ];
            let everywhere = nodes.all().iter();
            let commands: Vec<_> = everywhere
                .flat_map(|node| commands.map(|command| (node, command)))
                .collect();
            replies = dashboard(&commands);
        }
        Case::KillSoid => sessions = count(server.connect().call(&["SESSIONS.KILLSOID", APP, ROBOT])),
        Case::CleanupPass => return cleanup_pass(nodes, server, epoch),
        Case::KillAll => sessions = everywhere(nodes, &["SESSIONS.KILLALL", APP]),
    }
    Done {
        from,
        seconds: epoch.elapsed().as_secs_f64() - from,
        sessions,
        replies,
    }
}

fn count(reply: Reply) -> f64 {
    match reply {
        Reply::Integer(count) => count as f64,
        other => panic!("{other:?}"),
    }
}

/// Sends a command to all nodes at the same time. Returns the sum of the replies.
fn everywhere(nodes: &Nodes, command: &[&str]) -> f64 {
    thread::scope(|scope| {
        let calls = nodes
            .connect()
            .into_iter()
            .map(|mut client| scope.spawn(move || count(client.call(command))));
        calls
            .collect::<Vec<_>>()
            .into_iter()
            .map(|call| call.join().unwrap())
            .sum()
    })
}

/// A cleanup pass on each node; all begin at the same time. The seconds are measured on the node
/// that replies to PING.
fn cleanup_pass(nodes: &Nodes, server: &Server, epoch: Instant) -> Done {
    let set_interval = |seconds: &str| {
        for mut client in nodes.connect() {
            client.call(&["CONFIG", "SET", "sessions.wipe-interval", seconds]);
        }
    };
    let number = |client: &mut Client, name: &str| info_number(client, "sessions", name);
    set_interval("10");
    let mut client = server.connect();
    let deadline = Instant::now() + Duration::from_secs(120);
    while number(&mut client, "sessions_passes") < 1.0 {
        assert!(Instant::now() < deadline, "no cleanup pass came to its end");
        thread::sleep(Duration::from_millis(20));
    }
    let until = epoch.elapsed().as_secs_f64();
    let seconds = number(&mut client, "sessions_last_pass_usec") / 1e6;
    let mut others = nodes.connect();
    while others.iter_mut().any(|client| number(client, "sessions_passes") < 1.0) {
        assert!(
            Instant::now() < deadline,
            "a node's cleanup pass did not come to its end"
        );
        thread::sleep(Duration::from_millis(20));
    }
    set_interval("0");
    Done {
        from: until - seconds - 0.02,
        seconds,
        sessions: others.iter_mut().map(|client| number(client, "sessions_wiped")).sum(),
        replies: Vec::new(),
    }
}

/// Sends the commands every 100 ms, even if earlier ones have no reply yet, as many browsers do.
/// Returns the milliseconds of each.
fn dashboard(commands: &[(&Server, &[&str])]) -> Vec<f64> {
    let began = Instant::now();
    let mut due = Duration::ZERO;
    thread::scope(|scope| {
        let mut sent = Vec::new();
        while due < OPEN {
            thread::sleep(due.saturating_sub(began.elapsed()));
            for &(server, command) in commands {
                let mut client = server.connect();
                sent.push(scope.spawn(move || {
                    let began = Instant::now();
                    let reply = client.call(command);
                    assert!(!matches!(reply, Reply::Error(_)), "{reply:?}");
                    began.elapsed().as_secs_f64() * 1e3
                }));
            }
            due += EVERY;
        }
        sent.into_iter().map(|reply| reply.join().unwrap()).collect()
    })
}
