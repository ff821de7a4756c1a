//! Every route without the right key: refused before the body is read and before anything is looked
//! up.

use super::Site;
use crate::harness::*;

/// What a client sends as `Authorization`, and what it gets: status, problem.
struct Attempt {
    what: &'static str,
    authorization: Vec<String>,
    expected: (u16, &'static str),
}

fn attempt(what: &'static str, authorization: &[String], status: u16, problem: &'static str) -> Attempt {
    Attempt {
        what,
        authorization: authorization.to_vec(),
        expected: (status, problem),
    }
}

/// The right that a route requires, as the document names it.
fn right_of(operation: &super::document::Operation) -> Option<String> {
    let scheme = &operation.description["security"][0]["key"][0];
    scheme.as_str().map(str::to_owned)
}

#[test]
fn every_route_is_denied_without_its_right() {
    let server = Server::start();
    let rights = ["read", "write", "admin"];
    let mut builder = Service::builder()
        .redis(&server)
        .key("elsewhere", &["otherapp"], &rights)
        .key("everywhere", &["*"], &rights)
        .config("[admin]\napp = \"pages\"\n");
    for right in rights {
        let others: Vec<&str> = rights.into_iter().filter(|other| *other != right).collect();
        builder =
            builder
                .key(right, &["webapp"], &[right])
                .key(&format!("not {right}"), &["webapp", "otherapp"], &others);
    }
    let service = builder.start();
    let document = super::Document::of(&service);
    let bearer = |key: &str| format!("Bearer {}", service.key(key).text);
    let stranger = Key::new("stranger", &["*"], &rights);
    let mut routes = 0;
    for operation in document.operations() {
        let Some(right) = right_of(&operation) else {
            assert_eq!(operation.path, "/v1/openapi.json");
            continue;
        };
        routes += 1;
        let lacking = format!("not {right}");
        let valid = bearer(&right);
        let no_key = "unauthorized";
        let attempts = [
            attempt("none", &[], 401, no_key),
            attempt("empty", &["".into()], 401, no_key),
            attempt("another scheme", &[valid.replace("Bearer", "Basic")], 401, no_key),
            attempt("no scheme", &[valid.replace("Bearer ", "")], 401, no_key),
            attempt("malformed", &["Bearer shk_short".into()], 401, no_key),
            attempt("of no form", &["Bearer \u{e4}".into()], 401, no_key),
            attempt("two headers", &[valid.clone(), valid.clone()], 401, no_key),
            attempt("two keys", &[format!("{valid}, {valid}")], 401, no_key),
            attempt("wrong", &[format!("Bearer {}", stranger.text)], 401, no_key),
            attempt("in other letters", &[valid.to_uppercase()], 401, no_key),
            attempt("of another app", &[bearer("elsewhere")], 403, "app-not-allowed"),
            attempt("lacks the right", &[bearer(&lacking)], 403, "right-not-allowed"),
        ];
        for Attempt {
            what,
            authorization,
            expected,
        } in attempts
        {
            // The request has no token, query or body, so it would get another error if these were
            // checked.
            let target = operation.path.replace("{app}", "webapp");
            let send = |target: &str| {
                let request = service.request(&operation.method, target);
                authorization
                    .iter()
                    .fold(request, |request, value| request.header("Authorization", value))
                    .send()
            };
            let response = send(&target);
            document.hold(&operation.method, &target, &response);
            let got = (response.status(), response.problem());
            assert_eq!(
                got,
                (expected.0, expected.1.into()),
                "{} {target}, {what}",
                operation.method
            );
            // The response does not reveal whether an app's name is valid.
            assert_eq!(
                send(&operation.path.replace("{app}", "web!")).status(),
                expected.0,
                "{what}"
            );
        }
        // The app of the admin page is not accessible, even if its name is percent-encoded.
        for app in ["pages", "%70ages"] {
            let target = operation.path.replace("{app}", app);
            let response = service
                .as_key(service.key("everywhere"))
                .request(&operation.method, &target)
                .send();
            document.hold(&operation.method, &target, &response);
            assert_eq!(response.problem(), "app-not-allowed", "{} {target}", operation.method);
            assert_eq!(
                response.json()["detail"],
                "this app is reserved for the admin page: use another app",
                "{} {target}",
                operation.method
            );
        }
        // The service does not wait for the body.
        let target = operation.path.replace("{app}", "webapp");
        let head = format!(
            "{} {target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n",
            operation.method
        );
        let came = service.first_line(head);
        assert!(came.starts_with("HTTP/1.1 401 "), "{}: {came}", operation.path);
        // The one right is enough.
        let response = service
            .as_key(service.key(&right))
            .request(&operation.method, &target)
            .send();
        assert!(
            ![401, 403].contains(&response.status()),
            "{} {target}: {response:?}",
            operation.method
        );
        for app in ["web!", "", "%FF"] {
            let target = operation.path.replace("{app}", app);
            let request = service
                .as_key(service.key("everywhere"))
                .request(&operation.method, &target);
            assert_eq!(
                request.send().assert_status(400).problem(),
                "invalid-argument",
                "{target}"
            );
        }
    }
    assert_eq!(routes, 15, "routes that require a right");
}

#[test]
fn nothing_is_looked_up_for_a_key_without_the_right() {
    let mut server = Server::builder().tcp().start();
    let url = format!("redis://127.0.0.1:{}", server.port());
    let service = Service::builder()
        .redis_url(&url)
        .key("reader", &["webapp"], &["read"])
        .start();
    server.kill9();
    let reader = service.as_key(service.key("reader"));
    for (endpoint, status) in [(&*service, 401), (&reader, 403)] {
        let request = endpoint
            .request("DELETE", "/v1/apps/webapp/session")
            .token(&token_of('t'));
        request.send().assert_status(status);
    }
    let request = reader.get("/v1/apps/webapp/session").token(&token_of('t'));
    wait_until(GENEROUS, "the service has noticed", || request.send().status() == 503);
}

#[test]
fn without_keys_every_app_but_the_admin_pages_own_is_open() {
    let server = Server::start();
    let service = Service::builder().redis(&server).no_auth().start();
    for (app, status) in [("webapp", 404), ("sessions-admin", 403)] {
        let request = service.get(&format!("/v1/apps/{app}/session")).token(&token_of('t'));
        request.send().assert_status(status);
    }
    for (name, value) in [("Origin", "https://site.example"), ("Sec-Fetch-Site", "cross-site")] {
        let request = service.get("/v1/apps/webapp/counts").header(name, value);
        assert_eq!(request.send().assert_status(403).problem(), "cross-site", "{name}");
    }
}

#[test]
fn keys_and_tokens_are_in_no_log_line() {
    let site = Site::start();
    let token = site.create(&serde_json::json!({"id": "u1", "data": {"s3cret": 1}}));
    site.peek(&token);
    site.call("PATCH", "/session?ifid=s3cret")
        .token(&token)
        .text("{\"s3cret\":")
        .send();
    site.call("GET", "/user/sessions?id=s3cret&x=s3cret").send();
    site.service.as_key("shk_s3cret").get("/v1/apps/webapp/s3cret").send();
    site.service.wait_until_logged("\"status\":404");
    let log = site.service.log();
    for secret in [&token, &site.service.key("ops").text, "s3cret"] {
        assert!(!log.contains(secret), "{secret} is in\n{log}");
    }
}
