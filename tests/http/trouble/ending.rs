//! SIGTERM and SIGHUP in the middle of requests.

use super::load::Load;
use super::{restarted_under_load, sessions_of, shop};
use crate::harness::{GENEROUS, Server, Service, wait_until};
use serde_json::json;
use std::fs;
use std::io::{Read, Write};
use std::process::Command;
use std::thread;

#[test]
fn sigterm_lets_requests_in_progress_end_and_takes_no_new_ones() {
    let server = Server::start();
    let mut service = Service::builder().redis(&server).no_auth().start();
    let endpoint = service.as_key("none");
    let idle = service.stream();
    server.client().line("CLIENT PAUSE 60000 WRITE").assert_ok();
    thread::scope(|scope| {
        let requests: Vec<_> = (0..5)
            .map(|number| {
                let request = endpoint
                    .post("/v1/apps/shop/sessions")
                    .json(&json!({"id": format!("u{number}")}));
                scope.spawn(move || request.send())
            })
            .collect();
        wait_until(GENEROUS, "the server holds all of them back", || {
            server.info("blocked_clients") == "1"
        });
        service.signal("TERM");
        wait_until(GENEROUS, "no connection is taken", || endpoint.try_connect().is_err());
        server.client().line("CLIENT UNPAUSE").assert_ok();
        let statuses: Vec<u16> = requests
            .into_iter()
            .map(|request| request.join().unwrap().status())
            .collect();
        assert!(statuses.iter().all(|status| *status == 201), "{statuses:?}");
    });
    assert_eq!(service.wait_exit().code(), Some(0), "{}", service.log());
    drop(idle);
    let mut client = server.client();
    assert!((0..5).all(|number| sessions_of(&format!("u{number}"), |command| client.run(command)) == 1));
}

#[test]
fn sigterm_does_not_wait_for_a_request_that_takes_too_long() {
    let server = Server::start();
    let mut service = Service::builder().redis(&server).no_auth().start();
    let kill_all = service.request("DELETE", "/v1/apps/shop/sessions?confirm=shop");
    server.client().line("CLIENT PAUSE 600000 WRITE").assert_ok();
    thread::scope(|scope| {
        let cut = scope.spawn(|| kill_all.try_send());
        wait_until(GENEROUS, "the server holds it back", || {
            server.info("blocked_clients") == "1"
        });
        service.signal("TERM");
        assert_eq!(service.wait_exit().code(), Some(0), "{}", service.log());
        cut.join().unwrap().unwrap_err();
    });
}

/// Nothing is in progress on a connection between two requests, or on one that has sent half a
/// head.
#[test]
fn sigterm_does_not_wait_for_an_idle_connection() {
    let server = Server::start();
    let limits = "[limits]\nseconds = 600\n";
    let mut service = Service::builder().redis(&server).no_auth().config(limits).start();
    let silent = service.stream();
    let mut half = service.stream();
    half.write_all(b"GET /livez HTTP/1.1\r\n").unwrap();
    let mut between = service.stream();
    between.set_timeout(GENEROUS);
    between
        .write_all(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .unwrap();
    let mut came = [0; 1000];
    assert!(between.read(&mut came).unwrap() > 0);
    service.signal("TERM");
    assert_eq!(service.wait_exit().code(), Some(0), "{}", service.log());
    drop((silent, half));
}

#[test]
fn a_restart_under_load_serves_again_and_makes_no_session_twice() {
    restarted_under_load(|service, _| service.restart());
}

#[test]
fn sighup_under_load_fails_no_request() {
    let server = Server::start();
    let load = Load::on(&mut server.client());
    let service = shop().redis(&server).start();
    let right = service.config();
    load.meanwhile(&service, || {
        for (number, text) in ["nonsense", &right, "listen = 1", &right].iter().enumerate() {
            service.set_config(text);
            service.signal("HUP");
            let lines = [
                "the configuration was not reloaded",
                "reloaded keys, certificates and apps",
            ];
            wait_until(GENEROUS, "the configuration was read", || {
                service.log().matches(lines[number % 2]).count() == number / 2 + 1
            });
            load.served_again();
        }
    });
    assert!(
        load.outcomes().keys().all(|outcome| matches!(outcome, Some(200 | 201))),
        "{:?}",
        load.outcomes()
    );
}

/// A file system may be slow. A pipe blocks its reader until the test writes to it.
#[test]
fn requests_do_not_wait_while_the_configuration_is_read_again() {
    let server = Server::start();
    let service = shop().redis(&server).start();
    let (right, file) = (service.config(), service.dir().join("sessions-http.toml"));
    fs::remove_file(&file).unwrap();
    let made = Command::new("mkfifo").arg(&file).status();
    assert!(made.is_ok_and(|status| status.success()), "mkfifo");
    service.signal("HUP");
    // This opens when the service has opened the other end.
    let mut pipe = fs::OpenOptions::new().write(true).open(&file).unwrap();
    for _ in 0..20 {
        service.get("/readyz").send().assert_status(200);
    }
    pipe.write_all(right.as_bytes()).unwrap();
    drop(pipe);
    service.wait_until_logged("reloaded keys, certificates and apps");
}
