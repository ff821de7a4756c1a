//! What a grace stores, which of its commands reach the AOF, and what the server does with the
//! keys.

use super::*;
use crate::commands::assert_plain_but;
use std::time::Duration;

#[test]
fn an_alias_has_fields_of_its_own_and_goes_a_second_after_the_grace() {
    in_both_storages(&[], |site, client| {
        for (options, of, login) in [
            ("GRACE 60", "bob", false),
            ("ID eve GRACE 60", "eve", true),
            ("ANON GRACE 60", "", false),
        ] {
            let old = create(client, "web", "bob", &[]);
            let new = rotate(client, &old, options).expect("a token");
            let session = client.run(&["SESSIONS.PEEK", "web", &new]).session();
            let until = client.run(&["HGET", &site.key(&new), "graced"]).text().to_owned();
            let fields = hash(client, "web", &site.name(&old));
            let field = |name: &str| {
                fields
                    .iter()
                    .find(|(of, _)| of == name)
                    .map(|(_, value)| value.as_str())
            };
            assert_eq!(field("until"), Some(until.as_str()));
            assert_eq!(field("of"), Some(of));
            assert_eq!(field("since"), Some(session.int("created").to_string().as_str()));
            assert_eq!(field("login"), login.then_some("1"));
            assert_eq!(field("to"), (!site.is_hashed).then_some(new.as_str()));
            assert_eq!(field("sealed").is_some(), site.is_hashed);
            assert_eq!(fields.len(), 4 + usize::from(login), "{fields:?}");
            let ends = client.run(&["PEXPIRETIME", &site.key(&old)]).int();
            assert_eq!(ends, (until.parse::<i64>().unwrap() + 1) * 1000);
            for key in ["rs:web:_sessions", "rs:SESSIONS"] {
                let members = client.run(&["ZRANGE", key, "0", "-1"]);
                assert!(!members.texts().iter().any(|member| member.contains(&site.name(&old))));
            }
            client.run(&["SESSIONS.KILLALL", "web"]);
        }
    });
}

#[test]
fn a_rotation_with_grace_reaches_the_aof_as_plain_commands_and_absolute_times() {
    for is_hashed in ["no", "yes"] {
        let server = Server::builder()
            .aof()
            .line(format!("sessions.hash-tokens {is_hashed}"))
            .start();
        let mut client = server.client();
        let old = create(&mut client, "web", "bob", &[]);
        let mut new = None;
        let effects = server.effects(|| new = rotate(&mut client, &old, "ID eve GRACE 60"));
        assert_plain_but(&effects, "PEXPIREAT");
        let expiries: Vec<&Effect> = effects.iter().filter(|effect| effect[0] == "PEXPIREAT").collect();
        let [expiry] = expiries[..] else { panic!("{effects:?}") };
        assert_eq!(expiry.len(), 3);
        let ends = client.run(&["PEXPIRETIME", &expiry[1]]);
        assert_eq!(ends.int().to_string(), expiry[2]);
        // The repeat of the log-in writes nothing.
        let effects = server.effects(|| assert_eq!(rotate(&mut client, &old, "ID eve"), new));
        assert_eq!(effects, [[""; 0]; 0]);
        let before = digest(&mut client);
        client.run(&["DEBUG", "LOADAOF"]).assert_ok();
        assert_eq!(digest(&mut client), before);
        assert_eq!(client.run(&["PEXPIRETIME", &expiry[1]]), ends);
        assert_eq!(rotate(&mut client, &old, "ID eve"), new, "after a restart too");
    }
}

#[test]
fn the_server_removes_an_alias_by_itself_and_says_expired() {
    in_both_storages(&["notify-keyspace-events Kx"], |site, client| {
        let (old, new) = graced(client, "bob", "5");
        let key = site.key(&old);
        let mut subscriber = site.server.client();
        let channel = format!("__keyspace@0__:{key}");
        subscriber.run(&["SUBSCRIBE", &channel]);
        site.server.let_pass(Duration::from_secs(8));
        let event = subscriber.receive();
        assert_eq!(event.texts()[2], "expired");
        assert_eq!(client.run(&["EXISTS", &key]), Reply::Int(0));
        assert!(exists(client, &new));
        assert_whole(client);
    });
}

