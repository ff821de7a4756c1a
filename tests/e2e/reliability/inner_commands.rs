//! The server's own commands that the module calls and sends to replicas: renamed in redis.conf, or
//! changed by another module's command filter (`tests/testmodule/filter.c`).

use super::filled::{MANY, fill, fill_and_begin};
use crate::harness::*;

const INTERNAL: &str = "ERR internal error: see the server's log";

const ALWAYS: [&str; 10] = [
    "EXISTS", "HDEL", "HSET", "SADD", "SREM", "SSCAN", "UNLINK", "ZADD", "ZCOUNT", "ZREM",
];

fn with_filter() -> Builder {
    let filter = library("filter").display().to_string();
    Server::builder().without_module().line(format!("loadmodule {filter}"))
}

/// The line of the log that says why the module did not load.
#[track_caller]
fn assert_names(log: &str, command: &str) {
    let line = log.lines().find(|line| line.contains("rename-command"));
    let line = line.unwrap_or_else(|| panic!("rename-command is not in the log:\n{log}"));
    assert!(line.contains(&format!("no command {command}:")), "{command}: {line}");
    assert!(
        line.contains(&format!("remove the line `rename-command {command} …`")),
        "{line}"
    );
}

#[test]
fn without_a_command_that_it_needs_the_module_does_not_load_and_names_it() {
    for command in ALWAYS {
        for renamed in ["hidden", "\"\""] {
            let log = Server::builder()
                .line(format!("rename-command {command} {renamed}"))
                .refused();
            assert_names(&log, command);
        }
    }
}

#[test]
fn cluster_is_required_only_in_a_cluster() {
    let log = node().line("rename-command CLUSTER hidden").refused();
    assert_names(&log, "CLUSTER");
    let server = Server::builder().line("rename-command CLUSTER hidden").start();
    create(&mut server.client(), "web", "u1", &[]);
}

#[test]
fn publish_is_required_only_for_publishing() {
    let renamed = || Server::builder().line("rename-command PUBLISH hidden");
    let log = renamed().line("sessions.publish-changes yes").refused();
    assert_names(&log, "PUBLISH");
    assert!(log.contains("sessions.publish-changes"), "{log}");
    let server = renamed().start();
    let mut client = server.client();
    let reply = client.line("CONFIG SET sessions.publish-changes yes");
    assert_names(reply.error(), "PUBLISH");
    assert_eq!(
        client.line("CONFIG GET sessions.publish-changes").list()[1].text(),
        "no"
    );
    client.line("CONFIG SET sessions.publish-changes no").assert_ok();
    let token = create(&mut client, "web", "u1", &[]);
    assert_eq!(client.run(&["SESSIONS.KILL", "web", &token]), Reply::Int(1));
}

#[test]
fn xadd_is_required_only_for_the_audit_stream() {
    let renamed = || Server::builder().line("rename-command XADD hidden");
    let log = renamed().line("sessions.audit-length 100").refused();
    assert_names(&log, "XADD");
    assert!(log.contains("sessions.audit-length"), "{log}");
    let server = renamed().start();
    let mut client = server.client();
    let reply = client.line("CONFIG SET sessions.audit-length 100");
    assert_names(reply.error(), "XADD");
    assert_eq!(client.line("CONFIG GET sessions.audit-length").list()[1].text(), "0");
    client.line("CONFIG SET sessions.audit-length 0").assert_ok();
    create(&mut client, "web", "u1", &[]);
}

/// A server whose filter can be set, and a session of `u1`.
fn filtered() -> (Server, String) {
    let server = with_filter()
        .line(format!("loadmodule {}", module_path().display()))
        .start();
    let token = create(&mut server.client(), "web", "u1", &[]);
    (server, token)
}

/// Runs a command whose inner command `from` is replaced by `to`; checks its error and the one line
/// of the log that gives the reason, without a secret.
#[track_caller]
fn assert_fails(server: &Server, (from, to): (&str, &str), command: &[&str], reason: &str, secret: &str) {
    let mut client = server.client();
    client.run(&["FILTER.MAP", from, to]).assert_ok();
    let before = server.log().len();
    let reply = client.run(command);
    client.line("FILTER.CLEAR").assert_ok();
    assert_eq!(reply.error(), INTERNAL, "{command:?}, {from} as {to}");
    let log = server.log()[before..].to_owned();
    let lines: Vec<_> = log.lines().filter(|line| line.contains("internal error")).collect();
    assert_eq!(lines.len(), 1, "{command:?}, {from} as {to}:\n{log}");
    // Lists are gathered by work in slices.
    let names_what_failed = [command[0], "work in slices"]
        .iter()
        .any(|name| lines[0].contains(name));
    assert!(names_what_failed && lines[0].ends_with(reason), "{log}");
    assert!(!log.contains(secret), "{log}");
}

