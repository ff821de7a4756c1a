//! The listener with the ten routes of rest-sessions. The expected responses were recorded from
//! rest-sessions 2.0.1; docs/rest-sessions.md lists the differences and the reasons.

mod access;
mod arguments;
mod bodies;
mod data;
mod of_a_cluster;
mod routes;
mod trouble;

use crate::harness::{Endpoint, Response, Server, Service, ServiceBuilder, free_port};
use serde_json::Value;

pub(super) const JSON: &str = "application/json; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";

/// A server, a service without keys, and its listener.
struct Site {
    server: Server,
    /// Ended at the end of the test.
    service: Service,
    legacy: Endpoint,
}

impl Site {
    fn start() -> Site {
        let server = Server::start();
        let (service, legacy) = listening(Service::builder().redis(&server).no_auth());
        Site {
            server,
            service,
            legacy,
        }
    }
}

/// The service with the listener at a free port.
pub(crate) fn listening(builder: ServiceBuilder) -> (Service, Endpoint) {
    let port = free_port();
    let table = format!("[legacy]\nlisten = \"127.0.0.1:{port}\"\n");
    (builder.config(&table).start(), Endpoint::at_port(port))
}

/// A new session's token.
#[track_caller]
fn created(legacy: &Endpoint, app: &str, id: &str) -> String {
    let target = format!("/{app}/create/{id}?ip=203.0.113.7");
    token_in(&legacy.request("PUT", &target).send())
}

#[track_caller]
fn token_in(response: &Response) -> String {
    match &response.json()["token"] {
        Value::String(token) => token.clone(),
        _ => panic!("no token in {response:?}"),
    }
}

/// `set` with this body.
#[track_caller]
fn set(legacy: &Endpoint, token: &str, body: impl Into<Vec<u8>>) -> Response {
    let request = legacy.post(&format!("/web/set/{token}"));
    request.header("Content-Type", "application/json").body(body).send()
}

/// The body with `_` for each idle time, because a second may begin during a test.
#[track_caller]
fn without_idle(response: &Response) -> String {
    let mut parts = response.text().split("\"idle\":");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text += "\"idle\":_";
        text += part.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    text
}

#[track_caller]
fn assert_json(response: &Response, status: u16, body: &str) {
    assert_eq!(response.status(), status, "{response:?}");
    assert_eq!(response.header("content-type"), Some(JSON), "{response:?}");
    assert_eq!(without_idle(response), body, "{response:?}");
}

/// The error of an argument.
#[track_caller]
fn assert_named(response: &Response, name: &str, message: &str) {
    let message = serde_json::to_string(message).unwrap();
    assert_json(response, 500, &format!("{{\"name\":\"{name}\",\"message\":{message}}}"));
}

/// An error that rest-sessions left to its web framework.
#[track_caller]
fn assert_page(response: &Response, status: u16) {
    assert_eq!(response.status(), status, "{response:?}");
    assert_eq!(response.header("content-type"), Some(HTML), "{response:?}");
}
