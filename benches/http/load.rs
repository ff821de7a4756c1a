//! Load by wrk: a number of connections, each with one request at a time, for some seconds.

use std::path::Path;
use std::process::Command;

/// The request; `TOKEN` in the path and in the headers is replaced by a session's token.
pub(crate) struct Target {
    pub(crate) port: u16,
    pub(crate) path: &'static str,
    /// `Name: value`.
    pub(crate) headers: Vec<String>,
}

/// Latencies in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// Requests per second.
    pub(crate) rate: f64,
    pub(crate) mean: f64,
    pub(crate) median: f64,
    pub(crate) p99: f64,
}

impl Target {
    /// Every response must have a status below 400.
    pub(crate) fn load(&self, tokens: &Path, connections: usize, seconds: u32) -> Load {
        let output = Command::new("wrk")
            .args(["--threads", "1", "--connections", &connections.to_string()])
            .args(["--duration", &format!("{seconds}s"), "--timeout", "10s", "--script"])
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/http/load.lua"))
            .args([&format!("http://127.0.0.1:{}/", self.port), "--"])
            .arg(tokens)
            .arg(self.path)
            .args(&self.headers)
            .output()
            .expect("wrk is installed");
        let text = String::from_utf8_lossy(&output.stdout);
        let result = text.lines().find_map(|line| line.strip_prefix("RESULT "));
        let result = result.unwrap_or_else(|| panic!("wrk: {text}{}", String::from_utf8_lossy(&output.stderr)));
        let numbers: Vec<f64> = result.split(' ').map(|number| number.parse().unwrap()).collect();
        let [requests, duration, failed, mean, median, p99] = numbers[..] else {
            panic!("wrk: {result}");
        };
        assert!(failed == 0.0, "{failed} of {requests} requests failed: {}", self.path);
        Load {
            rate: requests / duration * 1e6,
            mean: mean / 1e3,
            median: median / 1e3,
            p99: p99 / 1e3,
        }
    }
}
