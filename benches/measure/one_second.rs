//! Many sessions with the same second: lists of members with equal scores, and KILLALL while very
//! many users log in. Writes docs/benchmarks-one-second.md.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use crate::client::{Client, Operation, Reply, operation};
use crate::crowd::{APP, create, creation};
use crate::latency::{Sample, ping};
use crate::machine;
use crate::server::{Server, info_number};
use crate::stats::{maximum, median, percentile};
use crate::text::{grouped, table};
use crate::wrap::wrapped;

const COMMAND: &str = "make bench-one-second";
const ROUNDS: usize = 5;
const LISTED: usize = 200_000;
/// Sessions that exist when KILLALL is called.
const EXISTING: usize = 200_000;

/// Log-ins during a KILLALL.
#[derive(Clone, Copy, Debug)]
enum Logins {
    None,
    /// This number of log-ins as fast as possible.
    Burst(usize),
    /// This number of log-ins per second until KILLALL returns.
    Steady(usize),
}

const LOGINS: [Logins; 3] = [Logins::None, Logins::Burst(60_000), Logins::Steady(8000)];

/// A KILLALL during log-ins.
struct Kill {
    logins: Logins,
    seconds: f64,
    logged_in: usize,
    pings: Vec<f64>,
    longest_slice: f64,
}

/// Seconds of server CPU per list, with spread scores and with equal scores.
struct List {
    command: &'static str,
    spread: Vec<f64>,
    equal: Vec<f64>,
    /// Milliseconds that the slowest PING took during one such list.
    held: f64,
}

/// Measures and writes everything.
pub(crate) fn run(folder: &Path) {
    let lists = lists();
    let kills: Vec<Kill> = LOGINS.into_iter().map(kill).collect();
    let path = folder.join("benchmarks-one-second.md");
    std::fs::write(&path, wrapped(&document(&lists, &kills))).unwrap();
    eprintln!("written: {}", path.display());
}

fn lists() -> Vec<List> {
    let commands = ["SESSIONS.SOAPP", "SESSIONS.USERS"];
    let mut lists = commands.map(|command| List {
        command,
        spread: Vec::new(),
        equal: Vec::new(),
        held: 0.0,
    });
    for (is_equal, name) in [(false, "spread"), (true, "equal")] {
        eprintln!("lists of {LISTED} sessions with {name} scores");
        let server = Server::start(&[], None);
        let mut client = server.connect();
        let ids: Vec<String> = (0..LISTED).map(|number| format!("user{number}")).collect();
        let tokens = create(&mut client, &ids, None);
        let now = crate::crowd::now();
        let scores: Vec<Operation> = (ids.iter().zip(&tokens).enumerate())
            .map(|(number, (id, token))| {
                let score = if is_equal { now } else { now - number as u64 % 3600 };
                let score = score.to_string();
                operation(&[b"ZADD", b"rs:webapp:_users", score.as_bytes(), id.as_bytes()]).and(&[
                    b"ZADD",
                    b"rs:webapp:_sessions",
                    score.as_bytes(),
                    format!("{token}:{id}").as_bytes(),
                ])
            })
            .collect();
        client.run(&scores, 64);
        for _ in 0..ROUNDS {
            for list in &mut lists {
                let before = server.cpu();
                client.run(&[operation(&[list.command.as_bytes(), APP.as_bytes(), b"0"])], 1);
                let took = (server.cpu() - before).as_secs_f64();
                if is_equal { &mut list.equal } else { &mut list.spread }.push(took);
            }
        }
        for list in &mut lists {
            list.held = slowest_ping(&server, list.command);
        }
    }
    lists.into()
}

/// The slowest PING in milliseconds during one whole list: the server is blocked while it writes
/// the reply.
fn slowest_ping(server: &Server, command: &str) -> f64 {
    let done = AtomicBool::new(false);
    let samples = thread::scope(|scope| {
        let pings = scope.spawn(|| ping(server, Instant::now(), &done));
        thread::sleep(Duration::from_millis(200));
        let whole = operation(&[command.as_bytes(), APP.as_bytes(), b"0"]);
        server.connect().run(&[whole], 1);
        done.store(true, Relaxed);
        pings.join().unwrap()
    });
    maximum(&samples.iter().map(|sample| sample.own).collect::<Vec<_>>())
}

