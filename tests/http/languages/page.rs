//! docs/several-languages.md shows the settings that the tests use.

use crate::harness::{Page, repository};
use std::fs;

#[test]
fn the_page_of_several_languages_shows_the_settings_that_are_tested() {
    let sources = [
        "frameworks/readers.cjs",
        "languages/site.rs",
        "languages/sites/laravel.php",
        "languages/sites/nginx.conf",
        "languages/sites/php.php",
        "languages/sites/site.py",
    ];
    let sources = sources.map(|source| fs::read_to_string(repository("tests/http").join(source)).expect("a source"));
    let tested: Vec<&str> = sources.iter().flat_map(|text| text.lines()).map(str::trim).collect();
    let page = Page::read("docs/several-languages.md");
    for line in page.blocks().iter().flatten().map(|line| line.trim()) {
        let is_comment = line.starts_with("//");
        assert!(
            is_comment || tested.contains(&line),
            "the tested sites have no line {line:?}"
        );
    }
}
