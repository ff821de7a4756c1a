//! SESSIONS.KILLSOID app id [EXCEPT token | ONLY sid]

use super::{assert_plain, check_arguments, check_counts, check_options, check_wrong_types, digest};
use crate::harness::*;

fn three(client: &mut Client) -> [String; 3] {
    [(); 3].map(|()| create(client, "web", "u:1", &["TTL", "100"]))
}

fn alive(client: &mut Client, token: &str) -> bool {
    client.run(&["SESSIONS.EXISTS", "web", token]) == Reply::Int(1)
}

#[test]
fn killsoid_kills_all_sessions_of_the_id_and_no_others() {
    let server = Server::start();
    let mut client = server.client();
    three(&mut client);
    let other = create(&mut client, "web", "u", &[]);
    let elsewhere = create(&mut client, "shop", "u:1", &[]);
    assert_eq!(client.run(&["SESSIONS.KILLSOID", "web", "u:1"]), Reply::Int(3));
    assert_eq!(client.run(&["SESSIONS.KILLSOID", "web", "u:1"]), Reply::Int(0));
    assert!(alive(&mut client, &other));
    assert_eq!(client.run(&["SESSIONS.KILL", "web", &other]), Reply::Int(1));
    assert_eq!(client.run(&["SESSIONS.KILL", "shop", &elsewhere]), Reply::Int(1));
    assert_no_keys(&mut client);
}

#[test]
fn killsoid_of_an_id_that_has_no_session_removes_it_from_the_users() {
    let server = Server::start();
    let mut client = server.client();
    for members in [None, Some("rubbish")] {
        client.run(&["ZADD", "rs:web:_users", "1000", "nobody"]);
        if let Some(member) = members {
            client.run(&["SADD", "rs:web:us:nobody", member]);
        }
        assert_eq!(client.run(&["SESSIONS.KILLSOID", "web", "nobody"]), Reply::Int(0));
        assert_no_keys(&mut client);
    }
}

#[test]
fn killsoid_counts_live_sessions_only_and_removes_the_others_too() {
    let server = Server::start();
    let mut client = server.client();
    let tokens = three(&mut client);
    age(&mut client, "web", &tokens[1], 101);
    assert_eq!(client.run(&["SESSIONS.KILLSOID", "web", "u:1"]), Reply::Int(2));
    assert_no_keys(&mut client);
}

#[test]
fn killsoid_except_keeps_that_one() {
    let server = Server::start();
    let mut client = server.client();
    let tokens = three(&mut client);
    let reply = client.run(&["SESSIONS.KILLSOID", "web", "u:1", "except", &tokens[1]]);
    assert_eq!(reply, Reply::Int(2));
    assert_eq!(
        tokens.each_ref().map(|token| alive(&mut client, token)),
        [false, true, false]
    );
    assert_eq!(
        client.run(&["SESSIONS.KILLSOID", "web", "u:1", "EXCEPT", &tokens[1]]),
        Reply::Int(0)
    );
    assert_eq!(client.run(&["DBSIZE"]), Reply::Int(5));
    assert_eq!(client.run(&["SESSIONS.KILLSOID", "web", "u:1"]), Reply::Int(1));
    assert_no_keys(&mut client);
}

#[test]
fn except_excepts_nothing_if_the_token_is_not_a_live_session_of_the_id() {
    let server = Server::start();
    let mut client = server.client();
    for case in ["unknown", "timed out", "another id's", "another app's"] {
        let tokens = three(&mut client);
        let (spared, killed) = match case {
            "unknown" => (token_of('n'), 3),
            "timed out" => {
                age(&mut client, "web", &tokens[0], 101);
                (tokens[0].clone(), 2)
            }
            "another id's" => (create(&mut client, "web", "u2", &[]), 3),
            _ => (create(&mut client, "shop", "u:1", &[]), 3),
        };
        let reply = client.run(&["SESSIONS.KILLSOID", "web", "u:1", "EXCEPT", &spared]);
        assert_eq!(reply, Reply::Int(killed), "{case}");
        assert_eq!(client.run(&["SCARD", "rs:web:us:u:1"]), Reply::Int(0), "{case}");
        if case.starts_with("another") {
            let app = if case == "another id's" { "web" } else { "shop" };
            assert_eq!(client.run(&["SESSIONS.KILL", app, &spared]), Reply::Int(1), "{case}");
        }
        assert_no_keys(&mut client);
    }
}

#[test]
fn killsoid_only_kills_just_the_one_with_that_sid() {
    let server = Server::start();
    let mut client = server.client();
    let tokens = three(&mut client);
    let sid = client
        .run(&["SESSIONS.PEEK", "web", &tokens[2]])
        .session()
        .text("sid")
        .to_owned();
    let none = client.run(&["SESSIONS.KILLSOID", "web", "u:1", "ONLY", "0000000000000000"]);
    assert_eq!(none, Reply::Int(0));
    assert_eq!(
        client.run(&["SESSIONS.KILLSOID", "web", "u2", "ONLY", &sid]),
        Reply::Int(0)
    );
    assert_eq!(
        client.run(&["SESSIONS.KILLSOID", "web", "u:1", "only", &sid]),
        Reply::Int(1)
    );
    assert_eq!(
        tokens.each_ref().map(|token| alive(&mut client, token)),
        [true, true, false]
    );
    assert_eq!(
        client.run(&["SESSIONS.KILLSOID", "web", "u:1", "ONLY", &sid]),
        Reply::Int(0)
    );
    assert_eq!(client.run(&["SESSIONS.KILLSOID", "web", "u:1"]), Reply::Int(2));
    assert_no_keys(&mut client);
}

