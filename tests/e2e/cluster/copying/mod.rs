//! `sessions-to-cluster`: moving the sessions of a single server into a cluster.

mod again;
mod anonymous;
mod arriving;
mod disturbed;
mod hashed;
mod marks;
mod memory;
mod mirror;
mod tls;
mod told;

use super::{assert_whole, keys, sum, tag_of};
use crate::harness::*;
use std::collections::HashMap;
use std::process::{Command, Output, Stdio};

/// The fields in which the tool notes how it has copied a session.
const MARKS: [&str; 2] = ["copied_as", "copied_as:sessions-to-cluster"];

/// What a run has printed.
#[derive(Debug)]
struct Said {
    success: bool,
    out: String,
    err: String,
}

impl Said {
    /// A number in the report; 0 if the report has no such line.
    fn count(&self, name: &str) -> usize {
        let line = self.out.lines().find_map(|line| line.trim_start().strip_prefix(name));
        let word = line.and_then(|line| line.split_whitespace().next());
        word.map_or(0, |word| {
            word.parse().unwrap_or_else(|_| panic!("{name} in {}", self.out))
        })
    }

    /// Checks some numbers of the report, and that the kinds add up to the number of sessions seen.
    #[track_caller]
    fn assert_counts(&self, wanted: &[(&str, usize)]) {
        for &(name, count) in wanted {
            assert_eq!(self.count(name), count, "{name}: {self:?}");
        }
        let kinds = [
            "copied",
            "updated",
            "unchanged",
            "kept",
            "not revived",
            "timed out",
            "not slot-affine",
            "broken",
            "already ended",
            "blocked",
        ];
        let total: usize = kinds.iter().map(|kind| self.count(kind)).sum();
        assert_eq!(self.count("seen"), total, "{self:?}");
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(tool_path());
    command
        .args(arguments)
        .env_remove("SESSIONS_FROM_PASSWORD")
        .env_remove("SESSIONS_TO_PASSWORD")
        .stdin(Stdio::null());
    command
}

fn tool(arguments: &[&str], variables: &[(&str, &str)]) -> Said {
    let output = command(arguments)
        .envs(variables.iter().copied())
        .output()
        .unwrap_or_else(|error| panic!("the tool can't be started: {error}"));
    said(output)
}

fn said(output: Output) -> Said {
    Said {
        success: output.status.success(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn address(server: &Server) -> String {
    format!("redis://127.0.0.1:{}", server.port())
}

/// A run that does not fail.
#[track_caller]
fn copy(options: &[&str], from: &Server, to: &Cluster) -> Said {
    let said = try_copy(options, from, to);
    assert!(said.success, "{said:?}");
    assert_eq!(said.err, "", "{said:?}");
    said
}

fn try_copy(options: &[&str], from: &Server, to: &Cluster) -> Said {
    let (from, to) = (address(from), address(&to.nodes[0]));
    tool(&[options, &[from.as_str(), to.as_str()]].concat(), &[])
}

/// Creates sessions of ids `u0`, `u1` and so on in the app `web`.
fn create_many(source: &Server, numbers: std::ops::Range<usize>) {
    let mut client = source.client();
    for start in numbers.clone().step_by(5000) {
        let some = start..(start + 5000).min(numbers.end);
        for number in some.clone() {
            client.send(&["SESSIONS.CREATE", "web", &format!("u{number}")]);
        }
        for _ in some {
            client.receive();
        }
    }
}

fn single() -> Server {
    Server::builder().tcp().start()
}

/// All sessions of an app on a single server, by token.
fn on_the_source(source: &Server, app: &str) -> HashMap<String, Vec<(String, String)>> {
    let mut client = source.client();
    let prefix = format!("rs:{app}:");
    let names = keys(source);
    let tokens = names.iter().filter_map(|key| key.strip_prefix(&prefix));
    let tokens = tokens.filter(|token| is_token(token));
    tokens
        .map(|token| (token.to_owned(), hash(&mut client, app, token)))
        .collect()
}

/// All sessions of an app on the cluster, by token, without the tool's mark; checks that their
/// indexes are whole.
#[track_caller]
fn on_the_cluster(cluster: &Cluster, app: &str) -> HashMap<String, Vec<(String, String)>> {
    let mut sessions = HashMap::new();
    for node in cluster.primaries() {
        let mut client = node.client();
        let whole = assert_whole(node, app);
        let before = sessions.len();
        for key in keys(node) {
            let scope = format!("{app}:{{{}}}", tag_of(&key));
            let token = key.strip_prefix(&format!("rs:{scope}:"));
            if let Some(token) = token.filter(|token| is_token(token)) {
                let mut fields = hash(&mut client, &scope, token);
                fields.retain(|(name, _)| !MARKS.contains(&name.as_str()));
                sessions.insert(token.to_owned(), fields);
            }
        }
        assert_eq!(sessions.len() - before, whole);
    }
    sessions
}

/// A session's node in the cluster, and the scope that `hash_field`, `age` and others need to find
/// the session there.
fn place<'a>(cluster: &'a Cluster, app: &str, token: &str) -> (&'a Server, String) {
    let owner = cluster.owner_of(token);
    let ending = format!(":{token}");
    let name = keys(owner).into_iter().find(|key| key.ends_with(&ending));
    let name = name.expect("the session is on the cluster");
    (owner, format!("{app}:{{{}}}", tag_of(&name)))
}
