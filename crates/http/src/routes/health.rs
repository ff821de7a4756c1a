//! The service's own state: whether it runs, whether it can serve, and its metrics.

use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router, extract};

use super::Face;
use crate::access::holder;
use crate::keys::Right;
use crate::problem::Problem;
use crate::server::door::Door;
use crate::server::metrics::rendered;
use crate::state::State;

pub fn routes() -> Router<State> {
    Router::new().route("/livez", get(live)).route("/readyz", get(ready))
}

pub fn metrics() -> Router<State> {
    Router::new().route("/metrics", get(exposition))
}

async fn live() -> Response {
    (StatusCode::OK, "live\n").into_response()
}

async fn ready(extract::State(state): extract::State<State>) -> Result<Response, Problem> {
    let ready = state.store.ready().await?;
    let text = match ready.is_whole() {
        true => "ready\n".to_owned(),
        // The status is not 503: that would take every instance out of service, including for
        // sessions on the other servers.
        false => format!("ready: {} of {} primaries serve\n", ready.serving, ready.servers),
    };
    Ok((StatusCode::OK, text).into_response())
}

/// A separate listener requires no key; otherwise a key with the right `read` for any app is
/// required.
async fn exposition(
    extract::State(state): extract::State<State>,
    Extension(door): Extension<Door>,
    parts: Parts,
) -> Result<Response, Problem> {
    if door.face != Face::Metrics {
        holder(&parts, &state)?.require(Right::Read)?;
    }
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Ok((kind, rendered()).into_response())
}