#[test]
fn the_ids_score_is_raised_to_the_la_of_what_was_killed() {
    let server = Server::start();
    let mut client = server.client();
    let time = now(&mut client) - 100;
    for option in ["EXCEPT", "ONLY"] {
        client.run(&["FLUSHALL"]);
        let (goes, stays) = (token_in_step(time, 0, 'g'), token_in_step(time, 0, 's'));
        for token in [&goes, &stays] {
            plant(
                &mut client,
                "web",
                token,
                &[("id", "u1"), ("la", &time.to_string()), ("ttl", "7200")],
            );
        }
        client.run(&["HSET", &format!("rs:web:{goes}"), "la", &(time + 8).to_string()]);
        let sid = client
            .run(&["SESSIONS.PEEK", "web", &goes])
            .session()
            .text("sid")
            .to_owned();
        let named = if option == "EXCEPT" { &stays } else { &sid };
        let reply = client.run(&["SESSIONS.KILLSOID", "web", "u1", option, named]);
        assert_eq!(reply, Reply::Int(1), "{option}");
        assert_eq!(score(&mut client, "rs:web:_users", "u1"), Some(time + 8), "{option}");
        assert!(alive(&mut client, &stays), "{option}");
    }
}

#[test]
fn killsoid_of_an_unknown_id_returns_0_and_changes_nothing() {
    let server = Server::start();
    let mut client = server.client();
    three(&mut client);
    let before = digest(&mut client);
    for (app, id) in [("web", "nobody"), ("shop", "u:1"), ("web", "u")] {
        assert_eq!(client.run(&["SESSIONS.KILLSOID", app, id]), Reply::Int(0), "{app} {id}");
    }
    assert_eq!(digest(&mut client), before);
}

#[test]
fn killsoid_reaches_the_aof_as_plain_commands_in_one_transaction() {
    let server = Server::builder().aof().start();
    let mut client = server.client();
    let tokens = three(&mut client);
    let effects = server.effects(|| {
        client
            .run(&["SESSIONS.KILLSOID", "web", "u:1", "EXCEPT", &tokens[0]])
            .int();
    });
    assert_plain(&effects);
    let before = digest(&mut client);
    client.run(&["DEBUG", "LOADAOF"]);
    assert_eq!(digest(&mut client), before);
    client.run(&["SESSIONS.KILLSOID", "web", "u:1"]);
    client.run(&["DEBUG", "LOADAOF"]);
    assert_no_keys(&mut client);
}

#[test]
fn killsoid_refuses_wrong_counts() {
    check_counts("SESSIONS.KILLSOID {app} {owner}", true);
}

#[test]
fn killsoid_refuses_wrong_arguments() {
    check_arguments("SESSIONS.KILLSOID {app} {owner}");
    check_arguments("SESSIONS.KILLSOID {app} {owner} EXCEPT {token}");
    check_arguments("SESSIONS.KILLSOID {app} {owner} ONLY {sid}");
    let (token, sid) = (token_of('a'), "0123456789abcdef");
    check_options(
        "SESSIONS.KILLSOID {app} {owner}",
        &[
            ("EXCEPT", "EXCEPT requires a value"),
            ("ONLY", "ONLY requires a value"),
            ("JSON", "unknown option at argument 3"),
            (
                &format!("EXCEPT {token} ONLY {sid}"),
                "EXCEPT and ONLY cannot be combined",
            ),
            (
                &format!("ONLY {sid} EXCEPT {token}"),
                "ONLY and EXCEPT cannot be combined",
            ),
            (&format!("EXCEPT {token} EXCEPT {token}"), "EXCEPT is given twice"),
            (&format!("ONLY {sid} ONLY {sid}"), "ONLY is given twice"),
            (&format!("EXCEPT {token} x"), "unknown option at argument 5"),
        ],
    );
}

#[test]
fn killsoid_with_a_key_of_the_wrong_type_writes_nothing() {
    check_wrong_types("SESSIONS.KILLSOID web u1", &["_sessions", "_users", "us", "SESSIONS"]);
}

#[test]
fn killsoid_skips_a_foreign_key() {
    let server = Server::start();
    let mut client = server.client();
    let tokens = three(&mut client);
    let foreign = format!("rs:web:{}", tokens[1]);
    client.run(&["DEL", &foreign]);
    client.run(&["RPUSH", &foreign, "theirs"]);
    assert_eq!(client.run(&["SESSIONS.KILLSOID", "web", "u:1"]), Reply::Int(2));
    assert_eq!(client.run(&["KEYS", "*"]).texts(), [foreign.as_str()]);
}

#[test]
fn a_clock_set_back_spares_no_session() {
    let server = Server::start();
    let mut client = server.client();
    for command in ["SESSIONS.KILLSOID web u:1", "SESSIONS.KILLALL web"] {
        let ahead = (now(&mut client) + 3600).to_string();
        for token in three(&mut client) {
            client.run(&["HSET", &format!("rs:web:{token}"), "created", &ahead, "la", &ahead]);
        }
        assert_eq!(client.line(command), Reply::Int(3), "{command}");
        assert_no_keys(&mut client);
    }
}
