//! kill -9, which has the effect of a power failure, in the middle of requests.

use super::load::{Kept, Load};
use super::{restarted_under_load, shop};
use crate::harness::{GENEROUS, Server, wait_until};
use serde_json::json;
use std::time::{Duration, Instant};

#[test]
fn a_server_that_is_killed_and_comes_back_is_used_again_and_no_session_is_made_twice() {
    let mut server = Server::builder().aof().start();
    let load = Load::on(&mut server.client());
    let service = shop().redis(&server).start();
    load.meanwhile(&service, || {
        for _ in 0..3 {
            server.kill9();
            load.fails();
            server.start_again();
            load.served_again();
        }
    });
    let mut client = server.client();
    load.assert_counts(Kept::All, |command| client.run(command));
    let outcomes = load.outcomes();
    assert!(!outcomes.contains_key(&None), "a connection broke: {outcomes:?}");
}

#[test]
fn a_service_that_is_killed_and_started_again_serves_and_no_session_is_made_twice() {
    restarted_under_load(|service, load| {
        service.kill_hard();
        load.fails();
        service.start_again();
    });
}

/// Without traffic the service may not know yet that its connections are gone.
#[test]
fn a_server_that_is_killed_between_two_requests_has_not_run_the_second() {
    let mut server = Server::start();
    let service = shop().redis(&server).start();
    let create = || {
        service
            .post("/v1/apps/shop/sessions")
            .json(&json!({"id": "ann"}))
            .send()
    };
    let session = |action: &str| {
        let request = service.post(&format!("/v1/apps/shop/session/{action}"));
        request.token(&"t".repeat(64)).json(&json!({"key": "n"}))
    };
    for _ in 0..3 {
        for number in 0..2 {
            wait_until(GENEROUS, "sessions are created", || create().status() == 201);
            let served = Instant::now();
            server.kill9();
            wait_until(GENEROUS, "the last reply was a while ago", || {
                served.elapsed() > Duration::from_millis(50)
            });
            let response = match number {
                0 => create(),
                _ => session("increment").send(),
            };
            assert_eq!(response.outcome(), (503, "unavailable".into()));
            assert!(response.text().contains("nothing was done"), "{response:?}");
            server.start_again();
        }
    }
}
