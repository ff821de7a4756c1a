//! Provokes every error that the pages list.

use super::terminal::Terminal;
use crate::harness::*;

#[test]
fn the_errors_of_the_pages_are_what_the_server_returns() {
    let server = Server::start();
    let token = create(&mut server.client(), "webapp", "u1", &[]);
    let mut terminal = Terminal::open(&server, &[]);
    for page in command_pages() {
        let rows = page.table("Errors");
        assert!(!rows.is_empty(), "{} has no errors", page.name);
        for row in rows {
            let [error, command] = row[..] else {
                panic!("{}: {row:?}", page.name)
            };
            let command = code(command);
            assert!(command.starts_with(page.command()), "{}: {command}", page.name);
            let reply = terminal.type_in(&command.replace("<token>", &token));
            let error = code(error).replace("\\|", "|");
            assert_eq!(reply, format!("(error) {error}"), "{}: {command}", page.name);
        }
    }
}

#[test]
fn the_errors_of_all_commands_are_what_the_server_returns() {
    let index = Page::read("docs/commands/README.md");
    let rows = index.table("Errors of all commands");
    let documented: Vec<&str> = rows.iter().map(|row| code(row[0])).collect();
    let server = Server::start();
    let mut client = server.client();
    let mut seen = Vec::new();

    client.run(&["SET", "rs:odd:_sessions", "text"]);
    seen.push(client.line("SESSIONS.CREATE odd u1"));
    client.line("ACL SETUSER nobody on nopass +@all");
    client.line("AUTH nobody x");
    seen.push(client.line("SESSIONS.COUNT webapp"));
    seen.push(client.line("SESSIONS.WIPE"));

    let mut client = server.client();
    client.line("REPLICAOF 127.0.0.1 1");
    seen.push(client.line("SESSIONS.CREATE webapp u1"));
    for reply in seen {
        assert!(
            documented.contains(&reply.error()),
            "{reply:?} is not in {documented:#?}"
        );
    }
}

#[test]
fn commands_that_need_memory_are_refused_while_memory_is_full() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "webapp", "u1", &[]);
    client.line("CONFIG SET maxmemory 1");
    for page in command_pages() {
        let grows = page.words("Flags").contains(&"denyoom");
        let command = match page.command() {
            "SESSIONS.CREATE" => "SESSIONS.CREATE webapp u1".to_owned(),
            "SESSIONS.SET" => format!("SESSIONS.SET webapp {token} {{\"a\":1}}"),
            "SESSIONS.SAVE" => format!("SESSIONS.SAVE webapp {token} {{\"a\":1}}"),
            "SESSIONS.INCR" => format!("SESSIONS.INCR webapp {token} a"),
            name @ "SESSIONS.ROTATE" => format!("{name} webapp {token}"),
            name => {
                assert!(!grows, "{name} is not tried");
                continue;
            }
        };
        let error = client.line(&command);
        let text = error.error();
        assert!(grows && text.starts_with("OOM "), "{command}: {text}");
        assert!(page.says(&format!("`{text}`")), "{} does not say {text}", page.name);
    }
    assert_eq!(client.line(&format!("SESSIONS.KILL webapp {token}")), Reply::Int(1));
}

#[test]
fn data_that_is_too_large_or_not_an_object_gets_the_documented_error() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "webapp", "u1", &[]);
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(65536));
    let set = Page::read("docs/commands/set.md");
    for (page, command) in [
        (
            Page::read("docs/commands/create.md"),
            vec!["SESSIONS.CREATE", "webapp", "u1", "DATA", &large],
        ),
        (
            Page::read("docs/commands/set.md"),
            vec!["SESSIONS.SET", "webapp", &token, &large],
        ),
    ] {
        let reply = client.run(&command);
        assert!(page.says(&format!("`{}`", reply.error())), "{}: {reply:?}", page.name);
    }
    client.run(&["HSET", &format!("rs:webapp:{token}"), "d", "[1]"]);
    let reply = client.run(&["SESSIONS.SET", "webapp", &token, r#"{"a":1}"#]);
    assert!(set.says(&format!("`{}`", reply.error())), "{reply:?}");
}

#[test]
fn stored_values_that_incr_refuses_get_the_documented_error() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "webapp", "u1", &[]);
    let page = Page::read("docs/commands/incr.md");
    let large = format!(r#"{{"a":1,"x":"{}"}}"#, "x".repeat(65536));
    for (data, by) in [
        (r#"{"a":1.5}"#, "1"),
        (r#"{"a":1}"#, "9223372036854775807"),
        ("[1]", "1"),
        (&large, "1"),
    ] {
        client.run(&["HSET", &format!("rs:webapp:{token}"), "d", data]);
        let reply = client.run(&["SESSIONS.INCR", "webapp", &token, "a", "BY", by]);
        assert!(page.says(&format!("`{}`", reply.error())), "{reply:?}");
    }
}
