//! Servers that respond with errors: without the module, while loading, with full memory, or
//! because of the rights of the service's user.

use super::{APP, shop};
use crate::harness::{Builder, Endpoint, GENEROUS, Response, Server, Service, wait_until};
use serde_json::json;
use std::fs;

fn create(service: &Endpoint) -> Response {
    service
        .post("/v1/apps/shop/sessions")
        .json(&json!({"id": "ann"}))
        .send()
}

#[track_caller]
fn served_again(service: &Endpoint) {
    wait_until(GENEROUS, "sessions are created", || create(service).status() == 201);
    wait_until(GENEROUS, "it is ready", || {
        service.get("/readyz").send().status() == 200
    });
}

#[test]
fn a_server_without_the_module_is_503_until_it_has_it() {
    let mut server = Server::builder().without_module().tcp().start();
    let url = format!("redis://127.0.0.1:{}", server.port());
    let service = shop().redis_url(&url).start();
    for response in [create(&service), service.get("/readyz").send()] {
        assert_eq!(response.outcome(), (503, "no-module".into()));
        assert_eq!(response.header("retry-after"), Some("1"));
    }
    let module = format!("loadmodule {}", crate::harness::module_path().display());
    let mut module = Some(module);
    server.restart_with(|line| {
        Some(
            module
                .take()
                .map_or(line.to_owned(), |module| format!("{module}\n{line}")),
        )
    });
    served_again(&service);
}

#[test]
fn a_server_that_loads_its_data_is_503_until_the_data_is_loaded() {
    // Slow enough for the test to see the server loading, with pauses in which the server replies.
    let slow = ["key-load-delay 5000", "loading-process-events-interval-bytes 1024"];
    let mut server = slow.into_iter().fold(Server::builder(), Builder::line).start();
    let service = shop().redis(&server).start();
    server.client().line("DEBUG POPULATE 5000").assert_ok();
    server.client().line("SAVE").assert_ok();
    server.kill9();
    server.start_again_loading();
    let reply = server.client().line("PING");
    assert!(reply.is_error_of("LOADING"), "{reply:?}");
    // The service may not have noticed yet that its connections are closed.
    wait_until(GENEROUS, "the service is connected to the server that loads", || {
        create(&service).outcome() == (503, "unavailable".into())
            && service.log().matches("connected to Redis").count() == 2
    });
    for response in [create(&service), service.get("/readyz").send()] {
        assert_eq!(response.outcome(), (503, "unavailable".into()));
    }
    let reply = server.client().line("PING");
    assert!(reply.is_error_of("LOADING"), "{reply:?}");
    server.client().line("CONFIG SET key-load-delay 0").assert_ok();
    served_again(&service);
}

#[test]
fn a_full_server_refuses_new_sessions_and_keeps_the_connections() {
    let server = Server::start();
    let service = shop().redis(&server).start();
    let token = create(&service).json()["token"].as_str().unwrap().to_owned();
    server.client().line("CONFIG SET maxmemory 1").assert_ok();
    let connections = || server.info("total_connections_received").parse::<usize>().unwrap();
    let before = connections();
    for _ in 0..30 {
        assert_eq!(create(&service).outcome(), (503, "unavailable".into()));
    }
    // One more: the connection that reads this number.
    assert_eq!(connections(), before + 1);
    server.client().line("CONFIG SET maxmemory 0").assert_ok();
    assert_eq!(create(&service).status(), 201);
    let read = service
        .get("/auth/shop")
        .header("Cookie", format!("sid={token}"))
        .send();
    read.assert_status(200);
}

#[test]
fn a_user_without_a_permission_is_500_and_the_log_names_it() {
    let server = Server::start();
    let service = shop().redis(&server).start();
    server.client().line("ACL SETUSER default -SESSIONS.CREATE").assert_ok();
    assert_eq!(create(&service).outcome(), (500, "no-permission".into()));
    service.wait_until_logged("sessions.create");
    server.client().line("ACL SETUSER default +@all").assert_ok();
    served_again(&service);
}

#[test]
fn a_wrong_password_is_500_until_the_server_takes_it() {
    let server = Server::builder().tcp().start();
    server
        .client()
        .line("ACL SETUSER http on >right ~* &* +@all")
        .assert_ok();
    let folder = crate::harness::Folder::new();
    let file = folder.path().join("password");
    fs::write(&file, "guessed-4711\n").unwrap();
    let service = Service::builder()
        .no_auth()
        .redis_url(&format!("redis://127.0.0.1:{}", server.port()))
        .redis_line("username = \"http\"")
        .redis_line(&format!("password-file = {:?}", file.display().to_string()))
        .config(APP)
        .start();
    assert_eq!(create(&service).outcome(), (500, "no-permission".into()));
    service.wait_until_logged("authentication failed");
    assert!(!service.log().contains("guessed-4711"), "{}", service.log());
    server.client().line("ACL SETUSER http >guessed-4711").assert_ok();
    served_again(&service);
}

#[test]
fn a_server_that_takes_no_more_clients_is_503_until_it_does() {
    let server = Server::builder().line("maxclients 1").tcp().start();
    let blocking = server.client();
    let service = shop()
        .redis_url(&format!("redis://127.0.0.1:{}", server.port()))
        .start();
    assert_eq!(create(&service).outcome(), (503, "unavailable".into()));
    service.wait_until_logged("no connection to Redis");
    drop(blocking);
    wait_until(GENEROUS, "there is room for more clients", || {
        let client = crate::harness::Client::connect(&format!("redis+unix://{}", server.socket().display()));
        client.is_ok_and(|mut client| client.try_run(&["CONFIG", "SET", "maxclients", "100"]) == Ok("OK".into()))
    });
    served_again(&service);
}
