//! The service's own state: whether it runs, whether it can serve, and its metrics.

use axum::Router;
use axum::extract;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::problem::Problem;
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
    state.store.ready().await?;
    Ok((StatusCode::OK, "ready\n").into_response())
}

async fn exposition() -> Response {
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        rendered(),
    )
        .into_response()
}
