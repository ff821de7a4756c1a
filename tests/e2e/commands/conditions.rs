//! SET and SAVE with the conditions IFW and IFID, and the timeouts that SET can change.

use super::{check_arguments, check_options, digest};
use crate::harness::*;

const CONFLICT: &str = "CONFLICT w is not the session's number of writes: read the session and try again";

#[track_caller]
fn set(client: &mut Client, token: &str, json: &str, options: &[&str]) -> Reply {
    client.run(&[&["SESSIONS.SET", "web", token, json], options].concat())
}

#[test]
fn ifw_writes_only_if_w_is_what_the_last_reply_showed() {
    let server = Server::start();
    for mut client in [server.client(), server.client_resp3()] {
        let token = create(&mut client, "web", "u1", &[]);
        let mut w = client.run(&["SESSIONS.GET", "web", &token]).session().int("w");
        for round in 0..3 {
            let written = set(&mut client, &token, r#"{"a":1}"#, &["IFW", &w.to_string()]);
            w = written.session().int("w");
            let before = digest(&mut client);
            for stale in [0, w - 1, w + 1, i64::MAX] {
                for command in ["SET", "SAVE"] {
                    let command = format!("SESSIONS.{command}");
                    let reply = client.run(&[&command, "web", &token, r#"{"b":1}"#, "IFW", &stale.to_string()]);
                    assert_eq!(reply.error(), CONFLICT, "{command}, round {round}");
                }
            }
            assert_eq!(digest(&mut client), before, "a conflict is no use");
        }
        let saved = client.run(&["SESSIONS.SAVE", "web", &token, "{}", "IFW", &w.to_string()]);
        assert_eq!(saved, Reply::Int(1));
        let peeked = client.run(&["SESSIONS.PEEK", "web", &token]).session();
        assert_eq!(peeked.int("w"), w + 1);
    }
}

#[test]
fn ifid_writes_only_if_the_session_belongs_to_the_id() {
    let server = Server::start();
    let mut client = server.client();
    let users = create(&mut client, "web", "u1", &[]);
    let visitors = create(&mut client, "web", "", &["ANON"]);
    for (token, others) in [(&users, ["", "u2", "U1"]), (&visitors, ["u1", "0", " "])] {
        let before = digest(&mut client);
        for other in others {
            assert_eq!(
                set(&mut client, token, r#"{"a":1}"#, &["IFID", other]),
                Reply::Nil,
                "{other:?}"
            );
        }
        assert_eq!(digest(&mut client), before);
    }
    for (token, own) in [(&users, "u1"), (&visitors, "")] {
        let written = set(&mut client, token, r#"{"a":1}"#, &["IFID", own]).session();
        assert_eq!(written.int("w"), 2, "{own:?}");
    }
    // A request of the visitor that began before the log-in.
    client.run(&["SESSIONS.SAVE", "web", &visitors, "{}", "ID", "u3"]).int();
    assert_eq!(set(&mut client, &visitors, r#"{"a":1}"#, &["IFID", ""]), Reply::Nil);
}

#[test]
fn ifid_is_judged_before_ifw() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &[]);
    let both = |id: &'static str, w: &'static str| ["IFW", w, "IFID", id];
    assert_eq!(set(&mut client, &token, r#"{"a":1}"#, &both("u2", "9")), Reply::Nil);
    assert_eq!(
        set(&mut client, &token, r#"{"a":1}"#, &both("u1", "9")).error(),
        CONFLICT
    );
    assert!(!set(&mut client, &token, r#"{"a":1}"#, &both("u1", "1")).is_nil());
    let unknown = set(&mut client, &token_of('n'), r#"{"a":1}"#, &both("u1", "1"));
    assert_eq!(unknown, Reply::Nil);
}

#[test]
fn set_changes_the_timeouts_with_and_without_data() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &["TTL", "500", "DATA", r#"{"a":1}"#]);
    let start = now(&mut client);
    let shown = set(&mut client, &token, r#"{"b":2}"#, &["TTL", "50", "LIFETIME", "70"]).session();
    assert_eq!((shown.int("w"), shown.int("ttl")), (2, 50));
    assert!((start + 70..=now(&mut client) + 70).contains(&shown.int("until")));
    let peeked = client.run(&["SESSIONS.PEEK", "web", &token]).session();
    assert_eq!((peeked.int("ttl"), peeked.int("until")), (50, shown.int("until")));

    // If the JSON object is empty, the data and w stay.
    let shown = set(&mut client, &token, "{}", &["TTL", "900"]).session();
    assert_eq!((shown.int("w"), shown.int("ttl")), (2, 900));
    assert_eq!(shown.text("d"), r#"{"a":1,"b":2}"#);
    let empty = set(&mut client, &token, "{}", &[]);
    assert_eq!(empty.error(), "ERR invalid data: must have at least one key");
    assert_whole(&mut client);
}

#[test]
fn a_shorter_timeout_by_set_is_exact_for_the_cleanup_pass() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &[]);
    set(&mut client, &token, "{}", &["TTL", "50"]).session();
    let la = la(&mut client, "web", &token);
    let due = score(&mut client, "rs:SESSIONS", &format!("web:{token}:u1"));
    assert_eq!(due, Some(wipe_score(&token, la, 50)));
    let until = set(&mut client, &token, "{}", &["LIFETIME", "20"])
        .session()
        .int("until");
    let due = score(&mut client, "rs:SESSIONS", &format!("web:{token}:u1"));
    assert_eq!(due, Some(until));
}

#[test]
fn wrong_conditions_and_timeouts_are_refused() {
    check_arguments("SESSIONS.SET {app} {token} {\"a\":1} IFW {w} TTL {ttl} LIFETIME {lifetime}");
    check_options(
        "SESSIONS.SET {app} {token} {\"a\":1}",
        &[
            ("IFID", "IFID requires a value"),
            ("IFID u1 IFID u1", "IFID is given twice"),
            ("IFW 1 ifw 1", "IFW is given twice"),
            ("LIFETIME 5 LIFETIME 5", "LIFETIME is given twice"),
            ("NORESAVE", "unknown option at argument 4"),
        ],
    );
}
