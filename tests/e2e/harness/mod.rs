//! What every test needs: a server, a client, replies that compare, effects, and time that moves
//! by rewriting what is stored.

mod client;
mod cluster;
mod effects;
mod module;
mod reply;
mod selftest;
mod server;
mod slot;
mod stored;
mod wait;

pub(crate) use client::Client;
pub(crate) use cluster::{Cluster, Roamer, node};
pub(crate) use effects::{Effect, write_effects};
pub(crate) use module::module_path;
pub(crate) use reply::Reply;
pub(crate) use server::{Builder, Server};
pub(crate) use slot::{slot, tag_of_slot};
pub(crate) use stored::{
    age, age_everywhere, assert_no_keys, create, hash, hash_field, is_token, la, now, plant, score, token_in_step,
    token_of, wipe_score,
};
pub(crate) use wait::{GENEROUS, in_one_second, wait_until};

/// What the server itself answers for a key of the wrong type.
pub(crate) const WRONGTYPE: &str = "WRONGTYPE Operation against a key holding the wrong kind of value";
