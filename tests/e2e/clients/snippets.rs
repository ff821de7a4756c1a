//! The snippets of docs/languages.md. Each creates a session with a cart of 3, prints what
//! it reads, and makes the cart 4.

use super::installed::{self, Tool};
use crate::harness::*;

#[test]
fn the_python_of_the_page_runs() {
    runs("python", "py", installed::python());
}

#[test]
fn the_node_of_the_page_runs() {
    runs("js", "mjs", installed::node());
}

#[test]
fn the_php_of_the_page_runs() {
    runs("php", "php", installed::php());
}

#[test]
fn the_go_of_the_page_runs() {
    runs("go", "go", installed::go());
}

#[track_caller]
fn runs(language: &str, extension: &str, tool: Option<Tool>) {
    let Some(tool) = tool else { return };
    let server = Server::builder().tcp().start();
    let mut client = server.client();
    let snippet = snippet(language).replace("6379", &server.port().to_string());
    let source = server.dir().join(format!("snippet.{extension}"));
    std::fs::write(&source, snippet).expect("the snippet is written");
    link_packages(&source);

    let output = tool.command(&source).output().expect("the snippet can be run");
    let shown = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{language} ended with {}:\n{shown}",
        output.status
    );
    assert_eq!(String::from_utf8_lossy(&output.stdout), "u1 3\n");
    let sessions = client.run(&["SESSIONS.SOID", "webapp", "u1"]).sessions();
    assert_eq!(sessions.len(), 1);
    assert_eq!(sessions[0].text("d"), r#"{"cart":4}"#);
    assert_eq!(sessions[0].int("w"), 2);
}

/// Node.js looks for the packages that a module imports only next to the module.
pub(crate) fn link_packages(source: &std::path::Path) {
    let packages = clients().join("node/node_modules");
    if source.extension().is_some_and(|it| it == "mjs") {
        std::os::unix::fs::symlink(packages, source.with_file_name("node_modules")).expect("a link");
    }
}

/// The first fenced block of that language in docs/languages.md.
#[track_caller]
pub(super) fn snippet(language: &str) -> String {
    snippet_in("docs/languages.md", language, "")
}

/// The first fenced block of a language in docs/cluster.md that has `part` in it.
#[track_caller]
pub(super) fn snippet_with(language: &str, part: &str) -> String {
    snippet_in("docs/cluster.md", language, part)
}

/// The first fenced block of a language in a file that has `part` in it.
#[track_caller]
pub(crate) fn snippet_in(file: &str, language: &str, part: &str) -> String {
    let text = super::file(file);
    let fence = format!("```{language}\n");
    let blocks = text.split(&fence).skip(1);
    let mut blocks = blocks.map(|block| block.split_once("```").expect("the block ends").0);
    let found = blocks.find(|block| block.contains(part));
    found
        .unwrap_or_else(|| panic!("no {fence} with {part:?} in {file}"))
        .to_owned()
}
