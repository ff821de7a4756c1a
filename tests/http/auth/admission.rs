//! Which requests are accepted: any method and path, from this machine or with a key, for the
//! listed apps.

use super::{Asked, assert_ann, assert_unknown, session_of_ann, sid};
use crate::harness::{Endpoint, Server, Service, create, free_port};

#[test]
fn any_method_and_any_path_below_the_app_are_accepted() {
    let asked = Asked::about("");
    let token = session_of_ann(&mut asked.client());
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"] {
        for below in ["", "/", "/a", "/a/../b?c=d", "//", "/%ff%00", "/v1/apps?login"] {
            let target = format!("/auth/webapp{below}");
            let request = asked.service.request(method, &target).header("Cookie", sid(&token));
            let response = request.send().assert_status(200);
            assert_eq!(response.header("x-session-user"), Some("ann"), "{method} {target}");
            assert_unknown(asked.service.request(method, &target).send());
        }
    }
}

#[test]
fn the_body_is_not_read() {
    let asked = Asked::about("");
    let token = session_of_ann(&mut asked.client());
    for length in ["1000", "99999999999"] {
        let head = format!(
            "POST /auth/webapp HTTP/1.1\r\nHost: www.example.com\r\nCookie: sid={token}\r\nContent-Length: {length}\r\n\r\n"
        );
        // The body is never sent.
        assert_eq!(asked.service.first_line(head), "HTTP/1.1 200 OK", "{length}");
    }
}

#[test]
fn gateways_send_the_visitors_host() {
    let asked = Asked::about("");
    let token = session_of_ann(&mut asked.client());
    let request = asked
        .ask()
        .header("Host", "www.example.com")
        .header("Cookie", sid(&token));
    assert_ann(request.header("Origin", "https://www.example.com").send());
    let elsewhere = asked
        .service
        .get("/v1/apps/webapp/session")
        .header("Host", "www.example.com");
    assert_eq!(elsewhere.send().assert_status(421).problem(), "wrong-host");
}

#[test]
fn only_listed_apps_may_be_asked_about() {
    let asked = Asked::about("");
    let mut client = asked.client();
    let token = create(&mut client, "other", "ann", &[]);
    for app in ["other", "sessions-admin", "Webapp", "web%61pp", "webapp;", "a b", ""] {
        let target = format!("/auth/{}", app.replace(' ', "%20"));
        for target in [target.clone(), format!("{target}/cart?login")] {
            let response = asked.service.get(&target).header("Cookie", sid(&token)).send();
            assert_eq!(response.assert_status(404).problem(), "no-route", "{target}");
        }
    }
    // Nothing was looked up.
    assert_eq!(client.run(&["SESSIONS.PEEK", "other", &token]).session().int("r"), 1);
}

#[test]
fn a_service_on_a_unix_socket_requires_no_key() {
    let server = Server::start();
    let service = Service::builder()
        .redis(&server)
        .listen_unix()
        .key("ops", &["*"], &["read"])
        .config("[apps.webapp]\ncookie = \"sid\"")
        .start();
    let token = session_of_ann(&mut server.client());
    assert_ann(service.get("/auth/webapp").header("Cookie", sid(&token)).send());
}

#[test]
fn elsewhere_a_gateway_sends_a_key_with_the_right_to_read() {
    let server = Server::start();
    let port = free_port();
    let service = Service::builder()
        .redis(&server)
        .listen_also(&format!("0.0.0.0:{port}"))
        .key("gateway", &["webapp"], &["read"])
        .key("writer", &["webapp"], &["write", "admin"])
        .key("other", &["shop"], &["read"])
        .config("[apps.webapp]\ncookie = \"sid\"\nbearer = true")
        .start();
    let outside = Endpoint::at_port(port);
    let token = session_of_ann(&mut server.client());
    let ask = |key: Option<&str>| {
        let request = outside.get("/auth/webapp").header("Cookie", sid(&token));
        match key {
            Some(key) => request.header("Sessions-Key", &service.key(key).text).send(),
            None => request.send(),
        }
    };
    assert_ann(ask(Some("gateway")));
    for (key, status, problem) in [
        (None, 401, "unauthorized"),
        (Some("writer"), 403, "right-not-allowed"),
        (Some("other"), 403, "app-not-allowed"),
    ] {
        let response = ask(key).assert_status(status);
        assert_eq!(response.problem(), problem, "{key:?}");
        assert_eq!(response.header("x-session-user"), None);
    }
    // A visitor's key in addition to the gateway's key, a key in the visitor's header, and no key.
    let key = &service.key("gateway").text;
    let with = |headers: &[(&str, &str)]| {
        let request = outside.get("/auth/webapp").header("Cookie", sid(&token));
        headers
            .iter()
            .fold(request, |request, (name, value)| request.header(name, value))
            .send()
    };
    for headers in [
        &[("Sessions-Key", "shk_"), ("Sessions-Key", key)][..],
        &[("Authorization", &format!("Bearer {key}"))],
        &[("Sessions-Key", "")],
    ] {
        let response = with(headers).assert_status(401);
        assert_eq!(
            (response.problem().as_str(), response.header("www-authenticate")),
            ("unauthorized", Some("Bearer"))
        );
    }
    // The listener on loopback still requires no key.
    assert_ann(service.get("/auth/webapp").header("Cookie", sid(&token)).send());
}
