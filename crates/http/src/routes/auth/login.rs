//! Sends a visitor without a session to the log-in page: when, to which address, and with which
//! part of the requested address.
//!
//! After the log-in, `return` leads the visitor on, so it must be a path of the same site;
//! otherwise it is omitted.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

const FORWARDED_METHOD: HeaderName = HeaderName::from_static("x-forwarded-method");
const FORWARDED_URI: HeaderName = HeaderName::from_static("x-forwarded-uri");
const ORIGINAL_URI: HeaderName = HeaderName::from_static("x-original-uri");
const FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// The maximum number of bytes of `return` before it is percent-encoded.
const MAX_WAY_BACK: usize = 2000;

const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Where visitors log in: a path of the site, or an address with scheme and host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginPage(String);

impl LoginPage {
    /// `None`: the text is not such a path or address, or has a fragment.
    pub fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let address = matches!(uri.scheme_str(), Some("http" | "https")) && uri.authority().is_some();
        let plain = text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'#' | b'"' | b'\\'));
        (plain && (address || is_path(text))).then(|| Self(text.to_owned()))
    }

    /// The redirection target of a request without a session: `None` unless the request is for a
    /// page.
    pub fn location(&self, method: &Method, headers: &HeaderMap) -> Option<HeaderValue> {
        asks_for_a_page(method, headers).then(|| self.with(way_back(headers)))?
    }

    fn with(&self, way_back: Option<&str>) -> Option<HeaderValue> {
        let Self(page) = self;
        let location = match way_back {
            None => page.clone(),
            Some(way_back) => {
                let separator = if page.contains('?') { '&' } else { '?' };
                format!("{page}{separator}return={}", utf8_percent_encode(way_back, ENCODED))
            }
        };
        HeaderValue::try_from(location).ok()
    }
}

/// Whether a browser shows the response as a page. With a redirection, scripts, images and forms
/// would get the log-in page instead of what they requested.
fn asks_for_a_page(method: &Method, headers: &HeaderMap) -> bool {
    let method = headers
        .get(FORWARDED_METHOD)
        .map_or(method.as_str().as_bytes(), HeaderValue::as_bytes);
    let is_document = match headers.get(FETCH_DEST) {
        Some(destination) => destination == "document",
        None => headers.get_all(header::ACCEPT).iter().any(accepts_html),
    };
    method == b"GET" && is_document
}

fn accepts_html(accept: &HeaderValue) -> bool {
    let mut types = accept.as_bytes().split(|&byte| byte == b',');
    types.any(|item| {
        let name = item.split(|&byte| byte == b';').next().unwrap_or_default();
        name.trim_ascii().eq_ignore_ascii_case(b"text/html")
    })
}

/// Path and query of the visitor's request, as the gateway passes them.
fn way_back(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(FORWARDED_URI).or_else(|| headers.get(ORIGINAL_URI))?;
    let text = std::str::from_utf8(value.as_bytes()).ok()?;
    (is_path(text) && text.len() <= MAX_WAY_BACK && !text.chars().any(char::is_control)).then_some(text)
}

