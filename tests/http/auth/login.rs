//! `?login`: when a visitor without a session is sent to the log-in page.

use super::{Asked, assert_ann, assert_unknown, session_of_ann, sid};
use crate::harness::Response;

#[track_caller]
fn assert_sent(response: Response, location: &str) {
    let response = response.assert_status(302);
    assert_eq!(response.header("location"), Some(location));
    assert_eq!(response.header("cache-control"), Some("no-store"));
    assert!(response.bytes().is_empty());
}

#[test]
fn a_visitor_without_a_session_is_sent_to_the_log_in_page_and_back() {
    let asked = Asked::about("login-page = \"/login\"");
    let page = |uri: &str| {
        let request = asked.service.get("/auth/webapp?login");
        request
            .header("Sec-Fetch-Dest", "document")
            .header("X-Forwarded-Uri", uri)
            .send()
    };
    assert_sent(page("/cart?a=1&b=2"), "/login?return=%2Fcart%3Fa%3D1%26b%3D2");
    for uri in [
        "//other.example/",
        "/\\other.example/",
        "https://other.example/",
        "",
        "/\t/a",
    ] {
        assert_sent(page(uri), "/login");
    }
    let token = session_of_ann(&mut asked.client());
    let known = asked.service.get("/auth/webapp?login").header("Cookie", sid(&token));
    assert_ann(known.header("Sec-Fetch-Dest", "document").send());
}

#[test]
fn only_the_gateways_own_address_asks_for_the_log_in_page() {
    let asked = Asked::about("login-page = \"https://login.example/in\"");
    let page = |target: &str| asked.service.get(target).header("Accept", "text/html").send();
    for target in ["/auth/webapp?login", "/auth/webapp?login=1", "/auth/webapp?a=b&login"] {
        assert_sent(page(target), "https://login.example/in");
    }
    // In the last targets the query is part of the visitor's request: Envoy appends that.
    for target in [
        "/auth/webapp",
        "/auth/webapp?logins",
        "/auth/webapp?a=login",
        "/auth/webapp/?login",
        "/auth/webapp/cart?login",
    ] {
        assert_unknown(page(target));
    }
}

#[test]
fn requests_that_do_not_ask_for_a_page_get_401() {
    let asked = Asked::about("login-page = \"/login\"");
    let ask = |method: &str| asked.service.request(method, "/auth/webapp?login");
    let html = "text/html,application/xhtml+xml";
    assert_sent(ask("GET").header("Accept", html).send(), "/login");
    assert_sent(
        ask("POST")
            .header("Accept", html)
            .header("X-Forwarded-Method", "GET")
            .send(),
        "/login",
    );
    assert_unknown(ask("POST").header("Accept", html).send());
    assert_unknown(
        ask("GET")
            .header("Accept", html)
            .header("X-Forwarded-Method", "POST")
            .send(),
    );
    assert_unknown(
        ask("GET")
            .header("Accept", html)
            .header("Sec-Fetch-Dest", "empty")
            .send(),
    );
    assert_unknown(ask("GET").header("Accept", "*/*").send());
    assert_unknown(ask("GET").send());
}

#[test]
fn without_a_log_in_page_there_is_none() {
    let asked = Asked::about("");
    let request = asked
        .service
        .get("/auth/webapp?login")
        .header("Sec-Fetch-Dest", "document");
    assert_unknown(request.send());
}
