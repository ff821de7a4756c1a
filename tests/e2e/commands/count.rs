//! SESSIONS.COUNT app [DT seconds]

use super::{check_arguments, check_counts, check_options, check_wrong_types, digest};
use crate::harness::*;

#[test]
fn count_counts_the_apps_sessions() {
    let server = Server::start();
    let mut client = server.client();
    assert_eq!(client.run(&["SESSIONS.COUNT", "web"]), Reply::Int(0));
    for id in ["u1", "u1", "u2", "a:b"] {
        create(&mut client, "web", id, &[]);
    }
    create(&mut client, "shop", "u1", &[]);
    let before = digest(&mut client);
    for tail in [&[][..], &["DT", "0"], &["dt", "60"], &["DT", "315360000"]] {
        let reply = client.run(&[&["SESSIONS.COUNT", "web"], tail].concat());
        assert_eq!(reply, Reply::Int(4), "{tail:?}");
    }
    assert_eq!(digest(&mut client), before);
}

#[test]
fn count_looks_back_dt_seconds_and_no_further() {
    let server = Server::start();
    let mut client = server.client();
    let counts = in_one_second(&mut client, |client, time| {
        for (letter, idle) in [('a', 0), ('b', 50), ('c', 51), ('d', 400)] {
            let la = (time - idle).to_string();
            plant(
                client,
                "web",
                &token_of(letter),
                &[("id", "u1"), ("la", &la), ("ttl", "7200")],
            );
        }
        [0, 49, 50, 51, 399, 400].map(|dt| client.run(&["SESSIONS.COUNT", "web", "DT", &dt.to_string()]).int())
    });
    assert_eq!(counts, [4, 1, 2, 3, 3, 4]);
}

#[test]
fn a_timed_out_session_counts_until_the_cleanup_pass() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &["TTL", "10"]);
    age_everywhere(&mut client, "web", &token, 40);
    assert_eq!(client.run(&["SESSIONS.COUNT", "web"]), Reply::Int(1));
    assert_eq!(client.run(&["SESSIONS.COUNT", "web", "DT", "60"]), Reply::Int(1));
    client.run(&["SESSIONS.WIPE"]);
    assert_eq!(client.run(&["SESSIONS.COUNT", "web"]), Reply::Int(0));
}

#[test]
fn count_refuses_wrong_counts() {
    check_counts("SESSIONS.COUNT {app}", true);
}

#[test]
fn count_refuses_wrong_arguments() {
    check_arguments("SESSIONS.COUNT {app} DT {dt}");
    check_options(
        "SESSIONS.COUNT {app}",
        &[
            ("DT", "DT requires a value"),
            ("DT 1 DT 1", "DT is given twice"),
            ("60", "unknown option at argument 2"),
            ("DT 1 JSON", "unknown option at argument 4"),
            ("JSON", "unknown option at argument 2"),
        ],
    );
}

#[test]
fn count_returns_wrongtype_for_a_foreign_key() {
    check_wrong_types("SESSIONS.COUNT web", &["_sessions"]);
    check_wrong_types("SESSIONS.COUNT web DT 60", &["_sessions"]);
}