#[test]
fn a_command_whose_inner_command_fails_is_an_internal_error_and_says_so_in_the_log() {
    let (server, token) = filtered();
    let mut client = server.client();
    let other = create(&mut client, "web", "u1", &[]);
    let not_run = |command: &str| format!("the server did not run {command}");
    let errs = |command: &str| format!("{command} returned an error");
    let unexpected = |command: &str| format!("{command} returned an unexpected reply");
    // The set of u1 exists, the set of u2 does not: HGET returns an error for the first and null
    // for the second.
    let create_again = ["SESSIONS.CREATE", "web", "u1"];
    let create_new = ["SESSIONS.CREATE", "web", "u2"];
    let rotate = ["SESSIONS.ROTATE", "web", &token];
    let kill = ["SESSIONS.KILL", "web", &other];
    let count = ["SESSIONS.COUNT", "web", "DT", "60"];
    let list = ["SESSIONS.SOID", "web", "u1"];
    let cases: &[(&str, &str, &[&str], String)] = &[
        ("SADD", "HGET", &create_again, errs("SADD")),
        ("SADD", "HGET", &create_new, unexpected("SADD")),
        ("SADD", "nonsense", &create_again, not_run("SADD")),
        ("SADD", "ECHO", &create_again, not_run("SADD")),
        ("SSCAN", "ECHO", &list, not_run("SSCAN")),
        ("SSCAN", "HSCAN", &list, errs("SSCAN")),
        ("ZCOUNT", "nonsense", &count, not_run("ZCOUNT")),
        ("ZCOUNT", "LRANGE", &count, errs("ZCOUNT")),
        ("ZCOUNT", "ZRANGEBYSCORE", &count, unexpected("ZCOUNT")),
        ("SREM", "HGET", &kill, errs("SREM")),
        ("SADD", "HGET", &rotate, errs("SADD")),
    ];
    for (from, to, command, reason) in cases {
        assert_fails(&server, (from, to), command, reason, &token);
    }
    let token = create(&mut client, "web", "u3", &[]);
    assert_eq!(client.run(&["SESSIONS.KILL", "web", &token]), Reply::Int(1));
}

#[test]
fn work_in_slices_whose_inner_command_fails_ends_with_an_internal_error() {
    let (server, token) = filtered();
    let mut client = server.client();
    // Fails in the first slice, which the command itself runs.
    fill(&mut client, "big", MANY, 0);
    let kill_all = ["SESSIONS.KILLALL", "big"];
    let log = server.log().len();
    client.line("FILTER.MAP SREM HMGET").assert_ok();
    assert_eq!(client.run(&kill_all).error(), INTERNAL);
    client.line("FILTER.CLEAR").assert_ok();

    // Fails in a later slice. Slices wait while writes are paused.
    let (mut caller, _) = fill_and_begin(&server, "big", &kill_all);
    client.line("CLIENT PAUSE 60000 WRITE").assert_ok();
    client.line("FILTER.MAP SREM HMGET").assert_ok();
    client.line("CLIENT UNPAUSE").assert_ok();
    assert_eq!(caller.receive().error(), INTERNAL);
    client.line("FILTER.CLEAR").assert_ok();
    let log = server.log()[log..].to_owned();
    let lines: Vec<_> = log.lines().filter(|line| line.contains("internal error")).collect();
    assert_eq!(lines.len(), 2, "{log}");
    assert!(
        lines.iter().all(|line| line.ends_with("SREM returned an error")),
        "{log}"
    );
    assert_eq!(client.run(&["SESSIONS.EXISTS", "web", &token]), Reply::Int(1));
    assert!(client.run(&kill_all).int() > 0);
}

#[test]
fn a_command_that_cannot_be_sent_to_replicas_is_an_internal_error() {
    for (renamed, command) in [
        ("HSET", "SESSIONS.TOUCH"),
        ("ZADD", "SESSIONS.CREATE"),
        ("UNLINK", "SESSIONS.KILL"),
        ("PUBLISH", "SESSIONS.SET"),
    ] {
        // The filter translates the other name when the module looks for the command at load.
        let filter = library("filter").display().to_string();
        let server = Server::builder()
            .without_module()
            .line(format!("loadmodule {filter} {renamed} {renamed}2"))
            .line(format!("rename-command {renamed} {renamed}2"))
            .line(format!("loadmodule {}", module_path().display()))
            .line("sessions.publish-changes yes")
            .start();
        let mut client = server.client();
        let token = token_of('t');
        plant(
            &mut client,
            "web",
            &token,
            &[("id", "u1"), ("la", "1700000000"), ("ttl", "315360000")],
        );
        let words: &[&str] = match command {
            "SESSIONS.CREATE" => &[command, "web", "u1"],
            "SESSIONS.SET" => &[command, "web", &token, r#"{"a":1}"#],
            _ => &[command, "web", &token],
        };
        assert_eq!(client.run(words).error(), INTERNAL, "{renamed}");
        let reason = format!("{renamed} could not be sent to replicas and the AOF");
        let log = server.log();
        let lines: Vec<_> = log.lines().filter(|line| line.contains("internal error")).collect();
        assert_eq!(lines.len(), 1, "{log}");
        assert!(lines[0].contains(command) && lines[0].ends_with(&reason), "{log}");
        assert!(!log.contains(&token), "{log}");
    }
}
