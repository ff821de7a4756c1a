//! Several tabs of a browser, and lost replies: at the end, all tabs have the same token.

use super::*;
use std::time::Duration;

const TRIES: usize = 1000;

/// Sends each command on a connection of its own before reading the first reply; returns the
/// replies.
fn at_once(tabs: &mut [Client], commands: &[Vec<&str>]) -> Vec<Reply> {
    for (tab, command) in tabs.iter_mut().zip(commands) {
        tab.send(command);
    }
    tabs.iter_mut().map(Client::receive).collect()
}

#[test]
fn tabs_that_rotate_at_once_end_up_with_one_token() {
    in_both_storages(&[], |site, client| {
        let mut tabs: Vec<Client> = (0..3).map(|_| site.server.client()).collect();
        for attempt in 0..TRIES {
            let old = create(client, "web", "bob", &["DATA", r#"{"cart":3}"#]);
            let rotation = vec!["SESSIONS.ROTATE", "web", &old, "GRACE", "60"];
            let count = 2 + attempt % 2;
            let replies = at_once(&mut tabs[..count], &vec![rotation; count]);
            let token = replies[0].text().to_owned();
            assert!(replies.iter().all(|reply| *reply == replies[0]), "{replies:?}");
            assert!(is_token(&token) && token != old);

            // One tab already has the new token, the others do not.
            let rotation = |token| vec!["SESSIONS.ROTATE", "web", token, "GRACE", "60"];
            let get = vec!["SESSIONS.GET", "web", &old];
            let replies = at_once(&mut tabs, &[rotation(token.as_str()), rotation(&old), get]);
            assert_eq!(replies[..2], [Reply::from(token.as_str()), Reply::from(token.as_str())]);
            let session = replies[2].session();
            assert_eq!(
                (session.text("token"), session.text("d")),
                (token.as_str(), r#"{"cart":3}"#)
            );
        }
        assert_eq!(
            client.run(&["SESSIONS.COUNTSOID", "web", "bob"]),
            Reply::Int(TRIES as i64)
        );
        assert_eq!(site.server.info("sessions_rotated"), TRIES.to_string());
        assert_whole(client);
    });
}

#[test]
fn tabs_that_act_at_once_all_get_the_one_token_of_the_session() {
    in_both_storages(&[], |site, client| {
        let mut tabs: Vec<Client> = (0..6).map(|_| site.server.client()).collect();
        let mut dice = Dice::nth(61);
        for _ in 0..TRIES / 4 {
            let old = create(client, "web", "bob", &[]);
            let rotation = vec!["SESSIONS.ROTATE", "web", &old, "GRACE", "60"];
            let mut commands = vec![
                rotation.clone(),
                rotation,
                vec!["SESSIONS.ROTATE", "web", &old, "GRACE", "60", "DATA", r#"{"tab":3}"#],
                vec!["SESSIONS.SET", "web", &old, r#"{"tab":4}"#],
                vec!["SESSIONS.INCR", "web", &old, "clicks"],
                vec!["SESSIONS.SAVE", "web", &old, "{}", "XX"],
            ];
            dice.shuffle(&mut commands);
            let replies = at_once(&mut tabs, &commands);
            let tokens: Vec<&Reply> = (0..6)
                .filter(|&n| commands[n][0] == "SESSIONS.ROTATE")
                .map(|n| &replies[n])
                .collect();
            assert!(tokens.iter().all(|token| *token == tokens[0]), "{replies:?}");
            let session = client.run(&["SESSIONS.PEEK", "web", &old]).session();
            assert_eq!(session.get("token"), Some(tokens[0]));
            // DATA, SET, INCR and SAVE: no write was lost.
            assert_eq!(session.int("w"), 5, "{commands:?}");
        }
        assert_whole(client);
    });
}

#[test]
fn a_rotation_or_log_in_repeated_after_a_lost_reply_returns_the_same_token() {
    in_both_storages(&[], |site, client| {
        for log_in in ["", "ID bob "] {
            let old = create(client, "web", "", &["ANON", "DATA", r#"{"cart":1}"#]);
            let options = format!("{log_in}TTL 500 GRACE 10");
            let words: Vec<&str> = options.split(' ').collect();
            let command = [&["SESSIONS.ROTATE", "web", &old], &words[..]].concat();
            let rotated = site.server.info("sessions_rotated");
            let mut lost = site.server.client();
            lost.send(&command);
            wait_until(GENEROUS, "the command has run", || {
                site.server.info("sessions_rotated") != rotated
            });
            drop(lost);

            let before = digest(client);
            let token = rotate(client, &old, &options).expect("a token");
            if log_in.is_empty() {
                assert_ne!(digest(client), "", "options are applied again");
            } else {
                assert_eq!(digest(client), before, "a repeated log-in changes nothing");
                assert!(!exists(client, &old));
            }
            let session = client.run(&["SESSIONS.GET", "web", &token]).session();
            assert_eq!((session.int("ttl"), session.text("d")), (500, r#"{"cart":1}"#));
            assert_eq!(session.has("id"), !log_in.is_empty());
            site.server.let_pass(Duration::from_secs(12));
            assert_eq!(rotate(client, &old, &options), None, "after the grace");
        }
    });
}

#[test]
fn a_log_in_by_the_old_token_within_a_grace_can_be_repeated_too() {
    in_both_storages(&[], |site, client| {
        for options in ["ID bob GRACE 10", "ANON GRACE 10"] {
            let (old, new) = graced(client, "visitor", "60");
            let token = rotate(client, &old, options).expect("a token");
            let (repeat, is_log_in) = if options.starts_with("ID") {
                (options, true)
            } else {
                ("GRACE 10", false)
            };
            for by in [&old, &new] {
                assert_eq!(rotate(client, by, repeat).as_ref(), Some(&token), "{options}");
                assert_eq!(exists(client, by), !is_log_in, "{options}");
            }
            site.server.let_pass(Duration::from_secs(12));
            assert_unknown(client, &old);
            assert_unknown(client, &new);
            assert!(exists(client, &token));
            assert_whole(client);
        }
    });
}

#[test]
fn the_repeat_of_a_log_in_requires_the_same_id_but_not_grace() {
    in_both_storages(&[], |_, client| {
        let visitor = create(client, "web", "v", &["ANON"]);
        let token = rotate(client, &visitor, "ID bob GRACE 30");
        for (options, expected) in [
            ("ID bob", token.as_deref()),
            (
                "ID bob GRACE 1 TTL 5 LIFETIME 5 DATA {\"a\":1} IP 1.2.3.4",
                token.as_deref(),
            ),
            ("ID eve", None),
            ("ID eve GRACE 60", None),
            ("GRACE 60", None),
            ("ANON", None),
            ("", None),
        ] {
            let before = digest(client);
            assert_eq!(rotate(client, &visitor, options).as_deref(), expected, "{options}");
            assert_eq!(digest(client), before, "{options} changes nothing");
        }
        assert!(exists(client, &token.expect("a token")));
    });
}

#[test]
fn a_log_in_always_draws_a_new_token_even_within_a_grace() {
    in_both_storages(&[], |_, client| {
        let (old, new) = graced(client, "bob", "60");
        let again = rotate(client, &new, "ID bob GRACE 60").expect("a token");
        assert!(again != new && again != old);
        assert_unknown(client, &old);
        assert_unknown(client, &new);
        assert_eq!(rotate(client, &new, "ID bob GRACE 60").as_ref(), Some(&again));
        assert_eq!(rotate(client, &old, "ID bob GRACE 60"), None, "no second hop");
    });
}
