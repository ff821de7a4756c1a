//! SESSIONS.SOAPP app dt [LIMIT offset count] [NODATA] [WITHTOKENS] [JSON]

use super::{check_arguments, check_counts, check_options, check_wrong_types, digest};
use crate::harness::*;

/// Sessions of different ids, each a letter and how long it has been idle.
fn planted(client: &mut Client, sessions: &[(char, i64)]) {
    let time = now(client);
    for (letter, idle) in sessions {
        let la = (time - idle).to_string();
        let id = format!("id:{letter}");
        let fields = [("id", id.as_str()), ("r", "1"), ("w", "1"), ("la", &la), ("ttl", "500")];
        plant(client, "web", &token_of(*letter), &fields);
    }
}

fn letters(client: &mut Client, arguments: &str) -> String {
    let reply = client.line(&format!("SESSIONS.SOAPP web {arguments} WITHTOKENS"));
    reply
        .sessions()
        .iter()
        .map(|session| session.text("token").chars().next().unwrap())
        .collect()
}

#[test]
fn soapp_lists_the_apps_sessions_most_recently_active_first() {
    let server = Server::start();
    let mut client = server.client();
    planted(&mut client, &[('b', 20), ('a', 300), ('d', 0), ('c', 40)]);
    create(&mut client, "shop", "u1", &[]);
    assert_eq!(letters(&mut client, "0"), "dbca");
    let ids: Vec<String> = client
        .run(&["SESSIONS.SOAPP", "web", "0"])
        .sessions()
        .iter()
        .map(|session| session.text("id").to_owned())
        .collect();
    assert_eq!(ids, ["id:d", "id:b", "id:c", "id:a"]);
}

#[test]
fn soapp_keeps_the_sessions_active_within_dt() {
    let server = Server::start();
    let mut client = server.client();
    let answers = in_one_second(&mut client, |client, _| {
        planted(client, &[('a', 0), ('b', 50), ('c', 51), ('d', 400)]);
        ["0", "49", "50", "51", "399", "400", "315360000", "50 LIMIT 1 1"].map(|dt| (dt, letters(client, dt)))
    });
    let wanted = ["abcd", "a", "ab", "abc", "abc", "abcd", "abcd", "b"];
    for ((dt, letters), wanted) in answers.iter().zip(wanted) {
        assert_eq!(letters, wanted, "SOAPP web {dt}");
    }
}

#[test]
fn soapp_omits_timed_out_sessions_and_invalid_hashes() {
    let server = Server::start();
    let mut client = server.client();
    planted(
        &mut client,
        &[('a', 0), ('b', 502), ('c', 20), ('d', 30), ('e', 40), ('f', 50)],
    );
    client.run(&["DEL", &format!("rs:web:{}", token_of('c'))]);
    client.run(&["HDEL", &format!("rs:web:{}", token_of('d')), "id"]);
    client.run(&["HSET", &format!("rs:web:{}", token_of('e')), "id", "somebody else"]);
    let time = now(&mut client).to_string();
    for rubbish in ["", ":", "x", "x:y", "no token:u1", "\n"] {
        client.run(&["ZADD", "rs:web:_sessions", &time, rubbish]);
    }
    let before = digest(&mut client);
    assert_eq!(letters(&mut client, "0"), "af");
    assert_eq!(letters(&mut client, "1000"), "af");
    assert_eq!(digest(&mut client), before, "SOAPP changes nothing");
}

#[test]
fn limit_counts_live_matching_sessions() {
    let server = Server::start();
    let mut client = server.client();
    planted(&mut client, &[('a', 0), ('x', 502), ('b', 20), ('c', 40), ('d', 60)]);
    client.run(&["HDEL", &format!("rs:web:{}", token_of('b')), "id"]);
    let cases = [
        ("0 LIMIT 0 -1", "acd"),
        ("0 LIMIT 0 2", "ac"),
        ("1000 limit 1 1", "c"),
        ("0 LIMIT 1 -1", "cd"),
        ("0 LIMIT 2 9", "d"),
        ("0 LIMIT 3 1", ""),
        ("0 LIMIT 1000000000 1000000000", ""),
    ];
    for (arguments, wanted) in cases {
        assert_eq!(letters(&mut client, arguments), wanted, "{arguments}");
    }
}

#[test]
fn nothing_to_list_is_an_empty_array() {
    let server = Server::start();
    for mut client in [server.client(), server.client_resp3()] {
        assert_eq!(client.run(&["SESSIONS.SOAPP", "web", "0"]), Reply::List(vec![]));
        assert_eq!(client.run(&["SESSIONS.SOAPP", "web", "60", "JSON"]), "[]".into());
    }
}

#[test]
fn soapp_refuses_wrong_counts() {
    check_counts("SESSIONS.SOAPP {app} {dt}", true);
}

#[test]
fn soapp_refuses_wrong_arguments() {
    check_arguments("SESSIONS.SOAPP {app} {dt} LIMIT {offset} {count}");
    check_options(
        "SESSIONS.SOAPP {app} {dt}",
        &[
            ("LIMIT", "LIMIT requires two values: offset and count"),
            ("LIMIT 0", "LIMIT requires two values: offset and count"),
            ("ASC", "unknown option at argument 3"),
            ("DESC", "unknown option at argument 3"),
            ("DT 5", "unknown option at argument 3"),
            ("LIMIT 0 1 LIMIT 0 1", "LIMIT is given twice"),
            ("JSON JSON", "JSON is given twice"),
            ("NODATA NODATA", "NODATA is given twice"),
            ("WITHTOKENS WITHTOKENS", "WITHTOKENS is given twice"),
        ],
    );
}

#[test]
fn soapp_returns_wrongtype_for_a_foreign_key() {
    check_wrong_types("SESSIONS.SOAPP web 0", &["_sessions"]);
    check_wrong_types("SESSIONS.SOAPP web 60", &["_sessions"]);
}
