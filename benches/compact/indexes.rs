//! Compares several indexes for the windows and the cleanup pass, written by plain commands,
//! without the sessions.

use crate::client::{Client, Operation, operation};
use crate::costs::{SESSIONS, START, TTL};
use crate::index::{self, Kind};
use crate::server::Server;
use crate::session::Random;
use crate::size::used;
use crate::stats::median;
use crate::text::{grouped, table as markdown};

const USES: usize = 10_000;
const ROUNDS: usize = 3;
/// Bytes of a handle.
const HANDLE: usize = 20;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Index {
    /// The three sets of the product, which contain whole tokens and ids.
    Today,
    /// Two sets: one for the windows, one for the cleanup pass.
    Two,
    /// One set per TTL.
    PerTtl,
    /// One set, with the kind, the class and the last activity in the score.
    One,
}

struct Entry {
    key: String,
    score: u64,
    member: String,
}

pub(crate) fn table() -> String {
    let rows = [
        ("three sets of tokens and ids, as today", Index::Today, 1),
        ("one set for windows, one for the cleanup pass", Index::Two, 1),
        ("one set per TTL", Index::PerTtl, 8),
        ("one set, score of kind, class and time", Index::One, 1),
        ("the same", Index::One, 8),
        ("the same", Index::One, 64),
    ];
    let rows: Vec<Vec<String>> = rows
        .into_iter()
        .map(|(name, index, ttls)| {
            eprintln!("{name}, {ttls}");
            let measured = measure(index, ttls);
            let times = measured.cpu.iter().map(|time| format!("{time:.1}"));
            [name.to_owned(), ttls.to_string(), grouped(measured.memory)]
                .into_iter()
                .chain(times)
                .collect()
        })
        .collect();
    let head = [
        "index",
        "TTLs",
        "bytes per session",
        "first use",
        "COUNT of 600 s",
        "newest 50",
        "cleanup pass, nothing due",
    ];
    format!(
        "Indexes of {} sessions, microseconds of server CPU; without reads of sessions, 32 in a pipeline, medians of {ROUNDS} \
         rounds:\n\n{}",
        grouped(SESSIONS as f64),
        markdown(&head, &rows)
    )
}

struct Measured {
    memory: f64,
    cpu: [f64; 4],
}

fn measure(index: Index, ttls: u64) -> Measured {
    let server = Server::start(&[], None);
    let mut client = server.connect();
    let mut random = Random(17);
    let names: Vec<(String, String)> = (0..SESSIONS)
        .map(|number| (random.text(64), format!("user{number:06}")))
        .collect();
    let enter = |number: usize, la: u64| -> Operation {
        let entries = entries(index, &names[number], number as u64 % ttls, la);
        entries.iter().fold(Operation::new(), |operation, entry| {
            let score = entry.score.to_string();
            operation.and(&[b"ZADD", entry.key.as_bytes(), score.as_bytes(), entry.member.as_bytes()])
        })
    };
    let before = used(&mut client);
    for first in (0..SESSIONS).step_by(10_000) {
        let filling: Vec<_> = (first..first + 10_000)
            .map(|number| enter(number, START - number as u64 % u64::from(TTL)))
            .collect();
        client.run(&filling, 64);
    }
    let memory = (used(&mut client) - before) / SESSIONS as f64;
    let mut times = [const { Vec::new() }; 4];
    let mut time = |client: &mut Client, kind: usize, operations: &[Operation]| {
        let before = server.cpu();
        client.run(operations, 32);
        times[kind].push((server.cpu() - before).as_nanos() as f64 / 1e3 / operations.len() as f64);
    };
    for round in 0..ROUNDS as u64 {
        let now = START + 10 * (round + 1);
        let uses: Vec<_> = random
            .pick(USES, SESSIONS)
            .into_iter()
            .map(|number| enter(number, now))
            .collect();
        time(&mut client, 0, &uses);
        let repeated = |make: &dyn Fn() -> Operation| -> Vec<Operation> { (0..500).map(|_| make()).collect() };
        time(&mut client, 1, &repeated(&|| counted(index, ttls, now - 600)));
        time(&mut client, 2, &repeated(&|| newest(index, ttls)));
        time(
            &mut client,
            3,
            &repeated(&|| due(index, ttls, now - 2 * u64::from(TTL))),
        );
    }
    Measured {
        memory,
        cpu: times.map(|times| median(&times)),
    }
}

