//! Types every example of the pages into a server: the replies must be the printed ones.

use super::terminal::Terminal;
use crate::harness::*;

#[test]
fn the_examples_of_the_command_pages_return_what_is_printed() {
    let server = Server::start();
    let mut client = server.client();
    let mut resp2 = Terminal::open(&server, &[]);
    let mut resp3 = Terminal::open(&server, &["-3"]);
    for page in command_pages() {
        let examples = page.examples("redis> ");
        let typed = format!("redis> {}", page.command());
        let shown = |line: &&str| line.replace("resp3>", "redis>").starts_with(&typed);
        assert!(examples.concat().iter().any(shown), "{} shows no {typed}", page.name);
        for example in examples {
            play(&mut client, &mut resp2, &mut resp3, &page, &example);
        }
    }
}

#[test]
fn the_examples_of_other_pages_return_what_is_printed() {
    let server = Server::start();
    let mut client = server.client();
    let mut resp2 = Terminal::open(&server, &[]);
    let mut resp3 = Terminal::open(&server, &["-3"]);
    for name in ["docs/audit.md", "docs/languages.md", "docs/recipes.md"] {
        let page = Page::read(name);
        assert!(!page.examples("redis> ").is_empty());
        for example in page.examples("redis> ") {
            play(&mut client, &mut resp2, &mut resp3, &page, &example);
        }
    }
}

/// Types in an example within one second of the server's clock.
#[track_caller]
fn play(client: &mut Client, resp2: &mut Terminal, resp3: &mut Terminal, page: &Page, example: &[&str]) {
    let wrong = in_one_second(client, |client, _| {
        let mut names = Placeholders::default();
        let mut lines = example.iter().peekable();
        while let Some(line) = lines.next() {
            if let Some(seconds) = later(line) {
                let_pass(client, seconds);
                continue;
            }
            let (prompt, command) = line.split_once("> ").expect("a prompt");
            let terminal = if prompt == "resp3" { &mut *resp3 } else { &mut *resp2 };
            let reply = terminal.type_in(&names.filled(command));
            let mut printed = Vec::new();
            while let Some(line) = lines.next_if(|line| !is_typed(line) && later(line).is_none()) {
                printed.push(*line);
            }
            let printed = printed.join("\n");
            if !names.matches(&printed, &reply) {
                return Some(format!("{command}\nprinted:\n{printed}\nanswered:\n{reply}"));
            }
        }
        None
    });
    assert!(wrong.is_none(), "{}: {}", page.name, wrong.unwrap_or_default());
}

fn is_typed(line: &str) -> bool {
    line.starts_with("redis> ") || line.starts_with("resp3> ")
}

/// The seconds of a line `(60 seconds later)`.
fn later(line: &str) -> Option<i64> {
    line.strip_prefix('(')?.strip_suffix(" seconds later)")?.parse().ok()
}

/// Moves everything that is stored into the past, as if time had passed.
#[track_caller]
fn let_pass(client: &mut Client, seconds: i64) {
    let less = (-seconds).to_string();
    let keys = client.run(&["KEYS", "rs:*"]);
    for key in keys.texts() {
        match client.run(&["TYPE", key]).text() {
            "hash" => {
                for field in ["la", "created", "until"] {
                    if client.run(&["HEXISTS", key, field]).int() == 1 {
                        client.run(&["HINCRBY", key, field, &less]).int();
                    }
                }
            }
            "zset" => {
                let members = client.run(&["ZRANGE", key, "0", "-1"]);
                for member in members.texts() {
                    client.run(&["ZINCRBY", key, &less, member]);
                }
            }
            _ => {}
        }
    }
}
