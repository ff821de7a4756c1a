//! A KILLALL in slices, and what other clients do between two slices.

use super::behind_its_back::Site;
use super::filled::{begin, fill, fill_and_begin};
use crate::harness::*;

#[test]
fn a_killall_in_progress_survives_whatever_is_done_to_its_keys() {
    for act in [
        "DEL rs:big:_sessions",
        "DEL rs:big:_users",
        "DEL rs:SESSIONS",
        "DEL rs:big:us:u:7; DEL rs:big:us:u:8",
        "RENAME rs:big:_sessions elsewhere",
        "RENAME rs:big:_users rs:big:_sessions",
        "RENAME rs:big:_sessions rs:big:_users",
        "FLUSHDB",
        "FLUSHALL ASYNC",
        "FLUSHALL SYNC",
        "SWAPDB 0 1",
        "SWAPDB 0 1; SWAPDB 0 1",
        "MOVE rs:big:_sessions 3",
        "MOVE rs:SESSIONS 3",
        "EXPIRE rs:big:_sessions 0; PEXPIRE rs:big:_users 1",
        "SET rs:big:_sessions x",
        "SET rs:big:_users x",
        "SET rs:SESSIONS x",
        "SET rs:big:us:u:7 x; SET rs:big:us:u:999 x",
        "ZADD rs:big:_sessions +inf rubbish -inf : 0 x:y",
        "ZADD rs:big:_users +inf nobody -inf :",
        "FUNCTION FLUSH; SCRIPT FLUSH; CONFIG SET maxmemory 1mb; CONFIG RESETSTAT",
        "SESSIONS.KILLALL big",
        "SESSIONS.WIPE; SESSIONS.KILLSOID big u:5; SESSIONS.CREATE shop eve",
    ] {
        let mut site = Site::open();
        let (mut caller, count) = fill_and_begin(&site.server, "big", &["SESSIONS.KILLALL", "big"]);
        site.act(act);
        match caller.receive() {
            Reply::Int(killed) => assert!((0..=count).contains(&killed), "{act}: {killed}"),
            Reply::Error(error) => assert_eq!(error, WRONGTYPE, "{act}"),
            other => panic!("{act}: {other:?}"),
        }
        assert_eq!(site.client.line("PING"), "PONG".into(), "{act}");
        let flushed = act.starts_with("FLUSH");
        let swapped = act == "SWAPDB 0 1";
        site.client.run(&["SELECT", if swapped { "1" } else { "0" }]);
        let shop = site.shop.clone();
        assert_eq!(
            site.client.run(&["SESSIONS.EXISTS", "shop", &shop]),
            Reply::Int((!flushed).into()),
            "{act}"
        );
        // Once the keys are in order again, the rest can be killed.
        for key in [
            "rs:big:_sessions",
            "rs:big:_users",
            "rs:SESSIONS",
            "rs:big:us:u:7",
            "rs:big:us:u:999",
        ] {
            if site.client.run(&["TYPE", key]) == "string".into() {
                site.client.run(&["DEL", key]);
            }
        }
        site.client.run(&["SESSIONS.KILLALL", "big"]).int();
        site.client.run(&["SESSIONS.WIPE"]).int();
        assert_eq!(site.client.run(&["SESSIONS.COUNT", "big"]), Reply::Int(0), "{act}");
    }
}

#[test]
fn a_killall_during_new_sessions_and_other_apps_leaves_them_whole() {
    let young = catch_under_way(|count| {
        let mut site = Site::open_on(Server::builder().own_clock().start());
        let mut caller = site.server.client();
        fill(&mut site.client, "big", count, 0);
        if !begin(&site.server, &mut caller, "big", &["SESSIONS.KILLALL", "big"]) {
            return None;
        }
        // Sessions created in the second in which the KILLALL began may be killed, later ones may
        // not.
        let began = now(&mut site.client);
        site.server.set_calendar(2);
        let mut young = Vec::new();
        while site.server.info("blocked_clients") == "1" {
            let time = now(&mut site.client);
            let token = create(&mut site.client, "big", "u:1", &[]);
            if time > began && site.server.info("blocked_clients") == "1" {
                young.push(token);
            }
            create(&mut site.client, "web", "u:1", &[]);
        }
        assert!(caller.receive().int() >= count);
        for token in &young {
            assert_eq!(site.client.run(&["SESSIONS.EXISTS", "big", token]), Reply::Int(1));
        }
        assert_whole(&mut site.client);
        (!young.is_empty()).then_some(young.len())
    });
    eprintln!("{young} sessions made in a later second of the KILLALL live");
}

#[test]
fn a_rotate_in_an_app_under_killall_ends_the_session() {
    catch_under_way(|count| {
        let mut site = Site::open();
        let mut caller = site.server.client();
        fill(&mut site.client, "big", count, 0);
        let last = create(&mut site.client, "big", "zzz", &[]);
        age_everywhere(&mut site.client, "big", &last, -5);
        if !begin(&site.server, &mut caller, "big", &["SESSIONS.KILLALL", "big"]) {
            return None;
        }
        assert_eq!(site.client.run(&["SESSIONS.ROTATE", "big", &last]), Reply::Nil);
        assert_eq!(site.client.run(&["SESSIONS.EXISTS", "big", &last]), Reply::Int(0));
        let is_under_way = site.server.info("blocked_clients") == "1";
        assert!(caller.receive().int() >= count);
        assert_eq!(site.client.run(&["SESSIONS.COUNT", "big"]), Reply::Int(0));
        is_under_way.then_some(())
    });
}
