//! Bodies: which ones are read, how large they may be, and the errors for invalid JSON.

use super::{Site, assert_json, assert_named, assert_page, created, set};

const NO_KEYS: &str = "d must containt at least one key.";

#[test]
fn only_a_body_with_the_type_of_json_is_read() {
    let site = Site::start();
    let token = created(&site.legacy, "web", "u1");
    let set = |kind: &str| {
        let request = site.legacy.post(&format!("/web/set/{token}")).body("{\"a\":1}");
        let request = if kind.is_empty() {
            request
        } else {
            request.header("Content-Type", kind)
        };
        request.send()
    };
    for kind in [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/vnd.api+json",
        "application/json, text/plain",
        "json",
    ] {
        assert_named(&set(kind), "invalidValue", NO_KEYS);
    }
    for kind in [
        "application/json",
        "APPLICATION/JSON",
        "application/json; charset=\"UTF-8\"",
    ] {
        set(kind).assert_status(200);
    }
    for kind in [
        "application/json; charset=latin1",
        "application/json; charset=utf-8; charset=latin1",
    ] {
        assert_page(&set(kind), 415);
    }
    let compressed = site.legacy.post(&format!("/web/set/{token}")).body("{\"a\":1}");
    let compressed = compressed.header("Content-Type", "application/json");
    assert_page(&compressed.header("Content-Encoding", "br").send(), 415);
}

#[test]
fn a_body_has_at_most_60000_bytes() {
    let site = Site::start();
    let token = created(&site.legacy, "web", "u1");
    let body = |length: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(length - 8)).into_bytes();
    set(&site.legacy, &token, body(60_000)).assert_status(200);
    assert_page(&set(&site.legacy, &token, body(60_001)), 413);
    let chunked = |length: usize| {
        let head = format!(
            "POST /web/set/{token} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n"
        );
        let response = site
            .legacy
            .raw([head.into_bytes(), body(length), b"\r\n0\r\n\r\n".to_vec()].concat());
        String::from_utf8_lossy(&response[..12]).into_owned()
    };
    assert_eq!(
        (chunked(60_000), chunked(60_001)),
        ("HTTP/1.1 200".into(), "HTTP/1.1 413".into())
    );
}

#[test]
fn a_large_body_is_refused_before_it_is_read() {
    let site = Site::start();
    let head = "PUT /web/create/u?ip=1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
                Content-Type: application/json\r\nContent-Length: 60001\r\n\r\n";
    let response = site.legacy.raw(head);
    assert!(response.starts_with(b"HTTP/1.1 413"), "{}", response.escape_ascii());
}

#[test]
fn a_body_that_is_not_an_object_or_array_is_400_on_every_route() {
    let site = Site::start();
    let token = created(&site.legacy, "web", "u1");
    for body in [
        &b"  "[..],
        b"null",
        b"5",
        b"\"x\"",
        b"{",
        b"{\"a\":}",
        b"{\"a\":1} x",
        b"{'a':1}",
        b"{\"a\":\"\x01\"}",
        b"{\"a\":01}",
        b"{\"a\":NaN}",
        b"\x00{}",
    ] {
        assert_page(&set(&site.legacy, &token, body), 400);
    }
    for (method, target) in [
        ("GET", format!("/web/get/{token}")),
        ("DELETE", format!("/web/kill/{token}")),
        ("PUT", "/web/create/u?ip=1".into()),
        ("GET", "/ping".into()),
    ] {
        let request = site.legacy.request(method, &target);
        let response = request.header("Content-Type", "application/json").body("{bad").send();
        assert_page(&response, 400);
        assert!(!response.text().contains("bad"), "{response:?}");
    }
}

#[test]
fn data_is_an_object_of_plain_values() {
    let site = Site::start();
    let token = created(&site.legacy, "web", "u1");
    let forbidden =
        |key: &str| format!("d.{key} has a forbidden type. Only strings, numbers, boolean and null are allowed.");
    let deep = format!("{{\"deep\":{}{}}}", "[".repeat(20_000), "]".repeat(20_000));
    for (body, message) in [
        ("", NO_KEYS.to_owned()),
        ("{}", NO_KEYS.to_owned()),
        ("[]", "d must be an object".to_owned()),
        ("[1]", "d must be an object".to_owned()),
        ("{\"a\":{}}", forbidden("a")),
        ("{\"ok\":1,\"a\\\"\":[1],\"7\":{}}", forbidden("7")),
        (&deep, forbidden("deep")),
    ] {
        assert_named(&set(&site.legacy, &token, body.as_bytes()), "invalidValue", &message);
    }
    // The token is checked before the data, the data before the session is looked up.
    assert_named(
        &set(&site.legacy, "short", b"[]"),
        "invalidFormat",
        "Invalid token format",
    );
    let unknown = crate::harness::token_of('u');
    assert_named(
        &set(&site.legacy, &unknown, b"[]"),
        "invalidValue",
        "d must be an object",
    );
}

#[test]
fn create_treats_an_empty_body_as_no_data() {
    let site = Site::start();
    let create = |body: &str| {
        let request = site.legacy.request("PUT", "/web/create/u?ip=1");
        request.header("Content-Type", "application/json").body(body).send()
    };
    for body in ["", "{}", "[]", "{\"a\":null}"] {
        let token = super::token_in(&create(body));
        let shown = site.legacy.get(&format!("/web/get/{token}")).send();
        assert_json(&shown, 200, r#"{"id":"u","r":1,"w":1,"ttl":7200,"idle":_,"ip":"1"}"#);
    }
    assert_named(&create("[1]"), "invalidValue", "d must be an object");
    let late = site.legacy.request("PUT", "/web/create/u?ip=1&ttl=5");
    let late = late.header("Content-Type", "application/json").body("[1]").send();
    assert_named(&late, "invalidValue", "ttl must be a positive integer >= 10");
}
