//! KILLSOID and KILLALL in slices while sessions are given new tokens.

use crate::harness::*;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

pub(super) const MANY: i64 = 20_000;

/// Sessions of `u:0`, created a hundred seconds ago and so before any KILLSOID of the test.
pub(super) fn plant_old(client: &mut Client) {
    let planted = Planted {
        count: MANY,
        idle: 100,
        ..Planted::default()
    };
    planted.plant(client);
}

/// Sends a command that takes many slices; its client is blocked when this returns.
pub(super) fn begin(server: &Server, command: &[&str]) -> Client {
    let mut caller = server.client();
    caller.send(command);
    wait_until(GENEROUS, "the caller is blocked", || {
        server.info("blocked_clients") == "1"
    });
    caller
}

#[test]
fn no_session_outlives_a_killsoid_by_being_rotated() {
    let server = Server::start();
    let mut client = server.client();
    for attempt in 0..5 {
        plant_old(&mut client);
        let mut rotated: Vec<String> = (0..10).map(|_| create(&mut client, "web", "u:0", &[])).collect();
        // Sessions that are created in a later second than the call may live, so the call comes
        // late in a second.
        wait_until(GENEROUS, "a second is nearly over", || {
            client.run(&["TIME"]).list()[1].text().parse::<u32>().unwrap() > 900_000
        });
        let mut caller = begin(&server, &["SESSIONS.KILLSOID", "web", "u:0"]);
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            let mut others = server.client();
            let is_over = &is_over;
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    create(&mut others, "web", "u:0", &[]);
                }
            });
            let mut thief = server.client();
            while server.info("blocked_clients") == "1" {
                for token in &mut rotated {
                    if let Reply::Text(new) = thief.run(&["SESSIONS.ROTATE", "web", token.as_str()]) {
                        *token = String::from_utf8(new).unwrap();
                    }
                }
            }
            let killed = caller.receive().int();
            assert!(killed > 0, "attempt {attempt}");
            for token in &rotated {
                let alive = thief.run(&["SESSIONS.EXISTS", "web", token]);
                assert_eq!(alive, Reply::Int(0), "attempt {attempt}: an old session is alive");
            }
            is_over.store(true, Ordering::Relaxed);
        });
        client.run(&["SESSIONS.KILLALL", "web"]).int();
        assert_no_keys(&mut client);
    }
}

#[test]
fn the_excepted_session_lives_on_under_its_new_token() {
    let server = Server::start();
    let mut client = server.client();
    plant_old(&mut client);
    let mut kept = create(&mut client, "web", "u:0", &[]);
    let mut caller = begin(&server, &["SESSIONS.KILLSOID", "web", "u:0", "EXCEPT", &kept]);
    while server.info("blocked_clients") == "1" {
        kept = client.run(&["SESSIONS.ROTATE", "web", &kept]).text().to_owned();
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(caller.receive(), Reply::Int(MANY));
    assert_eq!(client.run(&["SESSIONS.EXISTS", "web", &kept]), Reply::Int(1));
    assert_eq!(client.run(&["SESSIONS.COUNTSOID", "web", "u:0"]), Reply::Int(1));
}

#[test]
fn killing_in_progress_leaves_rotations_in_other_databases_apps_and_ids_alone() {
    let server = Server::start();
    let mut client = server.client();
    for (work, spared) in [
        ("SESSIONS.KILLALL web", [("3", "web", "u:0"), ("0", "shop", "u:0")]),
        ("SESSIONS.KILLSOID web u:0", [("3", "web", "u:0"), ("0", "web", "u:1")]),
    ] {
        plant_old(&mut client);
        let mut elsewhere = server.client();
        let mut tokens = spared.map(|(database, app, id)| {
            elsewhere.run(&["SELECT", database]).assert_ok();
            create(&mut elsewhere, app, id, &[])
        });
        let words: Vec<&str> = work.split(' ').collect();
        let mut caller = begin(&server, &words);
        let mut rotations = 0;
        while server.info("blocked_clients") == "1" {
            for ((database, app, _), token) in spared.iter().zip(&mut tokens) {
                elsewhere.run(&["SELECT", database]).assert_ok();
                *token = elsewhere.run(&["SESSIONS.ROTATE", app, token]).text().to_owned();
            }
            rotations += 1;
        }
        assert!(rotations > 0, "{work} was over at once");
        assert_eq!(caller.receive(), Reply::Int(MANY), "{work}");
        client.run(&["FLUSHALL"]).assert_ok();
    }
}
