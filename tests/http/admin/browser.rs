//! The parts of a browser that most tests need: it keeps the cookie of the log-in, sends `Origin`
//! with forms, and follows no redirect.

use crate::harness::{Endpoint, Request, Response, Service};

pub(super) struct Browser {
    endpoint: Endpoint,
    /// Name and value.
    pub(super) cookie: Option<String>,
    origin: String,
}

impl Browser {
    pub(super) fn new(service: &Service) -> Browser {
        Browser {
            endpoint: Endpoint::clone(service),
            cookie: None,
            origin: format!("http://127.0.0.1:{}", service.port()),
        }
    }

    /// The request for a page, with the cookie.
    pub(super) fn page(&self, target: &str) -> Request {
        self.with_cookie(self.endpoint.get(target))
    }

    #[track_caller]
    pub(super) fn get(&self, target: &str) -> Response {
        self.page(target).send()
    }

    /// The request that a form of the service sends, with the cookie.
    pub(super) fn form(&self, target: &str, fields: &[(&str, &str)]) -> Request {
        self.form_from(&self.origin, target, fields)
    }

    /// The same for a form of another site.
    pub(super) fn form_from(&self, origin: &str, target: &str, fields: &[(&str, &str)]) -> Request {
        self.with_cookie(self.endpoint.post(target))
            .header("Origin", origin)
            .form(fields)
    }

    /// Sends the page's form for that address.
    #[track_caller]
    pub(super) fn press(&self, page: &Response, action: &str, more: &[(&str, &str)]) -> Response {
        let html = page.text();
        let attribute = format!("action=\"{}\"", escaped(action));
        assert!(html.contains(&attribute), "no form leads to {action} in {html}");
        let token = form_token(page);
        self.form(action, &[&[("form", token.as_str())], more].concat()).send()
    }

    /// Logs in with a key and keeps the cookie.
    #[track_caller]
    pub(super) fn log_in(&mut self, key: &str) -> Response {
        let response = self.form("/admin/log-in", &[("key", key), ("next", "/admin")]).send();
        if let Some(cookie) = response.header("set-cookie") {
            self.cookie = cookie.split(';').next().map(str::to_owned);
        }
        response
    }

    /// The token in the cookie.
    #[track_caller]
    pub(super) fn token(&self) -> &str {
        let cookie = self.cookie.as_ref().expect("somebody has logged in");
        cookie.split_once('=').expect("a name and a value").1
    }

    fn with_cookie(&self, request: Request) -> Request {
        match &self.cookie {
            Some(cookie) => request.header("Cookie", cookie),
            None => request,
        }
    }
}

/// The hidden field that every form of a page sends.
#[track_caller]
pub(super) fn form_token(page: &Response) -> String {
    let html = page.text();
    let rest = html.split_once("name=\"form\" value=\"");
    let token = rest.and_then(|(_, rest)| rest.split('"').next());
    token.unwrap_or_else(|| panic!("no form in {html}")).to_owned()
}

/// An address as a template escapes it in an attribute.
fn escaped(address: &str) -> String {
    address.replace('&', "&#38;")
}
