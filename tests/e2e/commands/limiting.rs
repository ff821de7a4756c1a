//! MAX in CREATE, SAVE and ROTATE: which sessions are killed and which log-ins are refused.

use super::{check_arguments, check_options, check_wrong_types, digest};
use crate::harness::*;
use std::collections::BTreeSet;

pub(super) const LIMIT: &str = "LIMIT the id already has the maximum number of sessions: end one, or omit REJECT";

/// The commands that add a session to `u1`. `{v}` is a visitor's token, `{n}` is a token without a
/// session.
pub(super) const LOG_INS: [&str; 4] = [
    "SESSIONS.CREATE web u1 MAX 2",
    "SESSIONS.SAVE web {n} {} ID u1 MAX 2",
    "SESSIONS.SAVE web {v} {} MAX 2 ID u1 XX",
    "SESSIONS.ROTATE web {v} MAX 2 ID u1",
];

/// Sessions of `u1`, the least recently active first, and a command that logs a visitor in.
#[track_caller]
pub(super) fn prepared(client: &mut Client, log_in: &str) -> (Vec<String>, String) {
    let tokens: Vec<String> = [30, 20, 10]
        .into_iter()
        .map(|idle| {
            let token = create(client, "web", "u1", &[]);
            age_everywhere(client, "web", &token, idle);
            token
        })
        .collect();
    let visitor = create(client, "web", "", &["ANON"]);
    (tokens, log_in.replace("{v}", &visitor).replace("{n}", &token_of('n')))
}

#[track_caller]
pub(super) fn of_u1(client: &mut Client) -> BTreeSet<String> {
    let members = client.run(&["SMEMBERS", "rs:web:us:u1"]);
    members.texts().into_iter().map(str::to_owned).collect()
}

/// The token of the session that a log-in has made.
pub(super) fn new_token(reply: &Reply, command: &str) -> String {
    match reply {
        Reply::Text(_) => reply.text().to_owned(),
        Reply::Int(_) => command.split(' ').nth(2).expect("a token").to_owned(),
        other => panic!("{command}: {other:?}"),
    }
}

#[test]
fn the_least_recently_active_sessions_are_killed_and_the_new_one_stays() {
    let server = Server::start();
    let mut client = server.client();
    for log_in in LOG_INS {
        let (tokens, command) = prepared(&mut client, log_in);
        let token = new_token(&client.line(&command), &command);
        let wanted = BTreeSet::from([tokens[2].clone(), token]);
        assert_eq!(of_u1(&mut client), wanted, "{log_in}");
        assert_whole(&mut client);
        client.line("SESSIONS.KILLALL web");
        assert_no_keys(&mut client);
    }
}

#[test]
fn with_reject_the_log_in_is_refused_and_nothing_changes() {
    let server = Server::builder().aof().start();
    let mut client = server.client();
    for log_in in LOG_INS {
        let (_, command) = prepared(&mut client, log_in);
        client.run(&["SADD", "rs:web:us:u1", "rubbish", &token_of('x')]);
        let before = digest(&mut client);
        let effects = server.effects(|| {
            let reply = client.line(&format!("{command} REJECT"));
            assert_eq!(reply, Reply::Error(LIMIT.into()), "{log_in}");
        });
        assert_eq!((digest(&mut client), effects), (before, vec![]), "{log_in}");
        let room = client.line(&command.replace("MAX 2", "MAX 4 REJECT"));
        new_token(&room, &command);
        assert_eq!(of_u1(&mut client).len(), 4, "{log_in}: the leftovers are gone");
        assert_whole(&mut client);
        client.line("SESSIONS.KILLALL web");
        assert_no_keys(&mut client);
    }
}

#[test]
fn of_sessions_used_in_the_same_second_the_older_is_killed_then_the_lower_token() {
    let server = Server::start();
    let mut client = server.client();
    let la = now(&mut client) - 5;
    let fields = |created: Option<i64>| {
        let mut fields = vec![
            ("id", "u1".to_owned()),
            ("la", la.to_string()),
            ("ttl", "500".to_owned()),
        ];
        fields.extend(created.map(|created| ("created", created.to_string())));
        fields
    };
    for (letter, created) in [
        ('b', Some(la - 9)),
        ('c', None),
        ('d', Some(la - 7)),
        ('a', Some(la - 7)),
    ] {
        let fields = fields(created);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        plant(&mut client, "web", &token_of(letter), &fields);
    }
    let mut left: BTreeSet<String> = of_u1(&mut client);
    for goes in ['c', 'b', 'a', 'd'] {
        left.remove(&token_of(goes));
        left.insert(create(&mut client, "web", "u1", &["MAX", "4"]));
        assert_eq!(of_u1(&mut client), left, "{goes} goes");
    }
}

