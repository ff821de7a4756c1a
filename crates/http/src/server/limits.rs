//! The maximum number of requests in progress. Further requests are refused, not queued: a queue
//! would only grow while Redis is slow.

use std::sync::Arc;

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::problem::{Kind, Problem};

#[derive(Clone)]
pub(super) struct Slots(Arc<Semaphore>);

impl Slots {
    pub(super) fn new(requests: usize) -> Self {
        Self(Arc::new(Semaphore::new(requests.min(Semaphore::MAX_PERMITS))))
    }

    /// A permit for a request in progress, until it is dropped. `/livez` and `/metrics` require
    /// none: a busy service is still up, and its metrics show how busy it is.
    pub(super) fn take(&self, path: &str) -> Result<Option<SemaphorePermit<'_>>, Problem> {
        if matches!(path, "/livez" | "/metrics") {
            return Ok(None);
        }
        let refused = |_| {
            Problem::new(
                Kind::Overloaded,
                "repeat the request later; if this occurs often, raise limits.requests in the configuration",
            )
        };
        self.0.try_acquire().map(Some).map_err(refused)
    }
}
