//! SAVE at the same moment as a command that ends, moves or wipes the same session. A web framework
//! saves at the end of each request; another request may have ended the session before that.

use super::race::race;
use super::times_longer;
use crate::harness::*;

pub(super) fn tries() -> usize {
    2000 * times_longer()
}

/// The token of a framework's session: as long as the SHA-256 of the framework's id in hex.
pub(super) fn token(number: usize) -> String {
    format!("{number:064x}")
}

/// A new session with `{"a":0}` as its data.
#[track_caller]
pub(super) fn made(client: &mut Client, token: &str, options: &[&str]) {
    let save = [&["SESSIONS.SAVE", "web", token, r#"{"a":0}"#], options].concat();
    assert_eq!(client.run(&save), Reply::Int(2), "{save:?}");
}

#[test]
fn nothing_killed_comes_back_through_a_save_with_xx() {
    let server = Server::start();
    let mut client = server.client();
    for round in 0..tries() {
        let token = token(round);
        let whose: &[&str] = if round % 2 == 0 { &["ID", "u:1"] } else { &[] };
        made(&mut client, &token, whose);
        let kill: &[&str] = match round % 6 {
            0 => &["SESSIONS.KILLSOID", "web", "u:1"],
            1 | 3 => &["SESSIONS.KILLALL", "web"],
            _ => &["SESSIONS.KILL", "web", &token],
        };
        let mut save = vec!["SESSIONS.SAVE", "web", &token, r#"{"a":1}"#, "XX"];
        if round % 4 > 1 {
            save.extend(["TTL", "900", "LIFETIME", "9000"]);
        }
        let replies = race(&server, &[kill, &save]);
        assert_eq!(replies[0], Reply::Int(1), "{kill:?}");
        assert!((0..=1).contains(&replies[1].int()), "{:?} with {kill:?}", replies[1]);
        assert_no_keys(&mut client);
    }
}

#[test]
fn a_save_with_xx_that_changes_the_id_comes_before_the_kill_or_not_at_all() {
    let server = Server::start();
    let mut client = server.client();
    for round in 0..tries() {
        let token = token(round);
        let (before, after): (&[&str], &[&str]) = match round % 3 {
            0 => (&["ID", "u:1"], &["XX", "ID", "u:2"]),
            1 => (&["ID", "u:1"], &["XX", "ANON"]),
            _ => (&["ANON"], &["XX", "ID", "u:2"]),
        };
        made(&mut client, &token, before);
        let kill: &[&str] = match round % 2 {
            0 => &["SESSIONS.KILLSOID", "web", "u:1"],
            _ => &["SESSIONS.KILL", "web", &token],
        };
        let save = [&["SESSIONS.SAVE", "web", &token, "{}"], after].concat();
        let replies = race(&server, &[kill, &save]);
        let lives = client.run(&["SESSIONS.EXISTS", "web", &token]).int();
        let wanted = match (round % 2, before) {
            // Neither an anonymous session nor one that has moved to another id belongs to the id.
            (0, ["ANON"]) => [0, 1, 1],
            (0, _) if lives == 1 => [0, 1, 1],
            (0, _) => [1, 0, 0],
            _ => [1, replies[1].int(), 0],
        };
        assert_eq!(
            [replies[0].int(), replies[1].int(), lives],
            wanted,
            "{kill:?}, {save:?}"
        );
        assert_whole(&mut client);
        assert_eq!(client.run(&["SESSIONS.KILL", "web", &token]).int(), lives);
        assert_no_keys(&mut client);
    }
}

#[test]
fn a_save_without_xx_at_the_moment_of_a_kill_makes_a_new_session_or_none() {
    let server = Server::start();
    let mut client = server.client();
    for round in 0..tries() {
        let token = token(round);
        made(&mut client, &token, &["ID", "u:1"]);
        client.run(&["SESSIONS.GET", "web", &token]).session();
        let replies = race(
            &server,
            &[
                &["SESSIONS.KILL", "web", &token],
                &["SESSIONS.SAVE", "web", &token, r#"{"a":1}"#],
            ],
        );
        assert_eq!(replies[0], Reply::Int(1));
        match replies[1].int() {
            // The new session has nothing of the killed one.
            2 => {
                let session = client.run(&["SESSIONS.PEEK", "web", &token]).session();
                assert_eq!((session.int("r"), session.int("w"), session.get("id")), (1, 1, None));
                assert_whole(&mut client);
                assert_eq!(client.run(&["SESSIONS.KILL", "web", &token]), Reply::Int(1));
            }
            written => assert_eq!(written, 1),
        }
        assert_no_keys(&mut client);
    }
}

#[test]
fn of_a_save_and_a_rotate_neither_is_lost_and_the_old_token_is_dead() {
    let server = Server::start();
    let mut client = server.client();
    for round in 0..tries() {
        let token = token(round);
        made(&mut client, &token, &[]);
        let xx: &[&str] = if round % 2 == 0 { &["XX"] } else { &["XX", "ID", "u:1"] };
        let save = [&["SESSIONS.SAVE", "web", &token, r#"{"a":1}"#], xx].concat();
        let replies = race(&server, &[&["SESSIONS.ROTATE", "web", &token, "ID", "u:2"], &save]);
        let new = replies[0].text();
        assert_eq!(client.run(&["SESSIONS.EXISTS", "web", &token]), Reply::Int(0));
        let session = client.run(&["SESSIONS.PEEK", "web", new]).session();
        let (data, writes) = match replies[1].int() {
            1 => (r#"{"a":1}"#, 2),
            other => (r#"{"a":0}"#, 1 + other),
        };
        let seen = (session.text("id"), session.text("d"), session.int("w"));
        assert_eq!(seen, ("u:2", data, writes));
        assert_whole(&mut client);
        assert_eq!(client.run(&["SESSIONS.KILLSOID", "web", "u:2"]), Reply::Int(1));
        assert_no_keys(&mut client);
    }
}

#[test]
fn a_session_that_a_save_has_just_refreshed_survives_the_cleanup_pass() {
    let server = Server::start();
    let mut client = server.client();
    let mut survived = 0;
    for round in 0..tries() {
        let token = token(round);
        made(&mut client, &token, &["ID", "u:1", "TTL", "100"]);
        // By the hash the session is in its last second, by the score it is overdue.
        age_everywhere(&mut client, "web", &token, 100);
        client.run(&["ZADD", "rs:SESSIONS", "1", &format!("web:{token}:u:1")]);
        let xx: &[&str] = if round % 2 == 0 { &["XX"] } else { &["XX", "ANON"] };
        let save = [&["SESSIONS.SAVE", "web", &token, "{}"], xx].concat();
        let replies = race(&server, &[&["SESSIONS.WIPE"], &save]);
        let lives = client.run(&["SESSIONS.EXISTS", "web", &token]).int();
        assert_eq!(replies[1].int(), lives, "it was saved, then wiped");
        if lives == 1 {
            assert_eq!(replies[0], Reply::Int(0));
            survived += 1;
        }
        assert_whole(&mut client);
        assert_eq!(client.run(&["SESSIONS.KILL", "web", &token]).int(), lives);
        assert_no_keys(&mut client);
    }
    assert!(survived > 0, "no session was saved in its last second");
}

#[test]
fn a_timed_out_session_is_removed_once_by_the_cleanup_pass_or_by_the_save_in_its_place() {
    let server = Server::start();
    let mut client = server.client();
    let (mut wiped, mut replaced) = (0, 0);
    for round in 0..tries() {
        let token = token(round);
        made(&mut client, &token, &["ID", "u:1", "TTL", "100"]);
        age_everywhere(&mut client, "web", &token, 200);
        let option = ["XX", "NX"][round % 2];
        let before = server.info("sessions_wiped").parse::<i64>().unwrap();
        let replies = race(
            &server,
            &[
                &["SESSIONS.WIPE"],
                &["SESSIONS.SAVE", "web", &token, r#"{"new":1}"#, option],
            ],
        );
        assert_eq!(replies[1], Reply::Int(if option == "NX" { 2 } else { 0 }));
        match replies[0].int() {
            1 => wiped += 1,
            other => {
                assert_eq!((other, option), (0, "NX"));
                replaced += 1;
            }
        }
        let after = server.info("sessions_wiped").parse::<i64>().unwrap();
        assert_eq!(after - before, 1, "counted once");
        if option == "NX" {
            let session = client.run(&["SESSIONS.PEEK", "web", &token]).session();
            assert_eq!((session.get("id"), session.int("ttl")), (None, 7200));
            assert_whole(&mut client);
            assert_eq!(client.run(&["SESSIONS.KILL", "web", &token]), Reply::Int(1));
        }
        assert_no_keys(&mut client);
    }
    assert!(wiped > 0 && replaced > 0, "{wiped} wiped, {replaced} replaced");
}
