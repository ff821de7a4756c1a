//! SESSIONS.ACTIVITY app dt

use super::{check_arguments, check_counts, check_wrong_types, digest};
use crate::harness::*;

#[test]
fn activity_counts_ids_and_not_sessions() {
    let server = Server::start();
    let mut client = server.client();
    for id in ["u1", "u1", "u2", "a:b", "a:b", "a:c"] {
        create(&mut client, "web", id, &[]);
    }
    create(&mut client, "shop", "u9", &[]);
    let before = digest(&mut client);
    for dt in ["0", "60", "315360000"] {
        assert_eq!(client.run(&["SESSIONS.ACTIVITY", "web", dt]), Reply::Int(4), "dt {dt}");
    }
    assert_eq!(client.run(&["SESSIONS.ACTIVITY", "other", "0"]), Reply::Int(0));
    assert_eq!(digest(&mut client), before);
}

#[test]
fn activity_looks_back_dt_seconds_and_no_further() {
    let server = Server::start();
    let mut client = server.client();
    let counts = in_one_second(&mut client, |client, time| {
        for (letter, idle) in [('a', 0), ('b', 50), ('c', 51), ('d', 400)] {
            let (id, la) = (letter.to_string(), (time - idle).to_string());
            plant(
                client,
                "web",
                &token_of(letter),
                &[("id", &id), ("la", &la), ("ttl", "7200")],
            );
        }
        [0, 49, 50, 51, 399, 400].map(|dt| client.run(&["SESSIONS.ACTIVITY", "web", &dt.to_string()]).int())
    });
    assert_eq!(counts, [4, 1, 2, 3, 3, 4]);
}

#[test]
fn an_id_was_active_until_the_cleanup_pass_even_if_its_session_has_timed_out() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &["TTL", "10"]);
    age_everywhere(&mut client, "web", &token, 40);
    assert_eq!(client.run(&["SESSIONS.EXISTS", "web", &token]), Reply::Int(0));
    assert_eq!(client.run(&["SESSIONS.ACTIVITY", "web", "60"]), Reply::Int(1));
    client.run(&["SESSIONS.WIPE"]);
    assert_eq!(client.run(&["SESSIONS.ACTIVITY", "web", "60"]), Reply::Int(0));
}

#[test]
fn activity_refuses_wrong_counts() {
    check_counts("SESSIONS.ACTIVITY {app} {dt}", false);
}

#[test]
fn activity_refuses_wrong_arguments() {
    check_arguments("SESSIONS.ACTIVITY {app} {dt}");
}

#[test]
fn activity_returns_wrongtype_for_a_foreign_key() {
    check_wrong_types("SESSIONS.ACTIVITY web 0", &["_users"]);
    check_wrong_types("SESSIONS.ACTIVITY web 60", &["_users"]);
}
