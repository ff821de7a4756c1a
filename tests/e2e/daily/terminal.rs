//! redis-cli as a person at a terminal sees it.

use crate::harness::*;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Typed after each command, to find the end of its reply.
const END: &str = "<end of the reply>";

pub(super) struct Terminal {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Terminal {
    #[track_caller]
    pub(super) fn open(server: &Server, options: &[&str]) -> Terminal {
        let mut child = Command::new("redis-cli")
            .arg("-s")
            .arg(server.socket())
            .arg("--no-raw")
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("redis-cli can be started");
        let input = child.stdin.take().expect("a pipe");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        Terminal { child, input, output }
    }

    /// Types a line; returns the printed text without the last line break.
    #[track_caller]
    pub(super) fn type_in(&mut self, line: &str) -> String {
        write!(self.input, "{line}\nECHO \"{END}\"\n").expect("redis-cli reads");
        let end = format!("\"{END}\"");
        let mut printed = Vec::new();
        for line in (&mut self.output).lines() {
            let line = line.expect("redis-cli prints text");
            if line == end {
                return printed.join("\n");
            }
            if !is_duration(&line) {
                printed.push(line);
            }
        }
        panic!("redis-cli ended at {line:?}: {printed:?}");
    }
}

/// `(0.60s)`, which redis-cli prints behind a reply that took half a second or more.
fn is_duration(line: &str) -> bool {
    let seconds = line.strip_prefix('(').and_then(|line| line.strip_suffix("s)"));
    seconds.is_some_and(|seconds| seconds.parse::<f64>().is_ok())
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
