//! What one read and one write cost inside a listpack, by its size.

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
