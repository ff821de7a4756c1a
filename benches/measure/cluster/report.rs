//! The text of docs/benchmarks-cluster.md.

use super::delays::Delays;
use super::moving::Moving;
use super::operations::Kind;
use super::rivals::{OnServer, RIVALS, Round};
use super::{DENSE_SLOTS, Measured, planned_density};
use crate::goals::{Goal, at_least, at_most};
use crate::machine;
use crate::rivals::{CLIENTS, DEPTH, Rival};
use crate::stats::{median, ratio};
use crate::text::{grouped, table};
use crate::uses::CONNECTIONS;

pub(super) fn document(measured: &Measured) -> String {
    let list: String = machine::description()
        .iter()
        .map(|line| format!("- {line}\n"))
        .collect();
    let command = measured.effort.command;
    let parts = [
        format!(
            "<!-- Written by `{command}`; do not edit. -->\n# Benchmarks of clusters\n\nEvery figure on this page comes from \
             one run of `{command}`. All servers share one core, and the client has another. So the page shows the cost of \
             a node, and not the number of cores.\n\n{list}- server CPU: of the main threads of all servers, sockets and \
             protocol included, by `/proc/<pid>/schedstat`\n- medians of the rounds; ratios are medians of each round's ratio",
        ),
        costs(measured),
        format!(
            "## What people use instead\n\nRequests per second on three primaries. In brackets: the ratio of SESSIONS.GET, half of \
             them first uses, to this request. A request reads a session and extends its life. Each store has a cluster of its \
             own, and all take turns. *Server CPU* and *pipelines to one node*: {DEPTH} requests in a pipeline on each of \
             {CONNECTIONS} connections to one node. *Clients* have a connection to each node over TCP, choose the node by the slot, \
             and wait for each reply. The keys of one session of Spring Session are in several slots, and redis-sessions sends \
             MULTI about several slots, which a cluster refuses: both are left out.\n\n{}",
            measured.rivals.iter().map(rivals).collect::<Vec<_>>().join("\n")
        ),
        delays(&measured.delays),
        format!(
            "## Commands about all slots of a node\n\nMicroseconds from sending the command to its reply, on one of three \
             primaries (5,461 slots), over a Unix socket, with no other client:\n\n{}",
            answers(measured)
        ),
        moving(measured),
        format!(
            "## Memory and effects\n\nBytes of `used_memory` per session with data, all indexes included, and bytes per \
             operation that the AOF and each replica receive:\n\n{}\n{}",
            memory(measured),
            table(
                &["operation", "bytes"],
                &measured
                    .effects
                    .iter()
                    .map(|(name, bytes)| vec![(*name).to_owned(), grouped(*bytes)])
                    .collect::<Vec<_>>()
            )
        ),
        goals(measured),
    ];
    parts.map(|part| part.trim_end().to_owned()).join("\n\n") + "\n"
}

/// What is compared with a goal on this page.
fn goals(measured: &Measured) -> String {
    let mut goals: Vec<Goal> = Vec::new();
    for server in &measured.rivals {
        let of = |how: &str| {
            let name = &server.name;
            format!(
                "ratio of SESSIONS.GET, half of them first uses, to GET then EXPIRE, requests per second, {how}, {name}"
            )
        };
        let mut add = |how: &str, limit: f64, rate: fn(&Round) -> f64| {
            let found = server.ratio(Rival::GetExpire, rate);
            goals.extend(found.map(|found| at_least(&of(how), limit, found)));
        };
        add("one request in flight, the benchmark's client", 1.6, |round| {
            round.alone
        });
        add("one request in flight, node-redis", 1.6, |round| round.node_alone);
        add("pipelines to one node", 0.6, |round| round.pipelined);
    }
    goals.extend(measured.delays.cases.iter().map(|delay| {
        let what = format!("own time of PING, 99.9 %, during: {}, milliseconds", delay.name);
        at_most(&what, 5.0, delay.own(0.999))
    }));
    format!("## Goals\n\n{}", crate::goals::table_of(&goals))
}

