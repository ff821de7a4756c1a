//! A response: its status, headers and body, with the checks that tests need.

use hyper::body::Bytes;
use hyper::http::response::Parts;
use serde_json::Value;
use std::fmt;

pub struct Response {
    head: Parts,
    body: Bytes,
}

impl Response {
    pub(super) fn new(head: Parts, body: Bytes) -> Response {
        Response { head, body }
    }

    pub fn status(&self) -> u16 {
        self.head.status.as_u16()
    }

    /// The value of a header, its name in any case; `None` where the header is missing. The header
    /// must not occur twice.
    #[track_caller]
    pub fn header(&self, name: &str) -> Option<&str> {
        let all = self.all(name);
        assert!(all.len() < 2, "{name} is there more than once in {self:?}");
        all.first().copied()
    }

    /// Every value of a header, in order.
    #[track_caller]
    pub fn all(&self, name: &str) -> Vec<&str> {
        let values = self.head.headers.get_all(name).iter();
        values
            .map(|value| std::str::from_utf8(value.as_bytes()).unwrap_or_else(|_| panic!("{name} in {self:?}")))
            .collect()
    }

    /// Names in lower case, and values.
    pub fn headers(&self) -> Vec<(&str, &[u8])> {
        let headers = self.head.headers.iter();
        headers.map(|(name, value)| (name.as_str(), value.as_bytes())).collect()
    }

    pub fn bytes(&self) -> &[u8] {
        &self.body
    }

    #[track_caller]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap_or_else(|_| panic!("the body is not UTF-8: {self:?}"))
    }

    /// The body, which must be JSON with the media type of JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        let kind = self.header("content-type").unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default();
        let is_json = kind == "application/json" || kind.ends_with("+json");
        assert!(is_json, "the body is not called JSON: {self:?}");
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// The name at the end of the problem's `type`; the body must be problem details with this
    /// status.
    #[track_caller]
    pub fn problem(&self) -> String {
        let kind = self.header("content-type");
        assert_eq!(kind, Some("application/problem+json"), "{self:?}");
        let body = self.json();
        assert_eq!(body["status"], self.status(), "{self:?}");
        let name = body["type"].as_str().and_then(|kind| kind.rsplit('/').next());
        name.unwrap_or_else(|| panic!("no type in {self:?}")).to_owned()
    }

    /// The status, and the problem's name or the empty text for a success.
    #[track_caller]
    pub fn outcome(&self) -> (u16, String) {
        let is_problem = self.status() >= 400;
        (self.status(), if is_problem { self.problem() } else { String::new() })
    }

    /// Checks the status, and prints the response if the status is another one. Returns the
    /// response.
    #[track_caller]
    pub fn assert_status(self, status: u16) -> Response {
        assert_eq!(self.status(), status, "the status of {self:?}");
        self
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status())?;
        for (name, value) in &self.head.headers {
            write!(f, "\n  {name}: {}", value.as_bytes().escape_ascii())?;
        }
        let shown = &self.body[..self.body.len().min(2000)];
        write!(f, "\n  {}", String::from_utf8_lossy(shown))
    }
}
