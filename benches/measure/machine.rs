//! The machine and the programs with which the figures were measured.

use std::process::Command;
use std::{env, fs, thread};

/// Whether server and client get a core each.
pub(crate) fn two_cores() -> bool {
    // The client is pinned to one CPU, so the standard library would return 1 instead of the number
    // of CPUs that the machine has.
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    cpus.lines().filter(|line| line.starts_with("processor")).count() >= 2
        || thread::available_parallelism().is_ok_and(|n| n.get() > 1)
}

pub(crate) fn first_line(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    text.lines().next().unwrap_or("").to_owned()
}

fn value_in(file: &str, name: &str) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    let line = text
        .lines()
        .find(|line| line.starts_with(name))
        .unwrap_or("")
        .to_owned();
    line.split_once([':', '='])
        .map(|(_, value)| value.trim().trim_matches('"').to_owned())
        .unwrap_or_default()
}

pub(crate) fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or("").to_owned()
}

/// The niceness of the benchmark.
pub(crate) fn nice() -> String {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    stat.split(' ').nth(18).unwrap_or("").to_owned()
}

/// The server program that is measured.
pub(crate) fn server_program() -> String {
    env::var("REDIS_SERVER").unwrap_or_else(|_| "redis-server".to_owned())
}

/// The machine, the server and the module, as lines of a list.
pub(crate) fn basis() -> Vec<String> {
    let server = server_program();
    let cpus = fs::read_to_string("/proc/cpuinfo")
        .unwrap_or_default()
        .matches("processor\t")
        .count();
    vec![
        format!(
            "machine: {} ({cpus} CPUs visible), {:.0} GB, Linux {}, {}",
            value_in("/proc/cpuinfo", "model name"),
            value_in("/proc/meminfo", "MemTotal")
                .trim_end_matches(" kB")
                .parse::<f64>()
                .unwrap_or(0.0)
                / 1e6,
            first_line("uname", &["-r"]),
            value_in("/etc/os-release", "PRETTY_NAME"),
        ),
        format!("server: {}", first_line(&server, &["--version"])),
        format!(
            "module: {} {}, {}, release build",
            env!("CARGO_PKG_VERSION"),
            env!("SESSIONS_COMMIT"),
            first_line("rustc", &["--version"])
        ),
    ]
}

/// Lines of a list.
pub(crate) fn description() -> Vec<String> {
    let nice = nice();
    let mut lines = basis();
    lines.extend([
        format!(
            "compared with: redis-sessions 4.0.0 and node-redis 5.9.0 on Node.js {}, {}",
            first_line("node", &["--version"]),
            first_line("redis-benchmark", &["--version"])
        ),
        if two_cores() {
            format!(
                "server on CPU 0, the rest of the benchmark on CPU 1 (`taskset`), nice {nice}; clients use a Unix socket, Node.js uses 127.0.0.1"
            )
        } else {
            format!("server and client on one CPU, nice {nice}; clients use a Unix socket, Node.js uses 127.0.0.1")
        },
    ]);
    lines
}
