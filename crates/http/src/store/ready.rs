//! Whether the servers serve commands.

use redis::Value;

use super::command::Command;
use super::failure::Failure;
use super::node::{Asking, Node};

/// How many servers serve commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    pub serving: usize,
    /// The primaries of the cluster, or the one server.
    pub servers: usize,
}

impl Ready {
    pub(super) const ONE: Self = Self { serving: 1, servers: 1 };

    /// Combines the results of all primaries of a cluster. `Err`: none of them serves commands.
    pub(super) fn of_each(outcomes: Vec<Result<(), Failure>>) -> Result<Self, Failure> {
        let servers = outcomes.len();
        let serving = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        match outcomes.into_iter().find_map(Result::err) {
            Some(failure) if serving == 0 => Err(failure),
            None if servers == 0 => Err(Failure::Unavailable),
            _ => Ok(Self { serving, servers }),
        }
    }

    pub fn is_whole(self) -> bool {
        self.serving == self.servers
    }
}

/// Whether a server has the module and its data.
pub(super) async fn serves(node: &Node) -> Result<(), Failure> {
    // The server accepts HELP while it loads its data, but not PING.
    for name in ["PING", "SESSIONS.HELP"] {
        let command = Command::anywhere(name);
        let reply = node.send(&command, Asking::No).await;
        reply.map_err(|failure| command.judged(failure))?;
    }
    Ok(())
}

/// As [`serves`], for a node of a cluster, which by default refuses all commands while a slot has
/// no node.
pub(super) async fn serves_in_cluster(node: &Node) -> Result<(), Failure> {
    serves(node).await?;
    match node.send(&Command::anywhere("CLUSTER").arg("INFO"), Asking::No).await {
        Ok(Value::BulkString(text)) if !text.starts_with(b"cluster_state:ok") => Err(Failure::Unavailable),
        // A Redis user without the permission cannot check more.
        Ok(_) | Err(Failure::NoPermission(_)) => Ok(()),
        Err(failure) => Err(failure.before_sending()),
    }
}
