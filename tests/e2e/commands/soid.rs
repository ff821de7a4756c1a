//! SESSIONS.SOID app id [ONLY sid] [DT seconds] [ASC | DESC] [LIMIT offset count] [NODATA]
//! [WITHTOKENS] [JSON]

use super::{check_arguments, check_counts, check_options, check_wrong_types, digest};
use crate::harness::*;

/// Sessions of `u:1`, each a letter and how long it has been idle.
fn planted(client: &mut Client, sessions: &[(char, i64)]) {
    let time = now(client);
    for (letter, idle) in sessions {
        let la = (time - idle).to_string();
        let fields = [("id", "u:1"), ("r", "1"), ("w", "1"), ("la", &la), ("ttl", "500")];
        plant(client, "web", &token_of(*letter), &fields);
    }
}

/// The letters of the returned sessions, in order.
fn letters(client: &mut Client, options: &str) -> String {
    let reply = client.line(&format!("SESSIONS.SOID web u:1 {options} WITHTOKENS"));
    reply
        .sessions()
        .iter()
        .map(|session| session.text("token").chars().next().unwrap())
        .collect()
}

#[test]
fn soid_lists_the_ids_sessions_most_recently_active_first() {
    let server = Server::start();
    let mut client = server.client();
    planted(&mut client, &[('b', 20), ('a', 300), ('d', 10), ('c', 21)]);
    create(&mut client, "web", "u", &[]);
    create(&mut client, "shop", "u:1", &[]);
    assert_eq!(letters(&mut client, ""), "dbca");
    assert_eq!(letters(&mut client, "DESC"), "dbca");
    assert_eq!(letters(&mut client, "ASC"), "acbd");
}

#[test]
fn sessions_of_the_same_second_come_by_token() {
    let server = Server::start();
    let mut client = server.client();
    planted(
        &mut client,
        &[('b', 20), ('a', 20), ('B', 20), ('0', 20), ('z', 10), ('y', 30)],
    );
    assert_eq!(letters(&mut client, ""), "z0Baby");
    assert_eq!(letters(&mut client, "ASC"), "y0Babz");
}

#[test]
fn soid_omits_timed_out_sessions_and_invalid_hashes() {
    let server = Server::start();
    let mut client = server.client();
    planted(
        &mut client,
        &[('a', 1), ('b', 502), ('c', 3), ('d', 4), ('e', 5), ('f', 6)],
    );
    client.run(&["DEL", &format!("rs:web:{}", token_of('c'))]);
    client.run(&["HDEL", &format!("rs:web:{}", token_of('d')), "id"]);
    client.run(&["HSET", &format!("rs:web:{}", token_of('e')), "id", "somebody else"]);
    client.run(&["SADD", "rs:web:us:u:1", "rubbish", "", "a:b"]);
    let before = digest(&mut client);
    assert_eq!(letters(&mut client, ""), "af");
    assert_eq!(digest(&mut client), before, "SOID changes nothing");
}

#[test]
fn dt_keeps_the_sessions_active_within_it() {
    let server = Server::start();
    let mut client = server.client();
    let cases = in_one_second(&mut client, |client, _| {
        planted(client, &[('a', 0), ('b', 50), ('c', 51), ('d', 400)]);
        [
            "DT 0",
            "DT 49",
            "dt 50",
            "DT 51",
            "DT 315360000",
            "DT 50 ASC",
            "ASC DT 50",
            "DT 50 LIMIT 1 1",
        ]
        .map(|options| (options, letters(client, options)))
    });
    let wanted = ["abcd", "a", "ab", "abc", "abcd", "ba", "ba", "b"];
    for ((options, letters), wanted) in cases.iter().zip(wanted) {
        assert_eq!(letters, wanted, "{options}");
    }
}

#[test]
fn limit_counts_live_matching_sessions() {
    let server = Server::start();
    let mut client = server.client();
    planted(
        &mut client,
        &[('a', 1), ('x', 502), ('b', 20), ('c', 30), ('y', 600), ('d', 40)],
    );
    let cases = [
        ("LIMIT 0 -1", "abcd"),
        ("LIMIT 0 2", "ab"),
        ("limit 2 2", "cd"),
        ("LIMIT 1 -1", "bcd"),
        ("LIMIT 3 9", "d"),
        ("LIMIT 4 1", ""),
        ("LIMIT 1000000000 1000000000", ""),
        ("ASC LIMIT 0 1", "d"),
        ("LIMIT 0 1 ASC", "d"),
        ("DESC LIMIT 0 1", "a"),
        ("ASC LIMIT 3 5", "a"),
    ];
    for (options, wanted) in cases {
        assert_eq!(letters(&mut client, options), wanted, "{options}");
    }
}

