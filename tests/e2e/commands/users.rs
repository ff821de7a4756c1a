//! SESSIONS.USERS app dt [LIMIT offset count]

use super::{check_arguments, check_counts, check_options, check_wrong_types, digest};
use crate::harness::*;

fn planted(client: &mut Client, sessions: &[(&str, i64)]) {
    let time = now(client);
    for (letter, (id, idle)) in ('a'..).zip(sessions) {
        let la = (time - idle).to_string();
        plant(
            client,
            "web",
            &token_of(letter),
            &[("id", id), ("la", &la), ("ttl", "7200")],
        );
    }
}

fn users(client: &mut Client, arguments: &str) -> String {
    client
        .line(&format!("SESSIONS.USERS web {arguments}"))
        .texts()
        .join(" ")
}

#[test]
fn users_lists_each_id_once_most_recently_active_first() {
    let server = Server::start();
    let mut client = server.client();
    planted(
        &mut client,
        &[("a:b", 40), ("u1", 90), ("u1", 20), ("me@home", 0), ("é", 60)],
    );
    create(&mut client, "shop", "u9", &[]);
    let before = digest(&mut client);
    assert_eq!(users(&mut client, "0"), "me@home u1 a:b é");
    assert_eq!(users(&mut client, "1000"), "me@home u1 a:b é");
    assert_eq!(digest(&mut client), before);
    let none = client.run(&["SESSIONS.USERS", "other", "0"]);
    assert_eq!(none, Reply::List(vec![]));
}

#[test]
fn users_looks_back_dt_seconds_and_no_further() {
    let server = Server::start();
    let mut client = server.client();
    let answers = in_one_second(&mut client, |client, _| {
        planted(client, &[("a", 0), ("b", 50), ("c", 51), ("d", 400)]);
        ["0", "49", "50", "51", "399", "400", "51 LIMIT 1 1"].map(|dt| (dt, users(client, dt)))
    });
    let wanted = ["a b c d", "a", "a b", "a b c", "a b c", "a b c d", "b"];
    for ((dt, users), wanted) in answers.iter().zip(wanted) {
        assert_eq!(users, wanted, "USERS web {dt}");
    }
}

#[test]
fn limit_counts_ids() {
    let server = Server::start();
    let mut client = server.client();
    planted(&mut client, &[("a", 0), ("b", 20), ("b", 25), ("c", 40), ("d", 60)]);
    let cases = [
        ("0 LIMIT 0 -1", "a b c d"),
        ("0 LIMIT 0 2", "a b"),
        ("1000 limit 2 2", "c d"),
        ("0 LIMIT 3 -1", "d"),
        ("0 LIMIT 4 1", ""),
        ("0 LIMIT 1000000000 1000000000", ""),
    ];
    for (arguments, wanted) in cases {
        assert_eq!(users(&mut client, arguments), wanted, "{arguments}");
    }
}

#[test]
fn an_id_of_any_bytes_comes_back_as_it_is() {
    let server = Server::start();
    let mut client = server.client();
    let longest = "é".repeat(128);
    for id in [" ", "a b", ":", "a\"b", "\\", &longest] {
        client.run(&["FLUSHALL"]);
        create(&mut client, "web", id, &[]);
        assert_eq!(client.run(&["SESSIONS.USERS", "web", "60"]).texts(), [id]);
    }
}

#[test]
fn users_refuses_wrong_counts() {
    check_counts("SESSIONS.USERS {app} {dt}", true);
}

#[test]
fn users_refuses_wrong_arguments() {
    check_arguments("SESSIONS.USERS {app} {dt} LIMIT {offset} {count}");
    check_options(
        "SESSIONS.USERS {app} {dt}",
        &[
            ("LIMIT", "LIMIT requires two values: offset and count"),
            ("LIMIT 0", "LIMIT requires two values: offset and count"),
            ("LIMIT 0 1 LIMIT 0 1", "LIMIT is given twice"),
            ("JSON", "unknown option at argument 3"),
            ("WITHTOKENS", "unknown option at argument 3"),
        ],
    );
}

#[test]
fn users_returns_wrongtype_for_a_foreign_key() {
    check_wrong_types("SESSIONS.USERS web 0", &["_users"]);
    check_wrong_types("SESSIONS.USERS web 60", &["_users"]);
}
