//! End-to-end tests: real servers with the module loaded, spoken to as clients do.
//!
//! Each test has a server of its own on a Unix socket in a directory of its own, which the crate
//! `sessions-harness` starts; `commands` holds one file a command; the other modules each
//! test one subject that runs across the commands.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test ends by panicking"
)]

mod clients;
mod cluster;
mod commands;
mod daily;
mod data;
mod index_step;
mod load;
mod model;
mod panic;
mod peers;
mod reliability;
mod replication;
mod rubbish;
mod settings;
mod sites;
mod soak;
mod upgrade;
mod wipe;

use sessions_harness as harness;
