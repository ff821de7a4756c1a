//! The entries that each command and each cleanup pass adds.

use super::{STREAM, audited, entries, entry, sid, stored};
use crate::harness::*;
use std::time::Duration;

const FROM: [&str; 4] = ["IP", "::1", "UA", "Browser"];

/// A live session of `u1` with an address, and one that has timed out.
fn two(client: &mut Client) -> [String; 2] {
    let live = create(client, "web", "u1", &FROM);
    let over = create(client, "web", "u1", &FROM);
    age_everywhere(client, "web", &over, 100_000);
    client.run(&["XTRIM", STREAM, "MAXLEN", "0"]).int();
    [live, over]
}

#[test]
fn every_event_has_its_entry_with_what_is_known() {
    let server = audited().start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &FROM);
    let rotate = ["SESSIONS.ROTATE", "web", &token, "ID", "u:2", "UA", ""];
    let rotated = client.run(&rotate).text().to_owned();
    assert_eq!(client.run(&["SESSIONS.KILL", "web", &rotated]), Reply::Int(1));
    let (old, new) = (sid(&token), sid(&rotated));
    let expected = [
        entry(&[
            ("event", "create"),
            ("sid", &old),
            ("id", "u1"),
            ("ip", "::1"),
            ("ua", "Browser"),
        ]),
        entry(&[
            ("event", "rotate"),
            ("sid", &new),
            ("id", "u:2"),
            ("ip", "::1"),
            ("old_sid", &old),
            ("old_id", "u1"),
        ]),
        entry(&[
            ("event", "kill"),
            ("sid", &new),
            ("id", "u:2"),
            ("ip", "::1"),
            ("cause", "kill"),
        ]),
    ];
    assert_eq!(entries(&mut client), expected);
}

#[test]
fn a_kill_has_a_cause_and_a_timed_out_session_is_entered_as_expired() {
    let server = audited().start();
    let mut client = server.client();
    for (command, cause) in [
        ("SESSIONS.KILLSOID web u1", "killsoid"),
        ("SESSIONS.KILLALL web", "killall"),
    ] {
        let [live, over] = two(&mut client);
        assert_eq!(client.line(command), Reply::Int(1));
        let all = entries(&mut client);
        assert_eq!(all.len(), 2, "{command}: {all:?}");
        let of = |token: &str| all.iter().find(|entry| entry["sid"] == sid(token)).expect("an entry");
        assert_eq!((&*of(&live)["event"], &*of(&live)["cause"]), ("kill", cause));
        assert_eq!((&*of(&over)["event"], of(&over).get("cause")), ("expire", None));
        assert_eq!((&*of(&over)["ip"], &*of(&over)["ua"]), ("::1", "Browser"));
    }
    let [live, over] = two(&mut client);
    assert_eq!(client.run(&["SESSIONS.KILL", "web", &over]), Reply::Int(0));
    assert_eq!(client.line("SESSIONS.WIPE"), Reply::Int(0));
    age_everywhere(&mut client, "web", &live, 100_000);
    assert_eq!(client.line("SESSIONS.WIPE"), Reply::Int(1));
    let all = entries(&mut client);
    let events: Vec<_> = all.iter().map(|entry| (&*entry["event"], &*entry["sid"])).collect();
    assert_eq!(events, [("expire", &*sid(&over)), ("expire", &*sid(&live))]);
}

#[test]
fn the_timed_pass_enters_what_it_removes_and_wakes_a_reader() {
    let server = Server::builder().own_clock().line("sessions.audit-length 100").start();
    let mut client = server.client();
    let [live, over] = two(&mut client);
    let mut reader = server.client();
    reader.run(&["XGROUP", "CREATE", STREAM, "auditors", "$"]).assert_ok();
    let read = [
        "XREADGROUP",
        "GROUP",
        "auditors",
        "me",
        "BLOCK",
        "0",
        "STREAMS",
        STREAM,
        ">",
    ];
    reader.send(&read);
    wait_until(GENEROUS, "the reader waits", || server.info("blocked_clients") == "1");
    server.let_pass(Duration::from_secs(600));
    let reply = reader.receive_within(GENEROUS).expect("the reader is woken");
    assert!(format!("{reply:?}").contains(&sid(&over)), "{reply:?}");
    reader.send(&read);
    assert_eq!(client.run(&["SESSIONS.KILL", "web", &live]), Reply::Int(1));
    let reply = reader.receive_within(GENEROUS).expect("the reader is woken");
    assert!(format!("{reply:?}").contains(&sid(&live)), "{reply:?}");
}

