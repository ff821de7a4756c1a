//! The module and the npm package redis-sessions 4.0.0 on the same data. `peer.cjs` drives the real
//! package. Without Node.js and the package these tests are skipped (see `installed` in the
//! harness).

mod anonymous;
mod colons;
mod data;
mod differences;
mod documented;
mod hashed;
mod old_tokens;
mod peer;
mod sessions;
mod wipe;

use peer::{Peer, with_peer, with_server_and_peer};

/// Ids that both sides allow and that contain unusual characters.
const IDS: &[&str] = &[
    "u1",
    "ann@example.com",
    "Ann Lee",
    "Zoë",
    "100%",
    "{tag}",
    "a*b?[c]",
    "'\"\\",
];
