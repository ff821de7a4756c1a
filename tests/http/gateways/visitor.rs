//! A visitor's browser: keeps the cookie, and sends the headers that browsers send for a page and
//! for a form.

use crate::harness::{Endpoint, Request, Response};
use serde_json::Value;

pub(super) struct Visitor {
    pub(super) front: Endpoint,
    /// The session's cookie.
    pub(super) sid: Option<String>,
}

impl Visitor {
    pub(super) fn at(front: &Endpoint) -> Visitor {
        Visitor {
            front: front.clone(),
            sid: None,
        }
    }

    pub(super) fn request(&self, method: &str, target: &str) -> Request {
        let request = self.front.request(method, target);
        match &self.sid {
            Some(sid) => request.header("Cookie", format!("sid={sid}")),
            None => request,
        }
    }

    /// Requests a page, as when an address is typed in.
    #[track_caller]
    pub(super) fn page(&self, target: &str) -> Response {
        let request = self.request("GET", target);
        let request = request
            .header("Sec-Fetch-Dest", "document")
            .header("Sec-Fetch-Site", "none");
        request
            .header("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
            .send()
    }

    /// A page of one of the sites, which shows the request that the site got.
    #[track_caller]
    pub(super) fn seen(&self, target: &str) -> Seen {
        Seen::of(&self.page(target))
    }

    /// Sends a form of the site itself.
    #[track_caller]
    pub(super) fn submit(&mut self, target: &str, fields: &[(&str, &str)]) -> Response {
        let request = self.request("POST", target).header("Sec-Fetch-Site", "same-origin");
        let response = request.header("Sec-Fetch-Dest", "document").form(fields).send();
        self.keep(&response);
        response
    }

    #[track_caller]
    pub(super) fn log_in(&mut self, user: &str, back: &str) -> Response {
        self.submit("/login", &[("user", user), ("password", "demo"), ("return", back)])
    }

    fn keep(&mut self, response: &Response) {
        for cookie in response.all("set-cookie") {
            let value = cookie.strip_prefix("sid=").unwrap_or_default();
            let value = value.split(';').next().unwrap_or_default();
            self.sid = Some(value.to_owned()).filter(|value| !value.is_empty());
        }
    }
}

/// The parts of a request that a site has seen.
#[derive(Debug)]
pub(super) struct Seen(Value);

impl Seen {
    #[track_caller]
    pub(super) fn of(response: &Response) -> Seen {
        assert_eq!(response.status(), 200, "{response:?}");
        Seen(response.json())
    }

    #[track_caller]
    pub(super) fn text(&self, member: &str) -> &str {
        self.0[member]
            .as_str()
            .unwrap_or_else(|| panic!("no {member} in {self:?}"))
    }

    pub(super) fn site_and_user(&self) -> (&str, &str) {
        (self.text("site"), self.text("user"))
    }

    /// All that the site was sent, as one text.
    pub(super) fn all(&self) -> String {
        self.0.to_string()
    }

    /// The cookies that the site was sent.
    pub(super) fn cookies(&self) -> String {
        match &self.0["headers"] {
            Value::Object(variables) => variables
                .get("HTTP_COOKIE")
                .map_or("", |value| value.as_str().unwrap_or(""))
                .to_owned(),
            Value::Array(raw) => {
                let texts: Vec<&str> = raw.iter().filter_map(Value::as_str).collect();
                let pairs = texts.chunks(2).filter(|pair| pair[0].eq_ignore_ascii_case("cookie"));
                pairs.map(|pair| pair[1]).collect::<Vec<_>>().join("; ")
            }
            _ => panic!("no headers in {self:?}"),
        }
    }
}
