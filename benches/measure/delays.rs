//! How long a PING takes during each command that works on very many sessions.
//!
//! One server holds many sessions of as many ids, and many of one id. Each case begins with the
//! same snapshot. `scripts/bench.sh --latency` runs only this benchmark; with names of cases, only
//! these.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{self, Scope};
use std::time::{Duration, Instant};
use std::{env, fs};

use crate::Effort;
use crate::client::{Client, Operation, Reply, operation};
use crate::crowd::{APP, DATA, create, creation, now};
use crate::latency::{Sample, ping};
use crate::server::{Server, info_number};
use crate::stats::{maximum, percentile};
use crate::text::{grouped, table};

/// The id that has very many sessions.
const ROBOT: &str = "robot";
/// The app whose sessions time out within one second.
const SHOP: &str = "shop";
const LOGINS: usize = 8000;
/// How long each dashboard is open, and how often it sends commands.
const OPEN: Duration = Duration::from_secs(10);
const EVERY: Duration = Duration::from_millis(100);

/// How many sessions there are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    /// Sessions of different ids.
    pub(crate) spread: usize,
    /// Sessions of one id.
    pub(crate) of_one: usize,
    /// Sessions of the other app.
    pub(crate) of_one_second: usize,
    pub(crate) due: usize,
}

pub(crate) const FULL: Sizes = Sizes {
    spread: 1_000_000,
    of_one: 200_000,
    of_one_second: 60_000,
    due: 300_000,
};
pub(crate) const QUICK: Sizes = Sizes {
    spread: 100_000,
    of_one: 20_000,
    of_one_second: 6000,
    due: 30_000,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    Nothing,
    Logins,
    KillAll,
    KillAllAndLogins,
    KillAllAndWipe,
    KillSoid,
    TimedWipe,
    CountSoid,
    Soid,
    SoApp,
    Dashboard,
}

const CASES: [(Case, &str, &str); 11] = [
    (Case::Nothing, "nothing", "nothing else"),
    (Case::Logins, "logins", "8,000 log-ins per second"),
    (Case::KillAll, "killall", "KILLALL"),
    (
        Case::KillAllAndLogins,
        "killall-logins",
        "KILLALL, and 8,000 log-ins per second to the same app",
    ),
    (
        Case::KillAllAndWipe,
        "killall-wipe",
        "KILLALL, and the cleanup pass on the sessions of one second of another app",
    ),
    (Case::KillSoid, "killsoid", "KILLSOID of the id with very many"),
    (Case::TimedWipe, "wipe", "the cleanup pass, with very many due at once"),
    (Case::CountSoid, "countsoid", "COUNTSOID every 100 ms"),
    (Case::Soid, "soid", "SOID … LIMIT 0 50 every 100 ms"),
    (Case::SoApp, "soapp", "SOAPP … LIMIT 0 50 every 100 ms"),
    (Case::Dashboard, "dashboard", "all three every 100 ms"),
];

/// What was seen during a case.
pub(crate) struct Delay {
    name: &'static str,
    pings: Vec<f64>,
    own: Vec<f64>,
    seconds: f64,
    /// Killed or wiped.
    sessions: f64,
    /// Milliseconds that each list or count command took.
    lists: Vec<f64>,
    slice: f64,
    slice_cpu: f64,
    waited: f64,
}

/// When a case began, how many seconds it took, and its results.
struct Done {
    from: f64,
    seconds: f64,
    sessions: f64,
    lists: Vec<f64>,
}

/// Runs only this part and prints it.
pub(crate) fn run(sizes: Sizes) {
    let chosen: Vec<String> = env::args()
        .skip_while(|argument| argument != "--latency")
        .skip(1)
        .collect();
    let chosen: Vec<&str> = chosen
        .iter()
        .map(String::as_str)
        .filter(|name| !name.starts_with('-'))
        .collect();
    println!("{}", section(&measure(sizes, &chosen), sizes));
}

/// The section of the page that `make bench` writes.
pub(crate) fn all(effort: &Effort) -> String {
    let is_full = effort.sizes.contains(&FULL.spread);
    let sizes = if is_full { FULL } else { QUICK };
    section(&measure(sizes, &[]), sizes)
}

