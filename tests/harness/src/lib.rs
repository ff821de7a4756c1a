//! The test harness: servers, the HTTP service, clients, replies that can be compared, replicated
//! commands, and functions that make sessions older by rewriting their keys. It is a crate because
//! several test targets share it.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test ends by panicking"
)]

mod builder;
mod client;
mod clock;
mod cluster;
mod dice;
mod effects;
mod folder;
mod http;
mod installed;
mod library;
mod module;
mod page;
mod placeholders;
mod planted;
mod program;
mod reply;
mod server;
mod service;
mod slot;
mod stored;
mod wait;
mod whole;

pub use builder::{Builder, free_port};
pub use client::Client;
pub use cluster::{Cluster, Roamer, node};
pub use dice::{Dice, from_environment, seed, shown_seed};
pub use effects::{Effect, write_effects};
pub use folder::Folder;
pub use http::{Connection, Endpoint, Request, Response, Stream, percent_encoded};
pub use installed::{chromium, client_folder, clients, installed, node_20, python_with_package, repository, skip};
pub use library::library;
pub use module::{module_path, service_path, tool_path};
pub use page::{Page, code, command_pages};
pub use placeholders::Placeholders;
pub use planted::Planted;
pub use program::Program;
pub use reply::{Reply, Session};
pub use server::Server;
pub use service::{Key, Service, ServiceBuilder};
pub use slot::{slot, tag_of_slot};
pub use stored::{
    age, age_everywhere, age_in_cluster, assert_no_keys, create, hash, hash_field, is_old_token, is_token, la, now,
    plant, score, sid_of, stored_name, token_in_step, token_of, wipe_score,
};
pub use wait::{GENEROUS, catch_under_way, in_one_second, wait_until};
pub use whole::{assert_app_is_whole, assert_node_is_whole, assert_whole, digest};

/// What the server itself replies for a key of the wrong type.
pub const WRONGTYPE: &str = "WRONGTYPE Operation against a key holding the wrong kind of value";
