//! The parts of the documentation that repeat what a `Spec` says: the tables of commands in
//! README.md and docs/commands/README.md, the head of each command's page, and the example of HELP.
//! The tests compare them; after a change of a `Spec`,
//!
//! ```text
//! SESSIONS_WRITE_DOCS=1 cargo test --locked --package sessions --lib commands::pages
//! ```
//!
//! writes them.

use super::{SINCE, SPECS, Spec};
use std::fs;
use std::path::{Path, PathBuf};

const BEGIN: &str = "<!-- commands: src/commands/pages.rs writes this table -->\n";
const END: &str = "<!-- end of commands -->\n";

/// `get` for `SESSIONS.GET`: the name of its page without the extension.
fn short(spec: &Spec) -> String {
    spec.name.trim_start_matches("SESSIONS.").to_lowercase()
}

/// A text in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn readme_table() -> String {
    let rows = SPECS.iter().map(|spec| {
        let (page, syntax) = (short(spec), cell(&spec.syntax()));
        format!("| [`{syntax}`](docs/commands/{page}.md) | {} |\n", cell(spec.summary))
    });
    format!("| command | what it does |\n|---|---|\n{}", rows.collect::<String>())
}

fn index_table() -> String {
    let rows = SPECS.iter().map(|spec| {
        let (page, syntax) = (short(spec), cell(&spec.syntax()));
        let (summary, cost) = (cell(spec.summary), cell(spec.complexity));
        format!("| [`{syntax}`]({page}.md) | {summary} | {cost} |\n")
    });
    format!(
        "| command | what it does | cost |\n|---|---|---|\n{}",
        rows.collect::<String>()
    )
}

/// The reply of HELP as redis-cli prints it.
fn printed_help() -> String {
    let width = SPECS.len().to_string().len();
    let lines = SPECS.iter().enumerate().map(|(position, spec)| {
        let line = super::help::line(spec);
        format!("{:>width$}) \"{line}\"\n", position + 1)
    });
    format!("redis> SESSIONS.HELP\n{}", lines.collect::<String>())
}

fn head(spec: &Spec) -> String {
    let (name, syntax) = (spec.name, spec.syntax());
    let facts = format!(
        "| | |\n|---|---|\n| Since | {SINCE} |\n| Cost | {} |\n",
        spec.complexity
    );
    format!("# {name}\n\n```text\n{syntax}\n```\n\n{}.\n\n{facts}", spec.summary)
}

/// The page with another text between two of its texts; the text `until` stays.
fn replaced(page: &str, from: &str, until: &str, text: &str) -> Option<String> {
    let (before, rest) = page.split_once(from)?;
    let (_, behind) = rest.split_once(until)?;
    Some(format!("{before}{text}{until}{behind}"))
}

fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[track_caller]
fn agrees(path: &str, with: impl Fn(&str) -> Option<String>) {
    let text = fs::read_to_string(file(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    let expected = with(&text).unwrap_or_else(|| panic!("{path} has no place for what src/commands says"));
    if text == expected {
        return;
    }
    if std::env::var_os("SESSIONS_WRITE_DOCS").is_some() {
        fs::write(file(path), expected).unwrap_or_else(|error| panic!("{path}: {error}"));
        return;
    }
    let lines = text.lines().zip(expected.lines());
    let first = lines.enumerate().find(|(_, (line, expected))| line != expected);
    panic!("{path} differs from src/commands; see the top of src/commands/pages.rs. The first difference: {first:#?}");
}

#[test]
fn the_tables_of_commands_say_what_the_commands_say() {
    for (path, table) in [
        ("README.md", readme_table()),
        ("docs/commands/README.md", index_table()),
    ] {
        agrees(path, |text| replaced(text, BEGIN, END, &format!("{BEGIN}{table}")));
    }
}

#[test]
fn each_page_begins_with_what_its_command_says() {
    for spec in SPECS {
        agrees(&format!("docs/commands/{}.md", short(spec)), |text| {
            let arity = "| Arity |";
            let (_, behind) = text.split_once(arity)?;
            Some(format!("{}{arity}{behind}", head(spec)))
        });
    }
}

#[test]
fn the_page_of_help_shows_every_line() {
    agrees("docs/commands/help.md", |text| {
        replaced(text, "redis> SESSIONS.HELP\n", "```\n", &printed_help())
    });
}
