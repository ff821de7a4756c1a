//! COMMAND DOCS, COMMAND INFO and SESSIONS.HELP against the pages in `docs/commands`.

use super::terminal::Terminal;
use crate::harness::*;

#[test]
fn every_command_has_a_page_and_every_page_a_command() {
    let server = Server::start();
    let mut client = server.client();
    let reply = client.line("COMMAND LIST FILTERBY MODULE sessions");
    let mut commands: Vec<String> = reply.texts().iter().map(|name| name.to_uppercase()).collect();
    commands.sort();
    let pages = command_pages();
    let mut titles: Vec<&str> = pages.iter().map(Page::command).collect();
    titles.sort_unstable();
    assert_eq!(titles, commands);

    let index = Page::read("docs/commands/README.md");
    let index = index.table_of("command");
    let help = client.line("SESSIONS.HELP");
    assert_eq!(index.len(), titles.len());
    for (row, line) in index.iter().zip(help.texts()) {
        let command = line.split(' ').next().unwrap_or_default();
        let file = command.trim_start_matches("SESSIONS.").to_lowercase();
        let (syntax, summary) = line.split_once(" -- ").expect("a summary");
        assert_eq!(row[0], format!("[`{}`]({file}.md)", syntax.replace('|', "\\|")));
        assert_eq!(row[1], summary);
        let page = Page::read(&format!("docs/commands/{file}.md"));
        assert_eq!(page.command(), command);
        assert_eq!(page.blocks()[0], [syntax]);
        assert_eq!(page.summary(), summary);
    }
}

#[test]
fn help_in_redis_cli_prints_the_syntax_and_one_sentence() {
    let server = Server::start();
    let mut terminal = Terminal::open(&server, &[]);
    for page in command_pages() {
        let printed = terminal.type_in(&format!("help {}", page.command().to_lowercase()));
        // Between escape sequences, which redis-cli prints for colours.
        let mut parts = printed.split("\u{1b}[");
        let first = parts.next().unwrap_or_default().to_owned();
        let plain = parts.fold(first, |text, part| {
            text + part.split_once('m').map_or("", |(_, rest)| rest)
        });
        let lines: Vec<&str> = plain.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let summary = format!("summary: {}", page.summary());
        let since = format!("since: {}", page.fact("Since").expect("a version"));
        let syntax = page.blocks()[0][0].replace(" | ", "|");
        let expected = [&syntax, &summary, &since, "group: module"];
        assert_eq!(lines, expected, "{}", page.name);
    }
}

#[test]
fn command_docs_say_what_the_pages_say() {
    let server = Server::start();
    let mut client = server.client_resp3();
    for page in command_pages() {
        let name = page.command().to_lowercase();
        let docs = client.run(&["COMMAND", "DOCS", &name]);
        let docs = field(&docs, &name).expect("docs");
        let text = |name| field(docs, name).map(Reply::text);
        assert_eq!(text("summary"), Some(page.summary()), "{name}");
        assert_eq!(text("since"), page.fact("Since"), "{name}");
        assert_eq!(text("complexity"), page.fact("Cost"), "{name}");
        assert_eq!(text("group"), Some("module"), "{name}");
        assert_eq!(text("module"), Some("sessions"), "{name}");

        let arguments = field(docs, "arguments").map(Reply::list).unwrap_or_default();
        let syntax: String = arguments
            .iter()
            .map(|argument| format!(" {}", syntax(argument)))
            .collect();
        assert_eq!(page.blocks()[0], [format!("{}{syntax}", page.command())], "{name}");
        let described: Vec<[String; 2]> = arguments.iter().flat_map(rows).collect();
        let table = page.table("Arguments");
        let printed: Vec<[String; 2]> = table.iter().map(|row| [code(row[0]).into(), row[1].into()]).collect();
        assert_eq!(described, printed, "{name}");
        assert!(
            table.iter().all(|row| row.len() == 3 && !row[2].is_empty()),
            "{name}: {table:?}"
        );
    }
}

#[test]
fn command_info_says_what_the_pages_say() {
    let server = Server::start();
    let mut client = server.client();
    for page in command_pages() {
        let name = page.command();
        let info = client.run(&["COMMAND", "INFO", name]);
        let info = info.list()[0].list();
        assert_eq!(Some(info[1].int().to_string().as_str()), page.fact("Arity"), "{name}");
        let mut flags = info[2].texts();
        flags.retain(|flag| *flag != "module");
        let mut printed = page.words("Flags");
        flags.sort_unstable();
        printed.sort_unstable();
        assert_eq!(flags, printed, "{name}");
    }
}

/// A value of a RESP3 map.
fn field<'a>(map: &'a Reply, name: &str) -> Option<&'a Reply> {
    let Reply::Map(pairs) = map else {
        panic!("a map was wanted: {map:?}")
    };
    let mut values = pairs.iter().filter(|(key, _)| key.text() == name);
    values.next().map(|(_, value)| value)
}

fn type_of(argument: &Reply) -> &str {
    field(argument, "type").expect("a type").text()
}

fn parts(argument: &Reply) -> &[Reply] {
    field(argument, "arguments").map(Reply::list).unwrap_or_default()
}

/// The argument with its token, without brackets.
fn bare(argument: &Reply) -> String {
    let token = field(argument, "token").map(Reply::text);
    let value = match type_of(argument) {
        "pure-token" => None,
        "block" => Some(parts(argument).iter().map(syntax).collect::<Vec<_>>().join(" ")),
        "oneof" => Some(parts(argument).iter().map(syntax).collect::<Vec<_>>().join(" | ")),
        _ => Some(field(argument, "name").expect("a name").text().to_owned()),
    };
    let words = token.map(str::to_owned).into_iter().chain(value);
    words.collect::<Vec<_>>().join(" ")
}

fn syntax(argument: &Reply) -> String {
    let flags = field(argument, "flags").map(Reply::texts).unwrap_or_default();
    if flags.contains(&"optional") {
        format!("[{}]", bare(argument))
    } else {
        bare(argument)
    }
}

/// The rows that describe an argument in a page: each choice has one.
fn rows(argument: &Reply) -> Vec<[String; 2]> {
    let kind = match type_of(argument) {
        "string" => "text",
        "integer" => "whole number",
        "pure-token" => "word",
        "block" => {
            let types = parts(argument).iter().map(type_of).collect::<Vec<_>>();
            match types[..] {
                ["integer", "integer"] => "two whole numbers",
                ["integer", "pure-token"] => "whole number, word",
                _ => panic!("no words for {types:?}"),
            }
        }
        "oneof" => return parts(argument).iter().flat_map(rows).collect(),
        other => panic!("no word for {other}"),
    };
    vec![[bare(argument), kind.to_owned()]]
}
