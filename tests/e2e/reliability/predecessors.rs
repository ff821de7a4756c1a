//! One test for each known bug of redis-sessions and redisess. Where the bug is a race, clients
//! really run at the same time. `make test-peers` shows that these packages lose the same races.

use super::race::race;
use super::times_longer;
use crate::harness::*;

fn tries() -> usize {
    2000 * times_longer()
}

#[test]
fn two_sets_of_different_keys_at_once_both_stay() {
    let server = Server::start();
    let mut client = server.client();
    for _ in 0..tries() {
        let token = create(&mut client, "web", "u1", &[]);
        race(
            &server,
            &[
                &["SESSIONS.SET", "web", &token, r#"{"a":1}"#],
                &["SESSIONS.SET", "web", &token, r#"{"b":2}"#],
            ],
        );
        let session = client.run(&["SESSIONS.PEEK", "web", &token]).session();
        let data = session.text("d");
        assert!(data == r#"{"a":1,"b":2}"# || data == r#"{"b":2,"a":1}"#, "{data}");
        assert_eq!(session.int("w"), 3);
    }
}

#[test]
fn a_killed_session_stays_dead_whatever_uses_it_at_the_same_time() {
    let server = Server::start();
    let mut client = server.client();
    for round in 0..tries() {
        let token = create(&mut client, "web", "u:1", &[]);
        let other: &[&str] = match round % 5 {
            0 => &["SESSIONS.GET", "web", &token],
            1 => &["SESSIONS.SET", "web", &token, r#"{"a":1}"#],
            2 => &["SESSIONS.TOUCH", "web", &token, "TTL", "900"],
            3 => &["SESSIONS.INCR", "web", &token, "n"],
            _ => &["SESSIONS.SOID", "web", "u:1"],
        };
        let replies = race(&server, &[&["SESSIONS.KILL", "web", &token], other]);
        assert_eq!(replies[0], Reply::Int(1));
        assert_no_keys(&mut client);
    }
}

#[test]
fn of_two_kills_at_once_one_counts() {
    let server = Server::start();
    let mut client = server.client();
    for _ in 0..tries() {
        let token = create(&mut client, "web", "u1", &[]);
        let kill: &[&str] = &["SESSIONS.KILL", "web", &token];
        let mut replies = race(&server, &[kill, kill]);
        replies.sort_by_key(Reply::int);
        assert_eq!(replies, [Reply::Int(0), Reply::Int(1)]);
    }
    assert_no_keys(&mut client);
}

#[test]
fn of_a_rotate_and_a_kill_at_once_one_wins_and_nothing_is_left_between() {
    let server = Server::start();
    let mut client = server.client();
    for _ in 0..tries() {
        let token = create(&mut client, "web", "u1", &[]);
        let replies = race(
            &server,
            &[
                &["SESSIONS.KILL", "web", &token],
                &["SESSIONS.ROTATE", "web", &token, "ID", "u2"],
            ],
        );
        match (&replies[0], &replies[1]) {
            (Reply::Int(1), Reply::Nil) => {}
            (Reply::Int(0), Reply::Text(_)) => {
                let new = replies[1].text();
                assert_eq!(client.run(&["SESSIONS.KILL", "web", new]), Reply::Int(1));
            }
            other => panic!("both or none: {other:?}"),
        }
        assert_no_keys(&mut client);
    }
}

#[test]
fn a_kill_does_not_count_as_a_use() {
    let server = Server::builder().aof().start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &[]);
    age(&mut client, "web", &token, 60);
    let read = server.info("sessions_read");
    let effects = server.effects(|| {
        assert_eq!(client.run(&["SESSIONS.KILL", "web", &token]), Reply::Int(1));
    });
    let written = write_effects(&effects);
    let kept = written
        .iter()
        .find(|effect| ["HSET", "HINCRBY", "ZADD"].contains(&effect[0].as_str()));
    assert_eq!(kept, None, "{written:?}");
    assert_eq!(server.info("sessions_read"), read);
}

#[test]
fn a_create_during_the_kill_of_the_last_session_is_counted_as_active() {
    let server = Server::start();
    let mut client = server.client();
    for _ in 0..tries() {
        let token = create(&mut client, "web", "u1", &[]);
        let replies = race(
            &server,
            &[&["SESSIONS.KILL", "web", &token], &["SESSIONS.CREATE", "web", "u1"]],
        );
        assert_eq!(client.run(&["SESSIONS.ACTIVITY", "web", "60"]), Reply::Int(1));
        let new = replies[1].text();
        assert_eq!(client.run(&["SESSIONS.KILL", "web", new]), Reply::Int(1));
        assert_eq!(client.run(&["SESSIONS.ACTIVITY", "web", "60"]), Reply::Int(0));
    }
    assert_no_keys(&mut client);
}

#[test]
fn a_session_that_was_just_refreshed_survives_the_cleanup_pass() {
    let server = Server::start();
    let mut client = server.client();
    let mut survived = 0;
    for _ in 0..tries() {
        let token = create(&mut client, "web", "u:1", &["TTL", "100"]);
        // By the hash the session is in its last second, by the score it is overdue.
        age_everywhere(&mut client, "web", &token, 100);
        client.run(&["ZADD", "rs:SESSIONS", "1", &format!("web:{token}:u:1")]);
        let replies = race(&server, &[&["SESSIONS.WIPE"], &["SESSIONS.GET", "web", &token]]);
        let exists = client.run(&["SESSIONS.EXISTS", "web", &token]);
        if replies[1].is_nil() {
            // The next second began before any command used the session.
            assert_eq!(exists, Reply::Int(0));
            // In the second before, the cleanup pass may have set the score some seconds ahead.
            assert_eq!(client.run(&["SESSIONS.KILL", "web", &token]), Reply::Int(0));
        } else {
            assert_eq!(
                (&replies[0], exists),
                (&Reply::Int(0), Reply::Int(1)),
                "it was answered, then wiped"
            );
            assert_eq!(client.run(&["SESSIONS.KILL", "web", &token]), Reply::Int(1));
            survived += 1;
        }
        assert_no_keys(&mut client);
    }
    assert!(survived > 0, "no session was used in its last second");
}

#[test]
fn a_session_without_resave_loses_no_second_by_being_used() {
    let server = Server::start();
    let mut client = server.client();
    let started = in_one_second(&mut client, |client, _| {
        let token = create(client, "web", "u1", &["NORESAVE", "TTL", "1000"]);
        age(client, "web", &token, 1);
        for round in 0..100 {
            let session = match round % 3 {
                0 => client.run(&["SESSIONS.GET", "web", &token]),
                1 => client.run(&["SESSIONS.SET", "web", &token, r#"{"a":1}"#]),
                _ => client.run(&["SESSIONS.PEEK", "web", &token]),
            };
            drop(session.session());
        }
        client.run(&["SESSIONS.PEEK", "web", &token]).session().int("ttl")
    });
    assert_eq!(started, 999);
}

#[test]
fn a_set_without_resave_returns_the_number_of_writes() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &["NORESAVE", "TTL", "1000"]);
    for writes in 2..20 {
        let session = client.run(&["SESSIONS.SET", "web", &token, r#"{"a":1}"#]).session();
        assert_eq!(session.int("w"), writes);
    }
}

#[test]
fn ids_with_colons_leave_nothing_behind() {
    let server = Server::start();
    let mut client = server.client();
    for id in ["a:b", ":", "::x::", "a:b:c:d", "web:us:u1", "_sessions:x"] {
        for end in ["KILLALL", "KILLSOID", "KILL", "WIPE"] {
            let token = create(&mut client, "web", id, &["TTL", "100"]);
            let ended = match end {
                "KILLALL" => client.run(&["SESSIONS.KILLALL", "web"]),
                "KILLSOID" => client.run(&["SESSIONS.KILLSOID", "web", id]),
                "KILL" => client.run(&["SESSIONS.KILL", "web", &token]),
                _ => {
                    age_everywhere(&mut client, "web", &token, 200);
                    client.run(&["SESSIONS.WIPE"])
                }
            };
            assert_eq!(ended, Reply::Int(1), "{end} of {id}");
            assert_no_keys(&mut client);
        }
    }
}

#[test]
fn one_corrupt_d_breaks_no_command() {
    let server = Server::start();
    let mut client = server.client();
    let bad = create(&mut client, "web", "u1", &[]);
    let good = create(&mut client, "web", "u1", &[]);
    client.run(&["HSET", &format!("rs:web:{bad}"), "d", "{corrupt"]);
    assert_eq!(
        client.run(&["SESSIONS.GET", "web", &bad]).session().text("d"),
        "{corrupt"
    );
    assert_eq!(client.run(&["SESSIONS.SOID", "web", "u1"]).list().len(), 2);
    assert_eq!(client.run(&["SESSIONS.SOAPP", "web", "60"]).list().len(), 2);
    assert!(
        client
            .run(&["SESSIONS.SOAPP", "web", "60", "JSON"])
            .text()
            .contains(r#""{corrupt""#)
    );
    assert_eq!(client.run(&["SESSIONS.KILL", "web", &bad]), Reply::Int(1));
    assert_eq!(client.run(&["SESSIONS.KILL", "web", &good]), Reply::Int(1));
    assert_no_keys(&mut client);
}

#[test]
fn neither_a_missing_hash_nor_many_thousand_sessions_stop_the_cleanup_pass() {
    let server = Server::start();
    let mut client = server.client();
    super::filled::fill(&mut client, "web", 20_000, 10_000);
    for number in [1, 500, 19_999] {
        client.run(&["DEL", &format!("rs:web:{}", super::filled::token(number))]);
    }
    assert_eq!(client.run(&["SESSIONS.WIPE"]), Reply::Int(19_997));
    assert_no_keys(&mut client);
}

#[test]
fn the_index_of_ids_shrinks_with_the_last_session_of_an_id() {
    let server = Server::start();
    let mut client = server.client();
    for number in 0..500 {
        let id = format!("u:{number}");
        let tokens = [(); 2].map(|()| create(&mut client, "web", &id, &["TTL", "100"]));
        for token in &tokens {
            assert_eq!(client.run(&["SESSIONS.ACTIVITY", "web", "0"]), Reply::Int(1));
            if number % 2 == 0 {
                age_everywhere(&mut client, "web", token, 200);
                assert_eq!(client.run(&["SESSIONS.WIPE"]), Reply::Int(1));
            } else {
                assert_eq!(client.run(&["SESSIONS.KILL", "web", token]), Reply::Int(1));
            }
        }
        assert_eq!(client.run(&["SESSIONS.ACTIVITY", "web", "0"]), Reply::Int(0));
    }
    assert_no_keys(&mut client);
}

#[test]
fn no_use_brings_a_timed_out_session_back() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &["TTL", "100"]);
    age_everywhere(&mut client, "web", &token, 120);
    let before = digest(&mut client);
    for command in [
        "GET web {}",
        "SET web {} {\"a\":1}",
        "INCR web {} a",
        "TOUCH web {} TTL 500",
        "ROTATE web {}",
        "PEEK web {}",
    ] {
        let reply = client.line(&format!("SESSIONS.{}", command.replace("{}", &token)));
        assert!(reply == Reply::Nil || reply == Reply::Int(0), "{command}: {reply:?}");
    }
    assert_eq!(digest(&mut client), before);
    assert_eq!(client.run(&["SESSIONS.WIPE"]), Reply::Int(1));
    assert_whole(&mut client);
    assert_no_keys(&mut client);
}
