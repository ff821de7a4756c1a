//! Keys, rights, names and origins at the listener; its log does not contain tokens.

use super::{Site, assert_json, created, listening};
use crate::harness::{Endpoint, GENEROUS, Server, Service, token_of, wait_until};

/// Each route with its right; `None`: any key.
fn routes(app: &str) -> [(&'static str, String, Option<&'static str>); 10] {
    let token = token_of('t');
    [
        ("GET", "/ping".into(), None),
        ("GET", format!("/{app}/activity?dt=60"), Some("read")),
        ("PUT", format!("/{app}/create/u1?ip=1"), Some("write")),
        ("GET", format!("/{app}/get/{token}"), Some("read")),
        ("POST", format!("/{app}/set/{token}"), Some("write")),
        ("GET", format!("/{app}/soapp?dt=60"), Some("read")),
        ("GET", format!("/{app}/soid/u1"), Some("read")),
        ("DELETE", format!("/{app}/kill/{token}"), Some("write")),
        ("DELETE", format!("/{app}/killsoid/u1"), Some("write")),
        ("DELETE", format!("/{app}/killall"), Some("admin")),
    ]
}

#[track_caller]
fn refused(legacy: &Endpoint, method: &str, target: &str) -> (u16, Option<String>) {
    let request = legacy.request(method, target);
    let response = request
        .header("Content-Type", "application/json")
        .body("{\"a\":1}")
        .send();
    let is_problem = response.header("content-type") == Some("application/problem+json");
    (response.status(), is_problem.then(|| response.problem()))
}

#[test]
fn each_route_requires_a_key_with_its_right_for_its_app() {
    let server = Server::start();
    let builder = Service::builder().redis(&server);
    let builder = builder
        .key("read", &["web"], &["read"])
        .key("write", &["web"], &["write"]);
    let builder = builder
        .key("admin", &["web"], &["admin"])
        .key("other", &["shop"], &["read", "write", "admin"]);
    let (service, legacy) = listening(builder);
    for (method, target, right) in routes("web") {
        let no_key = (401, Some("unauthorized".into()));
        assert_eq!(refused(&legacy, method, &target), no_key, "{method} {target}");
        let wrong = legacy.as_key(format!("shk_{}", "A".repeat(43)));
        assert_eq!(refused(&wrong, method, &target), no_key, "{method} {target}");
        for key in ["read", "write", "admin", "other"] {
            let expected = match right {
                None => (200, None),
                Some(_) if key == "other" => (403, Some("app-not-allowed".into())),
                Some(right) if right == key => (200, None),
                Some(_) => (403, Some("right-not-allowed".into())),
            };
            let asked = refused(&legacy.as_key(service.key(key)), method, &target);
            assert_eq!(asked, expected, "{method} {target} with the key {key}");
        }
    }
    let unknown = legacy.get("/nothing").send();
    assert_eq!(unknown.assert_status(401).header("www-authenticate"), Some("Bearer"));
}

#[test]
fn an_app_that_is_percent_encoded_is_admitted_by_its_name() {
    let server = Server::start();
    let builder = Service::builder().redis(&server).key("shop", &["shop"], &["read"]);
    let (service, legacy) = listening(builder);
    let legacy = legacy.as_key(service.key("shop"));
    assert_json(&legacy.get("/sh%6Fp/activity?dt=60").send(), 200, "{\"activity\":0}");
    assert_eq!(refused(&legacy, "GET", "/%77eb/activity?dt=60").0, 403);
    assert_eq!(refused(&legacy, "GET", "/shop%00/activity?dt=60").0, 403);
}

#[test]
fn the_app_of_the_admin_page_is_out_of_reach() {
    let server = Server::start();
    let builder = Service::builder().redis(&server).config("[admin]\napp = \"staff\"\n");
    let with_key = listening(builder.clone().key("all", &["*"], &["read", "write", "admin"]));
    let without = listening(builder.no_auth());
    for (service, legacy) in [(&with_key.0, &with_key.1), (&without.0, &without.1)] {
        let legacy = match std::ptr::eq(service, &with_key.0) {
            true => legacy.as_key(service.key("all")),
            false => legacy.clone(),
        };
        for (method, target, right) in routes("staff").into_iter().chain(routes("sta%66f")) {
            if right.is_some() {
                let expected = (403, Some("app-not-allowed".into()));
                assert_eq!(refused(&legacy, method, &target), expected, "{method} {target}");
            }
        }
    }
    crate::harness::assert_no_keys(&mut server.client());
}

#[test]
fn the_routes_are_on_their_own_listener_alone() {
    let site = Site::start();
    for (method, target, _) in routes("web") {
        let main = site.service.request(method, &target).send();
        assert_eq!(main.status(), 404, "{method} {target}");
    }
    for target in [
        "/v1/openapi.json",
        "/livez",
        "/readyz",
        "/metrics",
        "/v1/apps/web/users",
        "/admin",
    ] {
        assert_eq!(site.legacy.get(target).send().status(), 404, "{target}");
    }
}

#[test]
fn another_name_or_a_web_page_is_refused_where_no_key_is_required() {
    let site = Site::start();
    // The app "auth" is not the route for gateways, which is asked under any name.
    for app in ["web", "auth"] {
        let asked = |name: &str, value: &str| {
            let target = format!("/{app}/create/u1?ip=1");
            let request = site.legacy.request("PUT", &target).header(name, value);
            request.send().status()
        };
        assert_eq!(asked("Host", "attacker.example"), 421, "{app}");
        assert_eq!(asked("Origin", "https://attacker.example"), 403, "{app}");
        assert_eq!(asked("Sec-Fetch-Site", "cross-site"), 403, "{app}");
        assert_eq!(asked("Host", "localhost:1234"), 200, "{app}");
    }
}

#[test]
fn the_log_has_the_pattern_of_a_route_and_nothing_of_the_path() {
    let site = Site::start();
    let secret = token_of('S');
    let token = created(&site.legacy, "web", "ann%40example.com");
    for target in [
        format!("/web/get/{token}"),
        format!("/web/GET/{token}"),
        format!("/web/get/{token}/"),
        format!("/web/soid/ann%40example.com?{secret}"),
        format!("/web/nothing/{token}"),
        format!("/{token}/{secret}/%ff"),
        format!("/web/get/{token}%ff"),
    ] {
        site.legacy.get(&target).send();
    }
    site.legacy.get("/ping").send();
    wait_until(GENEROUS, "the last request is in the log", || {
        site.service.log().contains("\"/ping\"")
    });
    let (log, metrics) = (site.service.log(), site.service.get("/metrics").send());
    for text in [log.as_str(), metrics.text()] {
        for hidden in [token.as_str(), &secret, "ann", "203.0.113.7"] {
            assert!(!text.contains(hidden), "{hidden} is in {text}");
        }
        assert!(text.contains("/{app}/get/{token}"), "{text}");
    }
}

#[test]
fn responses_are_not_stored_by_caches() {
    let site = Site::start();
    for target in ["/ping", "/web/get/short", "/nothing", "/web/soapp?dt=60"] {
        let response = site.legacy.get(target).send();
        assert_eq!(response.header("cache-control"), Some("no-store"), "{target}");
    }
}
