//! The reader and the `record` that keeps last log-ins, as docs/audit.md prints them.

use super::installed;
use super::snippets::snippet_in;
use crate::harness::*;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};

const PAGE: &str = "docs/audit.md";

/// A running reader and the lines that it prints.
struct Reader {
    child: Child,
    lines: Receiver<String>,
}

impl Reader {
    /// `None`: Python is not installed.
    #[track_caller]
    fn start(server: &Server, source: &str) -> Option<Reader> {
        let tool = installed::python()?;
        let path = server.dir().join("reader.py");
        std::fs::write(&path, source.replace("6379", &server.port().to_string())).expect("the reader is written");
        Some(Reader::run(&tool, &path))
    }

    fn run(tool: &installed::Tool, path: &Path) -> Reader {
        let mut command = tool.command(path);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the reader starts");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Reader { child, lines }
    }

    /// The words of the next line.
    #[track_caller]
    fn next(&self) -> Vec<String> {
        let line = self.lines.recv_timeout(GENEROUS).expect("the reader prints an entry");
        line.split(' ').map(str::to_owned).collect()
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn recording() -> Server {
    Server::builder().tcp().line("sessions.audit-length 1000").start()
}

#[test]
fn the_documented_reader_records_each_entry_and_continues_where_it_was() {
    let server = recording();
    let mut client = server.client();
    let token = create(&mut client, "webapp", "u1", &[]);
    // An entry that the reader read and did not acknowledge before it died.
    client.line("XGROUP CREATE rs:webapp:_audit auditors 0").assert_ok();
    client.line("XREADGROUP GROUP auditors log1 STREAMS rs:webapp:_audit >");
    let source = snippet_in(PAGE, "python", "xreadgroup");
    let Some(reader) = Reader::start(&server, &source) else {
        return;
    };
    assert_eq!(reader.next()[1..], ["create", "u1"]);
    client.run(&["SESSIONS.ROTATE", "webapp", &token, "ID", "u2"]).text();
    assert_eq!(reader.next()[1..], ["rotate", "u2"]);
    let all_is_acknowledged = |client: &mut Client| {
        wait_until(GENEROUS, "all is acknowledged", || {
            client.line("XPENDING rs:webapp:_audit auditors").list()[0] == Reply::Int(0)
        });
    };
    all_is_acknowledged(&mut client);
    drop(reader);
    client.line("SESSIONS.KILLALL webapp").int();
    let reader = Reader::start(&server, &source).expect("as before");
    assert_eq!(reader.next()[1..], ["kill", "u2"]);
    all_is_acknowledged(&mut client);
}

#[test]
fn the_documented_last_log_in_is_that_of_users_and_visitors() {
    let server = recording();
    let mut client = server.client();
    let reader = snippet_in(PAGE, "python", "xreadgroup");
    let record = snippet_in(PAGE, "python", "last_login");
    let (before, rest) = reader.split_once("def record").expect("a function");
    let (_, behind) = rest.split_once("\n\n").expect("more behind the function");
    let db = "class db:\n    @staticmethod\n    def execute(query, values):\n        print(values[2], values[1], flush=True)\n";
    let source = format!("{db}\n{before}{record}\n{behind}");
    let Some(reader) = Reader::start(&server, &source) else {
        return;
    };
    let token = create(&mut client, "webapp", "u1", &["IP", "::1"]);
    assert_eq!(reader.next(), ["u1", "::1"]);
    let token = client.run(&["SESSIONS.ROTATE", "webapp", &token]).text().to_owned();
    let token = client
        .run(&["SESSIONS.ROTATE", "webapp", &token, "ANON"])
        .text()
        .to_owned();
    let token = client
        .run(&["SESSIONS.ROTATE", "webapp", &token, "ID", "u2"])
        .text()
        .to_owned();
    assert_eq!(reader.next(), ["u2", "::1"]);
    client
        .run(&["SESSIONS.ROTATE", "webapp", &token, "ID", "u3", "IP", "::3"])
        .text();
    assert_eq!(reader.next(), ["u3", "::3"]);
}