#[test]
fn uses_and_visitors_write_no_entries() {
    let server = audited().start();
    let mut client = server.client();
    let visitor = create(&mut client, "web", "", &["ANON"]);
    let own = token_of('s');
    client.run(&["SESSIONS.SAVE", "web", &own, "{}"]).int();
    for command in ["GET", "PEEK", "TOUCH", "EXISTS"] {
        client.run(&[&format!("SESSIONS.{command}"), "web", &visitor]);
    }
    client.run(&["SESSIONS.SET", "web", &visitor, r#"{"a":1}"#]).session();
    let visitor = client.run(&["SESSIONS.ROTATE", "web", &visitor]).text().to_owned();
    assert_eq!(client.run(&["SESSIONS.KILL", "web", &visitor]), Reply::Int(1));
    age_everywhere(&mut client, "web", &own, 100_000);
    assert_eq!(client.line("SESSIONS.WIPE"), Reply::Int(1));
    assert_no_keys(&mut client);
    let user = create(&mut client, "web", "u1", &[]);
    client.run(&["SESSIONS.GET", "web", &user]).session();
    client.run(&["SESSIONS.SET", "web", &user, r#"{"a":1}"#]).session();
    client.run(&["SESSIONS.SAVE", "web", &user, "{}", "ID", "u1"]).int();
    assert_eq!(entries(&mut client).len(), 1);
    assert_eq!(server.info("sessions_audited"), "1");
}

#[test]
fn the_setting_begins_and_ends_the_recording_at_once() {
    let server = Server::start();
    let mut client = server.client();
    create(&mut client, "web", "u1", &[]);
    assert_eq!(client.run(&["EXISTS", STREAM]), Reply::Int(0));
    client.line("CONFIG SET sessions.audit-length 10").assert_ok();
    create(&mut client, "web", "u1", &[]);
    client.line("CONFIG SET sessions.audit-length 0").assert_ok();
    assert_eq!(client.line("SESSIONS.KILLALL web"), Reply::Int(2));
    assert_eq!(entries(&mut client).len(), 1, "the stream stays");
    assert_eq!(server.info("sessions_audited"), "1");
}

#[test]
fn a_stream_is_trimmed_to_about_the_length_that_is_set() {
    let server = Server::builder().line("sessions.audit-length 100").start();
    let mut client = server.client();
    let length = |client: &mut Client| client.run(&["XLEN", STREAM]).int();
    for _ in 0..1000 {
        create(&mut client, "web", "u1", &[]);
        assert!(length(&mut client) <= 200, "a node holds at most 100 entries");
    }
    assert!(length(&mut client) >= 100);
    let newest = create(&mut client, "web", "u1", &[]);
    assert_eq!(entries(&mut client).last().expect("an entry")["sid"], sid(&newest));
    client.line("CONFIG SET sessions.audit-length 1").assert_ok();
    create(&mut client, "web", "u1", &[]);
    assert!((1..=101).contains(&length(&mut client)));
}

#[test]
fn each_app_has_a_stream_of_its_own_in_its_database_and_namespace() {
    let server = audited().line("sessions.namespace ns").start();
    let mut client = server.client();
    client.line("SELECT 3").assert_ok();
    for app in ["web", "shop"] {
        create(&mut client, app, "u1", &[]);
        assert_eq!(stored(&mut client, &format!("ns:{app}:_audit")).len(), 1, "{app}");
    }
    client.line("SELECT 0").assert_ok();
    assert_no_keys(&mut client);
}

#[test]
fn commands_in_transactions_and_scripts_are_entered_alike() {
    let server = audited().start();
    let mut client = server.client();
    client.line("MULTI").assert_ok();
    client.line("SESSIONS.CREATE web u1");
    client.line("SESSIONS.KILLALL web");
    client.line("EXEC");
    let script = "redis.call('SESSIONS.CREATE', 'web', 'u1') return redis.call('SESSIONS.KILLSOID', 'web', 'u1')";
    assert_eq!(client.run(&["EVAL", script, "0"]), Reply::Int(1));
    let all = entries(&mut client);
    let events: Vec<_> = all.iter().map(|entry| &*entry["event"]).collect();
    assert_eq!(events, ["create", "kill", "create", "kill"]);
}
