//! redis-cli, a new one for every command.

use super::*;
use std::process::Command;

#[test]
fn redis_cli_follows_redirections() {
    let cluster = Cluster::start(3, 0);
    let node = &cluster.primaries()[0];
    let port = node.port().to_string();
    let sessions = |command: &[&str]| redis_cli(&[&["-c", "-p", &port], command].concat());
    let everywhere = |command: &[&str]| {
        let call = ["--cluster", "call", &cluster.address()];
        let text = redis_cli(&[&call, command, &["--cluster-only-masters"]].concat());
        let counts = text.lines().filter_map(|line| line.strip_prefix("127.0.0.1:"));
        let counts: Vec<i64> = counts
            .map(|line| line.split_once(": ").unwrap().1.parse().unwrap())
            .collect();
        assert_eq!(counts.len(), 3, "{text}");
        counts.iter().sum()
    };
    let moved = moved_while(&cluster, || assert_eq!(story(sessions, everywhere), expected()));
    assert_eq!(moved, commands_away_from(&cluster, node));
    let shown = meet_a_moving_slot(&cluster, |token| sessions(&["SESSIONS.GET", "webapp", token, "JSON"]));
    assert_eq!(shown.tries, 1);
    assert!(shown.text.starts_with("TRYAGAIN "), "{shown:?}");
}

#[track_caller]
fn redis_cli(arguments: &[&str]) -> String {
    let output = Command::new("redis-cli").args(arguments).output();
    let output = output.expect("redis-cli can be started");
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}
