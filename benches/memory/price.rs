//! What storing hashes in their small form costs in CPU time.

use std::thread;
use std::time::Duration;

use crate::client::{Operation, operation};
use crate::server::Server;
use crate::shape::Shape;
use crate::stats::median;
use crate::text::table as markdown;

const ROUNDS: usize = 5;
const SESSIONS: usize = 20_000;

pub(crate) fn table() -> String {
    let mut rows = Vec::new();
    for data in [200, 1000, 4000] {
        let cells =
            ["hash-max-listpack-value 64", "hash-max-listpack-value 8192"].map(|setting| measure(setting, data));
        for (row, name) in ["PEEK", "GET within a step", "SET within a step"].iter().enumerate() {
            let [large, small] = [cells[0][row], cells[1][row]];
            rows.push(vec![
                format!("{name}, {data} bytes"),
                format!("{large:.2}"),
                format!("{small:.2}"),
                format!("{:.2}", small / large),
            ]);
        }
    }
    let head = ["command", "hash table", "listpack", "ratio"];
    format!(
        "Microseconds of server CPU per command, {SESSIONS} sessions, 32 in a pipeline, medians of {ROUNDS} rounds; the hashes in \
         their large and in their small form:\n\n{}",
        markdown(&head, &rows)
    )
}

/// Microseconds of a PEEK, a GET and a SET.
fn measure(setting: &str, data: usize) -> [f64; 3] {
    // With the longest step almost no session enters another step between two rounds.
    let server = Server::start(&[setting, "sessions.index-step 60"], None);
    let mut client = server.connect();
    let tokens = Shape::with_data(data).create(&mut client, SESSIONS);
    let command = |name: &str, more: &[&[u8]]| -> Vec<Operation> {
        let sent = tokens.iter().map(|token| {
            let first: [&[u8]; 3] = [name.as_bytes(), b"webapp", token.as_bytes()];
            operation(&[&first[..], more].concat())
        });
        sent.collect()
    };
    let works = [
        command("SESSIONS.PEEK", &[]),
        command("SESSIONS.GET", &[]),
        command("SESSIONS.SET", &[br#"{"cart":4}"#]),
    ];
    let mut times = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        // In another second a use changes the last activity.
        thread::sleep(Duration::from_millis(1100));
        for (work, times) in works.iter().zip(&mut times) {
            // Moves all sessions into the current step.
            if times.is_empty() {
                client.run(&works[1], 64);
            }
            let before = server.cpu();
            client.run(work, 32);
            times.push((server.cpu() - before).as_nanos() as f64 / 1e3 / tokens.len() as f64);
        }
    }
    times.map(|times| median(&times))
}
