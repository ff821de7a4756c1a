//! docs/gateways.md shows what the tests run.

use super::Gateway;
use crate::harness::repository;
use std::fs;

const PAGE: &str = "docs/gateways.md";

#[track_caller]
fn text(path: &str) -> String {
    fs::read_to_string(repository(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The blocks of code in a language.
pub(super) fn blocks(language: &str) -> Vec<String> {
    let page = text(PAGE);
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(opened) = line.strip_prefix("```") else {
            continue;
        };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        if opened == language {
            blocks.push(block.join("\n") + "\n");
        }
    }
    blocks
}

/// The table of the app, the first in the page's blocks of TOML.
pub(super) fn app() -> String {
    let block = blocks("toml").into_iter().next().expect("the page has a block of TOML");
    assert!(block.starts_with("[apps.webapp]\n"), "{block}");
    block
}

#[test]
fn the_page_shows_the_configurations_that_are_tested() {
    for (gateway, language) in [(Gateway::Nginx, "nginx"), (Gateway::Caddy, "caddy")] {
        let example = text(gateway.configuration());
        assert!(
            blocks(language).contains(&example),
            "{PAGE} does not show {}",
            gateway.configuration()
        );
    }
}