/// Whether browsers treat a text as a path of the same site. `//` and `/\` begin the address of
/// another host.
fn is_path(text: &str) -> bool {
    text.strip_prefix('/')
        .is_some_and(|rest| !rest.starts_with(['/', '\\']))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

    fn headers(given: &[(&HeaderName, &str)]) -> HeaderMap {
        let value = |text: &str| HeaderValue::from_bytes(text.as_bytes()).unwrap();
        given
            .iter()
            .map(|(name, text)| ((*name).clone(), value(text)))
            .collect()
    }

    fn location(page: &str, given: &[(&HeaderName, &str)]) -> Option<String> {
        let page = LoginPage::parse(page).unwrap();
        let location = page.location(&Method::GET, &headers(given));
        location.map(|value| value.to_str().unwrap().to_owned())
    }

    /// The redirection target of a visitor who requested `uri`.
    fn sent_to(uri: &str) -> String {
        location("/login", &[(&FETCH_DEST, "document"), (&FORWARDED_URI, uri)]).unwrap()
    }

    #[test]
    fn a_visitor_is_sent_to_log_in_only_where_a_page_was_asked_for() {
        let document = (&FETCH_DEST, "document");
        let html = (&header::ACCEPT, BROWSER);
        let get = (&FORWARDED_METHOD, "GET");
        for given in [
            &[document][..],
            &[html],
            &[get, document],
            &[get, html],
            &[document, (&header::ACCEPT, "*/*")],
            &[
                (&header::ACCEPT, "application/json"),
                (&header::ACCEPT, "TEXT/HTML ;q=1"),
            ],
        ] {
            assert_eq!(location("/login", given).as_deref(), Some("/login"), "{given:?}");
        }
        for given in [
            &[][..],
            &[(&FETCH_DEST, "empty"), html],
            &[(&FETCH_DEST, "iframe"), html],
            &[(&FETCH_DEST, "")],
            &[(&header::ACCEPT, "*/*")],
            &[(&header::ACCEPT, "text/html-sandboxed, application/text/html")],
            &[(&FORWARDED_METHOD, "POST"), document],
            &[(&FORWARDED_METHOD, "HEAD"), document],
            &[(&FORWARDED_METHOD, "get"), document],
            &[(&FORWARDED_METHOD, ""), document],
        ] {
            assert_eq!(location("/login", given), None, "{given:?}");
        }
    }

    #[test]
    fn the_forwarded_method_is_used_and_otherwise_the_requests_own() {
        let page = LoginPage::parse("/login").unwrap();
        let document = (&FETCH_DEST, "document");
        let forwarded = [document, (&FORWARDED_METHOD, "GET")];
        assert!(page.location(&Method::POST, &headers(&[document])).is_none());
        assert!(page.location(&Method::POST, &headers(&forwarded)).is_some());
    }

    #[test]
    fn the_way_back_is_the_path_and_query_percent_encoded() {
        for (uri, expected) in [
            ("/", "/login?return=%2F"),
            ("/a-b/c_d.e~", "/login?return=%2Fa-b%2Fc_d.e~"),
            ("/a?x=1&y=%2F#f", "/login?return=%2Fa%3Fx%3D1%26y%3D%252F%23f"),
            ("/a//b\\c", "/login?return=%2Fa%2F%2Fb%5Cc"),
            ("/%0d%0aSet-Cookie:a=b", "/login?return=%2F%250d%250aSet-Cookie%3Aa%3Db"),
            (
                "/?u=https://other.example/",
                "/login?return=%2F%3Fu%3Dhttps%3A%2F%2Fother.example%2F",
            ),
            ("/caf\u{e9}", "/login?return=%2Fcaf%C3%A9"),
        ] {
            assert_eq!(sent_to(uri), expected, "{uri:?}");
        }
    }

    #[test]
    fn an_address_that_could_lead_to_another_host_is_not_returned_to() {
        for uri in [
            "",
            "*",
            "a",
            "//other.example/",
            "///other.example/",
            "/\\other.example/",
            "\\/other.example/",
            "https://other.example/",
            "https:/other.example/",
            "javascript:alert(1)",
            " /a",
            "/\t/other.example/",
            "\t//other.example/",
            "/a\u{85}",
            "/a\tb",
        ] {
            assert_eq!(sent_to(uri), "/login", "{uri:?}");
        }
        let given = [(FORWARDED_URI, &b"/\xff"[..]), (FETCH_DEST, b"document")];
        let latin1 = given
            .map(|(name, value)| (name, HeaderValue::from_bytes(value).unwrap()))
            .into_iter()
            .collect();
        let page = LoginPage::parse("/login").unwrap();
        assert_eq!(page.location(&Method::GET, &latin1).unwrap(), "/login");
    }

    #[test]
    fn a_way_back_has_2000_bytes_at_most() {
        let longest = format!("/{}", "a".repeat(1999));
        assert_eq!(sent_to(&longest), format!("/login?return=%2F{}", "a".repeat(1999)));
        assert_eq!(sent_to(&format!("{longest}a")), "/login");
    }

    #[test]
    fn nginxs_header_is_read_if_the_usual_one_is_missing() {
        let document = (&FETCH_DEST, "document");
        let (usual, nginxs) = ((&FORWARDED_URI, "/usual"), (&ORIGINAL_URI, "/nginx"));
        assert_eq!(
            location("/login", &[document, nginxs]).unwrap(),
            "/login?return=%2Fnginx"
        );
        assert_eq!(
            location("/login", &[document, nginxs, usual]).unwrap(),
            "/login?return=%2Fusual"
        );
        // If there are two different headers, neither is used.
        assert_eq!(
            location("/login", &[document, nginxs, (&FORWARDED_URI, "//a")]).unwrap(),
            "/login"
        );
    }

    #[test]
    fn a_login_page_is_a_path_or_an_address() {
        let ask = [(&FETCH_DEST, "document"), (&FORWARDED_URI, "/a")];
        for (page, expected) in [
            ("/login", "/login?return=%2Fa"),
            ("/", "/?return=%2Fa"),
            ("/login?lang=de", "/login?lang=de&return=%2Fa"),
            ("https://login.example", "https://login.example?return=%2Fa"),
            (
                "http://login.example:8080/in",
                "http://login.example:8080/in?return=%2Fa",
            ),
        ] {
            assert_eq!(location(page, &ask).as_deref(), Some(expected), "{page}");
        }
        for page in [
            "",
            "login",
            "*",
            "//login.example/",
            "/\\login.example/",
            "ftp://login.example/",
            "javascript:alert(1)",
            "https:///login",
            "/login#top",
            "/log in",
            "/login\r\n",
            "/l\u{f6}gin",
        ] {
            assert_eq!(LoginPage::parse(page), None, "{page:?}");
        }
    }
}
