//! The cleanup pass in index steps of other lengths than 10 seconds, where uses do not change the
//! score that the cleanup pass reads.

use super::{builder, due};
use crate::harness::*;
use std::time::Duration;

#[test]
fn in_steps_of_a_minute_the_cleanup_pass_comes_less_than_a_minute_late_and_never_early() {
    let server = builder(60).start();
    let mut client = server.client();
    let mut used: Vec<String> = (0..10)
        .map(|_| create(&mut client, "web", "u1", &["TTL", "200"]))
        .collect();
    used.push(create(&mut client, "web", "", &["ANON", "TTL", "200"]));
    let unused = create(&mut client, "web", "u2", &["TTL", "200"]);
    let ends = la(&mut client, "web", &unused) + 200;
    for _ in 0..5 {
        server.let_pass(Duration::from_secs(65));
        for token in &used {
            client.run(&["SESSIONS.GET", "web", token]).session();
        }
        // Where uses do not change the scores, the cleanup pass finds the scores in the past after
        // some of these rounds.
        let before = now(&mut client);
        let wiped = client.run(&["SESSIONS.WIPE"]).int();
        let after = now(&mut client);
        let is_there = client.run(&["EXISTS", &format!("rs:web:{unused}")]) == Reply::Int(1);
        assert!(is_there || after > ends, "wiped {} s early", ends - after);
        assert!(
            !is_there || before < ends + 60,
            "not wiped {} s after the end",
            before - ends
        );
        assert!(wiped <= 1, "{wiped} wiped");
        for token in &used {
            let due = due(&mut client, token, if *token == used[10] { "" } else { "u1" });
            assert!(due >= before, "a live session's score is corrected: {due} at {before}");
        }
    }
    assert_eq!(client.run(&["EXISTS", &format!("rs:web:{unused}")]), Reply::Int(0));
    server.let_pass(Duration::from_secs(190));
    for token in &used {
        assert_eq!(client.run(&["SESSIONS.EXISTS", "web", token]), Reply::Int(1));
    }
    assert_eq!(client.run(&["SESSIONS.WIPE"]), Reply::Int(0));
    server.let_pass(Duration::from_secs(71));
    assert_eq!(client.run(&["SESSIONS.WIPE"]), Reply::Int(11));
    assert_no_keys(&mut client);
}

#[test]
fn in_steps_of_a_second_the_cleanup_pass_is_not_late() {
    let server = builder(1).start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &["TTL", "50"]);
    server.let_pass(Duration::from_secs(20));
    client.run(&["SESSIONS.GET", "web", &token]).session();
    server.let_pass(Duration::from_secs(40));
    assert_eq!(client.run(&["SESSIONS.WIPE"]), Reply::Int(0));
    client.run(&["SESSIONS.PEEK", "web", &token]).session();
    server.let_pass(Duration::from_secs(11));
    assert_eq!(client.run(&["SESSIONS.WIPE"]), Reply::Int(1));
    assert_no_keys(&mut client);
}

#[test]
fn the_timed_pass_ends_what_uses_have_left_behind_in_steps_of_a_minute() {
    let timed = builder(60).line("sessions.wipe-interval 10");
    let server = timed.start();
    let mut client = server.client();
    let tokens: Vec<String> = (0..30)
        .map(|_| create(&mut client, "web", "u1", &["TTL", "100"]))
        .collect();
    for _ in 0..4 {
        server.let_pass(Duration::from_secs(90));
        for token in &tokens {
            client.run(&["SESSIONS.GET", "web", token]).session();
        }
    }
    server.let_pass(Duration::from_secs(161));
    server.let_pass(Duration::from_secs(10));
    wait_until(GENEROUS, "the passes have wiped all", || {
        client.run(&["DBSIZE"]) == Reply::Int(0)
    });
    assert_eq!(server.info("sessions_wiped"), "30");
}
