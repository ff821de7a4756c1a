//! The text of docs/benchmarks.md around the figures of a run.

use std::fmt::Write;

use crate::costs::Size;
use crate::goals;
use crate::machine;
use crate::rivals;
use crate::site;
use crate::stats::{median, ratio};
use crate::text::{grouped, table};
use crate::uses::{CONNECTIONS, Work};
use crate::{Measured, crowd};

pub(crate) fn document(measured: &Measured) -> String {
    let mut text = String::new();
    for part in [
        head(measured),
        costs(measured),
        growth(measured),
        site::document(&measured.site),
        rivals::document(&measured.rivals),
        clients(measured),
        bytes(measured),
        latency(measured),
        measured.delays.clone(),
        safety(measured),
        method(measured),
    ] {
        writeln!(text, "{}\n", part.trim_end()).unwrap();
    }
    text.trim_end().to_owned() + "\n"
}

/// The page of the goals.
pub(crate) fn goals(measured: &Measured) -> String {
    format!(
        "<!-- Written by `{0}`; do not edit. -->\n# Goals\n\nWhat `{0}` found for each goal that speed has, in the run that \
         wrote [the benchmarks](../benchmarks.md). [Speed](../speed.md) says what limits the goals that were missed.\n\n{1}",
        measured.effort.command,
        goals::as_table(measured)
    )
}

fn head(measured: &Measured) -> String {
    let list: String = machine::description()
        .iter()
        .map(|line| format!("- {line}\n"))
        .collect();
    format!(
        "<!-- Written by `{}`; do not edit. -->\n# Benchmarks\n\nEvery figure on this page comes from one run of \
         `{}`, which took {:.0} minutes. Absolute figures are specific to this machine; compare the \
         ratios.\n\n{list}- load average when it began: {}\n- {} rounds of {} operations of each kind, one kind \
         after the other in each round; figures are medians of the rounds, ratios are medians of each round's \
         ratio\n- sessions: one per id, app `{}`, {} bytes of data; the server and the module have their default \
         settings, without persistence except for the figure of the AOF",
        measured.effort.command,
        measured.effort.command,
        measured.took.as_secs_f64() / 60.0,
        measured.load_before,
        measured.effort.rounds,
        grouped(measured.effort.operations as f64),
        crowd::APP,
        crowd::DATA.len(),
    )
}

fn costs(measured: &Measured) -> String {
    let costs = measured.table();
    let row = |name: &str, work: Work, script: Option<Work>, floor: Option<Work>| {
        let against =
            |other: Option<Work>| other.map_or(String::new(), |other| format!("{:.2}", costs.ratio(work, other)));
        let other = |other: Option<Work>| other.map_or(String::new(), |other| format!("{:.2}", costs.cpu(other)));
        vec![
            name.to_owned(),
            format!("{:.2}", costs.cpu(work)),
            format!("{:.2}", costs.inside(work)),
            other(script),
            against(script),
            other(floor),
            against(floor),
        ]
    };
    let rows = [
        row("PING", Work::Ping, None, None),
        row("HGETALL of a session", Work::HGetAll, None, None),
        row("PEEK", Work::Peek, None, None),
        row(
            "GET within a step",
            Work::GetWithin,
            Some(Work::GetLua),
            Some(Work::GetWithinFloor),
        ),
        row(
            "GET, first use in a step",
            Work::GetStepping,
            Some(Work::GetLua),
            Some(Work::GetSteppingFloor),
        ),
        row(
            "SET within a step",
            Work::SetWithin,
            Some(Work::SetLua),
            Some(Work::SetWithinFloor),
        ),
        row(
            "SET, first use in a step",
            Work::SetStepping,
            Some(Work::SetLua),
            Some(Work::SetSteppingFloor),
        ),
        row("CREATE", Work::Create, Some(Work::CreateLua), Some(Work::CreateFloor)),
        row("KILL", Work::Kill, Some(Work::KillLua), Some(Work::KillFloor)),
    ];
    let head = [
        "",
        "server CPU",
        "inside",
        "Lua",
        "ratio to Lua",
        "floor",
        "ratio to floor",
    ];
    format!(
        "## What a command costs the server\n\nMicroseconds per operation at {} sessions, 32 in a pipeline on each \
         of {} connections. *Server CPU* is the CPU time of the server's main thread from `/proc/<pid>/schedstat`, \
         which includes sockets and protocol. *Inside* is the time that INFO commandstats shows for the command. \
         *Lua* is a script that does the same work by EVALSHA and updates the indexes at every use. *Floor* is \
         plain commands that read and write the same keys in the same pipeline, without decisions in between and \
         without atomicity. A session's hash is always exact; its indexes follow in steps of 10 seconds, so the \
         first use in a step costs more.\n\n{}\n![Operations per second](benchmarks/throughput.svg)",
        grouped(measured.effort.table_size as f64),
        CONNECTIONS,
        table(&head, &rows)
    )
}

