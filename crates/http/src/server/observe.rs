//! A log line and the metrics of each request. Both are made from the matched route, never from the
//! URI: the paths of rest-sessions hold tokens, queries hold ids.

use std::time::Instant;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;

use super::peer::Peer;
use crate::state::State as Service;

pub(super) async fn observe(State(service): State<Service>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let connected = request
        .extensions()
        .get::<ConnectInfo<Peer>>()
        .map_or(Peer(None), |info| info.0);
    let peer = connected.behind(request.headers(), &service.settings.trusted_proxies);
    request.extensions_mut().insert(peer);
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("none".into(), |path| path.as_str().to_owned());
    let method = known(request.method());
    let mut response = next.run(request).await;
    // A session must not outlive its end in a cache.
    response
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    let status = response.status().as_u16();
    let seconds = started.elapsed().as_secs_f64();
    let milliseconds = (seconds * 1_000_000.0).round() / 1000.0;
    tracing::info!(method, route, status, milliseconds, %peer, "request");
    metrics::counter!("sessions_http_requests_total", "route" => route.clone(), "method" => method, "status" => status.to_string())
        .increment(1);
    metrics::histogram!("sessions_http_request_seconds", "route" => route).record(seconds);
    response
}

/// A client may send any text as a method; each would be a time series of its own.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