/// `chosen`: the cases; all if there are none.
pub(crate) fn measure(sizes: Sizes, chosen: &[&str]) -> Vec<Delay> {
    let snapshot = snapshot(sizes);
    let cases = CASES
        .iter()
        .filter(|(_, key, _)| chosen.is_empty() || chosen.contains(key));
    let delays = cases
        .map(|&(case, _, name)| during(case, name, sizes, &snapshot))
        .collect();
    if env::var_os(KEPT).is_none() {
        drop(fs::remove_file(snapshot));
    }
    delays
}

/// Names a file that keeps the snapshot from run to run.
const KEPT: &str = "SESSIONS_BENCH_SNAPSHOT";

fn snapshot(sizes: Sizes) -> PathBuf {
    let own = || env::temp_dir().join(format!("sessions-bench-{}-delays.rdb", std::process::id()));
    let kept = env::var_os(KEPT).map_or_else(own, PathBuf::from);
    if kept.exists() {
        return kept;
    }
    eprintln!("creating {} sessions", sizes.spread + sizes.of_one);
    let server = Server::start(&["sessions.ttl 86400"], None);
    let mut client = server.connect();
    let robots = vec![ROBOT.to_owned(); sizes.of_one];
    create(&mut client, &robots, Some(DATA));
    let ids: Vec<String> = (0..sizes.spread).map(|number| format!("user{number}")).collect();
    create(&mut client, &ids, Some(DATA));
    fs::copy(server.dump(), &kept).unwrap();
    kept
}

fn during(case: Case, name: &'static str, sizes: Sizes, snapshot: &Path) -> Delay {
    eprintln!("PING during: {name}");
    let server = Server::start(&["sessions.ttl 86400"], Some(snapshot));
    let mut client = server.connect();
    prepare(case, sizes, &mut client);
    // After loading, the server is busy for a moment. KILLALL only spares sessions that are created
    // in a later second.
    thread::sleep(Duration::from_millis(1500));
    let done = AtomicBool::new(false);
    let (epoch, waited) = (Instant::now(), server.waited());
    let (samples, work) = thread::scope(|scope| {
        let pings = scope.spawn(|| ping(&server, epoch, &done));
        if matches!(case, Case::Logins | Case::KillAllAndLogins) {
            scope.spawn(|| log_in(&mut server.connect(), &done));
        }
        thread::sleep(Duration::from_millis(300));
        let work = work(case, &server, epoch);
        done.store(true, Relaxed);
        (pings.join().unwrap(), work)
    });
    let Done { from, seconds, .. } = work;
    let within: Vec<&Sample> = samples
        .iter()
        .filter(|sample| (from..=from + seconds).contains(&sample.at))
        .collect();
    Delay {
        name,
        pings: within.iter().map(|sample| sample.latency).collect(),
        own: within.iter().map(|sample| sample.own).collect(),
        seconds,
        sessions: work.sessions,
        lists: work.lists,
        slice: info_number(&mut client, "sessions", "sessions_longest_slice_usec") / 1e3,
        slice_cpu: info_number(&mut client, "sessions", "sessions_longest_slice_cpu_usec") / 1e3,
        waited: (server.waited() - waited).as_secs_f64(),
    }
}

fn prepare(case: Case, sizes: Sizes, client: &mut Client) {
    match case {
        Case::KillAllAndWipe => {
            let ids: Vec<String> = (0..sizes.of_one_second)
                .map(|number| format!("buyer{number}"))
                .collect();
            let creations: Vec<Operation> = ids
                .iter()
                .map(|id| operation(&[b"SESSIONS.CREATE", SHOP.as_bytes(), id.as_bytes(), b"IP", b"127.0.0.1"]))
                .collect();
            let tokens: Vec<String> = client.ask(&creations, 64).into_iter().map(Reply::text).collect();
            let members: Vec<String> = tokens
                .iter()
                .zip(&ids)
                .map(|(token, id)| format!("{token}:{id}"))
                .collect();
            time_out(client, SHOP, &members);
        }
        Case::TimedWipe => {
            let place = sizes.of_one.to_string();
            let last = (sizes.of_one + sizes.due - 1).to_string();
            let Reply::Array(members) = client.call(&["ZRANGE", "rs:webapp:_sessions", &place, &last]) else {
                panic!("no members");
            };
            let members: Vec<String> = members.into_iter().map(Reply::text).collect();
            time_out(client, APP, &members);
        }
        _ => {}
    }
}

