//! Switching the setting on and off, at a restart or by a failover: no user is logged out, nothing
//! is lost.

use super::*;

const DATA: &str = r#"{"cart":3}"#;

/// A server that keeps its data across a restart, in an AOF or in an RDB file.
fn keeping(setting: &str, is_aof: bool) -> Server {
    let builder = if is_aof {
        Server::builder().aof()
    } else {
        Server::builder().line("save 3600 1")
    };
    builder.line(setting).start()
}

/// A user's session, one of a visitor, and one whose token has another slot than the id.
fn kinds(client: &mut Client) -> Vec<String> {
    let own = token_of('7');
    let saved = client.run(&["SESSIONS.SAVE", "web", &own, DATA, "ID", "ann", "TTL", "900"]);
    assert_eq!(saved, Reply::Int(2));
    let options = ["IP", "::1", "UA", "curl/8.0", "LIFETIME", "5000", "DATA", DATA];
    vec![
        create(client, "web", "bob", &options),
        create(client, "web", "", &["ANON", "NORESAVE", "DATA", DATA]),
        own,
    ]
}

#[track_caller]
fn shown(client: &mut Client, token: &str) -> Session {
    let mut session = client.run(&["SESSIONS.PEEK", "web", token]).session();
    session
        .fields
        .retain(|(name, _)| !["idle", "ttl"].contains(&name.as_str()));
    session
}

