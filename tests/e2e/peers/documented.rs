//! docs/migration.md against the real redis-sessions: its table of methods, and how the module
//! handles sessions that it would refuse to create.

use super::peer::with_peer;
use crate::harness::*;
use serde_json::json;
use std::fs;

fn page() -> String {
    fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/migration.md")).expect("the page")
}

#[test]
fn the_page_has_a_command_for_each_method_of_redis_sessions() {
    with_peer(|client, _| {
        let package = clients().join("node/node_modules/redis-sessions/dist/index.js");
        let source = fs::read_to_string(package).expect("the package");
        let methods = source.lines().filter_map(|line| line.strip_prefix("    async "));
        let mut methods: Vec<&str> = methods.filter_map(|line| Some(line.split_once('(')?.0)).collect();
        methods.retain(|name| !name.starts_with('_') && !["connect", "subscribe"].contains(name));
        methods.sort_unstable();

        let page = page();
        let rows = page
            .lines()
            .skip_while(|line| !line.starts_with("| redis-sessions 4.0.0 |"));
        let rows: Vec<(&str, &str)> = rows
            .skip(2)
            .map_while(|line| {
                let mut cells = line.split("` | `");
                Some((cells.next()?.strip_prefix("| `")?, cells.next()?.split('`').next()?))
            })
            .collect();
        let mut named: Vec<&str> = rows
            .iter()
            .filter_map(|(method, _)| Some(method.split_once('(')?.0))
            .collect();
        named.sort_unstable();
        assert_eq!(named, methods);

        let token = create(client, "webapp", "u1", &[]);
        for (_, command) in rows {
            let reply = client.line(&command.replace("<token>", &token));
            assert!(!matches!(reply, Reply::Error(_)), "{command}: {reply:?}");
        }
    });
}

#[test]
fn ids_that_create_refuses_are_read_changed_listed_and_ended() {
    with_peer(|client, peer| {
        for id in ["x".repeat(600), "a\ttab".to_owned(), "a\0nul".to_owned()] {
            let refused = client.run(&["SESSIONS.CREATE", "webapp", &id]);
            assert!(refused.error().starts_with("ERR invalid id: "), "{refused:?}");
            let token = peer.create(&id, &json!({ "d": { "cart": 3 } }));
            let get = client.run(&["SESSIONS.GET", "webapp", &token]).session();
            assert_eq!(get.text("id"), id);
            let set = client.run(&["SESSIONS.SET", "webapp", &token, r#"{"cart":4}"#]);
            assert_eq!(set.session().text("d"), r#"{"cart":4}"#);
            let rotated = client.run(&["SESSIONS.ROTATE", "webapp", &token, "ID", &id]);
            assert!(rotated.error().starts_with("ERR invalid id: "), "{rotated:?}");
            assert_eq!(client.run(&["SESSIONS.SOID", "webapp", &id]).list().len(), 1);
            assert_eq!(client.run(&["SESSIONS.KILLSOID", "webapp", &id]), Reply::Int(1));
        }
        assert!(client.line("KEYS *").list().is_empty());
    });
}

#[test]
fn data_above_the_limit_is_read_and_made_smaller_and_changed_once_the_limit_is_raised() {
    with_peer(|client, peer| {
        let token = peer.create(
            "u1",
            &json!({ "d": { "large": "x".repeat(70_000), "more": "y".repeat(1000) } }),
        );
        let set = |client: &mut Client, json: &str| client.run(&["SESSIONS.SET", "webapp", &token, json]);
        let get = client.run(&["SESSIONS.GET", "webapp", &token]).session();
        assert!(get.text("d").len() > 70_000);
        let refused = set(client, r#"{"cart":3}"#);
        assert!(refused.error().starts_with("ERR data too large: "), "{refused:?}");
        assert_eq!(client.run(&["SESSIONS.TOUCH", "webapp", &token]), Reply::Int(1));
        assert!(!set(client, r#"{"more":null}"#).is_error_of("ERR"));
        client.line("CONFIG SET sessions.max-data-bytes 131072").assert_ok();
        assert!(!set(client, r#"{"cart":3}"#).is_error_of("ERR"));
    });
}

#[test]
fn the_pages_script_renames_a_namespace() {
    with_peer(|client, peer| {
        let page = page();
        let line = page
            .lines()
            .find(|line| line.starts_with("redis-cli EVAL "))
            .expect("the script");
        let script = line.split('"').nth(1).expect("in quotation marks");
        let token = peer.create("u:1", &json!({}));
        let renamed = client.run(&["EVAL", script, "0", "rs", "rs", "my:site"]);
        assert_eq!(renamed, Reply::Int(5));
        assert!(client.run(&["SESSIONS.GET", "webapp", &token]).is_nil());
        let renamed = client.run(&["EVAL", script, "0", "my:site", "my:site", "rs"]);
        assert_eq!(renamed, Reply::Int(5));
        assert_eq!(
            client.run(&["SESSIONS.GET", "webapp", &token]).session().text("id"),
            "u:1"
        );
        assert_eq!(client.line("SESSIONS.KILLSOID webapp u:1"), Reply::Int(1));
        assert!(client.line("KEYS *").list().is_empty());
    });
}