fn growth(measured: &Measured) -> String {
    let row = |size: &Size| {
        let costs = &size.costs;
        let works = [
            Work::HGetAll,
            Work::GetWithin,
            Work::GetStepping,
            Work::GetLua,
            Work::Create,
        ];
        let mut row = vec![grouped(size.sessions as f64)];
        row.extend(works.map(|work| format!("{:.2}", costs.cpu(work))));
        row.push(format!("{:.2}", costs.ratio(Work::GetWithin, Work::HGetAll)));
        row.push(format!("{:.2}", costs.ratio(Work::GetWithin, Work::GetLua)));
        row.push(format!("{:.2}", costs.ratio(Work::GetStepping, Work::GetLua)));
        row
    };
    let rows: Vec<_> = measured.sizes.iter().map(row).collect();
    let head = [
        "sessions",
        "HGETALL",
        "GET within a step",
        "GET, first use in a step",
        "Lua",
        "CREATE",
        "ratio of GET within a step to HGETALL",
        "ratio of GET within a step to Lua",
        "ratio of GET, first use in a step, to Lua",
    ];
    format!(
        "## Growth\n\nMicroseconds of server CPU per operation, as above; sessions are picked evenly at random. \
         *GET within a step*: a session's second use in its step, so no index is written. *GET, first use in a \
         step*: a use 20 seconds to an hour after the session's last one, so every use writes all indexes. The \
         average use of a site costs something between the two: see below.\n\n{}\n![Cost of a \
         read](benchmarks/growth.svg)",
        table(&head, &rows)
    )
}

fn clients(measured: &Measured) -> String {
    let throughput = &measured.throughput;
    let rate = |name: &str, rates: &[f64]| {
        vec![
            name.to_owned(),
            grouped(median(rates)),
            format!("{:.2}", ratio(rates, &throughput.ping)),
        ]
    };
    let rows = [
        rate("PING", &throughput.ping),
        rate("HGETALL of a session", &throughput.hgetall),
        rate("SESSIONS.GET within a step", &throughput.get),
    ];
    let node: Vec<_> = measured
        .node_ratios()
        .into_iter()
        .map(|(what, ratio)| {
            let rate = |library| grouped(measured.node_rate(library, what));
            vec![what.to_owned(), rate("module"), rate("package"), format!("{ratio:.2}")]
        })
        .collect();
    format!(
        "## What clients see\n\nCommands per second by `redis-benchmark -c 50`, where each client waits for its \
         reply, with 10,000 sessions:\n\n{}\nOperations per second from one Node.js process with 50 in flight: the \
         module through node-redis, with JSON replies that are parsed to objects, and redis-sessions without its \
         cache:\n\n{}",
        table(&["", "per second", "ratio to PING"], &rows),
        table(&["", "module", "redis-sessions", "times"], &node)
    )
}

fn bytes(measured: &Measured) -> String {
    let memory = &measured.memory;
    let default = "200 bytes of data, the server's `hash-max-listpack-value 64`".to_owned();
    let rows = [
        vec![
            "no data".to_owned(),
            grouped(memory.module),
            format!("{} by redis-sessions", grouped(memory.package)),
        ],
        vec![default, grouped(memory.default), String::new()],
        vec![
            format!("200 bytes of data, `{}`", memory.recommendation),
            grouped(memory.recommended),
            String::new(),
        ],
    ];
    format!(
        "## Memory and disk\n\nBytes of `used_memory` per session, all indexes included, with {} sessions, one per \
         id:\n\n{}\nA GET within a step, a second after the last use, adds {:.0} bytes to the AOF (for an app name \
         of 6 characters).",
        grouped(measured.effort.table_size as f64),
        table(&["", "bytes", ""], &rows),
        measured.aof
    )
}

