//! SESSIONS.CREATE app id [ANON] [IP ip] [UA ua] [TTL s] [NORESAVE] [LIFETIME s] [MAX n [REJECT]]
//! [DATA json]

use super::{assert_plain, check_arguments, check_counts, check_options, check_wrong_types};
use crate::harness::*;
use std::collections::HashSet;

#[test]
fn create_stores_the_session_and_all_its_indexes() {
    let server = Server::start();
    let mut client = server.client();
    let before = now(&mut client);
    let token = create(&mut client, "web", "u1", &[]);
    let la = la(&mut client, "web", &token);
    assert!((before..=now(&mut client)).contains(&la));
    let la_text = la.to_string();
    let wanted = [
        ("created", la_text.as_str()),
        ("id", "u1"),
        ("la", &la_text),
        ("r", "1"),
        ("ttl", "7200"),
        ("w", "1"),
    ];
    let fields = hash(&mut client, "web", &token);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert_eq!(fields, wanted);
    let member = format!("{token}:u1");
    assert_eq!(score(&mut client, "rs:web:_sessions", &member), Some(la));
    assert_eq!(score(&mut client, "rs:web:_users", "u1"), Some(la));
    let wipe_at = wipe_score(&token, la, 7200);
    assert_eq!(
        score(&mut client, "rs:SESSIONS", &format!("web:{member}")),
        Some(wipe_at)
    );
    assert_eq!(client.run(&["SMEMBERS", "rs:web:us:u1"]).texts(), [token.as_str()]);
    assert_eq!(client.run(&["DBSIZE"]), Reply::Int(5));
    for key in client.run(&["KEYS", "*"]).texts() {
        assert_eq!(client.run(&["TTL", key]), Reply::Int(-1), "{key} has a Redis TTL");
    }
}

