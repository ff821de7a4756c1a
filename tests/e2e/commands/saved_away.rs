//! KILLSOID and KILLALL in slices while sessions are saved for another id.

use super::slipping_away::{MANY, begin, plant_old};
use crate::harness::*;

const OF: &str = "u:0";

fn is_under_way(server: &Server) -> bool {
    server.info("blocked_clients") == "1"
}

#[track_caller]
fn save(client: &mut Client, token: &str, options: &[&str]) -> Reply {
    client.run(&[&["SESSIONS.SAVE", "web", token, "{}"], options].concat())
}

#[test]
fn no_session_outlives_killing_in_progress_by_being_saved_for_another_id() {
    let server = Server::start();
    let mut client = server.client();
    for work in ["SESSIONS.KILLSOID web u:0", "SESSIONS.KILLALL web"] {
        for change in [
            &["XX", "ID", "u:1"][..],
            &["XX", "ANON"],
            &["XX", "ID", "u:1", "IFW", "1"],
        ] {
            plant_old(&mut client);
            let old: Vec<String> = (0..10).map(|_| create(&mut client, "web", OF, &[])).collect();
            let words: Vec<&str> = work.split(' ').collect();
            let mut caller = begin(&server, &words);
            let mut saved = 0;
            while is_under_way(&server) {
                for token in &old {
                    assert_eq!(save(&mut client, token, change), Reply::Int(0), "{work}, {change:?}");
                    saved += 1;
                }
            }
            assert!(saved > 0, "{work} was over at once");
            let killed = caller.receive().int();
            assert!((1..=MANY + 10).contains(&killed), "{work}, {change:?}: {killed}");
            assert_no_keys(&mut client);
        }
    }
}

#[test]
fn a_session_that_is_saved_for_its_own_id_is_killed_like_the_others() {
    let server = Server::start();
    let mut client = server.client();
    for work in ["SESSIONS.KILLSOID web u:0", "SESSIONS.KILLALL web"] {
        plant_old(&mut client);
        let old: Vec<String> = (0..10).map(|_| create(&mut client, "web", OF, &[])).collect();
        let words: Vec<&str> = work.split(' ').collect();
        let mut caller = begin(&server, &words);
        while is_under_way(&server) {
            for (number, token) in old.iter().enumerate() {
                let options: &[&str] = if number % 2 == 0 { &["XX"] } else { &["XX", "ID", OF] };
                save(&mut client, token, options).int();
            }
        }
        assert_eq!(caller.receive(), Reply::Int(MANY + 10), "{work}");
        assert_no_keys(&mut client);
    }
}

#[test]
fn the_excepted_session_may_be_saved_for_another_id() {
    let server = Server::start();
    let mut client = server.client();
    for change in [&["ID", "u:1"][..], &["ANON"]] {
        plant_old(&mut client);
        let kept = create(&mut client, "web", OF, &[]);
        let mut caller = begin(&server, &["SESSIONS.KILLSOID", "web", OF, "EXCEPT", &kept]);
        assert_eq!(save(&mut client, &kept, change), Reply::Int(1), "{change:?}");
        assert!(is_under_way(&server), "KILLSOID was over at once");
        assert_eq!(caller.receive(), Reply::Int(MANY), "{change:?}");
        assert_eq!(
            client.run(&["SESSIONS.KILL", "web", &kept]),
            Reply::Int(1),
            "{change:?}"
        );
        assert_no_keys(&mut client);
    }
}

#[test]
fn killing_in_progress_leaves_saves_in_other_databases_apps_and_ids_alone() {
    let server = Server::start();
    let mut client = server.client();
    for (work, spared) in [
        ("SESSIONS.KILLALL web", [("3", "web", OF), ("0", "shop", OF)]),
        ("SESSIONS.KILLSOID web u:0", [("3", "web", OF), ("0", "web", "u:1")]),
    ] {
        plant_old(&mut client);
        let mut elsewhere = server.client();
        let tokens = spared.map(|(database, app, id)| {
            elsewhere.run(&["SELECT", database]).assert_ok();
            create(&mut elsewhere, app, id, &[])
        });
        let words: Vec<&str> = work.split(' ').collect();
        let mut caller = begin(&server, &words);
        let mut saves = 0;
        while is_under_way(&server) {
            for ((database, app, _), token) in spared.iter().zip(&tokens) {
                elsewhere.run(&["SELECT", *database]).assert_ok();
                let other = format!("v:{saves}");
                let saved = elsewhere.run(&["SESSIONS.SAVE", *app, token, "{}", "XX", "ID", &other]);
                assert_eq!(saved, Reply::Int(1), "{work}");
            }
            saves += 1;
        }
        assert!(saves > 0, "{work} was over at once");
        assert_eq!(caller.receive(), Reply::Int(MANY), "{work}");
        client.run(&["FLUSHALL"]).assert_ok();
    }
}
