//! The text of docs/benchmarks-cluster.md.

use super::moving::Moving;
use super::{Arrangement, Cost, DENSE_SLOTS, Measured, planned_density};
use crate::machine;
use crate::stats::{median, ratio};
use crate::text::{grouped, table};

pub(super) fn document(measured: &Measured) -> String {
    let sessions = grouped(measured.effort.sessions as f64);
    let list: String = machine::description()
        .iter()
        .map(|line| format!("- {line}\n"))
        .collect();
    let parts = [
        format!(
            "<!-- Written by `{0}`; do not edit. -->\n# Benchmarks of clusters\n\nEvery figure on this page comes from one \
             run of `{0}`. All servers share one core and the client has another, so that what a node costs shows, not \
             how many cores there are.\n\n{list}- {1} rounds of {sessions} operations of each kind; medians\n\
             - 32 operations in a pipeline to each node, one connection a node",
            measured.effort.command, measured.effort.rounds,
        ),
        format!("## What an operation costs\n\n{}", costs(measured)),
        format!(
            "Microseconds of all servers' main threads an operation, sockets and protocol included. In a cluster each command \
             about a session asks the server first whether the slot is stable; on one node the indexes are many short ones \
             instead of a few long ones, which is cheaper where they are written. *a second*: operations a second of \
             the whole, on one core for all servers.\n\n{}",
            rates(measured)
        ),
        format!(
            "## What a node answers for all its slots\n\nMicroseconds from sending to the answer, on one of three primaries \
             (5,461 slots), over a Unix socket:\n\n{}",
            answers(measured)
        ),
        moving(measured),
        format!(
            "## Memory and effects\n\nBytes of `used_memory` a session with data, all indexes included, and bytes that the AOF \
             and each replica get for an operation:\n\n{}\n{}",
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
    ];
    parts.map(|part| part.trim_end().to_owned()).join("\n\n") + "\n"
}

const OPERATIONS: [&str; 4] = ["CREATE", "GET, first use in a step", "GET within a step", "KILL"];

fn all(arrangement: &Arrangement) -> [&Cost; 4] {
    [
        &arrangement.create,
        &arrangement.get_first,
        &arrangement.get_within,
        &arrangement.kill,
    ]
}

fn costs(measured: &Measured) -> String {
    let alone = all(&measured.arrangements[0]);
    let mut rows = Vec::new();
    for (number, name) in OPERATIONS.iter().enumerate() {
        let mut row = vec![(*name).to_owned()];
        for arrangement in &measured.arrangements {
            let cost = all(arrangement)[number];
            let times = ratio(&cost.cpu, &alone[number].cpu);
            row.push(format!("{:.2} ({times:.2})", median(&cost.cpu)));
        }
        rows.push(row);
    }
    table(&head("CPU µs an operation (: no cluster)", measured), &rows)
}

fn rates(measured: &Measured) -> String {
    let rows: Vec<_> = (0..OPERATIONS.len())
        .map(|number| {
            let rates = measured.arrangements.iter();
            let rates = rates.map(|arrangement| grouped(median(&all(arrangement)[number].rate)));
            std::iter::once(OPERATIONS[number].to_owned()).chain(rates).collect()
        })
        .collect();
    table(&head("a second", measured), &rows)
}

fn head<'a>(first: &'a str, measured: &'a Measured) -> Vec<&'a str> {
    let names = measured
        .arrangements
        .iter()
        .map(|arrangement| arrangement.name.as_str());
    std::iter::once(first).chain(names).collect()
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
        row("few sessions a slot, `redis-cli --cluster reshard`", sparse),
        row("as many as 100 million make, MIGRATE of ten keys at a time", dense),
    ];
    format!(
        "## Killing and moving\n\nKILLALL of {} sessions on three primaries, one after the other: {:.1} s, {} sessions a \
         second.\n\nMoving slots key by key:\n\n{}\nThe longest MIGRATE with many sessions a slot, of an index, held its node for {longest:.1} ms.",
        grouped(sessions),
        measured.kill_all,
        grouped(sessions / measured.kill_all),
        table(&["", "keys a slot", "ms a slot", "ms a key"], &rows),
    )
}

fn memory(measured: &Measured) -> String {
    let sessions = measured.effort.sessions as f64;
    let in_slots = |slots: f64| format!("{:.0} sessions a slot", sessions / slots);
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
