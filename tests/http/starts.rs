//! How the service starts and ends, and what its health reports.

use crate::harness::{Cluster, GENEROUS, Key, Server, Service, free_port, wait_until};
use serde_json::json;
use std::os::unix::process::ExitStatusExt;

#[test]
fn it_lives_and_is_ready_while_redis_is_there() {
    let (server, cluster) = (Server::start(), Cluster::start(3, 0));
    for service in [
        Service::builder().redis(&server).no_auth().start(),
        Service::builder().redis(&server).no_auth().listen_unix().start(),
        Service::builder().cluster(&cluster).no_auth().start(),
    ] {
        service.get("/livez").send().assert_status(200);
        service.get("/readyz").send().assert_status(200);
    }
}

#[test]
fn it_lives_without_redis_and_is_ready_once_redis_is_there() {
    let mut server = Server::builder().tcp().start();
    server.kill9();
    let url = format!("redis://127.0.0.1:{}", server.port());
    let service = Service::builder().redis_url(&url).no_auth().start();
    service.get("/livez").send().assert_status(200);
    assert_eq!(
        service.get("/readyz").send().assert_status(503).problem(),
        "unavailable"
    );
    server.start_again();
    wait_until(GENEROUS, "it is ready", || {
        service.get("/readyz").send().status() == 200
    });
}

#[test]
fn without_keys_it_refuses_to_start_and_says_what_to_do() {
    let log = Service::builder().refused();
    for part in ["keys", "sessions-http new-key", "no-auth = true"] {
        assert!(log.contains(part), "no {part:?} in {log}");
    }
    let log = Service::builder()
        .no_auth()
        .listen_also(&format!("0.0.0.0:{}", free_port()))
        .refused();
    assert!(log.contains("no-auth") && log.contains("loopback"), "{log}");
}

#[test]
fn sigterm_ends_it_with_status_0() {
    let server = Server::start();
    let mut service = Service::builder().redis(&server).key("ops", &["*"], &["read"]).start();
    service.signal("TERM");
    let status = service.wait_exit();
    assert_eq!((status.code(), status.signal()), (Some(0), None), "{}", service.log());
}

#[test]
fn it_starts_again_at_its_address_even_after_a_kill() {
    let server = Server::start();
    let mut service = Service::builder().redis(&server).no_auth().listen_unix().start();
    service.restart();
    service.get("/readyz").send().assert_status(200);
    service.kill_hard();
    service.get("/readyz").try_send().unwrap_err();
    service.start_again();
    service.get("/readyz").send().assert_status(200);
}

#[test]
fn keys_of_the_configuration_are_let_in_and_are_read_again_on_sighup() {
    let server = Server::start();
    let service = Service::builder()
        .redis(&server)
        .key("old", &["shop"], &["write"])
        .start();
    let new = Key::new("new", &["shop"], &["write"]);
    let status = |key: &Key| {
        let request = service.as_key(key).post("/v1/apps/shop/sessions");
        request.json(&json!({"id": "ann"})).send().status()
    };
    assert_eq!((status(service.key("old")), status(&new)), (201, 401));
    service.set_config(&service.config().replace(&service.key("old").table(), &new.table()));
    service.signal("HUP");
    wait_until(GENEROUS, "the new key is let in", || status(&new) == 201);
    assert_eq!(status(service.key("old")), 401);
}

#[test]
fn it_does_not_serve_at_all_if_one_address_is_not_available() {
    let server = Server::start();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap();
    for (address, reason) in [
        (taken.to_string(), "Address already in use"),
        // An existing file that is not a socket is kept.
        (
            format!("unix:{}", server.dir().join("redis.conf").display()),
            "Address already in use",
        ),
    ] {
        let table = format!("[legacy]\nlisten = \"{address}\"\n");
        let log = Service::builder().redis(&server).no_auth().config(&table).refused();
        assert!(log.contains(&format!("{address}: {reason}")), "{log}");
        assert!(!log.contains("\"listening\""), "{log}");
    }
}