#[test]
fn whether_a_grace_is_over_is_decided_by_the_field_and_not_by_the_expiry_of_the_key() {
    in_both_storages(&[], |site, client| {
        let (old, new) = graced(client, "bob", "5");
        client.run(&["PERSIST", &site.key(&old)]);
        assert!(exists(client, &old));
        site.server.let_pass(Duration::from_secs(8));
        assert_eq!(client.run(&["EXISTS", &site.key(&old)]), Reply::Int(1));
        assert_unknown(client, &old);
        assert!(exists(client, &new));
    });
}

#[test]
fn lists_and_counts_show_a_graced_session_once() {
    in_both_storages(&[], |site, client| {
        let (_, new) = graced(client, "bob", "60");
        for list in ["SOID web bob", "SOAPP web 0"] {
            let reply = client.line(&format!("SESSIONS.{list}"));
            let [session] = &reply.sessions()[..] else {
                panic!("{reply:?}")
            };
            assert_eq!(session.text("sid"), &sha256(&new)[..16]);
            assert!(!session.has("token"));
        }
        for count in ["COUNT web", "COUNTSOID web bob", "ACTIVITY web 0"] {
            assert_eq!(client.line(&format!("SESSIONS.{count}")), Reply::Int(1), "{count}");
        }
        // An index entry that leads to the alias is a leftover.
        let keys = client.run(&["HLEN", &site.key(&new)]);
        assert!(keys.int() > 0);
    });
}

#[test]
fn an_index_entry_that_leads_to_an_alias_is_removed_alone() {
    in_both_storages(&[], |site, client| {
        for (sweep, id) in [("WIPE", "bob"), ("WIPE", ""), ("KILLSOID web eve", "eve")] {
            let (old, new) = graced(client, "bob", "60");
            let name = site.name(&old);
            client.run(&["ZADD", "rs:web:_sessions", "1", &format!("{name}:{id}")]);
            client.run(&["ZADD", "rs:SESSIONS", "1", &format!("web:{name}:{id}")]);
            if !id.is_empty() {
                client.run(&["SADD", &format!("rs:web:us:{id}"), &name]);
                client.run(&["ZADD", "rs:web:_users", "1", id]);
            }
            let listed = client.run(&["SESSIONS.SOAPP", "web", "0"]);
            assert_eq!(listed.list().len(), 1, "{listed:?}");
            assert_eq!(client.line(&format!("SESSIONS.{sweep}")), Reply::Int(0), "{sweep}");
            assert!(exists(client, &old) && exists(client, &new), "{sweep}");
            assert_whole(client);
            client.run(&["SESSIONS.KILLALL", "web"]);
        }
    });
}

#[test]
fn a_replica_finds_a_session_by_its_old_token_and_holds_the_same() {
    for is_hashed in ["no", "yes"] {
        let setting = format!("sessions.hash-tokens {is_hashed}");
        let server = Server::builder().tcp().line(&setting).start();
        let replica = Server::builder().line(&setting).replica_of(&server).start();
        let mut client = server.client();
        let (old, new) = graced(&mut client, "bob", "60");
        let visitor = create(&mut client, "web", "v", &["ANON"]);
        rotate(&mut client, &visitor, "ID eve GRACE 60");
        replica.catch_up_with(&server);
        let mut reader = replica.client();
        assert_eq!(digest(&mut reader), digest(&mut client));
        let session = reader.run(&["SESSIONS.PEEK", "web", &old]).session();
        assert_eq!(session.text("token"), new);
        assert_eq!(reader.run(&["SESSIONS.EXISTS", "web", &visitor]), Reply::Int(0));
        // The promoted replica continues to accept the old token.
        reader.run(&["REPLICAOF", "NO", "ONE"]).assert_ok();
        assert_eq!(rotate(&mut reader, &old, "GRACE 60").as_ref(), Some(&new));
        assert_eq!(reader.run(&["SESSIONS.KILL", "web", &old]), Reply::Int(1));
        assert_unknown(&mut reader, &new);
    }
}
