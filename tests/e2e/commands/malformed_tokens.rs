//! A token is what a browser sends. A text that is not a token is an unknown one and not an error.

use super::digest;
use crate::harness::*;

fn malformed() -> Vec<Vec<u8>> {
    let mut tokens: Vec<Vec<u8>> = ["", "a", "*", "undefined", "eyJ1c2VyIjoxfQ.ZQ.abc", "{a}"]
        .map(|text| text.as_bytes().to_vec())
        .into();
    tokens.extend([63, 65, 128, 100_000].map(|length| vec![b'a'; length]));
    for odd in ["-", "_", ":", " ", "\n", "\0", "{", "é"] {
        tokens.push([&vec![b'a'; 64 - odd.len()], odd.as_bytes()].concat());
    }
    tokens.push([vec![b'a'; 63], vec![0xff]].concat());
    tokens
}

/// The words of a command with the token instead of `{}`.
fn words(command: &str, token: &[u8]) -> Vec<Vec<u8>> {
    let words = command.split(' ').map(|word| match word {
        "{}" => token.to_vec(),
        word => word.as_bytes().to_vec(),
    });
    words.collect()
}

/// Every command that looks a session up by its token, its reply and what it counts as missed.
const LOOK_UPS: &[(&str, Reply, i64)] = &[
    ("SESSIONS.GET web {}", Reply::Nil, 1),
    ("SESSIONS.GET web {} JSON", Reply::Nil, 1),
    ("SESSIONS.PEEK web {}", Reply::Nil, 1),
    ("SESSIONS.PEEK web {} JSON", Reply::Nil, 1),
    ("SESSIONS.SET web {} {\"a\":1}", Reply::Nil, 1),
    ("SESSIONS.SET web {} {\"a\":1} JSON", Reply::Nil, 1),
    ("SESSIONS.INCR web {} n", Reply::Nil, 1),
    ("SESSIONS.INCR web {} n BY -5", Reply::Nil, 1),
    ("SESSIONS.TOUCH web {}", Reply::Int(0), 1),
    ("SESSIONS.TOUCH web {} TTL 60", Reply::Int(0), 1),
    ("SESSIONS.EXISTS web {}", Reply::Int(0), 1),
    ("SESSIONS.ROTATE web {}", Reply::Nil, 1),
    ("SESSIONS.ROTATE web {} ID u2", Reply::Nil, 1),
    ("SESSIONS.KILL web {}", Reply::Int(0), 0),
];

fn missed(client: &mut Client) -> i64 {
    let info = client.line("INFO sessions");
    let line = info
        .text()
        .lines()
        .find_map(|line| line.strip_prefix("sessions_missed:"));
    line.and_then(|count| count.trim().parse().ok()).expect("the counter")
}

#[test]
fn a_malformed_token_is_unknown_wherever_a_session_is_looked_up() {
    let server = Server::start();
    let mut client = server.client();
    create(&mut client, "web", "u1", &[]);
    let before = digest(&mut client);
    for token in malformed() {
        for (command, reply, counted) in LOOK_UPS {
            let earlier = missed(&mut client);
            let command = words(command, &token);
            assert_eq!(client.run(&command), *reply, "{command:?}");
            assert_eq!(missed(&mut client) - earlier, *counted, "{command:?}");
        }
    }
    assert_eq!(digest(&mut client), before);
}

#[test]
fn a_malformed_token_excepts_nothing() {
    let server = Server::start();
    let mut client = server.client();
    for token in malformed() {
        create(&mut client, "web", "u1", &[]);
        create(&mut client, "web", "u1", &[]);
        let command = words("SESSIONS.KILLSOID web u1 EXCEPT {}", &token);
        assert_eq!(client.run(&command), Reply::Int(2), "{command:?}");
        assert_no_keys(&mut client);
    }
}

#[test]
fn the_other_arguments_are_checked_before_a_malformed_token_is_unknown() {
    let server = Server::start();
    let mut client = server.client();
    for (command, error) in [
        ("SESSIONS.GET w! {}", "ERR invalid app: "),
        (
            "SESSIONS.GET web {} XML",
            "ERR syntax error: unknown option at argument 3; ",
        ),
        ("SESSIONS.SET web {} {}", "ERR invalid data: "),
        ("SESSIONS.INCR web {} n BY x", "ERR invalid n: "),
        ("SESSIONS.TOUCH web {} TTL 0", "ERR invalid ttl: "),
        ("SESSIONS.ROTATE web {} ID \t", "ERR invalid id: "),
        (
            "SESSIONS.KILLSOID web u1 EXCEPT {} ONLY 0123456789abcdef",
            "ERR syntax error: ",
        ),
    ] {
        let reply = client.run(&words(command, b"{}"));
        assert!(reply.error().starts_with(error), "{command}: {reply:?}");
    }
    assert_eq!(missed(&mut client), 0);
}
