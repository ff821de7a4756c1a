//! docs/gateways.md shows the configurations that the tests run.

use super::Gateway;
use crate::harness::{Page, repository};
use std::fs;

/// The table of the app, the only block of the page with this beginning.
pub(super) fn app() -> String {
    let page = Page::read("docs/gateways.md");
    let blocks = page.examples("[apps.webapp]");
    let [block] = blocks.as_slice() else {
        panic!("{} tables of the app", blocks.len())
    };
    block.join("\n") + "\n"
}

#[test]
fn the_page_shows_the_configurations_that_are_tested() {
    let page = Page::read("docs/gateways.md");
    let shown: Vec<String> = page.blocks().iter().map(|block| block.join("\n") + "\n").collect();
    for gateway in Gateway::ALL {
        let example = fs::read_to_string(repository(gateway.configuration())).expect("the example is there");
        assert!(shown.contains(&example), "{} is not shown", gateway.configuration());
    }
}
