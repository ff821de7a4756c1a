//! A connection that is made again by itself, in the background, so that a request never waits for
//! one: while there is none, a request fails at once.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use redis::Value;
use tokio::sync::Notify;

use super::command::Command;
use super::failure::Failure;
use super::wire::{Endpoint, Wire};

/// Between two attempts to connect.
const PAUSE: Duration = Duration::from_millis(200);
/// Between two looks whether the connection works.
const LOOK: Duration = Duration::from_secs(1);

pub(super) struct Link {
    shared: Arc<Shared>,
}

struct Shared {
    endpoint: Endpoint,
    limit: Duration,
    wire: ArcSwapOption<Wire>,
    /// Raised when a command shows that the connection may be of no use.
    suspect: Notify,
}

impl Link {
    /// `limit` is how long a command may take.
    pub(super) fn open(endpoint: Endpoint, limit: Duration) -> Self {
        let shared = Arc::new(Shared {
            endpoint,
            limit,
            wire: ArcSwapOption::empty(),
            suspect: Notify::new(),
        });
        let weak = Arc::downgrade(&shared);
        tokio::spawn(async move {
            while let Some(shared) = weak.upgrade() {
                shared.look_after().await;
            }
        });
        Self { shared }
    }

    pub(super) fn is_cluster(&self) -> bool {
        self.shared.endpoint.is_cluster()
    }

    pub(super) async fn send(&self, command: &Command) -> Result<Vec<Value>, Failure> {
        let wire = self.shared.wire.load_full().ok_or(Failure::Unavailable)?;
        let mut wire = Wire::clone(&wire);
        let outcome = wire.send(command).await;
        if outcome.as_ref().is_err_and(Failure::is_suspect) {
            self.shared.suspect.notify_one();
        }
        outcome
    }
}

impl Shared {
    /// Connects if there is no connection, else waits until it may be broken and replaces it. The old
    /// one is kept until there is a new one: a server that refuses writes still serves reads.
    async fn look_after(&self) {
        if let Some(wire) = self.wire.load_full() {
            let told = tokio::time::timeout(LOOK, self.suspect.notified()).await.is_ok();
            let mut wire = Wire::clone(&wire);
            if wire.ping().await && !told {
                return;
            }
        }
        match self.endpoint.connect(self.limit).await {
            Ok(wire) => self.wire.store(Some(Arc::new(wire))),
            Err(error) => {
                tracing::warn!(error = %error, "no connection to Redis");
                self.wire.store(None);
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}
