//! What ends a grace for good, and what must not bring it back.

use super::*;
use std::time::Duration;

#[test]
fn an_old_token_is_dead_after_its_session_was_killed_in_any_way() {
    in_both_storages(&[], |_, client| {
        for kill in [
            "KILL web {new}",
            "KILL web {old}",
            "KILLSOID web bob",
            "KILLALL web",
            "KILLSOID web bob ONLY {sid}",
        ] {
            let (old, new) = graced(client, "bob", "60");
            let sid = &sha256(&new)[..16];
            let kill = kill.replace("{new}", &new).replace("{old}", &old).replace("{sid}", sid);
            assert_eq!(client.line(&format!("SESSIONS.{kill}")), Reply::Int(1), "{kill}");
            assert_unknown(client, &old);
            assert_unknown(client, &new);
        }
    });
}

#[test]
fn an_old_token_is_dead_when_its_session_gets_another_id_and_stays_dead_when_it_comes_back() {
    in_both_storages(&[], |_, client| {
        for away in [
            "SAVE {} ID eve",
            "SAVE {} ANON",
            "ROTATE ID eve",
            "ROTATE ANON",
            "ROTATE ID eve GRACE 60",
            "ROTATE ANON GRACE 60",
        ] {
            for back in ["SAVE {} ID bob", "ROTATE ID bob", "ROTATE ID bob GRACE 60"] {
                let (old, new) = graced(client, "bob", "60");
                let moved = go(client, &new, away);
                assert_unknown(client, &old);
                let kept = go(client, &moved, back);
                assert_unknown(client, &old);
                assert!(exists(client, &kept), "{away}, {back}");
                assert_eq!(rotate(client, &old, "ID bob"), None);
                assert_eq!(rotate(client, &old, "ID eve"), None);
            }
        }
    });
}

/// Sends a SAVE or ROTATE; returns the token that the session has afterwards.
fn go(client: &mut Client, token: &str, how: &str) -> String {
    let (command, rest) = how.split_once(' ').expect("two words");
    let reply = client.line(&format!("SESSIONS.{command} web {token} {rest}"));
    match reply {
        Reply::Int(1) => token.to_owned(),
        reply => reply.text().to_owned(),
    }
}

#[test]
fn a_killed_token_that_is_saved_again_revives_no_old_token() {
    in_both_storages(&[], |_, client| {
        for id in ["ID bob", "ANON"] {
            let of = if id == "ANON" { "" } else { "bob" };
            let (old, new) = graced(client, of, "60");
            let created = client.run(&["SESSIONS.PEEK", "web", &new]).session().int("created");
            client.run(&["SESSIONS.KILL", "web", &new]);
            let reply = client.line(&format!("SESSIONS.SAVE web {new} {{}} {id}"));
            assert_eq!(reply, Reply::Int(2));
            let again = client.run(&["SESSIONS.PEEK", "web", &new]).session();
            assert!(again.int("created") >= created);
            assert_unknown(client, &old);
            // A grace of the new session does not revive it either: its token is another one then.
            let next = rotate(client, &new, "GRACE 60").expect("a token");
            assert_unknown(client, &old);
            assert_eq!(client.run(&["SESSIONS.GET", "web", &new]).session().text("token"), next);
        }
    });
}

#[test]
fn a_session_saved_under_an_old_token_has_nothing_of_the_alias() {
    in_both_storages(&[], |site, client| {
        let visitor = create(client, "web", "v", &["ANON"]);
        let token = rotate(client, &visitor, "ID bob GRACE 60").expect("a token");
        let save = format!("SESSIONS.SAVE web {visitor} {{}} TTL 900");
        let with_nx = client.line(&format!("{save} NX"));
        assert_eq!(with_nx, Reply::Int(0), "the log-in may have to be repeated by it");
        assert_eq!(
            client.line(&save),
            Reply::Int(2),
            "for all but the log-in it is unknown"
        );
        assert_eq!(client.run(&["PTTL", &site.key(&visitor)]), Reply::Int(-1));
        let fields = client.run(&["HKEYS", &site.key(&visitor)]);
        assert!(
            !fields
                .texts()
                .iter()
                .any(|field| ["to", "sealed", "of", "since", "login"].contains(field))
        );
        let session = client.run(&["SESSIONS.GET", "web", &visitor]).session();
        assert!(!session.has("id") && !session.has("token") && !session.has("until"));
        site.server.let_pass(Duration::from_secs(70));
        assert!(exists(client, &visitor), "the server does not remove it with the alias");
        assert!(exists(client, &token));
        assert_whole(client);
    });
}

