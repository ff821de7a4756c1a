//! The sessions in Redis: sends the module's commands to the node that has them.
//!
//! - [`command`]: a command, its connection and the meaning of a lost reply.
//! - [`link`]: the single server or the cluster; [`origin`]: the addresses of servers; [`node`]:
//!   one server and its connections; [`cluster`]: several servers, with the slots in [`map`].
//! - [`session`]: a session as it is returned; [`pages`]: lists of sessions.
//! - [`failure`]: why there is no reply; [`ready`]: whether the servers serve commands.
//!
//! Two connections to each node: one for commands that take microseconds, one for those that block
//! their client while the server works in slices, which would delay the commands sent after them.

mod cluster;
mod command;
mod failure;
mod link;
mod map;
mod node;
mod origin;
mod pages;
mod ready;
mod session;
#[cfg(test)]
mod tests;

pub use command::{Command, Given};
pub use failure::Failure;
pub use pages::{MAX_COUNT, MAX_OFFSET, Page, Shown};
pub use ready::Ready;
pub use session::Session;

use redis::Value;

use crate::config::Redis;
use link::Link;

pub struct Store {
    link: Link,
}

impl Store {
    /// Connects in the background, so it also succeeds without a server.
    pub fn open(redis: &Redis) -> Result<Self, Failure> {
        Ok(Self {
            link: Link::open(redis)?,
        })
    }

    /// Waits until the first attempt to connect has ended, successfully or not.
    pub async fn tried(&self) {
        self.link.tried().await;
    }

    /// Sends a command to the node that has its session or id. Sends a command about a whole app to
    /// every primary, and returns the sum of the integers.
    pub async fn send(&self, command: Command) -> Result<Value, Failure> {
        let mut replies = self.send_each(command).await?;
        match replies.len() {
            1 => Ok(replies.remove(0)),
            _ => {
                let sum = replies.iter().map(integer).sum::<Result<i64, Failure>>()?;
                Ok(Value::Int(sum))
            }
        }
    }

    /// The reply of each node that the command goes to.
    pub async fn send_each(&self, command: Command) -> Result<Vec<Value>, Failure> {
        let started = std::time::Instant::now();
        let replies = self.link.send(&command).await;
        metrics::histogram!("sessions_http_redis_seconds", "command" => command.name())
            .record(started.elapsed().as_secs_f64());
        replies.map_err(|failure| {
            if let Some(kind) = failure.label() {
                metrics::counter!("sessions_http_redis_failures_total", "kind" => kind).increment(1);
            }
            command.judged(failure)
        })
    }

    /// Whether a server with the module serves commands now, and how many primaries of a cluster
    /// do.
    pub async fn ready(&self) -> Result<Ready, Failure> {
        self.link.ready().await
    }

    /// The argument with which CREATE chooses the slot of an anonymous session. In a cluster it
    /// spreads visitors over the nodes; on a single server it is empty, so the whole token is
    /// random.
    pub fn spread(&self) -> Vec<u8> {
        if self.is_cluster() {
            rand::random::<u128>().to_string().into_bytes()
        } else {
            Vec::new()
        }
    }

    /// Whether the server is a cluster.
    pub fn is_cluster(&self) -> bool {
        self.link.is_cluster()
    }
}

/// A reply that is an integer.
pub fn integer(reply: &Value) -> Result<i64, Failure> {
    match reply {
        Value::Int(n) => Ok(*n),
        _ => Err(Failure::Unexpected),
    }
}

/// A reply that is text, or `None` for null.
pub fn text(reply: Value) -> Result<Option<Vec<u8>>, Failure> {
    match reply {
        Value::Nil => Ok(None),
        Value::BulkString(bytes) => Ok(Some(bytes)),
        _ => Err(Failure::Unexpected),
    }
}
