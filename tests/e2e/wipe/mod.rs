//! Expiry: `SESSIONS.WIPE` and the timed cleanup pass.

mod in_the_way;
mod set_back;
mod timed;

use crate::commands::{assert_plain, digest};
use crate::harness::*;

/// A session that has timed out and is due by its score.
fn timed_out(client: &mut Client, app: &str, id: &str) -> String {
    let token = create(client, app, id, &["TTL", "100"]);
    age_everywhere(client, app, &token, 200);
    token
}

#[test]
fn wipe_removes_timed_out_sessions_and_counts_them() {
    let server = Server::start();
    let mut client = server.client();
    for (app, id) in [
        ("web", "u1"),
        ("web", "u1"),
        ("web", "a:b:c"),
        ("shop", "me@home"),
        ("shop", ":"),
    ] {
        timed_out(&mut client, app, id);
    }
    let ended = create(&mut client, "web", "u1", &["LIFETIME", "100"]);
    client.run(&["HSET", &format!("rs:web:{ended}"), "until", "1000"]);
    client.run(&["ZADD", "rs:SESSIONS", "1000", &format!("web:{ended}:u1")]);
    let counted = create(&mut client, "web", "u1", &["NORESAVE", "TTL", "100"]);
    age_everywhere(&mut client, "web", &counted, 200);
    assert_eq!(client.run(&["SESSIONS.WIPE"]), Reply::Int(7));
    assert_no_keys(&mut client);
    assert_eq!(client.run(&["SESSIONS.WIPE"]), Reply::Int(0));
}

