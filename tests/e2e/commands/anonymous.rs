//! Anonymous sessions: `CREATE … ANON`, and how the commands treat sessions that belong to nobody.

use super::{assert_plain, check_options, check_wrong_types};
use crate::harness::*;

#[track_caller]
fn visitor(client: &mut Client, options: &[&str]) -> String {
    create(client, "web", "", &[&["ANON"], options].concat())
}

#[test]
fn the_id_argument_only_chooses_the_slot() {
    let server = Server::start();
    let mut client = server.client();
    for text in ["7f3a", "u1", "a:b", "{tag}", "é"] {
        let token = create(&mut client, "web", text, &["ANON"]);
        assert_eq!(slot(&token), slot(text), "{text}");
        assert_eq!(hash_field(&mut client, "web", &token, "id").as_deref(), Some(""));
    }
    assert_eq!(client.run(&["SESSIONS.USERS", "web", "0"]), Reply::List(vec![]));
    assert_eq!(client.run(&["SESSIONS.COUNTSOID", "web", "u1"]), Reply::Int(0));
    let tokens: Vec<String> = (0..20).map(|_| visitor(&mut client, &[])).collect();
    let slots: std::collections::BTreeSet<u16> = tokens.iter().map(slot).collect();
    assert!(slots.len() > 1, "the empty text chooses no slot");
    assert_whole(&mut client);
}

#[test]
fn a_text_that_is_not_an_id_is_refused() {
    let server = Server::start();
    let mut client = server.client();
    let long = "i".repeat(513);
    for text in ["a\nb", "\0", "\u{85}", &long] {
        let reply = client.run(&["SESSIONS.CREATE", "web", text, "ANON"]);
        assert!(reply.error().starts_with("ERR invalid id: "), "{text:?}: {reply:?}");
    }
    assert_no_keys(&mut client);
    check_options(
        "SESSIONS.CREATE {app} {id}",
        &[
            ("ANON ANON", "ANON is given twice"),
            ("anon Anon", "ANON is given twice"),
        ],
    );
}

#[test]
fn anonymous_sessions_are_read_written_and_shown_without_an_id() {
    let server = Server::start();
    for mut client in [server.client(), server.client_resp3()] {
        let token = visitor(&mut client, &["DATA", r#"{"cart":3}"#]);
        for command in [
            &["SESSIONS.GET", "web", &token][..],
            &["SESSIONS.PEEK", "web", &token],
            &["SESSIONS.SET", "web", &token, r#"{"cart":4}"#],
        ] {
            let session = client.run(command).session();
            assert_eq!(
                session.names(),
                ["sid", "r", "w", "ttl", "idle", "created", "d"],
                "{command:?}"
            );
        }
        let json = client.run(&["SESSIONS.SOAPP", "web", "0", "JSON"]);
        assert!(!json.text().contains(r#""id""#), "{json:?}");
        assert_eq!(client.run(&["SESSIONS.INCR", "web", &token, "cart"]), Reply::Int(5));
        assert_eq!(
            client.run(&["SESSIONS.TOUCH", "web", &token, "TTL", "60"]),
            Reply::Int(1)
        );
        assert_eq!(client.run(&["SESSIONS.KILL", "web", &token]), Reply::Int(1));
        assert_no_keys(&mut client);
    }
}

#[test]
fn commands_about_sessions_include_anonymous_ones_and_commands_about_ids_do_not() {
    let server = Server::start();
    let mut client = server.client();
    for _ in 0..3 {
        visitor(&mut client, &[]);
    }
    create(&mut client, "web", "u1", &[]);
    for dt in ["0", "600"] {
        assert_eq!(client.run(&["SESSIONS.COUNT", "web", "DT", dt]), Reply::Int(4));
        assert_eq!(client.run(&["SESSIONS.SOAPP", "web", dt]).list().len(), 4);
        assert_eq!(client.run(&["SESSIONS.ACTIVITY", "web", dt]), Reply::Int(1));
        assert_eq!(client.run(&["SESSIONS.USERS", "web", dt]).texts(), ["u1"]);
    }
    assert_eq!(client.run(&["SESSIONS.KILLALL", "web"]), Reply::Int(4));
    assert_no_keys(&mut client);
}

#[test]
fn the_cleanup_pass_and_kills_remove_timed_out_anonymous_sessions() {
    let server = Server::start();
    let mut client = server.client();
    for end in ["WIPE", "KILLALL web", "KILL web {}"] {
        let token = visitor(&mut client, &["TTL", "100"]);
        age_everywhere(&mut client, "web", &token, 200);
        assert_eq!(client.run(&["SESSIONS.EXISTS", "web", &token]), Reply::Int(0));
        let killed = client.line(&format!("SESSIONS.{end}").replace("{}", &token));
        assert_eq!(killed, Reply::Int(if end == "WIPE" { 1 } else { 0 }), "{end}");
        assert_no_keys(&mut client);
    }
}

#[test]
fn the_empty_id_cannot_be_looked_up() {
    let server = Server::start();
    let mut client = server.client();
    visitor(&mut client, &[]);
    for command in ["SOID", "COUNTSOID", "KILLSOID"] {
        let reply = client.run(&[&format!("SESSIONS.{command}"), "web", ""]);
        assert_eq!(reply.error(), "ERR invalid id: must not be empty", "{command}");
    }
    assert_eq!(client.run(&["SESSIONS.COUNT", "web"]), Reply::Int(1));
}

#[test]
fn create_anon_reaches_the_aof_as_plain_commands_without_a_key_of_ids() {
    let server = Server::builder().aof().start();
    let mut client = server.client();
    let effects = server.effects(|| {
        visitor(&mut client, &[]);
    });
    assert_plain(&effects);
    let keys = client.run(&["KEYS", "*"]);
    assert_eq!(keys.list().len(), 3, "{keys:?}");
    check_wrong_types("SESSIONS.CREATE web x ANON", &["_sessions", "SESSIONS"]);
    client.run(&["SET", "rs:web:_users", "text"]);
    visitor(&mut client, &[]);
}
