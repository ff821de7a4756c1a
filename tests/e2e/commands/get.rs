//! SESSIONS.GET app token [JSON]

use super::{assert_plain, check_arguments, check_counts, check_options, check_wrong_types, digest};
use crate::harness::*;

#[test]
fn get_returns_the_values_before_it_and_stores_the_use() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &["TTL", "100"]);
    let first = client.run(&["SESSIONS.GET", "web", &token]).session();
    assert_eq!((first.int("r"), first.int("w"), first.int("ttl")), (1, 1, 100));
    assert!((0..=1).contains(&first.int("idle")), "{first:?}");
    assert_eq!(hash_field(&mut client, "web", &token, "r").unwrap(), "2");

    age(&mut client, "web", &token, 40);
    let second = client.run(&["SESSIONS.GET", "web", &token]).session();
    assert_eq!((second.int("r"), second.int("w"), second.int("ttl")), (2, 1, 100));
    assert!((40..=41).contains(&second.int("idle")), "{second:?}");
    let third = client.run(&["SESSIONS.GET", "web", &token]).session();
    assert_eq!(third.int("r"), 3);
    assert!((0..=1).contains(&third.int("idle")), "{third:?}");
}

#[test]
fn get_returns_null_for_unknown_and_timed_out_sessions_and_changes_nothing() {
    let server = Server::builder().aof().start();
    let mut client = server.client();
    for json in [&[][..], &["JSON"]] {
        let token = create(&mut client, "web", "u1", &["TTL", "100"]);
        age(&mut client, "web", &token, 101);
        let before = digest(&mut client);
        let effects = server.effects(|| {
            for (app, token) in [("web", token_of('n').as_str()), ("other", &token), ("web", &token)] {
                let reply = client.run(&[&["SESSIONS.GET", app, token], json].concat());
                assert_eq!(reply, Reply::Nil, "{app} {token}");
            }
        });
        assert_eq!(digest(&mut client), before);
        assert!(effects.is_empty(), "{effects:?}");
    }
}

#[test]
fn a_session_lives_at_idle_equal_to_ttl_and_not_a_second_longer() {
    let server = Server::start();
    let mut client = server.client();
    let replies = in_one_second(&mut client, |client, now| {
        [100, 101].map(|idle| {
            let token = token_of('t');
            let la = (now - idle).to_string();
            plant(
                client,
                "web",
                &token,
                &[("id", "u1"), ("r", "1"), ("w", "1"), ("la", &la), ("ttl", "100")],
            );
            client.run(&["SESSIONS.GET", "web", &token])
        })
    });
    assert_eq!(replies[0].session().int("idle"), 100);
    assert_eq!(replies[1], Reply::Nil);
}

#[test]
fn a_lifetime_ends_the_session_however_much_it_is_used() {
    let server = Server::start();
    let mut client = server.client();
    let replies = in_one_second(&mut client, |client, now| {
        [0, -1].map(|left| {
            let token = create(client, "web", "u1", &["LIFETIME", "500"]);
            let until = (now + left).to_string();
            client.run(&["HSET", &format!("rs:web:{token}"), "until", &until]);
            client.run(&["SESSIONS.GET", "web", &token])
        })
    });
    assert!(replies[0].session().has("until"), "it lives in its last second");
    assert_eq!(replies[1], Reply::Nil, "it is over after its end");

    let token = create(&mut client, "web", "u1", &["LIFETIME", "500"]);
    let until = hash_field(&mut client, "web", &token, "until").unwrap();
    client.run(&["SESSIONS.GET", "web", &token]);
    assert_eq!(hash_field(&mut client, "web", &token, "until"), Some(until));
}

#[test]
fn a_clock_set_back_shows_idle_0_and_does_not_lower_la() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &[]);
    let ahead = now(&mut client) + 1000;
    client.run(&["HSET", &format!("rs:web:{token}"), "la", &ahead.to_string()]);
    let session = client.run(&["SESSIONS.GET", "web", &token]).session();
    assert_eq!(session.int("idle"), 0);
    assert_eq!(la(&mut client, "web", &token), ahead);
    assert_eq!(hash_field(&mut client, "web", &token, "r").unwrap(), "2");
}

#[test]
fn get_within_a_step_writes_only_the_hash() {
    let server = Server::builder().aof().start();
    let mut client = server.client();
    create(&mut client, "web", "u0", &[]);
    let time = now(&mut client);
    let token = token_in_step(time, 5, 'x');
    let la = (time - 4).to_string();
    plant(
        &mut client,
        "web",
        &token,
        &[("id", "u1"), ("r", "7"), ("w", "1"), ("la", &la), ("ttl", "100")],
    );
    let effects = server.effects(|| {
        client.run(&["SESSIONS.GET", "web", &token]).session();
    });
    assert_eq!(effects.len(), 1, "{effects:?}");
    assert_eq!(effects[0][..2], ["HSET".to_owned(), format!("rs:web:{token}")]);
    let written: Vec<(&str, &str)> = effects[0][2..]
        .chunks(2)
        .map(|p| (p[0].as_str(), p[1].as_str()))
        .collect();
    assert!(written.contains(&("r", "8")), "{written:?}");
    assert!(written.iter().any(|(field, _)| *field == "la"), "{written:?}");
    assert!(
        written.iter().all(|(field, _)| ["r", "la"].contains(field)),
        "{written:?}"
    );
}

#[test]
fn get_in_a_later_step_writes_hash_and_scores_in_one_transaction() {
    let server = Server::builder().aof().start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &["TTL", "100"]);
    age_everywhere(&mut client, "web", &token, 30);
    let effects = server.effects(|| {
        client.run(&["SESSIONS.GET", "web", &token]).session();
    });
    assert_plain(&effects);
    let la = la(&mut client, "web", &token);
    let mut zadds: Vec<Vec<String>> = write_effects(&effects).into_iter().filter(|e| e[0] == "ZADD").collect();
    zadds.sort();
    let zadd = |key: &str, score: i64, member: String| vec!["ZADD".into(), key.into(), score.to_string(), member];
    let wanted = [
        zadd("rs:SESSIONS", wipe_score(&token, la, 100), format!("web:{token}:u1")),
        zadd("rs:web:_sessions", la, format!("{token}:u1")),
        zadd("rs:web:_users", la, "u1".into()),
    ];
    assert_eq!(zadds, wanted);
    assert_eq!(write_effects(&effects).len(), 4, "{effects:?}");
}

#[test]
fn get_refuses_wrong_counts() {
    check_counts("SESSIONS.GET {app} {token}", true);
}

#[test]
fn get_refuses_wrong_arguments() {
    check_arguments("SESSIONS.GET {app} {token}");
    check_options(
        "SESSIONS.GET {app} {token}",
        &[
            ("JSON JSON", "JSON is given twice"),
            ("JSON json", "JSON is given twice"),
            ("JSON x", "unknown option at argument 4"),
            ("TTL 5", "unknown option at argument 3"),
            ("WITHTOKENS", "unknown option at argument 3"),
        ],
    );
}

#[test]
fn get_with_a_key_of_the_wrong_type_writes_nothing() {
    check_wrong_types("SESSIONS.GET web {token}", &["hash", "_sessions", "_users", "SESSIONS"]);
}

#[test]
fn options_are_words_in_any_case() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &[]);
    for json in ["JSON", "json", "JsOn"] {
        let reply = client.run(&["sessions.get", "web", &token, json]);
        assert!(reply.text().starts_with(r#"{"sid":""#), "{reply:?}");
    }
}
