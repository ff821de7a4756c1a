//! The way to the sessions: one server, or a cluster of them.

use redis::Value;

use super::cluster::Cluster;
use super::command::Command;
use super::failure::Failure;
use super::node::{Asking, Node};
use super::origin::Origins;
use super::ready::{Ready, serves};
use crate::config::Redis;

pub(super) enum Link {
    One(Node),
    Cluster(Cluster),
}

impl Link {
    pub(super) fn open(redis: &Redis) -> Result<Self, Failure> {
        Ok(match Origins::new(redis)? {
            Origins::One(origin) => Self::One(Node::open(origin)),
            Origins::Cluster(seeds) => Self::Cluster(Cluster::open(seeds)),
        })
    }

    /// Waits until the first attempt to connect has ended, successfully or not.
    pub(super) async fn tried(&self) {
        match self {
            Self::One(node) => node.tried().await,
            Self::Cluster(cluster) => cluster.tried().await,
        }
    }

    pub(super) fn is_cluster(&self) -> bool {
        matches!(self, Self::Cluster(_))
    }

    pub(super) async fn ready(&self) -> Result<Ready, Failure> {
        match self {
            Self::One(node) => serves(node).await.map(|()| Ready::ONE),
            Self::Cluster(cluster) => cluster.ready().await,
        }
    }

    /// The reply of each node that the command goes to.
    pub(super) async fn send(&self, command: &Command) -> Result<Vec<Value>, Failure> {
        match self {
            Self::One(node) => node.send(command, Asking::No).await.map(|reply| vec![reply]),
            Self::Cluster(cluster) => cluster.send(command).await,
        }
    }
}
