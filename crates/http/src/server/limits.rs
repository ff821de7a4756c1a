//! How many requests may be under way at once. What is beyond is refused, not queued: a queue would
//! only grow while Redis is slow.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;

use crate::problem::{Kind, Problem};

#[derive(Clone)]
pub(super) struct Slots(Arc<Semaphore>);

impl Slots {
    pub(super) fn new(requests: usize) -> Self {
        Self(Arc::new(Semaphore::new(requests.min(Semaphore::MAX_PERMITS))))
    }
}

/// `/livez` and `/metrics` are always served: a busy service runs, and its metrics say how busy it is.
pub(super) async fn shed(State(slots): State<Slots>, request: Request, next: Next) -> Response {
    if matches!(request.uri().path(), "/livez" | "/metrics") {
        return next.run(request).await;
    }
    match slots.0.try_acquire() {
        Ok(_slot) => next.run(request).await,
        Err(_) => Problem::new(Kind::Overloaded, "repeat the request later, or raise limits.requests").into_response(),
    }
}
