//! One process with redis-sessions, connected to a test server.

use crate::clients;
use crate::harness::*;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

pub(super) struct Peer {
    child: Child,
    calls: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// Runs a test with a server, a client of it and redis-sessions; skips it without the package.
#[track_caller]
pub(super) fn with_peer(test: impl FnOnce(&mut Client, &mut Peer)) {
    with_server_and_peer(|server, peer| test(&mut server.client(), peer));
}

/// The same for tests that need several clients.
#[track_caller]
pub(super) fn with_server_and_peer(test: impl FnOnce(&Server, &mut Peer)) {
    with_server_of(Server::builder(), test);
}

/// The same with a server of the caller's choice.
#[track_caller]
pub(super) fn with_server_of(server: Builder, test: impl FnOnce(&Server, &mut Peer)) {
    let Some(tool) = clients::node() else { return };
    let server = server.tcp().start();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/peers/peer.cjs");
    let mut child = tool
        .command(&source)
        .arg(server.port().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node can be started");
    let calls = child.stdin.take().expect("a pipe");
    let answers = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut peer = Peer { child, calls, answers };
    test(&server, &mut peer);
}

impl Peer {
    /// Makes one call and returns its result; an error of redis-sessions fails the test.
    #[track_caller]
    pub(super) fn call(&mut self, name: &str, options: &Value) -> Value {
        self.try_call(name, options)
            .unwrap_or_else(|error| panic!("redis-sessions says {error} to {name} of {options}"))
    }

    /// Makes one call; `Err` is the message of redis-sessions' error.
    #[track_caller]
    pub(super) fn try_call(&mut self, name: &str, options: &Value) -> Result<Value, String> {
        self.begin(name, options);
        self.answer()
    }

    /// Starts a call; `answer` waits for it.
    #[track_caller]
    pub(super) fn begin(&mut self, name: &str, options: &Value) {
        let call = json!({ "call": name, "options": options });
        writeln!(self.calls, "{call}").expect("redis-sessions reads");
    }

    #[track_caller]
    pub(super) fn answer(&mut self) -> Result<Value, String> {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("redis-sessions answers");
        let answer: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error} in {line:?}"));
        match answer.get("error") {
            Some(error) => Err(error.as_str().unwrap_or_default().to_owned()),
            None => Ok(answer["reply"].clone()),
        }
    }

    /// Creates a session of the app `webapp`, with 203.0.113.7 as its ip; the token.
    #[track_caller]
    pub(super) fn create(&mut self, id: &str, more: &Value) -> String {
        let mut options = json!({ "app": "webapp", "id": id, "ip": "203.0.113.7" });
        let all = options.as_object_mut().expect("an object");
        all.extend(more.as_object().expect("an object").clone());
        let reply = self.call("create", &options);
        reply["token"].as_str().expect("a token").to_owned()
    }

    #[track_caller]
    pub(super) fn get(&mut self, token: &str) -> Value {
        self.call("get", &json!({ "app": "webapp", "token": token }))
    }

    #[track_caller]
    pub(super) fn kills(&mut self, name: &str, options: &Value) -> i64 {
        self.call(name, options)["kill"].as_i64().expect("a number")
    }

    #[track_caller]
    pub(super) fn wipe(&mut self) {
        self.call("_wipe", &Value::Null);
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