fn kill(logins: Logins) -> Kill {
    eprintln!("KILLALL during log-ins: {logins:?}");
    let server = Server::start(&[], None);
    let mut client = server.connect();
    let ids: Vec<String> = (0..EXISTING).map(|number| format!("user{number}")).collect();
    create(&mut client, &ids, None);
    // Sessions made in the second of the call may be killed with the others.
    thread::sleep(Duration::from_millis(1100));
    let done = AtomicBool::new(false);
    let epoch = Instant::now();
    let (samples, logged_in, from, seconds) = thread::scope(|scope| {
        let pings = scope.spawn(|| ping(&server, epoch, &done));
        thread::sleep(Duration::from_millis(200));
        let from = epoch.elapsed().as_secs_f64();
        let login = scope.spawn(|| log_in(&mut server.connect(), logins, &done));
        let Reply::Integer(killed) = client.call(&["SESSIONS.KILLALL", APP]) else {
            panic!("KILLALL returned something else");
        };
        assert!(killed >= EXISTING as i64);
        let seconds = epoch.elapsed().as_secs_f64() - from;
        done.store(true, Relaxed);
        (pings.join().unwrap(), login.join().unwrap(), from, seconds)
    });
    let during = |sample: &&Sample| (from..=from + seconds).contains(&sample.at);
    Kill {
        logins,
        seconds,
        logged_in,
        pings: samples.iter().filter(during).map(|sample| sample.own).collect(),
        longest_slice: info_number(&mut client, "sessions", "sessions_longest_slice_usec") / 1e3,
    }
}

/// How many logged in before KILLALL returned.
fn log_in(client: &mut Client, logins: Logins, done: &AtomicBool) -> usize {
    const AT_ONCE: usize = 16;
    // In a later second than the call.
    thread::sleep(Duration::from_millis(1000));
    let (most, rate) = match logins {
        Logins::None => return 0,
        Logins::Burst(count) => (count, usize::MAX),
        Logins::Steady(rate) => (usize::MAX, rate),
    };
    let (began, mut count) = (Instant::now(), 0);
    while count < most && !done.load(Relaxed) {
        let wanted = Duration::from_secs_f64(count as f64 / rate as f64);
        thread::sleep(wanted.saturating_sub(began.elapsed()));
        let creations: Vec<Operation> = (count..count + AT_ONCE)
            .map(|number| creation(&format!("late{number}"), None))
            .collect();
        client.run(&creations, AT_ONCE);
        count += AT_ONCE;
    }
    count
}

fn document(lists: &[List], kills: &[Kill]) -> String {
    let machine: String = machine::description()
        .iter()
        .map(|line| format!("- {line}\n"))
        .collect();
    let listed: Vec<Vec<String>> = lists
        .iter()
        .map(|list| {
            let (spread, equal) = (median(&list.spread), median(&list.equal));
            vec![
                format!("`{} webapp 0`", list.command),
                format!("{spread:.2}"),
                format!("{equal:.2}"),
                format!("{:.2}", equal / spread),
                format!("{:.0}", list.held),
            ]
        })
        .collect();
    let killed: Vec<Vec<String>> = kills
        .iter()
        .map(|kill| {
            vec![
                match kill.logins {
                    Logins::None => "none".to_owned(),
                    Logins::Burst(count) => format!("{} as fast as they go", grouped(count as f64)),
                    Logins::Steady(rate) => format!("{} per second until it returns", grouped(rate as f64)),
                },
                grouped(kill.logged_in as f64),
                format!("{:.1}", kill.seconds),
                format!("{:.2}", percentile(&kill.pings, 0.999)),
                format!("{:.2}", maximum(&kill.pings)),
                format!("{:.2}", kill.longest_slice),
            ]
        })
        .collect();
    format!(
        "<!-- Written by `{COMMAND}`; do not edit. -->\n# Benchmarks of one second\n\nSorted sets order members \
         with the same score by their bytes. On a busy site, very many sessions have their last use in the same \
         second. Every figure on this page comes from one run of `{COMMAND}`.\n\n{machine}\n## Lists\n\nSeconds of \
         server CPU that a list of {sessions} sessions takes, each of another id, the reply included: with scores \
         spread over an hour, and with equal scores. Figures are medians of {ROUNDS}. *Slowest PING* was measured \
         during one more list with equal scores: the list is gathered in slices, but the server is blocked while it \
         writes the reply.\n\n{lists}\n## KILLALL during log-ins\n\nA KILLALL of {existing} sessions, while other \
         users log in, starting one second after the call. PING is sent every millisecond; its latency in \
         milliseconds does not include the time in which other programs used the server's CPU.\n\n{kills}",
        sessions = grouped(LISTED as f64),
        existing = grouped(EXISTING as f64),
        lists = table(
            &[
                "list",
                "spread",
                "equal",
                "ratio of equal to spread",
                "slowest PING, ms"
            ],
            &listed
        ),
        kills = table(
            &[
                "log-ins",
                "logged in before it returned",
                "seconds until it returned",
                "PING, 99.9 %",
                "PING, maximum",
                "longest slice, ms"
            ],
            &killed
        ),
    )
}