#[test]
fn only_lists_just_the_session_with_that_sid() {
    let server = Server::start();
    let mut client = server.client();
    let answers = in_one_second(&mut client, |client, _| {
        let other = create(client, "web", "somebody", &[]);
        planted(client, &[('a', 0), ('b', 50), ('c', 502), ('d', 5)]);
        let mut sid = |token: &str| {
            let session = client.run(&["SESSIONS.PEEK", "web", token]).session();
            session.text("sid").to_owned()
        };
        let (others, b) = (sid(&other), sid(&token_of('b')));
        // printf 'a%.0s' {1..64} | sha256sum
        let (a, timed_out) = ("ffe054fe7ae0cb6d", "52b6419d27bd7f54");
        [
            format!("ONLY {a}"),
            format!("only {b}"),
            format!("ONLY {b} DT 49"),
            format!("DT 50 ONLY {b} ASC"),
            format!("LIMIT 0 1 ONLY {b}"),
            format!("LIMIT 1 1 ONLY {b}"),
            format!("ONLY {b} NODATA"),
            "ONLY 0000000000000000".to_owned(),
            format!("ONLY {others}"),
            format!("ONLY {timed_out}"),
        ]
        .map(|options| letters(client, &options))
    });
    assert_eq!(answers, ["a", "b", "", "b", "b", "", "b", "", "", ""]);
    let json = client.line("SESSIONS.SOID web u:1 ONLY 0000000000000000 JSON");
    assert_eq!(json, "[]".into());
}

#[test]
fn only_finds_one_of_very_many_sessions() {
    let server = Server::start();
    let mut client = server.client();
    let many = Planted {
        count: 5000,
        ..Planted::default()
    };
    many.plant(&mut client);
    let token = create(&mut client, "web", "u:0", &["IP", "::1", "DATA", r#"{"a":1}"#]);
    let peeked = client.run(&["SESSIONS.PEEK", "web", &token]).session();
    let sid = peeked.text("sid");
    let found = client.run(&["SESSIONS.SOID", "web", "u:0", "ONLY", sid]).sessions();
    assert_eq!((found.len(), found[0].text("sid")), (1, sid));
    assert_eq!((found[0].text("ip"), found[0].text("d")), ("::1", r#"{"a":1}"#));
    let rotated = client.run(&["SESSIONS.ROTATE", "web", &token]);
    assert!(is_token(rotated.text()), "{rotated:?}");
    let gone = client.run(&["SESSIONS.SOID", "web", "u:0", "ONLY", sid]);
    assert_eq!(gone, Reply::List(vec![]));
}

#[test]
fn nothing_to_list_is_an_empty_array() {
    let server = Server::start();
    for mut client in [server.client(), server.client_resp3()] {
        for id in ["nobody", "u:1"] {
            assert_eq!(client.run(&["SESSIONS.SOID", "web", id]), Reply::List(vec![]));
            assert_eq!(client.run(&["SESSIONS.SOID", "web", id, "JSON"]), "[]".into());
        }
        let token = create(&mut client, "web", "u:1", &["TTL", "100"]);
        age(&mut client, "web", &token, 101);
    }
}

#[test]
fn soid_refuses_wrong_counts() {
    check_counts("SESSIONS.SOID {app} {owner}", true);
}

#[test]
fn soid_refuses_wrong_arguments() {
    check_arguments("SESSIONS.SOID {app} {owner} ONLY {sid} DT {dt} LIMIT {offset} {count}");
    check_options(
        "SESSIONS.SOID {app} {owner}",
        &[
            ("ONLY", "ONLY requires a value"),
            ("ONLY 0123456789abcdef ONLY 0123456789abcdef", "ONLY is given twice"),
            ("DT", "DT requires a value"),
            ("LIMIT", "LIMIT requires two values: offset and count"),
            ("LIMIT 0", "LIMIT requires two values: offset and count"),
            ("ASC DESC", "ASC and DESC cannot be combined"),
            ("DESC ASC", "DESC and ASC cannot be combined"),
            ("ASC ASC", "ASC is given twice"),
            ("DESC DESC", "DESC is given twice"),
            ("DT 1 DT 1", "DT is given twice"),
            ("LIMIT 0 1 LIMIT 0 1", "LIMIT is given twice"),
            ("JSON JSON", "JSON is given twice"),
            ("NODATA NODATA", "NODATA is given twice"),
            ("WITHTOKENS WITHTOKENS", "WITHTOKENS is given twice"),
            ("LIMIT 0 1 2", "unknown option at argument 6"),
            ("TTL 5", "unknown option at argument 3"),
        ],
    );
}

#[test]
fn soid_returns_wrongtype_for_a_foreign_key() {
    check_wrong_types("SESSIONS.SOID web u1", &["us"]);
}