fn costs(measured: &Measured) -> String {
    let effort = &measured.effort;
    let alone = &measured.arrangements[0];
    let rows = |cell: &dyn Fn(&super::Arrangement, Kind) -> String| -> Vec<Vec<String>> {
        let row = |kind: Kind| -> Vec<String> {
            let cells = measured.arrangements.iter().map(|arrangement| cell(arrangement, kind));
            std::iter::once(kind.name().to_owned()).chain(cells).collect()
        };
        Kind::ALL.map(row).into()
    };
    let cpu = rows(&|arrangement, kind| {
        let cost = arrangement.cost(kind);
        let times = ratio(&cost.cpu, &alone.cost(kind).cpu);
        format!("{:.2} ({times:.2})", median(&cost.cpu))
    });
    let rates = rows(&|arrangement, kind| grouped(median(&arrangement.cost(kind).rate)));
    format!(
        "## What an operation costs\n\nMicroseconds of server CPU per operation; in brackets the ratio to the same server \
         without a cluster. There are {sessions} sessions in each arrangement. The arrangements take turns in {rounds} rounds \
         of {operations} operations of each kind, {DEPTH} in a pipeline to each node, one connection per node.\n\n{}\n\
         HGETALL is a command of the server itself. Each command about a session first asks the server whether the slot is \
         being moved. In a cluster the indexes are many short ones, one set per slot, instead of a few long ones. So writes to \
         indexes are cheaper.\n\nOperations per second, all servers on one core:\n\n{}",
        table(&head("server CPU, µs", measured), &cpu),
        table(&head("per second", measured), &rates),
        sessions = grouped(effort.sessions as f64),
        rounds = effort.rounds,
        operations = grouped(effort.operations as f64),
    )
}

fn head<'a>(first: &'a str, measured: &'a Measured) -> Vec<&'a str> {
    let names = measured
        .arrangements
        .iter()
        .map(|arrangement| arrangement.name.as_str());
    std::iter::once(first).chain(names).collect()
}

impl OnServer {
    fn all(&self, rival: Rival, of: fn(&Round) -> f64) -> Option<Vec<f64>> {
        let row = self.rows.iter().find(|row| row.rival == rival)?;
        Some(row.rounds.iter().map(of).collect())
    }

    /// The ratio of SESSIONS.GET, half of them first uses, to another request.
    fn ratio(&self, to: Rival, of: fn(&Round) -> f64) -> Option<f64> {
        let (mixed, other) = (self.all(Rival::Mixed, of)?, self.all(to, of)?);
        Some(ratio(&mixed, &other)).filter(|ratio| ratio.is_finite() && *ratio > 0.0)
    }
}

fn rivals(server: &OnServer) -> String {
    let rows: Vec<Vec<String>> = RIVALS
        .into_iter()
        .filter(|&rival| server.rows.iter().any(|row| row.rival == rival))
        .map(|rival| {
            let found = |of: fn(&Round) -> f64| server.all(rival, of).unwrap_or_default();
            let rate = |of: fn(&Round) -> f64| match server.ratio(rival, of) {
                Some(ratio) => format!("{} ({ratio:.2})", grouped(median(&found(of)))),
                None => String::new(),
            };
            vec![
                rival.name().to_owned(),
                format!("{:.2}", median(&found(|round| round.cpu))),
                rate(|round| round.pipelined),
                rate(|round| round.alone),
                rate(|round| round.many),
                rate(|round| round.node_alone),
                rate(|round| round.node_many),
            ]
        })
        .collect();
    let many = format!("{CLIENTS} clients");
    let node_many = format!("node-redis, {CLIENTS} in flight");
    let head = [
        "request",
        "server CPU, µs",
        "pipelines to one node",
        "1 client",
        &many,
        "node-redis, 1 in flight",
        &node_many,
    ];
    format!("### {}\n\n{}", server.name, table(&head, &rows))
}

