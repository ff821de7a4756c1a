//! What ROTATE can change in addition to the token: the log-in of a visitor in one command.

use super::{assert_plain, check_arguments, check_options, check_wrong_types, digest};
use crate::harness::*;

#[track_caller]
fn rotate(client: &mut Client, token: &str, options: &[&str]) -> String {
    let command = [&["SESSIONS.ROTATE", "web", token], options].concat();
    client.run(&command).text().to_owned()
}

#[track_caller]
fn peek(client: &mut Client, token: &str) -> Session {
    client.run(&["SESSIONS.PEEK", "web", token]).session()
}

#[test]
fn a_visitor_logs_in_by_one_command() {
    let server = Server::start();
    let mut client = server.client();
    let options = ["ANON", "IP", "::1", "TTL", "1800", "DATA", r#"{"cart":3,"seen":1}"#];
    let visitors = create(&mut client, "web", "", &options);
    age(&mut client, "web", &visitors, 60);
    let start = now(&mut client);
    let login = [
        "IP",
        "203.0.113.7",
        "UA",
        "curl/8.0",
        "TTL",
        "7200",
        "LIFETIME",
        "604800",
    ];
    let data = ["ID", "u1", "DATA", r#"{"seen":null,"lang":"en"}"#];
    let token = rotate(&mut client, &visitors, &[&data[..], &login].concat());
    let session = peek(&mut client, &token);
    assert_eq!(
        (session.text("id"), session.text("ip"), session.text("ua")),
        ("u1", "203.0.113.7", "curl/8.0")
    );
    assert_eq!((session.int("r"), session.int("w"), session.int("ttl")), (1, 2, 7200));
    assert!((start + 604_800..=now(&mut client) + 604_800).contains(&session.int("until")));
    assert_eq!(session.text("d"), r#"{"cart":3,"lang":"en"}"#);
    assert_eq!(slot(&token), slot("u1"));
    assert_whole(&mut client);
    client.run(&["SESSIONS.KILL", "web", &token]);
    assert_no_keys(&mut client);
}

#[test]
fn without_data_w_stays_and_an_empty_object_stores_no_data() {
    let server = Server::start();
    let mut client = server.client();
    let mut token = create(&mut client, "web", "u1", &["IP", "::1", "UA", "curl/8.0", "TTL", "500"]);
    for options in [&[][..], &["DATA", "{}"], &["TTL", "500"]] {
        token = rotate(&mut client, &token, options);
        let session = peek(&mut client, &token);
        assert_eq!((session.int("w"), session.int("ttl"), session.get("d")), (1, 500, None));
        assert_eq!((session.text("ip"), session.text("ua")), ("::1", "curl/8.0"));
    }
    token = rotate(&mut client, &token, &["IP", "", "UA", ""]);
    let session = peek(&mut client, &token);
    assert_eq!((session.get("ip"), session.get("ua")), (None, None));
}

#[test]
fn with_anon_the_session_belongs_to_nobody_and_stays_in_the_slot_of_its_token() {
    let server = Server::start();
    let mut client = server.client();
    let users = create(&mut client, "web", "u1", &["DATA", r#"{"cart":3}"#]);
    let other = create(&mut client, "web", "u1", &[]);
    let visitors = rotate(&mut client, &users, &["ANON"]);
    assert_eq!(slot(&visitors), slot(&users));
    let session = peek(&mut client, &visitors);
    assert_eq!((session.get("id"), session.text("d")), (None, r#"{"cart":3}"#));
    assert_eq!(client.run(&["SESSIONS.COUNTSOID", "web", "u1"]), Reply::Int(1));
    client.run(&["SESSIONS.KILL", "web", &other]);
    assert_eq!(client.run(&["SESSIONS.USERS", "web", "0"]), Reply::List(vec![]));
    // An anonymous session that is rotated stays one.
    let again = rotate(&mut client, &visitors, &[]);
    assert_eq!(peek(&mut client, &again).get("id"), None);
    assert_whole(&mut client);
}

#[test]
fn a_rotate_whose_data_is_refused_changes_nothing() {
    let server = Server::builder().line("sessions.max-data-bytes 64").start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &["DATA", r#"{"a":1}"#]);
    let broken = create(&mut client, "web", "u1", &[]);
    client.run(&["HSET", &format!("rs:web:{broken}"), "d", "[1]"]);
    let large = format!(r#"{{"x":"{}"}}"#, "x".repeat(60));
    let before = digest(&mut client);
    for (token, data, error) in [
        (&token, large.as_str(), "ERR data too large: at most 64 bytes"),
        (&token, "[1]", "ERR invalid data: must be a JSON object"),
        (
            &broken,
            r#"{"a":1}"#,
            "ERR stored data is not a JSON object of at most 32 levels: replace it with SAVE",
        ),
    ] {
        let reply = client.run(&["SESSIONS.ROTATE", "web", token, "ID", "u2", "DATA", data]);
        assert!(reply.error().starts_with(error), "{data}: {reply:?}");
        assert_eq!(digest(&mut client), before, "{data}");
    }
    // Without DATA, stored data that is not an object is kept.
    let new = rotate(&mut client, &broken, &["ID", "u2", "TTL", "50"]);
    assert_eq!(peek(&mut client, &new).text("d"), "[1]");
}

#[test]
fn rotate_with_options_reaches_the_aof_as_plain_commands_in_one_transaction() {
    let server = Server::builder().aof().start();
    let mut client = server.client();
    let visitors = create(&mut client, "web", "", &["ANON", "UA", "curl/8.0"]);
    let options = [
        "ID",
        "u1",
        "IP",
        "::1",
        "UA",
        "",
        "TTL",
        "50",
        "LIFETIME",
        "60",
        "DATA",
        r#"{"a":1}"#,
    ];
    let effects = server.effects(|| {
        rotate(&mut client, &visitors, &options);
    });
    assert_plain(&effects);
    assert_whole(&mut client);
}

#[test]
fn wrong_options_are_refused() {
    check_arguments("SESSIONS.ROTATE {app} {token} ID {id} IP {ip} TTL {ttl} LIFETIME {lifetime}");
    check_options(
        "SESSIONS.ROTATE {app} {token}",
        &[
            ("ID u1 ANON", "ID and ANON cannot be combined"),
            ("ANON ID u1", "ANON and ID cannot be combined"),
            ("ANON ANON", "ANON is given twice"),
            ("DATA", "DATA requires a value"),
            ("DATA {\"a\":1} DATA {\"a\":1}", "DATA is given twice"),
            ("NORESAVE", "unknown option at argument 3"),
            ("IFW 1", "unknown option at argument 3"),
        ],
    );
    check_wrong_types(
        "SESSIONS.ROTATE web {token} ANON",
        &["hash", "_sessions", "_users", "us", "SESSIONS"],
    );
}
