//! A log line and the metrics of each request. Both use the matched route, never the URI, because
//! the paths of rest-sessions contain tokens and queries contain ids.

use std::time::Instant;

use axum::extract::{ConnectInfo, MatchedPath, Request};
use axum::http::{HeaderValue, Method, header};
use axum::response::Response;

use super::peer::Peer;
use crate::config::Settings;

/// What is known about a request before it is served.
pub(super) struct Observed {
    started: Instant,
    route: Option<MatchedPath>,
    method: &'static str,
    peer: Peer,
}

impl Observed {
    /// Also adds the peer to the request.
    pub(super) fn of(request: &mut Request, settings: &Settings) -> Self {
        let extensions = request.extensions();
        let connected = extensions.get::<ConnectInfo<Peer>>().map_or(Peer(None), |info| info.0);
        let route = extensions.get::<MatchedPath>().cloned();
        let peer = connected.behind(request.headers(), &settings.trusted_proxies);
        request.extensions_mut().insert(peer);
        Self {
            started: Instant::now(),
            route,
            method: known(request.method()),
            peer,
        }
    }

    /// Writes the log line and counts the request.
    pub(super) fn end(self, response: &mut Response) {
        let Self {
            started,
            route,
            method,
            peer,
        } = self;
        // Caches must not store sessions.
        response
            .headers_mut()
            .entry(header::CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-store"));
        let route = route.as_ref().map_or("none", MatchedPath::as_str);
        let status = response.status();
        let seconds = started.elapsed().as_secs_f64();
        let milliseconds = (seconds * 1_000_000.0).round() / 1000.0;
        tracing::info!(method, route, status = status.as_u16(), milliseconds, %peer, "request");
        let label = status.as_str().to_owned();
        metrics::counter!("sessions_http_requests_total", "route" => route.to_owned(), "method" => method, "status" => label)
            .increment(1);
        metrics::histogram!("sessions_http_request_seconds", "route" => route.to_owned()).record(seconds);
    }
}

/// A client may send any text as a method, and each text would become a separate time series.
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
