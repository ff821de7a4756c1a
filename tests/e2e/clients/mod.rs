//! Runs the examples of the documentation unchanged: the snippets of docs/languages.md on a server
//! and in a cluster, the first session of the README, and the users of redis.conf.example.

mod audit;
mod cluster;
mod installed;
mod lost;
mod page_rust;
mod quirks;
mod snippets;
mod users;
mod walkthrough;

pub(crate) use installed::{Tool, go, node, php, python};
pub(crate) use snippets::{link_packages, snippet_in};

/// A file of the repository, by its path from the top.
#[track_caller]
fn file(path: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
