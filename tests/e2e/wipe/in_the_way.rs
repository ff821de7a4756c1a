//! Keys of a wrong type, and scores that a cleanup pass would never reach.

use super::timed_out;
use crate::harness::*;
use std::time::Duration;

const INTERVAL: Duration = Duration::from_secs(10);

#[test]
fn a_wrong_type_in_one_database_does_not_keep_the_timed_pass_from_the_others() {
    let server = Server::builder().own_clock().line("sessions.wipe-interval 10").start();
    let mut client = server.client();
    client.run(&["SET", "rs:SESSIONS", "x"]);
    client.run(&["SELECT", "1"]);
    for _ in 0..20 {
        timed_out(&mut client, "web", "u1");
    }
    assert_eq!(server.info("sessions_last_pass_skipped"), "0");
    server.let_pass(INTERVAL);
    wait_until(GENEROUS, "the later database is wiped", || {
        client.run(&["DBSIZE"]) == Reply::Int(0)
    });
    wait_until(GENEROUS, "the pass is over", || {
        server.info("sessions_last_pass_skipped") == "1"
    });
    assert_eq!(server.info("sessions_wiped"), "20");
    let log = server.log();
    let lines: Vec<_> = log
        .lines()
        .filter(|line| line.contains("that are not sorted sets"))
        .collect();
    assert_eq!(lines.len(), 1, "{log}");

    client.run(&["SELECT", "0"]);
    client.run(&["DEL", "rs:SESSIONS"]);
    let passes = server.info("sessions_passes");
    server.let_pass(INTERVAL);
    wait_until(GENEROUS, "another pass is over", || {
        server.info("sessions_passes") != passes
    });
    assert_eq!(server.info("sessions_last_pass_skipped"), "0");
}

#[test]
fn a_wrong_type_in_one_slot_does_not_keep_cleanup_pass_and_killall_from_the_others() {
    let cluster = Cluster::start(1, 0);
    let node = &cluster.nodes[0];
    let mut client = node.client();
    for (command, key) in [("SESSIONS.WIPE", "SESSIONS"), ("SESSIONS.KILLALL web", "_sessions")] {
        let ids: Vec<String> = (0..20).map(|number| format!("u{number}")).collect();
        for id in &ids {
            create(&mut client, "web", id, &["LIFETIME", "1"]);
        }
        wait_until(GENEROUS, "the sessions are over", || {
            client.line("SESSIONS.SOAPP web 0") == Reply::List(vec![])
        });
        wait_until(GENEROUS, "the wipe looks at them", || {
            client.run(&["SESSIONS.COUNT", "web", "DT", "1"]) == Reply::Int(0)
        });
        let lowest = ids.iter().min_by_key(|id| slot(id)).unwrap();
        let tag = tag_of_slot(slot(lowest));
        let name = match key {
            "SESSIONS" => format!("rs:{{{tag}}}:SESSIONS"),
            _ => format!("rs:web:{{{tag}}}:{key}"),
        };
        client.run(&["RENAME", &name, &format!("{name}:kept")]).assert_ok();
        client.run(&["SET", &name, "x"]).assert_ok();
        assert_eq!(client.line(command).error(), WRONGTYPE, "{command}");
        let left = client.line("KEYS rs:web:*_users");
        assert_eq!(left.list().len(), 1, "{command} left {left:?}");

        client.run(&["RENAME", &format!("{name}:kept"), &name]).assert_ok();
        client.line(command).int();
        assert_no_keys(&mut client);
    }
}

#[test]
fn a_session_whose_score_is_decades_ahead_is_wiped_when_it_has_timed_out() {
    let server = Server::builder().own_clock().line("sessions.wipe-interval 10").start();
    let mut client = server.client();
    let (gone, alive) = (
        timed_out(&mut client, "web", "u1"),
        create(&mut client, "web", "u2", &[]),
    );
    // What redis-sessions stores if its ttl is the text "10": the digits of the time followed by
    // the digits of the ttl.
    let far = format!("{}10", now(&mut client));
    for (token, id, score) in [(&gone, "u1", far.as_str()), (&alive, "u2", "+inf")] {
        client.run(&["ZADD", "rs:SESSIONS", score, &format!("web:{token}:{id}")]);
    }
    server.let_pass(INTERVAL);
    wait_until(GENEROUS, "the session is wiped", || {
        client.run(&["SESSIONS.COUNT", "web"]) == Reply::Int(1)
    });
    assert_eq!(server.info("sessions_wiped"), "1");
    let member = format!("web:{alive}:u2");
    let la = la(&mut client, "web", &alive);
    wait_until(GENEROUS, "the score of the other is corrected", || {
        client.run(&["ZSCORE", "rs:SESSIONS", &member]) == Reply::Text(wipe_score(&alive, la, 7200).to_string().into())
    });
}
