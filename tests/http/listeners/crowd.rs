//! Very many clients: idle clients keep no other client out, and requests beyond the limits get an
//! error.

use crate::harness::{Endpoint, GENEROUS, Server, Service, Stream, free_port, wait_until};
use crate::observed::metric;
use serde_json::json;
use std::process::Command;
use std::thread;

/// As many idle connections as the machine's hard limit of open files allows, and at most 10,000.
#[test]
fn idle_connections_keep_nobody_out() {
    let server = Server::start();
    let limits = "[limits]\nseconds = 600\n";
    let service = Service::builder()
        .redis(&server)
        .no_auth()
        .listen_unix()
        .config(limits)
        .start();
    let files = |option: &str| {
        let output = Command::new("sh")
            .args(["-c", &format!("ulimit {option}")])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        text.parse::<usize>().unwrap_or(usize::MAX)
    };
    // The service raises its own limit of open files; this process keeps its limit.
    let idle = 10_000.min(files("-Sn") - 200).min(files("-Hn") - 200);
    let mut streams: Vec<Stream> = Vec::new();
    // The system may be short of ports or memory for a moment.
    wait_until(GENEROUS, "all are connected", || {
        while streams.len() < idle {
            let Ok(stream) = service.try_stream() else { return false };
            streams.push(stream);
        }
        true
    });
    // The last ones may still be in the listener's queue, which is full for so long.
    let mut connected = None;
    wait_until(GENEROUS, "the queue has room", || {
        connected = service.try_connect().ok();
        connected.is_some()
    });
    let mut connection = connected.unwrap();
    for number in 0..100 {
        let request = service
            .post("/v1/apps/shop/sessions")
            .json(&json!({"id": format!("u{number}")}));
        connection.send(&request).assert_status(201);
    }
    service.get("/livez").send().assert_status(200);
    wait_until(GENEROUS, "every connection is counted", || {
        let metrics = service.get("/metrics").send();
        metric(metrics.text(), "sessions_http_connections") > Some(idle as f64)
    });
    drop(streams);
}

#[test]
fn requests_beyond_the_limit_are_refused_and_not_queued() {
    let server = Server::start();
    let more = "[limits]\nrequests = 3\n";
    let service = Service::builder().redis(&server).no_auth().config(more).start();
    let create = || service.post("/v1/apps/shop/sessions").json(&json!({"id": "ann"}));
    create().send().assert_status(201);
    // The server holds every command back for as long as three requests are in progress.
    server.client().line("CLIENT PAUSE 60000 WRITE").assert_ok();
    thread::scope(|scope| {
        let waiting: Vec<_> = (0..3).map(|_| scope.spawn(|| create().send())).collect();
        let mut refused = None;
        wait_until(GENEROUS, "one is refused", || {
            let response = service.get("/problems/limit").send();
            refused = Some(response).filter(|response| response.status() == 503);
            refused.is_some()
        });
        let refused = refused.unwrap();
        assert_eq!(
            (refused.problem().as_str(), refused.header("retry-after")),
            ("overloaded", Some("1"))
        );
        // `/livez` and metrics still respond.
        service.get("/livez").send().assert_status(200);
        service.get("/metrics").send().assert_status(200);
        server.client().line("CLIENT UNPAUSE").assert_ok();
        for request in waiting {
            let status = request.join().unwrap().status();
            assert!(status == 201 || status == 504, "{status}");
        }
    });
    create().send().assert_status(201);
}

/// The limit applies to the whole service, not to each listener.
#[test]
fn all_listeners_share_the_limit_of_requests() {
    let server = Server::start();
    let port = free_port();
    let builder = Service::builder()
        .redis(&server)
        .no_auth()
        .config("[limits]\nrequests = 1\n");
    let service = builder.listen_unix().listen_also(&format!("127.0.0.1:{port}")).start();
    let other = Endpoint::at_port(port);
    server.client().line("CLIENT PAUSE 60000 WRITE").assert_ok();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            service
                .post("/v1/apps/shop/sessions")
                .json(&json!({"id": "ann"}))
                .send()
        });
        wait_until(GENEROUS, "the other listener refuses", || {
            other.get("/problems/limit").send().status() == 503
        });
        server.client().line("CLIENT UNPAUSE").assert_ok();
        waiting.join().unwrap();
    });
    other.get("/problems/limit").send().assert_status(200);
}
