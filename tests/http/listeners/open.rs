//! Without keys, a web page of another site must not use the service through the browser of a
//! person on this machine.

use crate::harness::{Request, Server, Service};

const JSON: (&str, &str) = ("Content-Type", "application/json");

#[test]
fn without_keys_what_a_web_page_sends_is_refused() {
    let server = Server::start();
    let service = Service::builder().redis(&server).no_auth().start();
    let own = format!("http://127.0.0.1:{}", service.port());
    let create = || {
        let request = service.post("/v1/apps/shop/sessions").header(JSON.0, JSON.1);
        request.body(r#"{"id":"ann"}"#)
    };
    let tables: [(&[(&str, &str)], u16); 12] = [
        (&[], 201),
        (&[("Sec-Fetch-Site", "none")], 201),
        (&[("Sec-Fetch-Site", "same-origin")], 201),
        (&[("Sec-Fetch-Site", "same-site")], 403),
        (&[("Sec-Fetch-Site", "cross-site")], 403),
        (&[("Sec-Fetch-Site", "")], 403),
        (&[("Sec-Fetch-Site", "none"), ("Sec-Fetch-Site", "cross-site")], 403),
        (&[("Origin", "https://evil.example")], 403),
        (&[("Origin", "null")], 403),
        (&[("Origin", "")], 403),
        (&[("Origin", &own)], 403),
        (
            &[("Origin", "https://evil.example"), ("Sec-Fetch-Site", "same-origin")],
            403,
        ),
    ];
    for (headers, status) in tables {
        let sent = |request: Request| {
            headers
                .iter()
                .fold(request, |request, (name, value)| request.header(name, value))
        };
        let response = sent(create()).send();
        let expected = if status == 403 { "cross-site" } else { "" };
        assert_eq!(response.outcome(), (status, expected.to_owned()), "{headers:?}");
        let read = sent(service.get("/readyz")).send();
        assert_eq!(read.status(), if status == 403 { 403 } else { 200 }, "{headers:?}");
        // The service does not offer CORS, so a browser's preflight request gets no permission.
        let asked = sent(service.request("OPTIONS", "/v1/apps/shop/sessions")).send();
        assert!(
            asked
                .headers()
                .iter()
                .all(|(name, _)| !name.starts_with("access-control-")),
            "{asked:?}"
        );
    }
}

/// A form of another site can have only three media types, none of which is JSON.
#[test]
fn a_body_must_be_json() {
    let server = Server::start();
    let service = Service::builder().redis(&server).no_auth().start();
    for (kind, status) in [
        (Some("application/json"), 201),
        (Some("Application/JSON; charset=utf-8"), 201),
        (Some("application/json;"), 201),
        (None, 415),
        (Some(""), 415),
        (Some("text/plain"), 415),
        (Some("text/plain; application/json"), 415),
        (Some("application/x-www-form-urlencoded"), 415),
        (Some("multipart/form-data; boundary=application/json"), 415),
        (Some("application/jsonp"), 415),
        (Some("application/problem+json"), 415),
    ] {
        let request = service.post("/v1/apps/shop/sessions").body("{}");
        let request = kind
            .into_iter()
            .fold(request, |request, kind| request.header("Content-Type", kind));
        let response = request.send();
        let expected = if status == 415 { "unsupported-media-type" } else { "" };
        assert_eq!(response.outcome(), (status, expected.to_owned()), "{kind:?}");
    }
}

/// With keys, a browser adds nothing by itself that would authorize a request.
#[test]
fn with_keys_a_web_page_that_has_one_is_served() {
    let server = Server::start();
    let service = Service::builder()
        .redis(&server)
        .key("app", &["shop"], &["write"])
        .start();
    let request = service.as_key(service.key("app")).post("/v1/apps/shop/sessions");
    let request = request.header("Origin", "https://shop.example").header(JSON.0, JSON.1);
    request.body("{}").send().assert_status(201);
}
