//! What one read and one write inside a listpack cost, by the size of the listpack.

use crate::client::{Operation, operation};
use crate::server::Server;
use crate::session::Random;
use crate::stats::median;
use crate::text::{grouped, table as markdown};

const HASHES: usize = 2000;
const COMMANDS: usize = 20_000;
const ROUNDS: usize = 3;

pub(crate) fn table() -> String {
    let mut rows = Vec::new();
    for (fields, value) in [
        (8, 240),
        (16, 240),
        (32, 240),
        (38, 240),
        (64, 240),
        (128, 240),
        (8, 1040),
        (32, 1040),
        (32, 40),
    ] {
        let [get, set, add] = measure(fields, value);
        rows.push(vec![
            fields.to_string(),
            value.to_string(),
            grouped((fields * (value + 26)) as f64),
            format!("{get:.2}"),
            format!("{set:.2}"),
            format!("{add:.2}"),
        ]);
    }
    let head = [
        "fields",
        "bytes per value",
        "bytes in all",
        "HGET",
        "HSET",
        "HDEL and HSET",
    ];
    format!(
        "Microseconds of server CPU in a hash as a listpack, {HASHES} hashes, medians of {ROUNDS} rounds of {COMMANDS}, 32 in a \
         pipeline:\n\n{}",
        markdown(&head, &rows)
    )
}

fn measure(fields: usize, value: usize) -> [f64; 3] {
    let server = Server::start(&["hash-max-listpack-value 2048"], None);
    let mut client = server.connect();
    let mut random = Random(3);
    let name = |field: usize| format!("{field:020}");
    let text = "v".repeat(value);
    let fill: Vec<_> = (0..HASHES)
        .flat_map(|hash| (0..fields).map(move |field| (hash, field)))
        .map(|(hash, field)| {
            operation(&[
                b"HSET",
                hash.to_string().as_bytes(),
                name(field).as_bytes(),
                text.as_bytes(),
            ])
        })
        .collect();
    client.run(&fill, 64);
    let mut times = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        for (kind, times) in times.iter_mut().enumerate() {
            let sent: Vec<Operation> = (0..COMMANDS)
                .map(|_| {
                    let (hash, field) = (random.below(HASHES).to_string(), name(random.below(fields)));
                    let (hash, field) = (hash.as_bytes(), field.as_bytes());
                    let changed = random.text(1) + &text[1..];
                    match kind {
                        0 => operation(&[b"HGET", hash, field]),
                        1 => operation(&[b"HSET", hash, field, changed.as_bytes()]),
                        _ => operation(&[b"HDEL", hash, field]).and(&[b"HSET", hash, field, changed.as_bytes()]),
                    }
                })
                .collect();
            let before = server.cpu();
            client.run(&sent, 32);
            times.push((server.cpu() - before).as_nanos() as f64 / 1e3 / COMMANDS as f64);
        }
    }
    times.map(|times| median(&times))
}

/// What it costs to split a bucket in the form *split*, and to merge its halves.
pub(crate) fn splits() -> String {
    let mut rows = Vec::new();
    for (sessions, data) in [(12, 200), (24, 200), (48, 200), (8, 1000), (16, 1000), (24, 1000)] {
        let [split, merge] = split_and_merge(sessions, data);
        rows.push(vec![
            sessions.to_string(),
            grouped(data as f64),
            grouped((sessions * (data + 85)) as f64),
            format!("{split:.0}"),
            format!("{merge:.0}"),
        ]);
    }
    let head = ["sessions in it", "bytes of data", "bytes in all", "split", "merge"];
    format!(
        "Microseconds of server CPU to split a bucket and to merge the halves, {BUCKETS} buckets, medians of {ROUNDS} rounds, 8 \
         in a pipeline:\n\n{}",
        markdown(&head, &rows)
    )
}

const BUCKETS: usize = 1000;

fn split_and_merge(sessions: usize, data: usize) -> [f64; 2] {
    let server = Server::start(&["hash-max-listpack-value 2048"], None);
    let mut client = server.connect();
    let mut random = Random(19);
    // Two fields per session: its head and its data.
    let fields: Vec<(String, String)> = (0..sessions)
        .flat_map(|_| {
            let handle = random.text(20);
            [(handle.clone(), random.text(40)), (handle + "d", random.text(data))]
        })
        .collect();
    let (stay, leave) = fields.split_at(sessions);
    let set = |operation: Operation, key: &str, fields: &[(String, String)]| {
        let mut words: Vec<&[u8]> = vec![b"HSET", key.as_bytes()];
        for (field, value) in fields {
            words.extend([field.as_bytes(), value.as_bytes()]);
        }
        operation.and(&words)
    };
    let count = |operation: Operation| operation.and(&[b"SET", b"n", b"1000"]);
    let (old, new) = (
        |bucket: usize| format!("b:{bucket}"),
        |bucket: usize| format!("b:{}", bucket + BUCKETS),
    );
    let fill: Vec<_> = (0..BUCKETS)
        .map(|bucket| set(set(Operation::new(), &old(bucket), stay), &old(bucket), leave))
        .collect();
    client.run(&fill, 8);
    let splits: Vec<_> = (0..BUCKETS)
        .map(|bucket| {
            let (old, new) = (old(bucket), new(bucket));
            let moved = set(operation(&[b"HGETALL", old.as_bytes()]), &new, leave);
            let mut words: Vec<&[u8]> = vec![b"HDEL", old.as_bytes()];
            words.extend(leave.iter().map(|(field, _)| field.as_bytes()));
            count(moved.and(&words))
        })
        .collect();
    let merges: Vec<_> = (0..BUCKETS)
        .map(|bucket| {
            let (old, new) = (old(bucket), new(bucket));
            let moved = set(operation(&[b"HGETALL", new.as_bytes()]), &old, leave);
            count(moved.and(&[b"UNLINK", new.as_bytes()]))
        })
        .collect();
    let mut times = [const { Vec::new() }; 2];
    for _ in 0..ROUNDS {
        for (operations, times) in [&splits, &merges].into_iter().zip(&mut times) {
            let before = server.cpu();
            client.run(operations, 8);
            times.push((server.cpu() - before).as_nanos() as f64 / 1e3 / BUCKETS as f64);
        }
    }
    times.map(|times| median(&times))
}
