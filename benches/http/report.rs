//! The goals, and docs/benchmarks-http.md.

use crate::auth::{Auth, Backend};
use crate::load::Load;
use crate::stats::{maximum, median, ratio};
use crate::text::{grouped, table};
use crate::{Measured, gets, machine, memory};

struct Goal {
    what: String,
    wanted: &'static str,
    measured: String,
    is_met: Option<bool>,
}

fn of(loads: &[Load], value: impl Fn(&Load) -> f64) -> Vec<f64> {
    loads.iter().map(value).collect()
}

/// The median of the rounds' ratios.
fn related(of_one: &[Load], to: &[Load], value: impl Fn(&Load) -> f64 + Copy) -> f64 {
    ratio(&of(of_one, value), &of(to, value))
}

fn all(measured: &Measured) -> Vec<Goal> {
    let gets = &measured.gets;
    let mut goals = Vec::new();
    for (name, loads) in [("the same route", &gets.legacy), ("`/v1`", &gets.v1)] {
        let rate = related(loads, &gets.rest_sessions, |load| load.rate);
        let p99 = related(loads, &gets.rest_sessions, |load| load.p99);
        goals.push(Goal {
            what: format!("GET of a session by {name}, ratio of requests per second to rest-sessions"),
            wanted: "≥ 5 times",
            measured: format!("{rate:.1} times"),
            is_met: Some(rate >= 5.0),
        });
        goals.push(Goal {
            what: format!("GET of a session by {name}, ratio of the 99th percentile to rest-sessions"),
            wanted: "≤ a third",
            measured: format!("{p99:.2}"),
            is_met: Some(p99 <= 1.0 / 3.0),
        });
    }
    for auth in &measured.auth {
        let mean = related(&auth.service, &auth.nginx, |load| load.mean);
        // The slower backend shows how much the request to `/auth` adds to a usual page's latency.
        let is_goal = auth.backend == Backend::Least;
        goals.push(Goal {
            what: format!(
                "ratio of the latency with `/auth` to the latency with a second nginx that returns 200, {}",
                case(auth)
            ),
            wanted: if is_goal { "≤ 1.3 times" } else { "none" },
            measured: format!("{mean:.2} times"),
            is_met: is_goal.then_some(mean <= 1.3),
        });
    }
    let open = measured.memory.open.max(measured.memory.busy);
    goals.push(Goal {
        what: format!("memory with {} open connections", grouped(memory::CONNECTIONS as f64)),
        wanted: "< 50 MB",
        measured: format!("{open:.0} MB"),
        is_met: Some(open < 50.0),
    });
    let page = maximum(&measured.pages.took);
    goals.push(Goal {
        what: format!(
            "first admin page of {} sessions",
            grouped(measured.pages.sessions as f64)
        ),
        wanted: "< 100 ms",
        measured: format!("{page:.0} ms"),
        is_met: Some(page < 100.0),
    });
    for (what, seconds) in [
        ("connected again after kill -9 of Redis", &measured.trouble.restart),
        ("connected again after a failover", &measured.trouble.failover),
    ] {
        let longest = maximum(seconds);
        goals.push(Goal {
            what: what.into(),
            wanted: "≤ 2 s",
            measured: format!("{longest:.2} s"),
            is_met: Some(longest <= 2.0),
        });
    }
    goals
}

pub(crate) fn goals(measured: &Measured) -> String {
    let rows: Vec<Vec<String>> = all(measured)
        .into_iter()
        .map(|goal| {
            let met = match goal.is_met {
                Some(true) => "yes",
                Some(false) => "**no**",
                None => "–",
            };
            vec![goal.what, goal.wanted.into(), goal.measured, met.into()]
        })
        .collect();
    table(&["", "goal", "measured", "met"], &rows)
}

fn case(auth: &Auth) -> String {
    let connections = match auth.connections {
        1 => "1 connection".into(),
        count => format!("{count} connections"),
    };
    format!("{connections}, {}", auth.backend.name())
}

fn row(name: &str, loads: &[Load], to: &[Load]) -> Vec<String> {
    let milliseconds = |value: fn(&Load) -> f64| format!("{:.2}", median(&of(loads, value)));
    vec![
        name.into(),
        grouped(median(&of(loads, |load| load.rate))),
        milliseconds(|load| load.mean),
        milliseconds(|load| load.median),
        milliseconds(|load| load.p99),
        format!("{:.2}", related(loads, to, |load| load.rate)),
        format!("{:.2}", related(loads, to, |load| load.mean)),
        format!("{:.2}", related(loads, to, |load| load.p99)),
    ]
}

const HEAD: [&str; 8] = [
    "",
    "requests/s",
    "mean, ms",
    "50 %, ms",
    "99 %, ms",
    "requests/s, ratio",
    "mean, ratio",
    "99 %, ratio",
];

fn auth(auth: &Auth) -> String {
    let rows = [
        row("a second nginx that returns 200", &auth.nginx, &auth.nginx),
        row("`/auth`", &auth.service, &auth.nginx),
    ];
    format!("{}:\n\n{}", case(auth), table(&HEAD, &rows))
}

