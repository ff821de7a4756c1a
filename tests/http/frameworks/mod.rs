//! Sites with frameworks of Node.js that store their sessions with the npm package in clients/node,
//! together with the service.
//!
//! `scripts/clients.sh` installs what they need; a test without it is skipped.

mod cookie;
mod one_cookie;
mod shop;

pub(crate) use cookie::{Cookie, SECRETS, signed};

use crate::harness::{Program, Server, client_folder, free_port, node_20, repository};
use std::process::Command;

/// Starts a script of this folder, which uses the server; returns the port that it listens on.
/// `None`: something that the script needs is not installed.
#[track_caller]
pub(crate) fn start(script: &str, server: &Server, variables: &[(&str, &str)]) -> Option<(Program, u16)> {
    let node = node_20()?;
    let packages = client_folder("frameworks", "node_modules/sessions-for-redis")?;
    let port = free_port();
    let mut command = Command::new(node);
    command
        .arg(repository("tests/http/frameworks").join(script))
        .env("NODE_PATH", packages.join("node_modules"))
        .env("REDIS_SOCKET", server.socket())
        .env("PORT", port.to_string())
        .envs(variables.iter().copied());
    Some((Program::start(command, port, server.dir()), port))
}