fn entries(index: Index, (token, id): &(String, String), class: u64, la: u64) -> Vec<Entry> {
    let entry = |key: String, score: u64, member: &str| Entry {
        key,
        score,
        member: member.to_owned(),
    };
    let (handle, due) = (&token[..HANDLE], la + u64::from(TTL));
    match index {
        Index::Today => vec![
            entry("rs:webapp:_sessions".to_owned(), la, &format!("{token}:{id}")),
            entry("rs:webapp:_users".to_owned(), la, id),
            entry("rs:SESSIONS".to_owned(), due, &format!("webapp:{token}:{id}")),
        ],
        Index::Two => vec![
            entry(key(index, 0), index::base(Kind::Lone, 0) | la, handle),
            entry("rs:webapp:due".to_owned(), due, handle),
        ],
        Index::PerTtl | Index::One => vec![entry(
            key(index, class),
            index::base(Kind::Lone, inside(index, class)) | la,
            handle,
        )],
    }
}

fn key(index: Index, class: u64) -> String {
    match index {
        Index::PerTtl => format!("rs:webapp:i:{class}"),
        _ => "rs:webapp:i".to_owned(),
    }
}

/// The class within a score.
fn inside(index: Index, class: u64) -> u64 {
    if index == Index::One { class } else { 0 }
}

/// The ranges that contain the sessions of an app, each with its key and its first and last score.
fn ranges(index: Index, ttls: u64) -> Vec<(String, u64, u64)> {
    if index == Index::Today {
        return vec![("rs:webapp:_sessions".to_owned(), 0, u64::from(u32::MAX))];
    }
    let classes = (0..ttls).flat_map(|class| Kind::ALL.map(|kind| (kind, class)));
    classes
        .map(|(kind, class)| {
            let within = inside(index, class);
            (key(index, class), index::base(kind, within), index::last(kind, within))
        })
        .collect()
}

fn counted(index: Index, ttls: u64, from: u64) -> Operation {
    let ranges = ranges(index, ttls).into_iter();
    ranges.fold(Operation::new(), |operation, (key, first, last)| {
        let (first, last) = ((first | from).to_string(), last.to_string());
        operation.and(&[b"ZCOUNT", key.as_bytes(), first.as_bytes(), last.as_bytes()])
    })
}

fn newest(index: Index, ttls: u64) -> Operation {
    let ranges = ranges(index, ttls).into_iter();
    ranges.fold(Operation::new(), |operation, (key, first, last)| {
        let (first, last) = (first.to_string(), last.to_string());
        let words: [&[u8]; 8] = [
            b"ZREVRANGEBYSCORE",
            key.as_bytes(),
            last.as_bytes(),
            first.as_bytes(),
            b"WITHSCORES",
            b"LIMIT",
            b"0",
            b"50",
        ];
        operation.and(&words)
    })
}

/// Looks for sessions whose last activity is before a time.
fn due(index: Index, ttls: u64, before: u64) -> Operation {
    let until = |key: &str, first: u64, last: u64| {
        let (first, last) = (first.to_string(), last.to_string());
        let words: [&[u8]; 8] = [
            b"ZRANGE",
            key.as_bytes(),
            first.as_bytes(),
            last.as_bytes(),
            b"BYSCORE",
            b"LIMIT",
            b"0",
            b"128",
        ];
        operation(&words)
    };
    match index {
        Index::Today => until("rs:SESSIONS", 0, before),
        Index::Two => until("rs:webapp:due", 0, before),
        Index::PerTtl | Index::One => {
            let ranges = ranges(index, ttls).into_iter();
            ranges.fold(Operation::new(), |all, (key, first, _)| {
                all.then(&until(&key, first, first | before))
            })
        }
    }
}