fn seconds(values: &[f64]) -> Vec<String> {
    vec![format!("{:.2}", median(values)), format!("{:.2}", maximum(values))]
}

pub(crate) fn document(measured: &Measured) -> String {
    let Measured {
        effort,
        load_before,
        took,
        gets,
        memory,
        pages,
        trouble,
        ..
    } = measured;
    let mut machine = machine::basis();
    machine.push(format!(
        "compared with: rest-sessions 2.0.1 on Node.js {}, {}",
        machine::first_line("node", &["--version"]),
        nginx_version()
    ));
    machine.push(format!(
        "load before: {load_before}; the run took {:.0} minutes",
        took.as_secs_f64() / 60.0
    ));
    let machine: String = machine.iter().map(|line| format!("- {line}\n")).collect();
    let compared = [
        row(
            "rest-sessions, `/{app}/get/{token}`",
            &gets.rest_sessions,
            &gets.rest_sessions,
        ),
        row("the same route of `sessions-http`", &gets.legacy, &gets.rest_sessions),
        row("`GET /v1/apps/{app}/session`", &gets.v1, &gets.rest_sessions),
    ];
    let auths: Vec<String> = measured.auth.iter().map(auth).collect();
    let trouble = [
        [
            vec!["kill -9 of Redis, which is started again".into()],
            seconds(&trouble.restart),
        ]
        .concat(),
        [vec!["failover by a Sentinel".into()], seconds(&trouble.failover)].concat(),
    ];
    let first = pages.took.first().copied().unwrap_or_default();
    format!(
        "<!-- Written by `{command}`; do not edit. -->\n# Benchmarks of the HTTP service\n\nEvery figure on this \
         page comes from one run of `{command}`, where the variable names a checked-out copy of rest-sessions ([how \
         to get it](../scripts/bench-http.sh)). Both services use one Redis server on the same machine, one after \
         the other in each of {rounds} rounds of {seconds} seconds. Figures are medians of the rounds, ratios are \
         medians of each round's ratio. The service is the release build with its defaults: keys, a log line for \
         each request, metrics. rest-sessions runs with `NODE_ENV=production` and without its log.\n\n{machine}\n## \
         GET of a session\n\nwrk keeps {gets_connections} connections open and sends one \
         request at a time on each; there are 10,000 sessions with some data. The measured service has the first \
         CPU to itself, Redis and wrk share the second.\n\n{compared}\n## auth_request\n\nnginx asks about each \
         request and then passes it on to a backend. It asks either a second nginx on a Unix socket, which returns \
         200, or `/auth` on a Unix socket, which looks the session up in Redis over a Unix socket and counts the \
         use. The backend is a third nginx that returns two bytes, or a program that takes 5 ms. No process is \
         pinned to a CPU. With the backend that returns at once and the second nginx, a request passes between \
         processes six times. `/auth` adds two more times, to Redis and back: it looks the session up for each \
         request, so that an ended session is refused at once.\n\n{auths}\n## Memory\n\nResident memory in MB. \
         *Open*: after a request on each of {memory_connections} open connections. *Busy*: the maximum during a \
         load of {memory_connections} connections with one request in progress on each.\n\n{memory}\n## The admin \
         page\n\nThe first page of {listed} sessions takes {first:.1} ms when it is first requested after a log-in; \
         the median of {pages_count} requests is {page_median:.1} ms, the maximum {page_maximum:.1} ms.\n\n## \
         Connected again\n\nSeconds from the time when a server accepts writes again until the service has created \
         a session, in {tries} tries. The benchmark requests a session every millisecond. The killed server stays \
         away for 0 to 8 seconds.\n\n{trouble}\n## Goals\n\n{goals}",
        command = effort.command,
        rounds = effort.rounds,
        seconds = effort.seconds,
        goals = goals(measured),
        gets_connections = gets::CONNECTIONS,
        compared = table(&HEAD, &compared),
        auths = auths.join("\n"),
        memory_connections = grouped(memory::CONNECTIONS as f64),
        memory = table(
            &["", "idle", "open", "busy"],
            &[
                vec![
                    "`sessions-http`".into(),
                    format!("{:.1}", memory.idle),
                    format!("{:.1}", memory.open),
                    format!("{:.1}", memory.busy),
                ],
                vec![
                    "rest-sessions".into(),
                    String::new(),
                    format!("{:.1}", memory.rest_sessions),
                    String::new()
                ],
            ]
        ),
        listed = grouped(pages.sessions as f64),
        pages_count = pages.took.len(),
        page_median = median(&pages.took),
        page_maximum = maximum(&pages.took),
        tries = effort.tries,
        trouble = table(&["after", "median, s", "maximum, s"], &trouble),
    )
}

/// nginx writes its version to standard error.
fn nginx_version() -> String {
    let output = std::process::Command::new("nginx").arg("-v").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stderr).into_owned());
    text.unwrap_or_default().trim().replace("nginx version: ", "")
}
