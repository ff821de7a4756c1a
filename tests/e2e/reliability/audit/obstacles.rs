//! Obstacles to the stream: a key of another type, no IDs left, full memory, a cluster.

use super::{STREAM, audited, entries, sid};
use crate::harness::*;

/// The lines of the log about streams that do not accept entries.
fn complaints(server: &Server) -> Vec<String> {
    let log = server.log();
    let lines = log.lines().filter(|line| line.contains("does not accept entries"));
    lines.map(str::to_owned).collect()
}

#[test]
fn if_the_key_is_not_a_stream_no_session_begins_and_every_session_can_end() {
    let server = audited().start();
    let mut client = server.client();
    let visitor = create(&mut client, "web", "", &["ANON"]);
    let tokens: Vec<_> = (0..6).map(|_| create(&mut client, "web", "u1", &[])).collect();
    client.run(&["DEL", STREAM]).int();
    client.run(&["SADD", STREAM, "x"]).int();
    age_everywhere(&mut client, "web", &tokens[5], 100_000);
    let before = digest(&mut client);
    for command in [
        &["SESSIONS.CREATE", "web", "u1"][..],
        &["SESSIONS.ROTATE", "web", &tokens[0]],
        &["SESSIONS.ROTATE", "web", &visitor, "ID", "u1"],
        &["SESSIONS.ROTATE", "web", &tokens[0], "ANON"],
        &["SESSIONS.SAVE", "web", &token_of('s'), "{}", "ID", "u1"],
        &["SESSIONS.SAVE", "web", &tokens[0], "{}", "ID", "u2"],
        &["SESSIONS.SAVE", "web", &tokens[5], "{}", "ID", "u2"],
    ] {
        assert_eq!(client.run(command).error(), WRONGTYPE, "{command:?}");
    }
    assert_eq!(digest(&mut client), before, "an error changes nothing");
    assert_eq!(complaints(&server), [""; 0]);

    // Commands that add no entry continue to work, and so do commands that end a session.
    client.run(&["SESSIONS.SAVE", "web", &tokens[0], "{}"]).int();
    create(&mut client, "web", "", &["ANON"]);
    create(&mut client, "shop", "u1", &[]);
    assert_eq!(client.run(&["SESSIONS.KILL", "web", &tokens[0]]), Reply::Int(1));
    assert_eq!(
        client.run(&["SESSIONS.KILLSOID", "web", "u1", "EXCEPT", &tokens[1]]),
        Reply::Int(3)
    );
    age_everywhere(&mut client, "web", &tokens[1], 100_000);
    assert_eq!(client.line("SESSIONS.WIPE"), Reply::Int(1));
    assert_eq!(client.line("SESSIONS.KILLALL web"), Reply::Int(2));
    let logged = complaints(&server);
    assert!(logged.len() == 1 && logged[0].contains("rs:web:_audit"), "{logged:?}");
    assert_eq!(client.run(&["SCARD", STREAM]), Reply::Int(1));

    client.run(&["DEL", STREAM]).int();
    create(&mut client, "web", "u1", &[]);
    assert_eq!(entries(&mut client).len(), 1);
}

#[test]
fn the_log_names_each_stream_once_and_no_token() {
    let server = audited().start();
    let mut client = server.client();
    let mistaken = token_of('t');
    for app in ["web", "shop", &mistaken] {
        for _ in 0..3 {
            create(&mut client, app, "u1", &[]);
        }
        let stream = format!("rs:{app}:_audit");
        client.run(&["DEL", &stream]).int();
        client.run(&["SET", &stream, "x"]).assert_ok();
        for command in ["KILLSOID", "KILLALL"] {
            client.run(&[&format!("SESSIONS.{command}"), app, "u1"][..2 + usize::from(command == "KILLSOID")]);
        }
    }
    let logged = complaints(&server);
    assert_eq!(logged.len(), 3, "{logged:?}");
    assert!(!server.log().contains(&mistaken[..32]));
}

#[test]
fn a_stream_without_ids_stops_nothing_and_is_logged() {
    let server = audited().start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &[]);
    let last = "18446744073709551615-18446744073709551615";
    client.run(&["XSETID", STREAM, last]).assert_ok();
    create(&mut client, "web", "u1", &[]);
    assert_eq!(client.run(&["SESSIONS.KILL", "web", &token]), Reply::Int(1));
    assert_eq!(entries(&mut client).len(), 1);
    assert_eq!(complaints(&server).len(), 1);
}

#[test]
fn with_full_memory_entries_are_still_written() {
    let server = audited().start();
    let mut client = server.client();
    let [token, other] = ["u1", "u2"].map(|id| create(&mut client, "web", id, &[]));
    client.line("CONFIG SET maxmemory 1").assert_ok();
    assert!(client.line("SESSIONS.CREATE web u1").is_error_of("OOM"));
    assert_eq!(client.run(&["SESSIONS.KILL", "web", &token]), Reply::Int(1));
    age_everywhere_though_full(&mut client, &other);
    assert_eq!(client.line("SESSIONS.WIPE"), Reply::Int(1));
    client.line("CONFIG SET maxmemory 0").assert_ok();
    let all = entries(&mut client);
    let ends: Vec<_> = all
        .iter()
        .skip(2)
        .map(|entry| (&*entry["event"], &*entry["sid"]))
        .collect();
    assert_eq!(ends, [("kill", &*sid(&token)), ("expire", &*sid(&other))]);
}

fn age_everywhere_though_full(client: &mut Client, token: &str) {
    client.line("CONFIG SET maxmemory 0").assert_ok();
    age_everywhere(client, "web", token, 100_000);
    client.line("CONFIG SET maxmemory 1").assert_ok();
}

#[test]
fn a_cluster_refuses_the_setting() {
    let log = node().line("sessions.audit-length 100").refused();
    assert!(log.contains("sessions.audit-length"), "{log}");
    assert!(log.contains("a cluster has no audit streams"), "{log}");
    let cluster = Cluster::start(1, 0);
    let mut client = cluster.primaries()[0].client();
    let reply = client.line("CONFIG SET sessions.audit-length 100");
    assert!(reply.error().contains("a cluster has no audit streams"), "{reply:?}");
    client.line("CONFIG SET sessions.audit-length 0").assert_ok();
    create(&mut client, "web", "u1", &[]);
}