/// Makes sessions that all time out in the same second.
fn time_out(client: &mut Client, app: &str, members: &[String]) {
    let (la, end) = ((now() - 86_401).to_string(), (now() - 1).to_string());
    let changes: Vec<Operation> = members
        .iter()
        .map(|member| {
            let token = &member[..64];
            operation(&[b"HSET", format!("rs:{app}:{token}").as_bytes(), b"la", la.as_bytes()])
                .and(&[
                    b"ZADD",
                    format!("rs:{app}:_sessions").as_bytes(),
                    la.as_bytes(),
                    member.as_bytes(),
                ])
                .and(&[
                    b"ZADD",
                    b"rs:SESSIONS",
                    end.as_bytes(),
                    format!("{app}:{member}").as_bytes(),
                ])
        })
        .collect();
    client.run(&changes, 64);
}

fn work(case: Case, server: &Server, epoch: Instant) -> Done {
    let mut client = server.connect();
    let from = epoch.elapsed().as_secs_f64();
    let mut lists = Vec::new();
    let mut sessions = 0.0;
    match case {
        Case::Nothing | Case::Logins => thread::sleep(Duration::from_secs(5)),
        Case::KillAll | Case::KillAllAndLogins => sessions = count(client.call(&["SESSIONS.KILLALL", APP])),
        Case::KillAllAndWipe => {
            client.call(&["CONFIG", "SET", "sessions.wipe-interval", "10"]);
            sessions = count(client.call(&["SESSIONS.KILLALL", APP]));
            client.call(&["CONFIG", "SET", "sessions.wipe-interval", "0"]);
            sessions += info_number(&mut client, "sessions", "sessions_wiped");
        }
        Case::KillSoid => sessions = count(client.call(&["SESSIONS.KILLSOID", APP, ROBOT])),
        Case::TimedWipe => {
            client.call(&["CONFIG", "SET", "sessions.wipe-interval", "10"]);
            let deadline = Instant::now() + Duration::from_secs(120);
            while info_number(&mut client, "sessions", "sessions_passes") < 1.0 {
                assert!(Instant::now() < deadline, "no cleanup pass came to its end");
                thread::sleep(Duration::from_millis(50));
            }
            let seconds = info_number(&mut client, "sessions", "sessions_last_pass_usec") / 1e6;
            let sessions = info_number(&mut client, "sessions", "sessions_wiped");
            let from = epoch.elapsed().as_secs_f64() - seconds - 0.05;
            return Done {
                from,
                seconds,
                sessions,
                lists,
            };
        }
        Case::CountSoid => lists = dashboard(server, &[COUNT]),
        Case::Soid => lists = dashboard(server, &[LIST]),
        Case::SoApp => lists = dashboard(server, &[LIST_OF_APP]),
        Case::Dashboard => lists = dashboard(server, &[COUNT, LIST, LIST_OF_APP]),
    }
    let seconds = epoch.elapsed().as_secs_f64() - from;
    Done {
        from,
        seconds,
        sessions,
        lists,
    }
}

fn count(reply: Reply) -> f64 {
    match reply {
        Reply::Integer(count) => count as f64,
        other => panic!("{other:?}"),
    }
}

const COUNT: &[&str] = &["SESSIONS.COUNTSOID", APP, ROBOT];
const LIST: &[&str] = &["SESSIONS.SOID", APP, ROBOT, "LIMIT", "0", "50"];
const LIST_OF_APP: &[&str] = &["SESSIONS.SOAPP", APP, "0", "LIMIT", "0", "50"];