#[test]
fn create_stores_every_option_in_any_order_and_case() {
    let server = Server::start();
    let mut client = server.client();
    let orders: [&[&str]; 3] = [
        &[
            "IP",
            "10.0.0.1",
            "UA",
            "Mozilla/5.0 (X11)",
            "TTL",
            "100",
            "NORESAVE",
            "LIFETIME",
            "50",
            "DATA",
            r#"{"a":"b"}"#,
        ],
        &[
            "data",
            r#"{"a":"b"}"#,
            "lifetime",
            "50",
            "noresave",
            "ttl",
            "100",
            "ip",
            "10.0.0.1",
            "ua",
            "Mozilla/5.0 (X11)",
        ],
        &[
            "uA",
            "Mozilla/5.0 (X11)",
            "NoResave",
            "Ip",
            "10.0.0.1",
            "Data",
            r#"{"a":"b"}"#,
            "tTl",
            "0100",
            "LifeTime",
            "050",
        ],
    ];
    for options in orders {
        let token = create(&mut client, "web", "u1", options);
        let la = la(&mut client, "web", &token);
        let (la_text, until) = (la.to_string(), (la + 50).to_string());
        let wanted = [
            ("created", la_text.as_str()),
            ("d", r#"{"a":"b"}"#),
            ("id", "u1"),
            ("ip", "10.0.0.1"),
            ("la", &la_text),
            ("no_resave", "1"),
            ("r", "1"),
            ("ttl", "100"),
            ("ua", "Mozilla/5.0 (X11)"),
            ("until", &until),
            ("w", "1"),
        ];
        let fields = hash(&mut client, "web", &token);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(fields, wanted, "{options:?}");
        let wipe_at = score(&mut client, "rs:SESSIONS", &format!("web:{token}:u1"));
        assert_eq!(wipe_at, Some(la + 50), "{options:?}");
    }
}

#[test]
fn the_cleanup_pass_looks_at_a_session_at_the_end_of_its_step_or_exactly_at_its_end() {
    let server = Server::start();
    let mut client = server.client();
    type Case<'a> = (&'a [&'a str], fn(&str, i64) -> i64);
    let cases: [Case<'_>; 5] = [
        (&["TTL", "100"], |token, la| wipe_score(token, la, 100)),
        (&["TTL", "100", "NORESAVE"], |_, la| la + 100),
        (&["TTL", "100", "LIFETIME", "60"], |_, la| la + 60),
        (&["TTL", "100", "LIFETIME", "1000"], |token, la| {
            wipe_score(token, la, 100)
        }),
        (&["TTL", "100", "LIFETIME", "1000", "NORESAVE"], |_, la| la + 100),
    ];
    for (options, wanted) in cases {
        for _ in 0..10 {
            let token = create(&mut client, "web", "u1", options);
            let la = la(&mut client, "web", &token);
            let stored = score(&mut client, "rs:SESSIONS", &format!("web:{token}:u1"));
            assert_eq!(stored, Some(wanted(&token, la)), "{options:?} {token} la {la}");
        }
    }
}

#[test]
fn create_drops_null_values_and_stores_no_empty_data() {
    let server = Server::start();
    let mut client = server.client();
    let cases = [
        ("{}", None),
        (" { } ", None),
        (r#"{"a":null}"#, None),
        (r#"{"a":null,"b":1,"c":null}"#, Some(r#"{"b":1}"#)),
        (r#" { "a" : 1 , "b" : "x y" } "#, Some(r#"{"a":1,"b":"x y"}"#)),
    ];
    for (data, stored) in cases {
        let token = create(&mut client, "web", "u1", &["DATA", data]);
        let d = hash_field(&mut client, "web", &token, "d");
        assert_eq!(d.as_deref(), stored, "DATA {data}");
    }
}

#[test]
fn ids_of_any_text_are_stored_as_given() {
    let server = Server::start();
    let mut client = server.client();
    let longest = "é".repeat(128);
    for id in [
        "a:b",
        ":",
        "::x:",
        "me@example.org",
        "a b",
        " ",
        "{x}",
        "😀",
        "%s",
        "_users",
        &longest,
    ] {
        let token = create(&mut client, "web", id, &[]);
        assert_eq!(hash_field(&mut client, "web", &token, "id").as_deref(), Some(id));
        assert!(score(&mut client, "rs:web:_sessions", &format!("{token}:{id}")).is_some());
        assert!(score(&mut client, "rs:web:_users", id).is_some());
        assert!(score(&mut client, "rs:SESSIONS", &format!("web:{token}:{id}")).is_some());
        let users = client.run(&["SMEMBERS", &format!("rs:web:us:{id}")]);
        assert_eq!(users.texts(), [token.as_str()]);
        assert_eq!(slot(&token), slot(id), "{token} for {id:?}");
        assert_eq!(client.run(&["SESSIONS.KILL", "web", &token]), Reply::Int(1), "{id:?}");
        assert_no_keys(&mut client);
    }
}

#[test]
fn tokens_are_in_the_slot_of_their_id_and_never_repeat() {
    let server = Server::start();
    let mut client = server.client();
    let mut seen = HashSet::new();
    for number in 0..2000 {
        let id = match number % 4 {
            0 => format!("user{number}"),
            1 => format!("{{group}}{number}"),
            2 => format!("{{}}{number}"),
            _ => format!("a{{{number}}}b"),
        };
        let token = create(&mut client, "web", &id, &[]);
        assert_eq!(slot(&token), slot(&id), "{token} for {id}");
        assert!(seen.insert(token), "a token was drawn twice");
    }
}

#[test]
fn a_second_session_never_lowers_the_ids_score() {
    let server = Server::start();
    let mut client = server.client();
    create(&mut client, "web", "u1", &[]);
    let ahead = now(&mut client) + 1000;
    client.run(&["ZADD", "rs:web:_users", &ahead.to_string(), "u1"]);
    create(&mut client, "web", "u1", &[]);
    assert_eq!(score(&mut client, "rs:web:_users", "u1"), Some(ahead));
}

#[test]
fn create_reaches_the_aof_as_plain_commands_in_one_transaction() {
    let server = Server::builder().aof().start();
    let mut client = server.client();
    create(&mut client, "web", "u0", &[]);
    let mut token = String::new();
    let effects = server.effects(|| {
        token = create(&mut client, "web", "u1", &["DATA", r#"{"a":1}"#]);
    });
    assert_plain(&effects);
    let mut keys: Vec<String> = write_effects(&effects)
        .into_iter()
        .map(|effect| effect[1].clone())
        .collect();
    keys.sort();
    let hash = format!("rs:web:{token}");
    let mut wanted = [
        "rs:SESSIONS",
        "rs:web:_sessions",
        "rs:web:_users",
        "rs:web:us:u1",
        &hash,
    ];
    wanted.sort();
    assert_eq!(keys, wanted, "{effects:?}");
}

#[test]
fn create_refuses_wrong_counts() {
    check_counts("SESSIONS.CREATE {app} {id}", true);
}

#[test]
fn create_refuses_wrong_arguments() {
    check_arguments("SESSIONS.CREATE {app} {id}");
    check_arguments("SESSIONS.CREATE {app} {id} IP {ip} TTL {ttl} LIFETIME {lifetime} MAX {max}");
    check_arguments("SESSIONS.CREATE {app} {id} REJECT MAX {max}");
    check_options(
        "SESSIONS.CREATE {app} {id}",
        &[
            ("IP", "IP requires a value"),
            ("UA", "UA requires a value"),
            ("TTL", "TTL requires a value"),
            ("LIFETIME", "LIFETIME requires a value"),
            ("DATA", "DATA requires a value"),
            ("JSON", "unknown option at argument 3"),
            ("NORESAVE NORESAVE", "NORESAVE is given twice"),
            ("NORESAVE 1", "unknown option at argument 4"),
            ("TTL 5 TTL 5", "TTL is given twice"),
            ("IP ::1 IP ::1", "IP is given twice"),
            ("UA x ua y", "UA is given twice"),
            ("LIFETIME 5 NORESAVE LIFETIME 5", "LIFETIME is given twice"),
            ("DATA {} DATA {}", "DATA is given twice"),
            ("TTL 5 LIFETIME", "LIFETIME requires a value"),
            ("MAX", "MAX requires a value"),
            ("MAX 3 4", "unknown option at argument 5"),
            ("MAX 3 MAX 3", "MAX is given twice"),
            ("MAX 3 REJECT MAX 3", "MAX is given twice"),
            ("reject MAX 3 REJECT", "REJECT is given twice"),
            ("REJECT", "REJECT requires MAX"),
            ("TTL 0 reject", "REJECT requires MAX"),
            ("MAX 3 ANON", "ANON and MAX cannot be combined"),
            ("ANON REJECT MAX 0", "ANON and MAX cannot be combined"),
            ("DATA {} X", "unknown option at argument 5"),
        ],
    );
}

#[test]
fn create_checks_the_syntax_first_then_the_arguments_as_the_syntax_lists_them() {
    let server = Server::start();
    let mut client = server.client();
    let cases: [(&[&str], &str); 7] = [
        (&["a b", "", "TTL", "0"], "ERR invalid app"),
        (&["web", "", "TTL", "0"], "ERR invalid id"),
        (&["web", "u1", "TTL", "0", "DATA", "x"], "ERR invalid ttl"),
        (&["web", "u1", "TTL", "0", "IP", "\n"], "ERR invalid ip"),
        (&["web", "u1", "DATA", "x", "LIFETIME", "1"], "ERR invalid data"),
        (&["a b", "u1", "DATA", "x", "FOO"], "ERR syntax error"),
        (&["web", "u1", "TTL", "5", "TTL", "x"], "ERR syntax error"),
    ];
    for (arguments, wanted) in cases {
        let reply = client.run(&[&["SESSIONS.CREATE"], arguments].concat());
        assert!(reply.error().starts_with(wanted), "{arguments:?}: {reply:?}");
    }
    assert_no_keys(&mut client);
}

#[test]
fn create_with_a_key_of_the_wrong_type_writes_nothing() {
    check_wrong_types(
        "SESSIONS.CREATE web u1 DATA {\"a\":1}",
        &["_sessions", "_users", "us", "SESSIONS"],
    );
}
