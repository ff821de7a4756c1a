//! End to end from Node.js: the module through node-redis against the package redis-sessions.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

use crate::Effort;
use crate::crowd::DATA;
use crate::server::Server;

pub(crate) const COMMANDS: [&str; 4] = ["create", "get", "set", "kill"];

/// Operations per second in each round, by library ("module", "package") and operation.
pub(crate) type Rates = BTreeMap<(String, String), Vec<f64>>;

pub(crate) fn end_to_end(server: &Server, effort: &Effort) -> Rates {
    eprintln!("end to end from Node.js");
    let numbers = [usize::from(server.port), effort.operations / 2, 50, effort.rounds].map(|n| n.to_string());
    let output = script("end_to_end.mjs")
        .args(numbers)
        .env("SESSIONS_BENCH_DATA", DATA)
        .output()
        .expect("node runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut rates = Rates::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let mut words = line.split(' ').map(str::to_owned);
        let (Some(library), Some(what), Some(rate)) = (words.next(), words.next(), words.next()) else {
            continue;
        };
        rates.entry((library, what)).or_default().push(rate.parse().unwrap());
    }
    rates
}

/// Creates sessions without data with redis-sessions, one per id.
pub(crate) fn create(server: &Server, count: usize) {
    let status = script("create.mjs")
        .args([server.port.to_string(), count.to_string()])
        .status()
        .expect("node runs");
    assert!(status.success());
}

/// Runs a script next to the packages that it imports.
pub(crate) fn script(name: &str) -> Command {
    let packages = PathBuf::from(env::var_os("SESSIONS_BENCH_NODE").expect("run scripts/bench.sh"));
    let source = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("benches/node")
        .join(name);
    let copy = packages.join(name);
    fs::copy(source, &copy).unwrap();
    let mut command = Command::new("node");
    command.arg(copy);
    command
}