#[test]
fn leftovers_and_timed_out_sessions_make_room_before_a_live_session_is_killed() {
    let server = Server::start();
    let mut client = server.client();
    for option in [&["MAX", "3"][..], &["MAX", "3", "REJECT"]] {
        let live = [
            create(&mut client, "web", "u1", &[]),
            create(&mut client, "web", "u1", &[]),
        ];
        let timed_out = create(&mut client, "web", "u1", &["TTL", "100"]);
        age(&mut client, "web", &timed_out, 200);
        let of_another = create(&mut client, "web", "u2", &[]);
        client.run(&["SADD", "rs:web:us:u1", "rubbish", &token_of('x'), &of_another]);
        let wiped: i64 = server.info("sessions_wiped").parse().unwrap();
        let token = create(&mut client, "web", "u1", option);
        let wanted = BTreeSet::from([live[0].clone(), live[1].clone(), token]);
        assert_eq!(of_u1(&mut client), wanted, "{option:?}");
        assert_eq!(client.run(&["SESSIONS.EXISTS", "web", &of_another]), Reply::Int(1));
        assert_eq!(server.info("sessions_wiped"), (wiped + 1).to_string(), "{option:?}");
        assert_eq!(server.info("sessions_killed"), "0", "{option:?}");
        assert_whole(&mut client);
        client.run(&["FLUSHALL"]);
    }
}

#[test]
fn a_session_that_the_id_has_already_is_rotated_and_saved_without_a_limit() {
    let server = Server::start();
    let mut client = server.client();
    let (mut tokens, _) = prepared(&mut client, "");
    for reject in ["", " REJECT"] {
        let rotated = client.line(&format!("SESSIONS.ROTATE web {} ID u1 MAX 1{reject}", tokens[0]));
        tokens[0] = rotated.text().to_owned();
        let save = format!("SESSIONS.SAVE web {} {{}} ID u1 MAX 1{reject}", tokens[1]);
        assert_eq!(client.line(&save), Reply::Int(1));
        assert_eq!(of_u1(&mut client), tokens.iter().cloned().collect());
    }
}

#[test]
fn an_id_with_more_than_200_sessions_shrinks_by_200_with_each_command() {
    let server = Server::start();
    let mut client = server.client();
    let planted = Planted {
        count: 450,
        idle: 100,
        ..Planted::default()
    };
    planted.plant(&mut client);
    let before = digest(&mut client);
    let reject = client.line("SESSIONS.CREATE web u:0 MAX 100 REJECT");
    assert_eq!(reject, Reply::Error(LIMIT.into()));
    assert_eq!(digest(&mut client), before);
    for left in [251, 52, 3, 3] {
        let token = create(&mut client, "web", "u:0", &["MAX", "3"]);
        assert_eq!(client.line("SESSIONS.COUNTSOID web u:0"), Reply::Int(left));
        assert_eq!(client.run(&["SESSIONS.EXISTS", "web", &token]), Reply::Int(1));
        assert_whole(&mut client);
    }
}

#[test]
fn a_key_of_the_wrong_type_stops_the_command_before_a_session_is_killed() {
    let all = &["_sessions", "_users", "us", "SESSIONS"];
    check_wrong_types("SESSIONS.CREATE web u1 MAX 1", all);
    check_wrong_types(&format!("SESSIONS.SAVE web {} {{}} ID u1 MAX 1", token_of('n')), all);
    // The set of the id that a session leaves.
    check_wrong_types("SESSIONS.ROTATE web {token} ID u2 MAX 1", &["us"]);
    check_wrong_types("SESSIONS.SAVE web {token} {} ID u2 MAX 1", &["us"]);
    for log_in in ["ROTATE web {t} ID u2 MAX 1", "SAVE web {t} {} ID u2 MAX 1"] {
        let server = Server::start();
        let mut client = server.client();
        let token = create(&mut client, "web", "u1", &[]);
        create(&mut client, "web", "u2", &[]);
        client.run(&["DEL", "rs:web:us:u1"]);
        client.run(&["SET", "rs:web:us:u1", "x"]);
        let before = digest(&mut client);
        let reply = client.line(&format!("SESSIONS.{}", log_in.replace("{t}", &token)));
        assert_eq!(
            (reply, digest(&mut client)),
            (Reply::Error(WRONGTYPE.into()), before),
            "{log_in}"
        );
    }
}

