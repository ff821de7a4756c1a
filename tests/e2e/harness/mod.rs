//! What every test needs: a server, a client, replies that compare, effects, and time that moves
//! by rewriting what is stored.

mod builder;
mod client;
mod clock;
mod cluster;
mod dice;
mod effects;
mod folder;
mod library;
mod module;
mod planted;
mod reply;
mod selftest;
mod server;
mod slot;
mod stored;
mod wait;
mod whole;

pub(crate) use builder::{Builder, free_port};
pub(crate) use client::Client;
pub(crate) use cluster::{Cluster, Roamer, node};
pub(crate) use dice::{Dice, from_environment, seed, shown_seed};
pub(crate) use effects::{Effect, write_effects};
pub(crate) use folder::Folder;
pub(crate) use library::library;
pub(crate) use module::{module_path, tool_path};
pub(crate) use planted::Planted;
pub(crate) use reply::{Reply, Session};
pub(crate) use server::Server;
pub(crate) use slot::{slot, tag_of_slot};
pub(crate) use stored::{
    age, age_everywhere, assert_no_keys, create, hash, hash_field, is_old_token, is_token, la, now, plant, score,
    stored_name, token_in_step, token_of, wipe_score,
};
pub(crate) use wait::{GENEROUS, catch_under_way, in_one_second, wait_until};
pub(crate) use whole::{assert_app_is_whole, assert_node_is_whole, assert_whole, digest};

/// What the server itself answers for a key of the wrong type.
pub(crate) const WRONGTYPE: &str = "WRONGTYPE Operation against a key holding the wrong kind of value";
