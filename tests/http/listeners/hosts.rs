//! A web page whose host name resolves to this machine (DNS rebinding) must not reach the service:
//! each request names the host in `Host`.

use crate::harness::{Server, Service, free_port};

#[test]
fn a_request_under_another_name_is_refused() {
    let server = Server::start();
    let service = Service::builder()
        .redis(&server)
        .no_auth()
        .config("hosts = [\"sessions.example\", \"Gate.Example:8443\"]")
        .start();
    let port = service.port();
    for (host, status) in [
        (format!("127.0.0.1:{port}"), 200),
        ("127.0.0.1".into(), 200),
        ("127.8.9.10:1".into(), 200),
        ("localhost".into(), 200),
        ("LOCALHOST:80".into(), 200),
        ("[::1]".into(), 200),
        (format!("[::1]:{port}"), 200),
        ("sessions.example".into(), 200),
        ("Sessions.Example:443".into(), 200),
        ("gate.example:8443".into(), 200),
        ("gate.example".into(), 421),
        ("gate.example:80".into(), 421),
        ("evil.example".into(), 421),
        (format!("evil.example:{port}"), 421),
        ("127.0.0.1.evil.example".into(), 421),
        ("localhost.evil.example".into(), 421),
        ("localhost@evil.example".into(), 421),
        ("evil.example@localhost".into(), 421),
        ("localhost:80:80".into(), 421),
        ("localhost evil.example".into(), 421),
        ("192.0.2.1".into(), 421),
        ("0.0.0.0".into(), 421),
        ("[::]".into(), 421),
        ("2130706433".into(), 421),
        ("".into(), 421),
        ("\u{fc}.example".into(), 421),
    ] {
        for target in ["/livez", "/readyz", "/metrics", "/v1/openapi.json", "/problems/limit"] {
            let response = service.get(target).header("Host", &host).send();
            let problem = if status == 421 { "wrong-host" } else { "" };
            assert_eq!(response.outcome(), (status, problem.into()), "{host:?} {target}");
        }
    }
}

#[test]
fn a_request_without_a_name_or_with_two_is_refused() {
    let server = Server::start();
    let service = Service::builder().redis(&server).no_auth().start();
    for head in [
        "GET /livez HTTP/1.1\r\n",
        "GET /livez HTTP/1.0\r\n",
        "GET /livez HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n",
        "GET /livez HTTP/1.1\r\nHost: evil.example\r\nHost: localhost\r\n",
        "GET http://evil.example/livez HTTP/1.1\r\nHost: localhost\r\n",
        "GET http://localhost/livez HTTP/1.1\r\nHost: evil.example\r\n",
    ] {
        let came = service.raw(format!("{head}Connection: close\r\n\r\n"));
        let line = String::from_utf8_lossy(&came);
        assert_eq!(line.split(' ').nth(1), Some("421"), "{head}: {line}");
    }
    let right = "GET http://localhost/livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    assert_eq!(super::statuses(&service.raw(right)), [200]);
}

/// A page can make a name resolve to another machine, but not an address.
#[test]
fn a_listener_on_every_address_accepts_any_address_but_not_any_name() {
    let server = Server::start();
    let port = free_port();
    let service = Service::builder()
        .redis(&server)
        .key("ops", &["*"], &["read"])
        .listen_unix()
        .listen_also(&format!("0.0.0.0:{port}"))
        .start();
    let wide = crate::harness::Endpoint::at_port(port);
    for (host, status) in [("192.0.2.7", 200), ("[2001:db8::7]:80", 200), ("evil.example", 421)] {
        assert_eq!(
            wide.get("/livez").header("Host", host).send().status(),
            status,
            "{host}"
        );
        let by_socket = service.get("/livez").header("Host", host).send().status();
        assert_eq!(by_socket, 421, "the Unix socket, {host}");
    }
}

/// Gateways send the visitor's `Host`.
#[test]
fn the_route_for_gateways_takes_any_name() {
    let server = Server::start();
    let service = Service::builder().redis(&server).no_auth().start();
    for target in ["/auth/shop", "/auth/shop/cart"] {
        let status = service.get(target).header("Host", "shop.example").send().status();
        assert_ne!(status, 421, "{target}");
    }
    for target in ["/authx", "/auth", "/v1/auth/shop", "//auth/shop"] {
        let status = service.get(target).header("Host", "shop.example").send().status();
        assert_eq!(status, 421, "{target}");
    }
}