#[test]
fn a_command_that_fails_or_does_nothing_kills_no_session() {
    let server = Server::start();
    let mut client = server.client();
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(70_000));
    let (tokens, _) = prepared(&mut client, "");
    let own = create(&mut client, "web", "u2", &["DATA", r#"{"a":1}"#]);
    client.run(&["HSET", &format!("rs:web:{own}"), "d", "[1]"]);
    let before = digest(&mut client);
    for command in [
        vec!["CREATE", "web", "u1", "MAX", "1", "DATA", &large],
        vec!["SAVE", "web", &own, &large, "ID", "u1", "MAX", "1"],
        vec!["SAVE", "web", &own, "{}", "ID", "u1", "MAX", "1", "IFW", "7"],
        vec!["SAVE", "web", &own, "{}", "ID", "u1", "MAX", "1", "NX"],
        vec!["SAVE", "web", "no token", "{}", "ID", "u1", "MAX", "1"],
        vec!["ROTATE", "web", &own, "ID", "u1", "MAX", "1", "DATA", &large],
        vec!["ROTATE", "web", &own, "ID", "u1", "MAX", "1", "DATA", r#"{"b":1}"#],
        vec!["ROTATE", "web", "no token", "ID", "u1", "MAX", "1"],
    ] {
        let name = format!("SESSIONS.{}", command[0]);
        let reply = client.run(&[&[name.as_str()], &command[1..]].concat());
        let nothing = matches!(reply, Reply::Error(_) | Reply::Int(0) | Reply::Nil);
        assert!(nothing, "{name}: {reply:?}");
        assert_eq!(digest(&mut client), before, "{name}: {reply:?}");
    }
    assert_eq!(of_u1(&mut client), tokens.into_iter().collect());
}

#[test]
fn a_log_in_that_is_repeated_within_its_grace_is_limited_once() {
    let server = Server::start();
    let mut client = server.client();
    for reject in ["", " REJECT"] {
        let visitor = create(&mut client, "web", "", &["ANON"]);
        let log_in = format!("SESSIONS.ROTATE web {visitor} ID u1 GRACE 60 MAX 1{reject}");
        let token = client.line(&log_in).text().to_owned();
        assert_eq!(client.line(&log_in).text(), token);
        assert_eq!(client.line("SESSIONS.COUNTSOID web u1"), Reply::Int(1));
        client.line("SESSIONS.KILLALL web");
    }
    assert_eq!(server.info("sessions_limited"), "0");
    assert_eq!(server.info("sessions_refused"), "0");
}

#[test]
fn the_old_token_of_a_session_killed_by_max_leads_nowhere() {
    let server = Server::start();
    let mut client = server.client();
    let old = create(&mut client, "web", "u1", &[]);
    let new = client
        .line(&format!("SESSIONS.ROTATE web {old} GRACE 60"))
        .text()
        .to_owned();
    assert_eq!(client.run(&["SESSIONS.EXISTS", "web", &old]), Reply::Int(1));
    let token = create(&mut client, "web", "u1", &["MAX", "1"]);
    for (token, is_there) in [(old, 0), (new, 0), (token, 1)] {
        assert_eq!(client.run(&["SESSIONS.EXISTS", "web", &token]), Reply::Int(is_there));
    }
}

#[test]
fn save_refuses_max_without_an_id_and_reject_without_max() {
    check_arguments("SESSIONS.SAVE {app} {token} {} ID {id} MAX {max}");
    check_options(
        "SESSIONS.SAVE {app} {token} {}",
        &[
            ("MAX", "MAX requires a value"),
            ("MAX 3", "MAX requires ID"),
            ("ANON MAX 3", "MAX requires ID"),
            ("MAX 3 REJECT", "MAX requires ID"),
            ("ID u1 REJECT", "REJECT requires MAX"),
            ("ID u1 max 3 MAX 3", "MAX is given twice"),
            ("NX IFW 1 MAX 3", "NX and IFW cannot be combined"),
        ],
    );
}
