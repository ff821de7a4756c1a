//! What the documentation shows, run as it stands there: the README's client snippets, on a server
//! and in a cluster, and its first session, and the users of redis.conf.example.

mod audit;
mod cluster;
mod installed;
mod lost;
mod quirks;
mod readme_rust;
mod snippets;
mod users;
mod walkthrough;

pub(crate) use installed::{Tool, go, node, php, python};

/// A file of the repository, by its path from the top.
#[track_caller]
fn file(path: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