#[test]
fn each_use_moves_a_session_and_what_only_looks_moves_none() {
    for is_aof in [true, false] {
        let mut server = keeping(OFF, is_aof);
        for words in [
            &["GET"][..],
            &["SET", r#"{"cart":4}"#],
            &["SET", "{}", "TTL", "500"],
            &["INCR", "cart"],
            &["TOUCH"],
            &["SAVE", DATA],
            &["SAVE", DATA, "XX", "TTL", "500"],
            &["SAVE", DATA, "ID", "eve"],
            &["SAVE", DATA, "ANON"],
        ] {
            let mut client = server.client();
            let tokens = kinds(&mut client);
            for token in &tokens {
                client.run(&["HSET", &format!("rs:web:{token}"), "note", "not ours"]);
            }
            let before = digest(&mut client);
            restart_as(&mut server, ON);
            let mut client = server.client();
            assert_eq!(digest(&mut client), before, "a restart moves nothing");
            for (token, number) in tokens.iter().zip(1..) {
                let name = stored_name(token);
                let session = shown(&mut client, token);
                assert!(exists(&mut client, token));
                assert!(is_stored_as(&mut client, token) && !is_stored_as(&mut client, &name));
                assert_eq!(moved(&server), number - 1);

                let command = format!("SESSIONS.{}", words[0]);
                let command = [&[command.as_str(), "web", token], &words[1..]].concat();
                let reply = client.run(&command);
                assert!(!reply.is_nil() && !reply.is_error_of("ERR"), "{words:?}: {reply:?}");
                assert_eq!(moved(&server), number, "{words:?}");
                assert!(
                    !is_stored_as(&mut client, token) && is_stored_as(&mut client, &name),
                    "{words:?}"
                );
                assert_eq!(
                    hash_field(&mut client, "web", &name, "note").as_deref(),
                    Some("not ours")
                );
                let after = shown(&mut client, token);
                for field in ["sid", "created", "until", "ip", "ua", "no_resave"] {
                    assert_eq!(after.get(field), session.get(field), "{words:?}: {field}");
                }
                client.run(&["SESSIONS.GET", "web", token]);
                assert_eq!(moved(&server), number, "it is moved already");
                assert_whole(&mut client);
            }
            for token in &tokens {
                assert_eq!(client.run(&["SESSIONS.KILL", "web", token]), Reply::Int(1));
            }
            assert_no_keys(&mut client);
            restart_as(&mut server, OFF);
        }
    }
}

#[test]
fn kill_and_rotate_work_on_what_is_not_moved_yet_and_move_nothing() {
    let mut server = keeping(OFF, true);
    let tokens = kinds(&mut server.client());
    restart_as(&mut server, ON);
    let mut client = server.client();
    let rotated: Vec<String> = tokens
        .iter()
        .map(|token| client.run(&["SESSIONS.ROTATE", "web", token]).text().to_owned())
        .collect();
    for (old, new) in tokens.iter().zip(&rotated) {
        assert!(!exists(&mut client, old) && exists(&mut client, new));
        assert!(!is_stored_as(&mut client, new) && is_stored_as(&mut client, &stored_name(new)));
    }
    assert_eq!(moved(&server), 0);
    assert_whole(&mut client);
    assert_eq!(client.run(&["SESSIONS.KILLALL", "web"]), Reply::Int(3));
    assert_no_keys(&mut client);
}

#[test]
fn while_memory_is_full_a_session_is_used_and_not_moved() {
    let mut server = keeping(OFF, true);
    let tokens = kinds(&mut server.client());
    restart_as(&mut server, ON);
    let mut client = server.client();
    client.line("CONFIG SET maxmemory 1").assert_ok();
    for token in &tokens {
        assert_eq!(client.run(&["SESSIONS.GET", "web", token]).session().int("r"), 1);
        assert_eq!(client.run(&["SESSIONS.TOUCH", "web", token]), Reply::Int(1));
        assert!(is_stored_as(&mut client, token));
        assert_eq!(hash_field(&mut client, "web", token, "r").as_deref(), Some("2"));
    }
    assert_eq!(moved(&server), 0);
    client.line("CONFIG SET maxmemory 0").assert_ok();
    for token in &tokens {
        assert_eq!(client.run(&["SESSIONS.GET", "web", token]).session().int("r"), 2);
        assert!(is_stored_as(&mut client, &stored_name(token)));
    }
    assert_eq!(moved(&server), 3);
    assert_whole(&mut client);
}

#[test]
fn after_switching_off_no_user_is_logged_out_and_rotate_stores_plain_tokens() {
    for is_aof in [true, false] {
        let mut server = keeping(ON, is_aof);
        let tokens = kinds(&mut server.client());
        let before = digest(&mut server.client());
        restart_as(&mut server, OFF);
        let mut client = server.client();
        assert_eq!(digest(&mut client), before);
        for token in &tokens {
            assert!(exists(&mut client, token));
            let get = client.run(&["SESSIONS.GET", "web", token]).session();
            assert_eq!(get.int("r"), 1);
            let set = client
                .run(&["SESSIONS.SET", "web", token, r#"{"lang":"en"}"#])
                .session();
            assert_eq!(set.text("d"), r#"{"cart":3,"lang":"en"}"#);
            assert_eq!(client.run(&["SESSIONS.INCR", "web", token, "cart"]), Reply::Int(4));
            assert_eq!(client.run(&["SESSIONS.SAVE", "web", token, DATA]), Reply::Int(1));
            assert!(is_stored_as(&mut client, &stored_name(token)), "uses move nothing back");
        }
        assert_eq!(moved(&server), 0);
        assert_whole(&mut client);
        for token in &tokens {
            let new = client
                .run(&["SESSIONS.ROTATE", "web", token, "GRACE", "60"])
                .text()
                .to_owned();
            assert!(is_stored_as(&mut client, &new));
            assert_eq!(hash_field(&mut client, "web", &new, "slot"), None);
            let by_old = client.run(&["SESSIONS.GET", "web", token]).session();
            assert_eq!(by_old.text("token"), new);
        }
        assert_whole(&mut client);
        assert_eq!(client.run(&["SESSIONS.KILLALL", "web"]), Reply::Int(3));
    }
}

#[test]
fn a_replica_that_is_promoted_finds_all_sessions_whatever_its_setting() {
    for (here, there) in [(OFF, OFF), (OFF, ON), (ON, OFF), (ON, ON)] {
        let mut primary = Server::builder().aof().tcp().line(OFF).start();
        let mut tokens = kinds(&mut primary.client());
        restart_as(&mut primary, here);
        let mut client = primary.client();
        tokens.extend((0..5).map(|_| create(&mut client, "web", "carl", &[])));
        let graced = tokens[4].clone();
        let new = client
            .run(&["SESSIONS.ROTATE", "web", &graced, "GRACE", "60"])
            .text()
            .to_owned();
        // Some sessions have been moved to their stored name, the others have not.
        client.run(&["SESSIONS.GET", "web", &tokens[0]]);
        let replica = Server::builder().line(there).replica_of(&primary).start();
        replica.catch_up_with(&primary);
        let mut promoted = replica.client();
        assert_eq!(digest(&mut promoted), digest(&mut client));
        for token in &tokens {
            assert_eq!(shown(&mut promoted, token), shown(&mut client, token), "{here} {there}");
        }
        promoted.line("REPLICAOF NO ONE").assert_ok();
        for token in &tokens {
            promoted.run(&["SESSIONS.GET", "web", token]).session();
            assert!(exists(&mut promoted, token));
        }
        let by_old = promoted.run(&["SESSIONS.GET", "web", &graced]).session();
        assert_eq!(by_old.text("token"), new);
        assert_whole(&mut promoted);
        // Except the alias of the old token.
        let present = tokens.iter().filter(|token| **token != graced).chain([&new]);
        let plain = present.filter(|token| is_stored_as(&mut promoted, token)).count();
        let wanted = match (here, there) {
            (_, ON) => 0,
            // The sessions that the primary created before and that were not used since.
            (ON, _) => 2,
            _ => 8,
        };
        assert_eq!(plain, wanted, "{here} {there}");
    }
}

#[test]
fn an_old_token_leads_to_its_session_until_the_grace_is_over_however_often_the_setting_changes() {
    for (first, then) in [(OFF, ON), (ON, OFF)] {
        let mut server = keeping(first, true);
        let mut client = server.client();
        let old = create(&mut client, "web", "bob", &[]);
        let new = client
            .run(&["SESSIONS.ROTATE", "web", &old, "GRACE", "60"])
            .text()
            .to_owned();
        let visitors = create(&mut client, "web", "", &["ANON"]);
        let logged_in = client.run(&["SESSIONS.ROTATE", "web", &visitors, "ID", "ann", "GRACE", "60"]);
        let logged_in = logged_in.text().to_owned();
        for setting in [then, first, then] {
            restart_as(&mut server, setting);
            let mut client = server.client();
            for command in ["PEEK", "GET"] {
                let by_old = client.run(&[&format!("SESSIONS.{command}"), "web", &old]).session();
                assert_eq!(by_old.text("token"), new);
            }
            let again = client.run(&["SESSIONS.ROTATE", "web", &old, "GRACE", "60"]);
            assert_eq!(again.text(), new, "the session keeps its token within the grace");
            let repeated = client.run(&["SESSIONS.ROTATE", "web", &visitors, "ID", "ann", "GRACE", "60"]);
            assert_eq!(repeated.text(), logged_in, "the log-in is repeated");
            assert!(
                !exists(&mut client, &visitors),
                "a visitor's token is good for nothing else"
            );
            let by_old = client.run(&["SESSIONS.KILLSOID", "web", "bob", "EXCEPT", &old]);
            assert_eq!(by_old, Reply::Int(0));
            assert_whole(&mut client);
        }
        let mut client = server.client();
        assert_eq!(client.run(&["SESSIONS.KILL", "web", &old]), Reply::Int(1));
        assert!(!exists(&mut client, &new) && !exists(&mut client, &old));
    }
}

#[test]
fn withtokens_is_refused_and_after_switching_off_omits_the_tokens_of_hashed_sessions() {
    let mut server = keeping(ON, true);
    let mut client = server.client();
    let hashed = create(&mut client, "web", "bob", &[]);
    for words in [
        &["SESSIONS.SOID", "web", "bob", "WITHTOKENS"][..],
        &["SESSIONS.SOID", "web", "nobody", "JSON", "WITHTOKENS"],
        &["SESSIONS.SOAPP", "web", "0", "WITHTOKENS"],
    ] {
        assert_eq!(
            client.run(words).error(),
            "ERR tokens are hashed (sessions.hash-tokens): omit WITHTOKENS and use the sid"
        );
    }
    assert!(!client.line("SESSIONS.SOID web bob").sessions()[0].has("token"));
    restart_as(&mut server, OFF);
    let plain = create(&mut server.client(), "web", "bob", &[]);
    for mut client in [server.client(), server.client_resp3()] {
        for words in ["SESSIONS.SOID web bob WITHTOKENS", "SESSIONS.SOAPP web 0 WITHTOKENS"] {
            let listed = client.line(words).sessions();
            assert_eq!(listed.len(), 2);
            for session in listed {
                let is_plain = session.text("sid") == &stored_name(&plain)[..16];
                let token = session.get("token").map(|token| token.text().to_owned());
                assert_eq!(token, is_plain.then(|| plain.clone()), "{words}");
            }
            let json = client.line(&format!("{words} JSON")).text().to_owned();
            assert!(json.contains(&plain) && !json.contains(&stored_name(&hashed)), "{json}");
            assert_eq!(json.matches("\"token\"").count(), 1, "{json}");
        }
    }
}

#[test]
fn only_and_except_name_hashed_sessions_under_either_setting() {
    for setting in [ON, OFF] {
        let mut server = keeping(ON, true);
        let mut client = server.client();
        let tokens: Vec<String> = (0..4).map(|_| create(&mut client, "web", "bob", &[])).collect();
        restart_as(&mut server, setting);
        let mut client = server.client();
        let sid = &stored_name(&tokens[0])[..16];
        let only = client.run(&["SESSIONS.SOID", "web", "bob", "ONLY", sid]).sessions();
        assert_eq!(only.iter().map(|one| one.text("sid")).collect::<Vec<_>>(), [sid]);
        let killed = client.run(&["SESSIONS.KILLSOID", "web", "bob", "ONLY", sid]);
        assert_eq!(killed, Reply::Int(1));
        assert!(!exists(&mut client, &tokens[0]));
        let killed = client.run(&["SESSIONS.KILLSOID", "web", "bob", "EXCEPT", &tokens[1]]);
        assert_eq!(killed, Reply::Int(2));
        assert!(exists(&mut client, &tokens[1]));
        assert_whole(&mut client);
        // No sid is computed from a sid.
        let twice = &stored_name(&stored_name(&tokens[1]))[..16];
        let killed = client.run(&["SESSIONS.KILLSOID", "web", "bob", "ONLY", twice]);
        assert_eq!(killed, Reply::Int(0));
    }
}
