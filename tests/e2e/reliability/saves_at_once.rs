//! Clients that write the same session at the same moment, by SAVE, SET and others.

use super::race::race;
use super::saves::{made, token, tries};
use crate::harness::*;

#[test]
fn of_two_saves_with_nx_one_makes_the_session() {
    let server = Server::start();
    let mut client = server.client();
    for round in 0..tries() {
        let token = token(round);
        let whose = if round % 2 == 0 { "u:1" } else { "u:2" };
        let save = |data| ["SESSIONS.SAVE", "web", &token, data, "NX", "ID", whose];
        let replies = race(&server, &[&save(r#"{"by":1}"#), &save(r#"{"by":2}"#)]);
        let winner = match (replies[0].int(), replies[1].int()) {
            (2, 0) => 1,
            (0, 2) => 2,
            other => panic!("both or none: {other:?}"),
        };
        let session = client.run(&["SESSIONS.PEEK", "web", &token]).session();
        assert_eq!((session.int("r"), session.int("w")), (1, 1));
        assert_eq!(session.text("d"), format!(r#"{{"by":{winner}}}"#));
        assert_eq!(client.run(&["SESSIONS.KILL", "web", &token]), Reply::Int(1));
        assert_no_keys(&mut client);
    }
}

#[test]
fn of_a_save_and_a_save_with_nx_the_one_without_nx_is_stored() {
    let server = Server::start();
    let mut client = server.client();
    for round in 0..tries() {
        let token = token(round);
        let replies = race(
            &server,
            &[
                &["SESSIONS.SAVE", "web", &token, r#"{"nx":1}"#, "NX"],
                &["SESSIONS.SAVE", "web", &token, r#"{"by":2}"#, "ID", "u:1"],
            ],
        );
        let session = client.run(&["SESSIONS.PEEK", "web", &token]).session();
        let writes = match (replies[0].int(), replies[1].int()) {
            (2, 1) => 2,
            (0, 2) => 1,
            other => panic!("{other:?}"),
        };
        assert_eq!((session.int("w"), session.text("id")), (writes, "u:1"));
        assert_eq!(session.text("d"), r#"{"by":2}"#);
        assert_eq!(client.run(&["SESSIONS.KILLSOID", "web", "u:1"]), Reply::Int(1));
        assert_no_keys(&mut client);
    }
}

#[test]
fn of_two_saves_that_change_the_id_one_comes_last() {
    let server = Server::start();
    let mut client = server.client();
    for round in 0..tries() {
        let token = token(round);
        made(&mut client, &token, &["ID", "u:0"]);
        let other: &[&str] = if round % 2 == 0 { &["ID", "u:2"] } else { &["ANON"] };
        let other = [&["SESSIONS.SAVE", "web", &token, r#"{"a":2}"#], other].concat();
        let one = ["SESSIONS.SAVE", "web", &token, r#"{"a":1}"#, "XX", "ID", "u:1"];
        let replies = race(&server, &[&one, &other]);
        assert_eq!(replies, [Reply::Int(1), Reply::Int(1)]);
        let session = client.run(&["SESSIONS.PEEK", "web", &token]).session();
        let id = session.get("id").map(Reply::text);
        match session.text("d") {
            r#"{"a":1}"# => assert_eq!(id, Some("u:1")),
            _ => assert_eq!(id, (round % 2 == 0).then_some("u:2")),
        }
        assert_eq!(session.int("w"), 3);
        assert_whole(&mut client);
        assert_eq!(client.run(&["SESSIONS.KILL", "web", &token]), Reply::Int(1));
        assert_no_keys(&mut client);
    }
}

#[test]
fn of_two_writers_with_the_same_w_one_gets_conflict() {
    let server = Server::start();
    let mut client = server.client();
    for round in 0..tries() {
        let token = token(round);
        made(&mut client, &token, &[]);
        let save: &[&str] = &["SESSIONS.SAVE", "web", &token, r#"{"save":1}"#, "IFW", "1"];
        let other: &[&str] = match round % 3 {
            0 => &["SESSIONS.SAVE", "web", &token, r#"{"other":1}"#, "IFW", "1", "XX"],
            1 => &[
                "SESSIONS.SAVE",
                "web",
                &token,
                r#"{"other":1}"#,
                "IFW",
                "1",
                "ID",
                "u:1",
            ],
            _ => &["SESSIONS.SET", "web", &token, r#"{"other":1}"#, "IFW", "1"],
        };
        let replies = race(&server, &[save, other]);
        let lost: Vec<bool> = replies.iter().map(|reply| reply.is_error_of("CONFLICT")).collect();
        let session = client.run(&["SESSIONS.PEEK", "web", &token]).session();
        let data = session.text("d");
        match lost[..] {
            [false, true] => assert_eq!(data, r#"{"save":1}"#),
            [true, false] => assert!(data.contains("other"), "{data}"),
            _ => panic!("both or none: {replies:?}"),
        }
        assert_eq!(session.int("w"), 2);
        assert_whole(&mut client);
        assert_eq!(client.run(&["SESSIONS.KILL", "web", &token]), Reply::Int(1));
        assert_no_keys(&mut client);
    }
    assert_eq!(server.info("sessions_conflicts"), tries().to_string());
}

const COMMANDS: [&str; 14] = [
    r#"SAVE web TOKEN {"a":1}"#,
    r#"SAVE web TOKEN {"a":2} XX ID u:1"#,
    "SAVE web TOKEN {} NX ID u:2",
    "SAVE web TOKEN {} ANON LIFETIME 900",
    r#"SAVE web TOKEN {"a":3} ID u:3 TTL 50 NORESAVE"#,
    r#"SAVE web TOKEN {"a":4} IFW 2"#,
    r#"SET web TOKEN {"b":1}"#,
    "ROTATE web TOKEN ID u:1",
    "ROTATE web TOKEN ANON",
    "KILL web TOKEN",
    "KILLSOID web u:1",
    "KILLSOID web u:2 EXCEPT TOKEN",
    "KILLALL web",
    "WIPE",
];

#[test]
fn after_many_clients_have_saved_rotated_and_killed_at_once_the_indexes_are_whole() {
    let server = Server::start();
    let mut client = server.client();
    let mut dice = Dice::new(seed());
    let tokens: Vec<String> = (0..3).map(token).collect();
    for _ in 0..tries() {
        let commands: Vec<String> = (0..4)
            .map(|_| format!("SESSIONS.{}", dice.pick(&COMMANDS)).replace("TOKEN", &tokens[dice.below(3)]))
            .collect();
        let words: Vec<Vec<&str>> = commands.iter().map(|command| command.split(' ').collect()).collect();
        let words: Vec<&[&str]> = words.iter().map(Vec::as_slice).collect();
        for (command, reply) in commands.iter().zip(race(&server, &words)) {
            let refused = matches!(&reply, Reply::Error(text) if !text.starts_with("CONFLICT "));
            assert!(!refused, "{command}: {reply:?}");
        }
        assert_whole(&mut client);
    }
}
