//! A request with the headers and body that a test specifies. Requests that an HTTP library would
//! not send use `Endpoint::raw`.

use super::{Connection, Endpoint, Response};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use serde_json::Value;
use std::fmt;

#[derive(Clone)]
pub struct Request {
    endpoint: Endpoint,
    method: String,
    target: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Request {
    pub(super) fn new(endpoint: Endpoint, method: &str, target: &str) -> Request {
        Request {
            endpoint,
            method: method.into(),
            target: target.into(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// Adds a header with any name and bytes; a second one of the same name is sent, too. `Host`
    /// and `Authorization` replace those of the endpoint.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Request {
        self.headers.push((name.into(), value.as_ref().to_vec()));
        self
    }

    /// Adds the header `Session-Token`.
    pub fn token(self, token: &str) -> Request {
        self.header("Session-Token", token)
    }

    /// A body without a type.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Request {
        self.body = body.into();
        self
    }

    pub fn json(self, body: &Value) -> Request {
        self.header("Content-Type", "application/json").body(body.to_string())
    }

    /// The fields of a form, percent-encoded.
    pub fn form(self, fields: &[(&str, &str)]) -> Request {
        let pairs = fields
            .iter()
            .map(|(name, value)| format!("{}={}", percent_encoded(name), percent_encoded(value)));
        let body = pairs.collect::<Vec<_>>().join("&");
        self.header("Content-Type", "application/x-www-form-urlencoded")
            .body(body)
    }

    /// Sends the request on a connection of its own. A lost connection fails the test.
    #[track_caller]
    pub fn send(&self) -> Response {
        match self.try_send() {
            Ok(response) => response,
            Err(error) => panic!("{error} at {self:?}"),
        }
    }

    /// Like `send`, for servers that may end: `Err` is the error of the connection.
    pub fn try_send(&self) -> Result<Response, String> {
        Connection::open(&self.endpoint)?.try_send(self)
    }

    #[track_caller]
    pub(super) fn built(&self) -> hyper::Request<Full<Bytes>> {
        let body = Full::new(Bytes::from(self.body.clone()));
        let mut request = hyper::Request::new(body);
        *request.method_mut() = self.method.parse().expect("a method of HTTP, else use raw()");
        *request.uri_mut() = self.target.parse().expect("a target of HTTP, else use raw()");
        let headers = request.headers_mut();
        let host = ("Host", Some(&self.endpoint.host));
        let authorization = ("Authorization", self.endpoint.authorization.as_ref());
        let defaults = [host, authorization].into_iter().filter_map(|(name, value)| {
            let is_given = self.headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name));
            value.filter(|_| !is_given).map(|value| (name, value.as_bytes()))
        });
        let given = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_slice()));
        for (name, value) in defaults.chain(given) {
            headers.append(
                name.parse::<HeaderName>().expect("a name of HTTP, else use raw()"),
                HeaderValue::from_bytes(value).expect("a value of HTTP, else use raw()"),
            );
        }
        request
    }
}

/// A text in which each byte except letters and digits is percent-encoded.
pub fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.target)?;
        for (name, value) in &self.headers {
            write!(f, "\n  {name}: {}", value.escape_ascii())?;
        }
        let shown = &self.body[..self.body.len().min(1000)];
        if shown.is_empty() {
            return Ok(());
        }
        write!(f, "\n  {}", String::from_utf8_lossy(shown))
    }
}
