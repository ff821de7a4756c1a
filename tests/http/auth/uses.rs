//! A request counts as a use of the session; what happens while the server accepts no writes.

use super::{Asked, assert_ann, assert_unknown, session_of_ann, sid};
use crate::harness::{Cluster, GENEROUS, Server, Service, age, hash_field, la, now, wait_until};

#[test]
fn asking_counts_as_get() {
    let asked = Asked::about("");
    let mut client = asked.client();
    let token = session_of_ann(&mut client);
    age(&mut client, "webapp", &token, 100);
    assert_ann(asked.told_of(&sid(&token)));
    assert_eq!(hash_field(&mut client, "webapp", &token, "r").as_deref(), Some("2"));
    let now = now(&mut client);
    assert!((now - 5..=now).contains(&la(&mut client, "webapp", &token)));
}

#[test]
fn a_session_that_has_ended_does_not_count() {
    let asked = Asked::about("");
    let mut client = asked.client();
    let timed_out = session_of_ann(&mut client);
    age(&mut client, "webapp", &timed_out, 1_000_000);
    let killed = session_of_ann(&mut client);
    client.run(&["SESSIONS.KILL", "webapp", &killed]);
    let rotated = session_of_ann(&mut client);
    client.run(&["SESSIONS.ROTATE", "webapp", &rotated]);
    for token in [timed_out, killed, rotated] {
        assert_unknown(asked.told_of(&sid(&token)));
    }
}

#[test]
fn visitors_stay_logged_in_while_the_server_takes_no_writes() {
    let asked = Asked::about("");
    let mut client = asked.client();
    let token = session_of_ann(&mut client);
    // Too few replicas, a server that is itself a replica, and a failed snapshot.
    client.run(&["CONFIG", "SET", "min-replicas-to-write", "1"]).assert_ok();
    assert_ann(asked.told_of(&sid(&token)));
    client.run(&["CONFIG", "SET", "min-replicas-to-write", "0"]).assert_ok();

    client.run(&["REPLICAOF", "127.0.0.1", "1"]).assert_ok();
    assert_ann(asked.told_of(&sid(&token)));
    client.run(&["REPLICAOF", "NO", "ONE"]).assert_ok();

    std::fs::create_dir(asked.server.dir().join("dump.rdb")).expect("no file can have this name");
    client.run(&["CONFIG", "SET", "save", "3600 1"]).assert_ok();
    client.run(&["BGSAVE"]);
    wait_until(GENEROUS, "a snapshot has failed", || {
        asked.server.info("rdb_last_bgsave_status") == "err"
    });
    assert_ann(asked.told_of(&sid(&token)));
    assert_unknown(asked.told_of(&sid(&crate::harness::token_of('n'))));
    assert_eq!(hash_field(&mut client, "webapp", &token, "r").as_deref(), Some("1"));
}

#[test]
fn hashed_sessions_are_found_by_their_token_alone() {
    let server = Server::builder().line("sessions.hash-tokens yes").start();
    let service = Service::builder().redis(&server).no_auth();
    let service = service.config("[apps.webapp]\ncookie = \"sid\"").start();
    let token = session_of_ann(&mut server.client());
    let stored = crate::harness::stored_name(&token);
    let response = service.get("/auth/webapp").header("Cookie", sid(&token)).send();
    assert_eq!(response.header("x-session-id"), Some(&stored[..16]));
    assert_ann(response);
    assert_unknown(service.get("/auth/webapp").header("Cookie", sid(&stored)).send());
}

#[test]
fn in_a_cluster_the_node_of_the_session_is_asked() {
    let cluster = Cluster::start(3, 0);
    let service = Service::builder().cluster(&cluster).no_auth();
    let service = service.config("[apps.webapp]\ncookie = \"sid\"").start();
    let mut client = cluster.client();
    for user in 0..20 {
        let id = format!("u{user}");
        let reply = client.run(&["SESSIONS.CREATE", "webapp", &id]);
        let response = service.get("/auth/webapp").header("Cookie", sid(reply.text())).send();
        assert_eq!(response.assert_status(200).header("x-session-user"), Some(id.as_str()));
    }
    assert_unknown(
        service
            .get("/auth/webapp")
            .header("Cookie", sid(&crate::harness::token_of('n')))
            .send(),
    );
}