/// Sends the commands every 100 ms even if earlier ones have no reply yet, as many browsers would.
/// Returns how many milliseconds each command took.
fn dashboard(server: &Server, commands: &'static [&'static [&'static str]]) -> Vec<f64> {
    thread::scope(|scope| {
        let began = Instant::now();
        let mut asked = Vec::new();
        let mut due = Duration::ZERO;
        while due < OPEN {
            thread::sleep(due.saturating_sub(began.elapsed()));
            asked.extend(commands.iter().map(|command| ask(scope, server, command)));
            due += EVERY;
        }
        asked.into_iter().map(|asked| asked.join().unwrap()).collect()
    })
}

fn ask<'s>(
    scope: &'s Scope<'s, '_>,
    server: &Server,
    command: &'static [&'static str],
) -> thread::ScopedJoinHandle<'s, f64> {
    let mut client = server.connect();
    scope.spawn(move || {
        let began = Instant::now();
        let reply = client.call(command);
        assert!(!matches!(reply, Reply::Error(_)), "{reply:?}");
        began.elapsed().as_secs_f64() * 1e3
    })
}

/// Other users log in until `done`.
fn log_in(client: &mut Client, done: &AtomicBool) {
    const AT_ONCE: usize = 16;
    let (began, mut count) = (Instant::now(), 0);
    while !done.load(Relaxed) {
        let wanted = Duration::from_secs_f64(count as f64 / LOGINS as f64);
        thread::sleep(wanted.saturating_sub(began.elapsed()));
        let creations: Vec<Operation> = (count..count + AT_ONCE)
            .map(|number| creation(&format!("late{number}"), None))
            .collect();
        client.run(&creations, AT_ONCE);
        count += AT_ONCE;
    }
}

/// The section of the page.
pub(crate) fn section(delays: &[Delay], sizes: Sizes) -> String {
    let milliseconds = |value: f64| format!("{value:.2}");
    let row = |delay: &Delay| {
        let mut row = vec![delay.name.to_owned(), format!("{:.1}", delay.seconds)];
        row.push(if delay.sessions > 0.0 {
            grouped(delay.sessions / delay.seconds)
        } else {
            String::new()
        });
        for latencies in [&delay.pings, &delay.own] {
            row.extend([0.5, 0.99, 0.999].map(|share| milliseconds(percentile(latencies, share))));
            row.push(milliseconds(maximum(latencies)));
        }
        row.extend([milliseconds(delay.slice), milliseconds(delay.slice_cpu)]);
        row.push(format!("{:.2} s", delay.waited));
        row
    };
    let head = [
        "PING during",
        "seconds",
        "sessions per second",
        "median",
        "99 %",
        "99.9 %",
        "maximum",
        "own median",
        "own 99 %",
        "own 99.9 %",
        "own maximum",
        "longest slice, clock",
        "longest slice, CPU",
        "CPU withheld",
    ];
    let lists: Vec<Vec<String>> = delays
        .iter()
        .filter(|delay| !delay.lists.is_empty())
        .map(|delay| {
            let mut row = vec![delay.name.to_owned(), grouped(delay.lists.len() as f64)];
            row.extend([0.5, 0.99].map(|share| format!("{:.1}", percentile(&delay.lists, share))));
            row.push(format!("{:.1}", maximum(&delay.lists)));
            row
        })
        .collect();
    format!(
        "## No command delays the others\n\nLatency of a PING every millisecond, in milliseconds. The app has \
         {spread} sessions of as many ids and {one} of one id; the other app has {second} that time out within one \
         second; the cleanup pass finds {due} due at once. Log-ins are CREATE commands in pipelines of 16. A \
         dashboard sends a command every 100 ms, even if earlier ones have no reply yet. *Own* does not include the \
         time in which other programs used the server's core. The longest slice comes from INFO, measured by the \
         clock and by the thread's CPU time.\n\n{}\nMilliseconds until a dashboard has its reply:\n\n{}",
        table(&head, &delays.iter().map(row).collect::<Vec<_>>()),
        table(&["sent", "commands", "median", "99 %", "maximum"], &lists),
        spread = grouped(sizes.spread as f64),
        one = grouped(sizes.of_one as f64),
        second = grouped(sizes.of_one_second as f64),
        due = grouped(sizes.due as f64),
    )
}