fn latency(measured: &Measured) -> String {
    let rows: Vec<_> = measured
        .latency
        .iter()
        .map(|run| {
            let milliseconds = |value: f64| format!("{value:.2}");
            vec![
                run.beside.name().to_owned(),
                format!("{:.1}", run.seconds),
                if run.sessions > 0.0 {
                    grouped(run.rate())
                } else {
                    String::new()
                },
                milliseconds(run.percentile(0.5)),
                milliseconds(run.percentile(0.99)),
                milliseconds(run.percentile(0.999)),
                milliseconds(run.maximum()),
                milliseconds(run.own_percentile(0.999)),
                milliseconds(run.own_maximum()),
                if run.beside.is_ours() {
                    milliseconds(run.longest_slice)
                } else {
                    String::new()
                },
                format!("{:.2} s", run.waited),
            ]
        })
        .collect();
    let (rate, reads) = measured.under_load;
    let head = [
        "PING during",
        "seconds",
        "sessions per second",
        "median",
        "99 %",
        "99.9 %",
        "maximum",
        "own 99.9 %",
        "own maximum",
        "longest slice",
        "CPU withheld",
    ];
    format!(
        "## Nobody waits\n\nLatency of a PING every millisecond, in milliseconds, while {} sessions are removed. If \
         a PING was due while an earlier one had no reply yet, its latency counts from the time when it was due. \
         *CPU withheld* is the time in which the server waited for its core because other programs used it, from \
         schedstat; no server can avoid this latency. *Own* is the latency without the part of that time that fell \
         into a PING. The length of a slice is measured by the clock and includes that time.\n\n{}\nWhile one \
         client read sessions as fast as it could ({} reads per second), WIPE removed {} timed-out sessions per \
         second.\n\n![PING's latency](benchmarks/latency.svg)",
        grouped(measured.largest() as f64),
        table(&head, &rows),
        grouped(reads),
        grouped(rate)
    )
}

fn safety(measured: &Measured) -> String {
    let rows: Vec<_> = measured
        .prices
        .iter()
        .map(|price| {
            vec![
                price.what.to_owned(),
                format!("{:.2}", price.without),
                format!("{:.2}", price.with),
                format!("{:+.1} %", (price.ratio - 1.0) * 100.0),
            ]
        })
        .collect();
    let parts = &measured.parts;
    format!(
        "## What safety costs\n\nMicroseconds of server CPU per use within a step, 32 uses in a pipeline, without \
         and with each measure:\n\n{}\nSome parts cannot be switched off, so they were measured separately: to \
         generate a token from the system's random numbers takes {:.0} ns, {:.0} ns of which put the token into the \
         hash slot of its id; the `sid` of a reply takes {:.0} ns, and the guard against panics {:.0} ns per call. \
         For comparison, CREATE takes {:.2} µs.",
        table(&["", "without", "with", ""], &rows),
        parts.draw,
        parts.slot,
        parts.sid,
        parts.guard,
        measured.table().cpu(Work::Create)
    )
}

fn method(measured: &Measured) -> String {
    format!(
        "## How to repeat it\n\n`{}` builds the release module, installs the npm packages under `target`, starts \
         servers of its own on Unix sockets and free ports of 127.0.0.1, and writes this page and its plots; `make \
         bench-quick` takes two minutes with fewer sessions and writes to `target/bench`. The Lua scripts are in \
         `benches/lua`, the programs for Node.js in `benches/node`. Before each measurement, the benchmark puts the \
         sessions into the required state: either `la` is a second back within the present step, or hash and scores \
         are 20 seconds to an hour back. The removals of {} sessions all start from the same snapshot.",
        measured.effort.command,
        grouped(measured.largest() as f64)
    )
}
