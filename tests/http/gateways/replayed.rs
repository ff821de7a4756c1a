//! Replays what Traefik 3.7 and Envoy 1.3x send according to their sources, because neither is
//! installed.

use super::page;
use crate::harness::{Server, Service, create};

/// A service with the app of the page, and a session of ann.
fn with_ann() -> (Server, Service, String) {
    let server = Server::start();
    let service = Service::builder()
        .redis(&server)
        .key("sites", &["webapp"], &["read", "write"])
        .config(&page::app())
        .start();
    let token = create(&mut server.client(), "webapp", "ann", &["DATA", "{\"role\":\"admin\"}"]);
    (server, service, token)
}

/// Status line and headers of the response to these lines.
#[track_caller]
fn replay(service: &Service, lines: &[String]) -> Vec<String> {
    let request = lines.join("\r\n") + "\r\nConnection: close\r\n\r\n";
    let response = String::from_utf8(service.raw(request)).expect("text");
    let head = response.split("\r\n\r\n").next().unwrap_or_default();
    head.split("\r\n").map(str::to_ascii_lowercase).collect()
}

#[track_caller]
fn assert_head(head: &[String], expected: &[&str]) {
    for line in expected {
        assert!(head.iter().any(|given| given == line), "no {line:?} in {head:?}");
    }
}

/// `pkg/middlewares/auth/forward.go`: a GET to the address with the visitor's headers, those of the
/// connection omitted and X-Forwarded-* set.
fn traefik(method: &str, uri: &str, cookie: &str) -> Vec<String> {
    [
        "GET /auth/webapp?login HTTP/1.1",
        "Host: 127.0.0.1:8081",
        "User-Agent: Mozilla/5.0",
        "Accept: text/html,application/xhtml+xml",
        "Accept-Encoding: gzip",
        cookie,
        "Sec-Fetch-Dest: document",
        "X-Forwarded-For: 203.0.113.9",
        "X-Forwarded-Host: www.example.com",
        &format!("X-Forwarded-Method: {method}"),
        "X-Forwarded-Port: 443",
        "X-Forwarded-Proto: https",
        "X-Forwarded-Server: gateway",
        &format!("X-Forwarded-Uri: {uri}"),
        "X-Real-Ip: 203.0.113.9",
        "X-Session-User: forged",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// `source/extensions/filters/common/ext_authz/ext_authz_http_impl.cc`: the visitor's method, and
/// the prefix before the visitor's path; of the headers the host and those that are allowed.
fn envoy(method: &str, uri: &str, cookie: &str) -> Vec<String> {
    [
        &format!("{method} /auth/webapp{uri} HTTP/1.1"),
        "host: www.example.com",
        "content-length: 0",
        cookie,
        "x-envoy-internal: true",
        "x-forwarded-for: 10.0.0.1",
        "x-envoy-expected-rq-timeout-ms: 2000",
    ]
    .map(str::to_owned)
    .to_vec()
}

#[test]
fn traefik_is_told_the_user_and_where_to_log_in() {
    let (_server, service, token) = with_ann();
    let cookie = format!("Cookie: a=1; sid={token}");
    let head = replay(&service, &traefik("POST", "/forum/post", &cookie));
    assert_head(
        &head,
        &[
            "http/1.1 200 ok",
            "x-session-user: ann",
            "x-session-role: admin",
            "cache-control: no-store",
        ],
    );
    let head = replay(&service, &traefik("GET", "/cart?a=1&b=2", "Cookie: a=1"));
    assert_head(
        &head,
        &["http/1.1 302 found", "location: /login?return=%2fcart%3fa%3d1%26b%3d2"],
    );
    let head = replay(&service, &traefik("GET", "//other.example/", "Cookie: a=1"));
    assert_head(&head, &["http/1.1 302 found", "location: /login"]);
    let head = replay(&service, &traefik("POST", "/forum/post", "Cookie: a=1"));
    assert_head(&head, &["http/1.1 401 unauthorized", "www-authenticate: bearer"]);
}

#[test]
fn envoy_is_told_the_user_whatever_path_it_appends() {
    let (_server, service, token) = with_ann();
    let cookie = format!("cookie: a=1; sid={token}");
    for (method, uri) in [
        ("GET", "/"),
        ("POST", "/forum/post?x=1"),
        ("PUT", "//a/../../v1/apps?login"),
        ("OPTIONS", "/%2e%2e/%ff?%00"),
        ("GET", "/auth/other/?login"),
    ] {
        let head = replay(&service, &envoy(method, uri, &cookie));
        assert_head(
            &head,
            &["http/1.1 200 ok", "x-session-user: ann", "x-session-role: admin"],
        );
        let head = replay(&service, &envoy(method, uri, "accept: text/html"));
        assert_head(&head, &["http/1.1 401 unauthorized", "www-authenticate: bearer"]);
    }
}

#[test]
fn both_are_told_503_while_redis_is_away() {
    let (mut server, service, token) = with_ann();
    server.kill9();
    let cookie = format!("cookie: sid={token}");
    for request in [traefik("GET", "/", &cookie), envoy("GET", "/", &cookie)] {
        let head = replay(&service, &request);
        assert_head(&head, &["http/1.1 503 service unavailable", "retry-after: 1"]);
    }
}
