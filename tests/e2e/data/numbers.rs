//! Stored sessions with numbers that the module would not write: unreadable, at the end of their
//! range, absurd.

use super::with_field;
use crate::harness::*;

#[test]
fn unreadable_counters_count_as_0_and_decimals_are_cut() {
    let server = Server::start();
    let mut client = server.client();
    let token = token_of('a');
    for (stored, wanted) in [("", 0), ("x", 0), ("NaN", 0), ("12.9", 12), ("3.0", 3), ("12x", 0)] {
        for field in ["r", "w"] {
            with_field(&mut client, &token, field, stored.as_bytes());
            let session = client.run(&["SESSIONS.PEEK", "web", &token]).session();
            assert_eq!(session.int(field), wanted, "{field} stored as {stored:?}");
            let command: &[&str] = if field == "r" {
                &["SESSIONS.GET", "web", &token]
            } else {
                &["SESSIONS.SET", "web", &token, r#"{"a":1}"#]
            };
            client.run(command).session();
            let after = hash_field(&mut client, "web", &token, field);
            assert_eq!(after, Some((wanted + 1).to_string()), "{field} stored as {stored:?}");
        }
    }
}

#[test]
fn a_counter_at_its_end_does_not_stop_the_server() {
    let server = Server::start();
    let mut client = server.client();
    let token = token_of('a');
    for value in [
        "9223372036854775807",
        "9223372036854775806",
        "-9223372036854775808",
        "-1",
    ] {
        with_field(&mut client, &token, "r", value.as_bytes());
        client.run(&["HSET", &format!("rs:web:{token}"), "w", value]);
        for _ in 0..3 {
            client.run(&["SESSIONS.GET", "web", &token, "JSON"]).text();
            client.run(&["SESSIONS.SET", "web", &token, r#"{"a":1}"#]).session();
        }
    }
    assert_eq!(client.run(&["PING"]), "PONG".into());
}

#[test]
fn a_hash_whose_la_or_ttl_is_unreadable_is_not_a_session() {
    let server = Server::start();
    let mut client = server.client();
    let token = token_of('a');
    for field in ["la", "ttl"] {
        for value in [&b""[..], b"x", b"NaN", b"inf", b"\xff", b"12x", b"0x10", b" ", b"1e400"] {
            with_field(&mut client, &token, field, value);
            absent(
                &mut client,
                &token,
                &format!("{field} stored as {:?}", String::from_utf8_lossy(value)),
            );
        }
        with_field(&mut client, &token, field, b"1");
        client.run(&["HDEL", &format!("rs:web:{token}"), field]);
        absent(&mut client, &token, &format!("without {field}"));
    }
    with_field(&mut client, &token, "id", b"u1");
    client.run(&["HDEL", &format!("rs:web:{token}"), "id"]);
    absent(&mut client, &token, "without id");
}

#[track_caller]
fn absent(client: &mut Client, token: &str, what: &str) {
    for command in ["GET", "PEEK", "ROTATE"] {
        let reply = client.run(&[&format!("SESSIONS.{command}"), "web", token]);
        assert_eq!(reply, Reply::Nil, "{command} of a hash {what}");
    }
    assert_eq!(
        client.run(&["SESSIONS.SET", "web", token, r#"{"a":1}"#]),
        Reply::Nil,
        "SET of a hash {what}"
    );
    assert_eq!(
        client.run(&["SESSIONS.INCR", "web", token, "a"]),
        Reply::Nil,
        "INCR of a hash {what}"
    );
    for command in ["TOUCH", "EXISTS"] {
        let reply = client.run(&[&format!("SESSIONS.{command}"), "web", token]);
        assert_eq!(reply, Reply::Int(0), "{command} of a hash {what}");
    }
    for command in ["SESSIONS.SOID web u1", "SESSIONS.SOAPP web 0"] {
        assert_eq!(
            client.line(command),
            Reply::List(vec![]),
            "{command} with a hash {what}"
        );
    }
}

#[test]
fn decimal_times_are_cut() {
    let server = Server::start();
    let mut client = server.client();
    let token = token_of('a');
    with_field(&mut client, &token, "ttl", b"500.9");
    let session = client.run(&["SESSIONS.PEEK", "web", &token]).session();
    assert_eq!(session.int("ttl"), 500);
    let la = now(&mut client);
    with_field(&mut client, &token, "la", format!("{la}.75").as_bytes());
    let session = client.run(&["SESSIONS.GET", "web", &token]).session();
    assert!((0..=2).contains(&session.int("idle")), "{session:?}");
}

#[test]
fn the_server_survives_absurd_times() {
    let server = Server::start();
    let mut client = server.client();
    let token = token_of('a');
    let absurd = [
        "99999999999999999999999",
        "9223372036854775807",
        "-9223372036854775808",
        "-1",
        "0",
        "4611686018427387904",
        "99999999999",
    ];
    for field in ["la", "ttl", "created", "until"] {
        for value in absurd {
            for no_resave in ["0", "1"] {
                with_field(&mut client, &token, field, value.as_bytes());
                client.run(&["HSET", &format!("rs:web:{token}"), "no_resave", no_resave]);
                for command in [
                    "SESSIONS.PEEK web {} JSON",
                    "SESSIONS.GET web {}",
                    "SESSIONS.TOUCH web {} TTL 315360000",
                    "SESSIONS.TOUCH web {}",
                    "SESSIONS.SET web {} {\"a\":1} JSON",
                    "SESSIONS.INCR web {} a",
                    "SESSIONS.SOID web u1",
                    "SESSIONS.SOAPP web 1000",
                    "SESSIONS.COUNT web DT 5",
                    "SESSIONS.ACTIVITY web 5",
                    "SESSIONS.USERS web 5",
                    "SESSIONS.COUNTSOID web u1 DT 5",
                    "SESSIONS.WIPE",
                ] {
                    let reply = client.line(&command.replace("{}", &token));
                    assert!(
                        !matches!(reply, Reply::Error(_)),
                        "{command} with {field} {value}: {reply:?}"
                    );
                }
                client.run(&["SESSIONS.KILLALL", "web"]).int();
                assert_no_keys(&mut client);
            }
        }
    }
}

#[test]
fn absurd_pairs_of_times_never_keep_a_cleanup_pass_from_ending() {
    let server = Server::start();
    let mut client = server.client();
    let token = token_of('a');
    let absurd = [
        "9223372036854775807",
        "-9223372036854775808",
        "-1e300",
        "1e300",
        "-1",
        "0",
        "99999999999",
    ];
    for la in absurd {
        for ttl in absurd {
            for (field, value) in [
                ("r", "1"),
                ("no_resave", "1"),
                ("until", "9223372036854775807"),
                ("until", "-1"),
            ] {
                with_field(&mut client, &token, field, value.as_bytes());
                client.run(&["HSET", &format!("rs:web:{token}"), "la", la, "ttl", ttl]);
                client.run(&["ZADD", "rs:SESSIONS", "1", &format!("web:{token}:u1")]);
                client.run(&["SESSIONS.WIPE"]).int();
                client.run(&["SESSIONS.GET", "web", &token]);
                client.run(&["SESSIONS.WIPE"]).int();
                client.run(&["SESSIONS.KILLALL", "web"]).int();
                assert_no_keys(&mut client);
            }
        }
    }
}
