//! Prints the figures of docs/memory.md: bytes per session by part, the settings that change them,
//! and what these settings cost in CPU time.
//!
//! `scripts/bench-memory.sh` builds the module and runs this program once per server. `parts`
//! writes the keys of a session by plain commands, one kind after the other. `settings`, `cluster`
//! and `price` use the module.

#![allow(
    clippy::cast_precision_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a measurement that fails ends the run"
)]

#[allow(dead_code, reason = "the other benchmark uses all of it")]
#[path = "../measure/client.rs"]
mod client;
mod cluster;
#[allow(dead_code, reason = "the other benchmark uses all of it")]
#[path = "../measure/machine.rs"]
mod machine;
mod parts;
mod price;
#[allow(dead_code, reason = "the other benchmark uses all of it")]
#[path = "../measure/server.rs"]
mod server;
mod settings;
mod shape;
#[allow(dead_code, reason = "the other benchmark uses all of it")]
#[path = "../measure/size.rs"]
mod size;
#[allow(dead_code, reason = "the other benchmark uses all of it")]
#[path = "../measure/stats.rs"]
mod stats;
#[path = "../measure/text.rs"]
mod text;

/// Sessions on the server, one per id.
const COUNT: usize = 100_000;
/// Bytes of data as JSON: none, a small session and a large session.
const DATA: [usize; 3] = [0, 200, 1000];

/// The parts of a run, all of them if the command line names none.
const PARTS: [&str; 4] = ["parts", "settings", "cluster", "price"];

fn main() {
    let named: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    for word in &named {
        assert!(PARTS.contains(&word.as_str()), "not one of {PARTS:?}: {word}");
    }
    let has = |part: &str| named.is_empty() || named.iter().any(|word| word == part);
    for line in machine::basis() {
        println!("- {line}");
    }
    println!("- {COUNT} sessions, one per id, app `webapp`\n");
    let is_7_0 = machine::first_line(&server_program(), &["--version"]).contains("v=7.0.");
    if has("parts") {
        println!("{}", parts::table(is_7_0));
    }
    if has("settings") {
        println!("{}", settings::table());
    }
    if has("cluster") {
        println!("{}", cluster::table());
    }
    if has("price") {
        println!("{}", price::table());
    }
}

fn server_program() -> String {
    std::env::var("REDIS_SERVER").unwrap_or_else(|_| "redis-server".to_owned())
}
