//! The client-side cache of the npm package redis-sessions 4.0.0: `sessions.publish-changes`
//! empties it. Without Node.js and the package these tests are skipped (see `installed` in the
//! harness).

use crate::clients;
use crate::harness::*;
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

struct Cache {
    child: Child,
    lines: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Cache {
    /// A process with redis-sessions whose cache is on and empty. `None`: redis-sessions is not
    /// installed.
    #[track_caller]
    fn start(server: &Server) -> Option<Cache> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/daily/npm_cache.cjs");
        let mut child = clients::node()?
            .command(&source)
            .arg(server.port().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node can be started");
        let lines = child.stdin.take().expect("a pipe");
        let answers = BufReader::new(child.stdout.take().expect("a pipe"));
        Some(Cache { child, lines, answers })
    }

    #[track_caller]
    fn ask(&mut self, line: &str) -> Value {
        writeln!(self.lines, "{line}").expect("redis-sessions reads");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("redis-sessions answers");
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error} in {answer:?} to {line}"))
    }

    #[track_caller]
    fn get(&mut self, token: &str) -> Value {
        self.ask(token)["session"].clone()
    }

    #[track_caller]
    fn has(&mut self, token: &str) -> bool {
        self.ask(&format!("?{token}"))["cached"] == true
    }

    /// Reads a session, which puts it into the cache.
    #[track_caller]
    fn fill(&mut self, token: &str) {
        assert_eq!(self.get(token)["id"], "u1");
        assert!(self.has(token), "redis-sessions caches what it has read");
    }

    #[track_caller]
    fn loses(&mut self, token: &str, what: &str) {
        wait_until(GENEROUS, &format!("{what} empties the cache"), || !self.has(token));
    }
}

impl Drop for Cache {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn what_the_module_changes_or_ends_leaves_the_cache_of_redis_sessions() {
    let server = Server::builder().tcp().line("sessions.publish-changes yes").start();
    let Some(mut cache) = Cache::start(&server) else { return };
    let mut client = server.client();
    let token = create(&mut client, "webapp", "u1", &["IP", "203.0.113.7"]);
    cache.fill(&token);
    client.run(&["SESSIONS.SET", "webapp", &token, r#"{"cart":4}"#]);
    cache.loses(&token, "SET");
    assert_eq!(cache.get(&token)["d"]["cart"], 4);

    for command in [
        "ROTATE webapp {}",
        "KILL webapp {}",
        "KILLSOID webapp u1",
        "KILLALL webapp",
    ] {
        let token = create(&mut client, "webapp", "u1", &["IP", "203.0.113.7"]);
        let other = create(&mut client, "webapp", "u1", &["IP", "203.0.113.7"]);
        cache.fill(&token);
        cache.fill(&other);
        client.line(&format!("SESSIONS.{}", command.replace("{}", &token)));
        cache.loses(&token, command);
        assert_eq!(cache.get(&token), Value::Null, "{command}");
        if command.contains("{}") {
            assert!(cache.has(&other), "{command}");
        } else {
            cache.loses(&other, command);
        }
        client.line("SESSIONS.KILLALL webapp");
    }

    let token = create(&mut client, "webapp", "u1", &["TTL", "100"]);
    cache.fill(&token);
    age_everywhere(&mut client, "webapp", &token, 200);
    assert_eq!(client.line("SESSIONS.WIPE"), Reply::Int(1));
    cache.loses(&token, "WIPE");
    assert_eq!(cache.get(&token), Value::Null);
}

#[test]
fn without_the_setting_the_cache_of_redis_sessions_is_stale() {
    let server = Server::builder().tcp().start();
    let Some(mut cache) = Cache::start(&server) else { return };
    let mut client = server.client();
    let token = create(&mut client, "webapp", "u1", &["IP", "203.0.113.7"]);
    cache.fill(&token);
    client.run(&["SESSIONS.KILL", "webapp", &token]);
    assert_eq!(cache.get(&token)["id"], "u1", "it answers from its cache");
    client.run(&["PUBLISH", "rs:cache", &format!("webapp:{token}")]);
    cache.loses(&token, "the message of its own kind");
    assert_eq!(cache.get(&token), Value::Null);
}
