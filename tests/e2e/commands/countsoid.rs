//! SESSIONS.COUNTSOID app id [DT seconds]

use super::{check_arguments, check_counts, check_options, check_wrong_types, digest};
use crate::harness::*;

#[test]
fn countsoid_counts_live_sessions_by_their_hashes() {
    let server = Server::start();
    let mut client = server.client();
    let tokens = [(); 6].map(|()| create(&mut client, "web", "a:b", &["TTL", "100"]));
    create(&mut client, "web", "a", &[]);
    create(&mut client, "shop", "a:b", &[]);
    age(&mut client, "web", &tokens[0], 101);
    client.run(&["DEL", &format!("rs:web:{}", tokens[1])]);
    client.run(&["HDEL", &format!("rs:web:{}", tokens[2]), "id"]);
    client.run(&["HSET", &format!("rs:web:{}", tokens[3]), "id", "somebody else"]);
    client.run(&["SADD", "rs:web:us:a:b", "rubbish", ""]);
    let before = digest(&mut client);
    for (app, id, wanted) in [
        ("web", "a:b", 2),
        ("web", "a", 1),
        ("shop", "a:b", 1),
        ("web", "nobody", 0),
        ("no", "a", 0),
    ] {
        assert_eq!(
            client.run(&["SESSIONS.COUNTSOID", app, id]),
            Reply::Int(wanted),
            "{app} {id}"
        );
    }
    assert_eq!(digest(&mut client), before);
}

#[test]
fn countsoid_looks_back_dt_seconds_and_no_further() {
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
        [0, 49, 50, 51, 399, 400].map(|dt| {
            client
                .run(&["SESSIONS.COUNTSOID", "web", "u1", "dt", &dt.to_string()])
                .int()
        })
    });
    assert_eq!(counts, [4, 1, 2, 3, 3, 4]);
}

#[test]
fn countsoid_refuses_wrong_counts() {
    check_counts("SESSIONS.COUNTSOID {app} {owner}", true);
}

#[test]
fn countsoid_refuses_wrong_arguments() {
    check_arguments("SESSIONS.COUNTSOID {app} {owner} DT {dt}");
    check_options(
        "SESSIONS.COUNTSOID {app} {owner}",
        &[
            ("DT", "DT requires a value"),
            ("DT 1 DT 1", "DT is given twice"),
            ("60", "unknown option at argument 3"),
            ("JSON", "unknown option at argument 3"),
        ],
    );
}

#[test]
fn countsoid_returns_wrongtype_for_a_foreign_key() {
    check_wrong_types("SESSIONS.COUNTSOID web u1", &["us"]);
}
