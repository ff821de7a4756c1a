//! End-to-end tests: real servers with the module, and clients that send commands to them.
//!
//! The crate `sessions-harness` starts a server for each test, on a Unix socket in a directory of
//! its own. `commands` has one file per command; each of the other modules tests one subject that
//! concerns many commands.

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