#[test]
fn a_grace_that_is_over_does_not_come_back_when_the_clock_is_set_back() {
    in_both_storages(&[], |site, client| {
        let (old, new) = graced(client, "bob", "60");
        site.server.set_calendar(-3600);
        assert_unknown(client, &old);
        // The present token can be replaced within that hour, too.
        let next = rotate(client, &new, "GRACE 60").expect("a token");
        assert_ne!(next, new);
        assert_eq!(client.run(&["SESSIONS.GET", "web", &new]).session().text("token"), next);
        site.server.set_calendar(3600);
        assert_unknown(client, &old);
        assert_unknown(client, &new);
        assert!(exists(client, &next));
    });
}

#[test]
fn an_alias_leads_over_one_hop_only() {
    in_both_storages(&[], |site, client| {
        let (first, second) = graced(client, "bob", "60");
        // The second token is also old, with its own grace.
        let third = rotate(client, &second, "ID bob GRACE 60").expect("a token");
        assert_unknown(client, &first);
        let (first, second) = graced(client, "bob", "2");
        site.server.let_pass(Duration::from_secs(4));
        let fourth = rotate(client, &second, "GRACE 60").expect("a token");
        assert_unknown(client, &first);
        assert!(exists(client, &second));
        assert!(exists(client, &third) && exists(client, &fourth));
        assert_whole(client);
    });
}

#[test]
fn a_rotation_with_grace_during_killing_ends_the_session() {
    in_both_storages(&[], |site, client| {
        for kill in ["SESSIONS.KILLSOID web u:0", "SESSIONS.KILLALL web"] {
            let planted = Planted {
                count: 20_000,
                idle: 100,
                ..Planted::default()
            };
            planted.plant(client);
            let pairs: Vec<(String, String)> = (0..6).map(|_| graced(client, "u:0", "60")).collect();
            wait_until(GENEROUS, "a second is nearly over", || {
                client.run(&["TIME"]).list()[1].text().parse::<u32>().unwrap() > 900_000
            });
            let mut caller = site.server.client();
            let words: Vec<&str> = kill.split(' ').collect();
            caller.send(&words);
            wait_until(GENEROUS, "the caller is blocked", || {
                site.server.info("blocked_clients") == "1"
            });
            for (old, new) in &pairs {
                let by_old = rotate(client, old, "GRACE 60");
                assert_eq!(by_old, None, "{kill}: a session that is to be killed slips away");
                assert_eq!(rotate(client, new, "GRACE 60"), None, "{kill}");
            }
            assert!(caller.receive().int() > 0);
            for (old, new) in &pairs {
                assert_unknown(client, old);
                assert_unknown(client, new);
            }
            client.run(&["SESSIONS.KILLALL", "web"]);
        }
        assert_eq!(client.run(&["ZCARD", "rs:SESSIONS"]), Reply::Int(0));
    });
}

#[test]
fn eviction_of_aliases_ends_graces_early_and_does_no_other_harm() {
    for is_hashed in ["no", "yes"] {
        let server = Server::builder()
            .line(format!("sessions.hash-tokens {is_hashed}"))
            .line("maxmemory-policy volatile-lru")
            .start();
        let mut client = server.client();
        let pairs: Vec<(String, String)> = (0..200).map(|_| graced(&mut client, "bob", "60")).collect();
        let used: u64 = server.info("used_memory").parse().unwrap();
        client
            .run(&["CONFIG", "SET", "maxmemory", &(used - 40_000).to_string()])
            .assert_ok();
        wait_until(GENEROUS, "aliases are evicted", || {
            client.run(&["SESSIONS.EXISTS", "web", &pairs[0].1]);
            server.info("evicted_keys") != "0"
        });
        client.run(&["CONFIG", "SET", "maxmemory", "0"]).assert_ok();
        let alive = pairs.iter().filter(|(old, _)| exists(&mut client, old)).count();
        assert!(alive < pairs.len(), "none was evicted");
        assert!(pairs.iter().all(|(_, new)| exists(&mut client, new)), "only aliases go");
        for (_, new) in &pairs {
            // The session's grace is not over, so it keeps its token.
            assert_eq!(rotate(&mut client, new, "GRACE 60").as_ref(), Some(new));
        }
        assert_whole(&mut client);
    }
}
