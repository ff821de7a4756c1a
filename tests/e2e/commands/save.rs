//! SESSIONS.SAVE app token json [NX | XX] [ID id | ANON] [IP ip] [UA ua] [TTL s] [LIFETIME s]
//! [NORESAVE] [IFW w]

use super::{assert_plain, check_arguments, check_counts, check_options, check_wrong_types, digest};
use crate::harness::*;

#[track_caller]
fn save(client: &mut Client, token: &str, json: &str, options: &[&str]) -> Reply {
    client.run(&[&["SESSIONS.SAVE", "web", token, json], options].concat())
}

#[track_caller]
fn peek(client: &mut Client, token: &str) -> Session {
    client.run(&["SESSIONS.PEEK", "web", token]).session()
}

#[test]
fn save_creates_a_session_or_replaces_all_data_of_a_live_one() {
    let server = Server::start();
    for mut client in [server.client(), server.client_resp3()] {
        let token = token_of('s');
        let first = r#"{"cart":3,"gone":null,"n":1.0}"#;
        assert_eq!(save(&mut client, &token, first, &[]), Reply::Int(2));
        let made = peek(&mut client, &token);
        assert_eq!(made.names(), ["sid", "r", "w", "ttl", "idle", "created", "d"]);
        assert_eq!((made.int("r"), made.int("w"), made.int("ttl")), (1, 1, 7200));
        assert_eq!(made.text("d"), first, "nulls and numbers keep their text");
        age(&mut client, "web", &token, 60);
        assert_eq!(save(&mut client, &token, r#"{"lang":"en"}"#, &[]), Reply::Int(1));
        let written = peek(&mut client, &token);
        assert_eq!((written.int("r"), written.int("w")), (1, 2));
        assert!((0..=1).contains(&written.int("idle")), "SAVE refreshes");
        assert_eq!(written.text("d"), r#"{"lang":"en"}"#);
        assert_eq!(save(&mut client, &token, "{}", &[]), Reply::Int(1));
        assert_eq!(peek(&mut client, &token).get("d"), None);
        assert_eq!(client.run(&["SESSIONS.KILL", "web", &token]), Reply::Int(1));
        assert_no_keys(&mut client);
    }
}

#[test]
fn save_replaces_stored_data_that_is_not_an_object() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &[]);
    for stored in ["[1]", "no JSON", "7"] {
        client.run(&["HSET", &format!("rs:web:{token}"), "d", stored]);
        assert_eq!(save(&mut client, &token, r#"{"a":1}"#, &["XX"]), Reply::Int(1));
        assert_eq!(peek(&mut client, &token).text("d"), r#"{"a":1}"#, "{stored}");
    }
}

#[test]
fn a_save_that_nx_xx_or_ifw_forbids_changes_nothing() {
    let server = Server::start();
    let mut client = server.client();
    let live = create(&mut client, "web", "u1", &[]);
    let timed_out = create(&mut client, "web", "u1", &["TTL", "100"]);
    for token in [&live, &timed_out] {
        age_everywhere(&mut client, "web", token, 200);
    }
    let unknown = token_of('n');
    let before = digest(&mut client);
    for (token, options) in [
        (&live, &["NX"][..]),
        (&live, &["nx", "ID", "u2", "TTL", "5"]),
        (&unknown, &["XX"]),
        (&unknown, &["IFW", "1"]),
        (&unknown, &["XX", "IFW", "0"]),
        (&timed_out, &["XX"]),
        (&timed_out, &["IFW", "1"]),
    ] {
        let reply = save(&mut client, token, r#"{"a":1}"#, options);
        assert_eq!(reply, Reply::Int(0), "{options:?}");
        assert_eq!(digest(&mut client), before, "{options:?}");
    }
}

#[test]
fn save_changes_only_the_fields_that_an_option_names() {
    let server = Server::start();
    let mut client = server.client();
    let options = ["IP", "::1", "UA", "curl/8.0", "TTL", "500", "LIFETIME", "5000"];
    let token = create(&mut client, "web", "u1", &options);
    let before = peek(&mut client, &token);
    save(&mut client, &token, "{}", &["XX"]).int();
    let kept = peek(&mut client, &token);
    for name in ["id", "ip", "ua", "ttl", "created", "until"] {
        assert_eq!(kept.get(name), before.get(name), "{name}");
    }

    let all = ["ID", "u2", "IP", "", "UA", "", "TTL", "50", "LIFETIME", "70"];
    let start = now(&mut client);
    save(&mut client, &token, "{}", &all).int();
    let changed = peek(&mut client, &token);
    assert_eq!((changed.text("id"), changed.int("ttl")), ("u2", 50));
    assert_eq!((changed.get("ip"), changed.get("ua")), (None, None));
    assert!((start + 70..=now(&mut client) + 70).contains(&changed.int("until")));
    assert_eq!(client.run(&["SESSIONS.USERS", "web", "0"]).texts(), ["u2"]);

    // SAVE can switch NORESAVE on, but not off.
    save(&mut client, &token, "{}", &["NORESAVE"]).int();
    age(&mut client, "web", &token, 20);
    save(&mut client, &token, "{}", &[]).int();
    let fixed = peek(&mut client, &token);
    assert_eq!(fixed.int("no_resave"), 1);
    assert!((28..=30).contains(&fixed.int("ttl")), "{fixed:?}");

    save(&mut client, &token, "{}", &["ANON"]).int();
    assert_eq!(peek(&mut client, &token).get("id"), None);
    assert_eq!(client.run(&["SESSIONS.USERS", "web", "0"]), Reply::List(vec![]));
    assert_whole(&mut client);
    client.run(&["SESSIONS.KILL", "web", &token]);
    assert_no_keys(&mut client);
}

#[test]
fn a_timed_out_session_is_removed_before_a_new_one_takes_its_place() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(
        &mut client,
        "web",
        "u1",
        &["TTL", "100", "IP", "::1", "DATA", r#"{"old":1}"#],
    );
    age_everywhere(&mut client, "web", &token, 200);
    let wiped = server.info("sessions_wiped");
    assert_eq!(save(&mut client, &token, r#"{"new":1}"#, &[]), Reply::Int(2));
    assert_ne!(server.info("sessions_wiped"), wiped);
    let made = peek(&mut client, &token);
    assert_eq!((made.get("id"), made.get("ip"), made.int("ttl")), (None, None, 7200));
    assert_eq!((made.int("w"), made.text("d")), (1, r#"{"new":1}"#));
    assert_whole(&mut client);
}

#[test]
fn data_above_the_limit_is_refused_and_nothing_changes() {
    let server = Server::builder().line("sessions.max-data-bytes 64").start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &[]);
    // Another program has stored more than the limit: SET may make the data smaller, SAVE replaces
    // all of it.
    let stored = format!(r#"{{"x":"{}"}}"#, "x".repeat(200));
    client.run(&["HSET", &format!("rs:web:{token}"), "d", &stored]);
    let before = digest(&mut client);
    let large = format!(r#"{{"x":"{}"}}"#, "x".repeat(65));
    let full = format!(r#"{{"x":"{}"}}"#, "x".repeat(64 - 8));
    for (token, option) in [(&token, "XX"), (&token_of('n'), "NX")] {
        let refused = save(&mut client, token, &large, &[option]);
        assert!(
            refused.error().starts_with("ERR data too large: at most 64 bytes"),
            "{refused:?}"
        );
        assert_eq!(digest(&mut client), before);
    }
    assert_eq!(save(&mut client, &token, &full, &["XX"]), Reply::Int(1));
}

#[test]
fn save_reaches_the_aof_as_plain_commands() {
    let server = Server::builder().aof().start();
    let mut client = server.client();
    let token = token_of('s');
    for (json, options, reply) in [
        (r#"{"a":1}"#, &["ID", "u1", "TTL", "100"][..], 2),
        (r#"{"a":2}"#, &["LIFETIME", "500"], 1),
        ("{}", &["ID", "u2", "IP", "::1"], 1),
        ("{}", &["ANON", "IP", ""], 1),
    ] {
        let effects = server.effects(|| assert_eq!(save(&mut client, &token, json, options), Reply::Int(reply)));
        assert_plain(&effects);
        assert!(!write_effects(&effects).is_empty(), "{options:?}");
    }
    // A session that has timed out is removed in the same transaction.
    let user = create(&mut client, "web", "u1", &["TTL", "100"]);
    age_everywhere(&mut client, "web", &user, 200);
    let effects = server.effects(|| assert_eq!(save(&mut client, &user, "{}", &["NX"]), Reply::Int(2)));
    assert_plain(&effects);
    assert_whole(&mut client);
}

#[test]
fn save_refuses_wrong_counts() {
    check_counts("SESSIONS.SAVE {app} {own} {\"a\":1}", true);
}

#[test]
fn save_refuses_wrong_arguments() {
    check_arguments("SESSIONS.SAVE {app} {own} {\"a\":1} ID {id} IP {ip} TTL {ttl} LIFETIME {lifetime}");
    // With IFW, SAVE creates no session, so no accepted value changes what the next one finds.
    check_arguments("SESSIONS.SAVE {app} {own} {\"a\":1} IFW {w}");
    check_options(
        "SESSIONS.SAVE {app} {own} {\"a\":1}",
        &[
            ("NX XX", "NX and XX cannot be combined"),
            ("XX NX", "XX and NX cannot be combined"),
            ("ID u1 ANON", "ID and ANON cannot be combined"),
            ("NX IFW 1", "NX and IFW cannot be combined"),
            ("IFW 1 NX", "NX and IFW cannot be combined"),
            ("NX NX", "NX is given twice"),
            ("ANON ANON", "ANON is given twice"),
            ("IFW 1 IFW 1", "IFW is given twice"),
            ("NORESAVE NORESAVE", "NORESAVE is given twice"),
            ("UA a UA b", "UA is given twice"),
            ("IFW", "IFW requires a value"),
            ("ID", "ID requires a value"),
            ("JSON", "unknown option at argument 4"),
            ("IFID u1", "unknown option at argument 4"),
        ],
    );
}

#[test]
fn save_with_a_key_of_the_wrong_type_writes_nothing() {
    let all = ["hash", "_sessions", "_users", "us", "SESSIONS"];
    check_wrong_types("SESSIONS.SAVE web {token} {\"a\":2} ID u2", &all);
    check_wrong_types("SESSIONS.SAVE web {token} {\"a\":2} ANON", &all);
    check_wrong_types(
        "SESSIONS.SAVE web {token} {\"a\":2}",
        &["hash", "_sessions", "_users", "SESSIONS"],
    );
    // A new session.
    let new = token_of('n');
    check_wrong_types(
        &format!("SESSIONS.SAVE web {new} {{\"a\":2}} NX ID u1"),
        &["_sessions", "_users", "us", "SESSIONS"],
    );
    check_wrong_types(
        &format!("SESSIONS.SAVE web {new} {{\"a\":2}} NX"),
        &["_sessions", "SESSIONS"],
    );
}