fn delays(delays: &Delays) -> String {
    let milliseconds = |value: f64| format!("{value:.2}");
    let rows: Vec<Vec<String>> = delays
        .cases
        .iter()
        .map(|delay| {
            let rate = delay.sessions / delay.seconds;
            let mut row = vec![delay.name.to_owned(), format!("{:.1}", delay.seconds)];
            row.push(if rate > 0.0 { grouped(rate) } else { String::new() });
            row.extend([0.5, 0.99, 0.999].map(|share| milliseconds(delay.ping(share))));
            row.extend([0.5, 0.99, 0.999].map(|share| milliseconds(delay.own(share))));
            row.push(milliseconds(delay.own_maximum()));
            row.push(match crate::stats::percentile(&delay.replies, 0.99) {
                none if none <= 0.0 => String::new(),
                some => milliseconds(some),
            });
            row
        })
        .collect();
    let head = [
        "PING during",
        "seconds",
        "sessions per second, all nodes",
        "median",
        "99 %",
        "99.9 %",
        "own median",
        "own 99 %",
        "own 99.9 %",
        "own maximum",
        "replies to dashboards, 99 %",
    ];
    let sizes = delays.sizes;
    format!(
        "## No command delays the others\n\nLatency in milliseconds of a PING every millisecond on one of three primaries. The app \
         has {spread} sessions of as many ids on the three nodes and {one} of one id on the node that replies to PING. The cleanup \
         passes find {due} sessions due at once. The nodes share one core, so a PING also waits for the other nodes; *own* leaves out \
         the time in which they or other programs had the core. The longest slice on this node took {slice:.2} ms of CPU.\n\n{}",
        table(&head, &rows),
        spread = grouped(sizes.spread as f64),
        one = grouped(sizes.of_one as f64),
        due = grouped(sizes.due as f64),
        slice = delays.slice_cpu,
    )
}

fn answers(measured: &Measured) -> String {
    let heads: Vec<String> = measured
        .answers
        .iter()
        .map(|answers| format!("{} sessions on the node", grouped(answers.sessions as f64)))
        .collect();
    let mut head = vec![""];
    head.extend(heads.iter().map(String::as_str));
    let commands = measured.answers[0].by_command.len();
    let rows: Vec<Vec<String>> = (0..commands)
        .map(|number| {
            let name = measured.answers[0].by_command[number].0.to_owned();
            let times = measured
                .answers
                .iter()
                .map(|answers| grouped(answers.by_command[number].1));
            std::iter::once(name).chain(times).collect()
        })
        .collect();
    table(&head, &rows)
}

fn moving(measured: &Measured) -> String {
    let Moving { sparse, dense, longest } = measured.moving;
    let sessions = measured.effort.sessions as f64;
    let row = |what: &str, (keys, milliseconds): (f64, f64)| {
        vec![
            what.to_owned(),
            grouped(keys),
            format!("{milliseconds:.1}"),
            format!("{:.3}", milliseconds / keys.max(1.0)),
        ]
    };
    let rows = [
        row("few sessions per slot, `redis-cli --cluster reshard`", sparse),
        row(
            "as many as a slot has with 100 million sessions, MIGRATE of ten keys at a time",
            dense,
        ),
    ];
    format!(
        "## Killing and moving\n\nKILLALL of {} sessions on three primaries, one after the other, so that each has the core: {:.1} s, \
         {} sessions per second and node.\n\nMoving slots key by key:\n\n{}\nThe longest MIGRATE with many sessions per slot, of an index, \
         blocked its node for {longest:.1} ms.",
        grouped(sessions),
        measured.kill_all,
        grouped(sessions / measured.kill_all),
        table(&["", "keys per slot", "ms per slot", "ms per key"], &rows),
    )
}

fn memory(measured: &Measured) -> String {
    let sessions = measured.effort.sessions as f64;
    let in_slots = |slots: f64| format!("{:.0} sessions per slot", sessions / slots);
    let names = [
        "no cluster".to_owned(),
        format!("all slots, {}", in_slots(16_384.0)),
        format!(
            "{DENSE_SLOTS} slots, {} (100 million in a cluster: {:.0})",
            in_slots(DENSE_SLOTS as f64),
            planned_density()
        ),
    ];
    let rows: Vec<_> = names
        .into_iter()
        .zip(measured.memory)
        .map(|(name, bytes)| vec![name, grouped(bytes)])
        .collect();
    table(&["", "bytes"], &rows)
}