#[test]
fn wipe_decides_by_the_hash_and_corrects_the_scores_of_live_sessions() {
    let server = Server::start();
    let mut client = server.client();
    type Case<'a> = (&'a [&'a str], fn(&str, i64) -> i64);
    let cases: [Case<'_>; 3] = [
        (&["TTL", "100"], |token, la| wipe_score(token, la, 100)),
        (&["TTL", "100", "NORESAVE"], |_, la| la + 100),
        (&["TTL", "100", "LIFETIME", "50"], |_, la| la + 50),
    ];
    for (options, wanted) in cases {
        let token = create(&mut client, "web", "u:1", options);
        let member = format!("web:{token}:u:1");
        client.run(&["ZADD", "rs:SESSIONS", "1", &member]);
        assert_eq!(client.run(&["SESSIONS.WIPE"]), Reply::Int(0), "{options:?}");
        let la = la(&mut client, "web", &token);
        assert_eq!(
            score(&mut client, "rs:SESSIONS", &member),
            Some(wanted(&token, la)),
            "{options:?}"
        );
        assert_eq!(
            client.run(&["SESSIONS.EXISTS", "web", &token]),
            Reply::Int(1),
            "{options:?}"
        );
    }
}

#[test]
fn wipe_looks_at_scores_below_now_only() {
    let server = Server::start();
    let mut client = server.client();
    let found = in_one_second(&mut client, |client, time| {
        let token = create(client, "web", "u1", &["TTL", "100"]);
        age(client, "web", &token, 200);
        let member = format!("web:{token}:u1");
        [0, -1].map(|offset| {
            client.run(&["ZADD", "rs:SESSIONS", &(time + offset).to_string(), &member]);
            client.run(&["SESSIONS.WIPE"]).int()
        })
    });
    assert_eq!(found, [0, 1]);
}

#[test]
fn wipe_removes_entries_without_a_valid_session_and_does_not_count_them() {
    let server = Server::start();
    let mut client = server.client();
    for case in ["hash missing", "no id", "la unreadable", "ttl unreadable"] {
        let token = timed_out(&mut client, "web", "u:1");
        let key = format!("rs:web:{token}");
        match case {
            "hash missing" => client.run(&["DEL", &key]),
            "no id" => client.run(&["HDEL", &key, "id"]),
            "la unreadable" => client.run(&["HSET", &key, "la", "x"]),
            _ => client.run(&["HDEL", &key, "ttl"]),
        };
        assert_eq!(client.run(&["SESSIONS.WIPE"]), Reply::Int(0), "{case}");
        assert_no_keys(&mut client);
    }
}

#[test]
fn members_that_cannot_be_parsed_are_removed_and_the_log_says_how_many() {
    let server = Server::start();
    let mut client = server.client();
    let members = [
        "",
        ":",
        "web",
        "web:short:u1",
        "secret rubbish",
        "a b:c:d",
        "web:_sessions:u1",
    ];
    for member in members {
        client.run(&["ZADD", "rs:SESSIONS", "1", member]);
    }
    let without_colon = format!("web:{}", token_of('s'));
    client.run(&["ZADD", "rs:SESSIONS", "1", &without_colon]);
    let bytes: [&[u8]; 4] = [b"ZADD", b"rs:SESSIONS", b"1", b"web:\xff\0%s%n"];
    client.run(&bytes);
    let old = timed_out(&mut client, "web", "u1");
    assert_eq!(client.run(&["SESSIONS.WIPE"]), Reply::Int(1));
    assert_no_keys(&mut client);
    let log = server.log();
    let found = log.lines().any(|line| line.contains(" 9 ") && line.contains("member"));
    assert!(found, "no line with the number of members in:\n{log}");
    for secret in ["secret", "short:u1", &token_of('s'), &old] {
        assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
    }
}

#[test]
fn an_id_that_keeps_sessions_keeps_its_activity() {
    let server = Server::start();
    let mut client = server.client();
    let time = now(&mut client) - 1000;
    let (goes, stays) = (token_in_step(time, 0, 'g'), token_in_step(time, 0, 's'));
    plant(
        &mut client,
        "web",
        &stays,
        &[("id", "u1"), ("la", &time.to_string()), ("ttl", "7200")],
    );
    plant(
        &mut client,
        "web",
        &goes,
        &[("id", "u1"), ("la", &time.to_string()), ("ttl", "10")],
    );
    client.run(&["HSET", &format!("rs:web:{goes}"), "la", &(time + 8).to_string()]);
    assert_eq!(client.run(&["SESSIONS.WIPE"]), Reply::Int(1));
    assert_eq!(score(&mut client, "rs:web:_users", "u1"), Some(time + 8));
    assert_eq!(client.run(&["SMEMBERS", "rs:web:us:u1"]).texts(), [stays.as_str()]);
}

#[test]
fn wipe_skips_foreign_keys() {
    let server = Server::start();
    let mut client = server.client();
    let foreign = timed_out(&mut client, "web", "u1");
    let behind = timed_out(&mut client, "web", "u2");
    let key = format!("rs:web:{foreign}");
    client.run(&["DEL", &key]);
    client.run(&["SET", &key, "theirs"]);
    assert_eq!(client.run(&["SESSIONS.WIPE"]), Reply::Int(1));
    assert_eq!(client.run(&["EXISTS", &format!("rs:web:{behind}")]), Reply::Int(0));
    assert_eq!(client.run(&["KEYS", "*"]).texts(), [key.as_str()]);

    for foreign in ["rs:web:_sessions", "rs:web:_users", "rs:web:us:u1"] {
        client.run(&["FLUSHALL"]);
        timed_out(&mut client, "web", "u1");
        timed_out(&mut client, "shop", "u1");
        client.run(&["DEL", foreign]);
        client.run(&["SET", foreign, "theirs"]);
        assert_eq!(client.run(&["SESSIONS.WIPE"]), Reply::Int(2), "{foreign}");
        assert_eq!(client.run(&["KEYS", "*"]).texts(), [foreign]);
    }
    client.run(&["FLUSHALL"]);
    client.run(&["SET", "rs:SESSIONS", "theirs"]);
    assert_eq!(client.run(&["SESSIONS.WIPE"]).error(), WRONGTYPE);
}

#[test]
fn wipe_works_only_in_the_selected_database() {
    let server = Server::start();
    let (mut zero, mut three) = (server.client(), server.client());
    three.run(&["SELECT", "3"]);
    for client in [&mut zero, &mut three] {
        timed_out(client, "web", "u1");
    }
    assert_eq!(three.run(&["SESSIONS.WIPE"]), Reply::Int(1));
    assert_no_keys(&mut three);
    assert_eq!(zero.run(&["DBSIZE"]), Reply::Int(5));
    assert_eq!(zero.run(&["SESSIONS.WIPE"]), Reply::Int(1));
    assert_no_keys(&mut zero);
}

#[test]
fn wipe_removes_thousands_of_sessions_and_leaves_live_ones() {
    let server = Server::start();
    let mut client = server.client();
    let timed_out = Planted {
        count: 18_000,
        ids: 700,
        idle: 100_000,
        ..Planted::default()
    };
    timed_out.plant(&mut client);
    let living = Planted {
        first: "x",
        count: 2_000,
        idle: 0,
        due: Some(8_200),
        ..timed_out
    };
    living.plant(&mut client);
    assert_eq!(client.run(&["SESSIONS.WIPE"]), Reply::Int(18000));
    assert_eq!(client.run(&["SESSIONS.COUNT", "web"]), Reply::Int(2000));
    assert_eq!(client.run(&["SESSIONS.KILLALL", "web"]), Reply::Int(2000));
    assert_no_keys(&mut client);
}

#[test]
fn wipe_reaches_the_aof_as_plain_commands() {
    let server = Server::builder().aof().start();
    let mut client = server.client();
    for id in ["u1", "u1", "u2"] {
        timed_out(&mut client, "web", id);
    }
    let alive = create(&mut client, "web", "u3", &[]);
    client.run(&["ZADD", "rs:SESSIONS", "1", &format!("web:{alive}:u3")]);
    let effects = server.effects(|| {
        assert_eq!(client.run(&["SESSIONS.WIPE"]), Reply::Int(3));
    });
    assert_plain(&effects);
    let before = digest(&mut client);
    client.run(&["DEBUG", "LOADAOF"]);
    assert_eq!(digest(&mut client), before);
}
