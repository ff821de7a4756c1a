//! Each command by an old token, during the grace and after it.

use super::*;
use std::time::Duration;

#[test]
fn get_peek_and_set_by_the_old_token_show_the_present_one_in_every_form_of_reply() {
    in_both_storages(&[], |site, client| {
        let (old, new) = graced(client, "bob", "60");
        let mut resp3 = site.server.client_resp3();
        for command in [
            &["SESSIONS.GET", "web"][..],
            &["SESSIONS.PEEK", "web"],
            &["SESSIONS.SET", "web", r#"{"a":1}"#],
        ] {
            let by = |token| [&command[..2], &[token], &command[2..]].concat();
            for client in [&mut *client, &mut resp3] {
                let session = client.run(&by(old.as_str())).session();
                assert_eq!(session.names()[..2], ["token", "sid"], "{session:?}");
                assert_eq!(session.text("token"), new);
                assert_eq!(session.text("sid"), &sha256(&new)[..16]);
                assert!(!client.run(&by(&new)).session().has("token"), "by the present one");
            }
            let json = |client: &mut Client, token| client.run(&[&by(token)[..], &["JSON"]].concat());
            let shown = json(client, &old).text().to_owned();
            assert!(shown.starts_with(&format!(r#"{{"token":"{new}","sid":"#)), "{shown}");
            assert!(!json(client, &new).text().contains("token"));
        }
    });
}

#[test]
fn every_command_that_takes_a_token_takes_the_old_one_during_the_grace() {
    in_both_storages(&[], |site, client| {
        for (command, expected) in [
            (&["INCR", "web", "{}", "n"][..], Reply::Int(1)),
            (&["TOUCH", "web", "{}", "TTL", "900"], Reply::Int(1)),
            (&["EXISTS", "web", "{}"], Reply::Int(1)),
            (&["SAVE", "web", "{}", r#"{"b":2}"#], Reply::Int(1)),
            (&["SAVE", "web", "{}", r#"{"b":2}"#, "XX"], Reply::Int(1)),
            (&["SAVE", "web", "{}", r#"{"b":2}"#, "NX"], Reply::Int(0)),
            (&["KILLSOID", "web", "bob", "EXCEPT", "{}"], Reply::Int(0)),
        ] {
            let (old, new) = graced(client, "bob", "60");
            let counted = site.graced();
            let name = format!("SESSIONS.{}", command[0]);
            let words = command[1..].iter().map(|word| if *word == "{}" { &old } else { *word });
            let words: Vec<&str> = [name.as_str()].into_iter().chain(words).collect();
            assert_eq!(client.run(&words), expected, "{command:?}");
            if command[0] != "KILLSOID" {
                assert_eq!(site.graced(), counted + 1, "{command:?} counts once");
            }
            assert!(exists(client, &new), "{command:?}");
            let session = client.run(&["SESSIONS.PEEK", "web", &new]).session();
            match command[0] {
                "INCR" => assert_eq!(session.text("d"), r#"{"n":1}"#),
                "TOUCH" => assert_eq!(session.int("ttl"), 900),
                "SAVE" if !command.contains(&"NX") => assert_eq!(session.text("d"), r#"{"b":2}"#),
                _ => {}
            }
            assert_eq!(
                client.run(&["SESSIONS.KILL", "web", &old]),
                Reply::Int(1),
                "KILL by it kills"
            );
            assert_unknown(client, &old);
            assert_unknown(client, &new);
        }
        assert_eq!(client.run(&["ZCARD", "rs:SESSIONS"]), Reply::Int(0));
    });
}

#[test]
fn rotations_within_a_grace_apply_their_options_and_keep_the_token() {
    in_both_storages(&[], |site, client| {
        let (old, new) = graced(client, "bob", "60");
        let options = "GRACE 5 TTL 300 LIFETIME 4000 IP 10.0.0.9 UA curl/8 DATA {\"a\":1}";
        for token in [&old, &new] {
            assert_eq!(rotate(client, token, options).as_ref(), Some(&new));
        }
        let session = client.run(&["SESSIONS.PEEK", "web", &new]).session();
        assert_eq!(
            (session.int("w"), session.int("ttl"), session.text("d")),
            (3, 300, r#"{"a":1}"#)
        );
        assert_eq!((session.text("ip"), session.text("ua")), ("10.0.0.9", "curl/8"));
        assert!(session.has("until"));
        // The grace of the first ROTATE counts, not the grace of the repeat.
        site.server.let_pass(Duration::from_secs(30));
        assert!(exists(client, &old));
        assert_whole(client);
    });
}

#[test]
fn a_rotation_without_grace_draws_a_new_token_and_ends_the_grace() {
    in_both_storages(&[], |_, client| {
        for by_old in [true, false] {
            let (old, new) = graced(client, "bob", "60");
            let next = rotate(client, if by_old { &old } else { &new }, "").expect("a token");
            assert!(next != old && next != new);
            assert_unknown(client, &old);
            assert_unknown(client, &new);
            assert!(exists(client, &next));
            let fields = client.run(&["HLEN", &format!("rs:web:{next}")]);
            assert!(fields.int() == 0 || hash_field(client, "web", &next, "graced").is_none());
        }
    });
}

#[test]
fn use_does_not_extend_the_grace_and_each_second_is_judged_exactly() {
    in_both_storages(&[], |site, client| {
        let (old, new) = graced(client, "bob", "3");
        let until: i64 = client.run(&["HGET", &site.key(&new), "graced"]).text().parse().unwrap();
        let (mut during, mut after) = (0, 0);
        while after < 2 {
            let before = now(client);
            let reply = client.run(&["SESSIONS.GET", "web", &old]);
            if now(client) != before {
                continue;
            }
            assert_eq!(reply.is_nil(), before > until, "{} s before its end", until - before);
            if reply.is_nil() {
                after += 1
            } else {
                during += 1
            }
            site.server.let_pass(Duration::from_secs(1));
        }
        assert!(during > 0);
        assert_unknown(client, &old);
        // The session itself continues and can be rotated again.
        let next = rotate(client, &new, "GRACE 3").expect("a token");
        assert_ne!(next, new);
        assert_unknown(client, &old);
    });
}

#[test]
fn the_excepted_session_may_be_named_by_its_old_token() {
    in_both_storages(&[], |_, client| {
        let (old, new) = graced(client, "bob", "60");
        let others: Vec<String> = (0..5).map(|_| create(client, "web", "bob", &[])).collect();
        let reply = client.run(&["SESSIONS.KILLSOID", "web", "bob", "EXCEPT", &old]);
        assert_eq!(reply, Reply::Int(5));
        assert!(exists(client, &old) && exists(client, &new));
        assert!(others.iter().all(|token| !exists(client, token)));
        // The old token of a log-in excepts nothing.
        let last = rotate(client, &new, "ID bob GRACE 60").expect("a token");
        let reply = client.run(&["SESSIONS.KILLSOID", "web", "bob", "EXCEPT", &new]);
        assert_eq!(reply, Reply::Int(1));
        assert!(!exists(client, &last));
    });
}

#[test]
fn sessions_of_every_kind_have_a_grace() {
    in_both_storages(&[], |site, client| {
        for options in [&["NORESAVE", "TTL", "100"][..], &["LIFETIME", "100"], &["ANON"], &[]] {
            let old = create(client, "web", "bob", options);
            let new = rotate(client, &old, "GRACE 60").expect("a token");
            let session = client.run(&["SESSIONS.GET", "web", &old]).session();
            assert_eq!(session.text("token"), new, "{options:?}");
            // A grace does not make a session live longer.
            if options.len() > 1 {
                let short = create(client, "web", "bob", &[&options[..options.len() - 1], &["5"]].concat());
                let short_new = rotate(client, &short, "GRACE 60").expect("a token");
                site.server.let_pass(Duration::from_secs(7));
                assert!(!exists(client, &short) && !exists(client, &short_new), "{options:?}");
            }
            client.run(&["SESSIONS.KILLALL", "web"]);
        }
        // A session of redis-sessions has no `created`.
        let (old, time) = (token_of('p'), now(client).to_string());
        plant(
            client,
            "web",
            &old,
            &[("id", "bob"), ("r", "1"), ("w", "1"), ("la", &time), ("ttl", "900")],
        );
        let new = rotate(client, &old, "GRACE 60").expect("a token");
        assert_eq!(client.run(&["HEXISTS", &site.key(&old), "since"]), Reply::Int(0));
        assert_eq!(client.run(&["SESSIONS.GET", "web", &old]).session().text("token"), new);
    });
}
