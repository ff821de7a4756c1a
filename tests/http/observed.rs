//! What operators can see of the service: health, metrics, log lines.

use crate::harness::{GENEROUS, Key, Server, Service, free_port, service_path, wait_until};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::Command;

/// Runs `sessions-http health` for a service, optionally with another address than in its
/// configuration. `Err`: what it prints.
pub(crate) fn health(service: &Service, listen: &str) -> Result<(), String> {
    health_with(service, listen, &[])
}

fn health_with(service: &Service, listen: &str, options: &[&str]) -> Result<(), String> {
    let config = service.dir().join("sessions-http.toml");
    let mut command = Command::new(service_path());
    command.arg("--config").arg(config);
    if !listen.is_empty() {
        command.args(["--listen", listen]);
    }
    let output = command
        .arg("health")
        .args(options)
        .output()
        .expect("the program can be started");
    let printed = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(printed) }
}

/// The value of a metric, with its labels as they are printed.
pub(crate) fn metric(exposition: &str, name: &str) -> Option<f64> {
    let line = exposition
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.and_then(|value| value.parse().ok())
}

#[test]
fn health_tells_whether_the_service_lives_and_whether_it_is_ready() {
    let mut server = Server::start();
    for builder in [Service::builder().listen_unix(), Service::builder()] {
        let mut service = builder.redis(&server).no_auth().start();
        assert_eq!(health(&service, ""), Ok(()));
        assert_eq!(health_with(&service, "", &["--ready"]), Ok(()));
        server.kill9();
        assert_eq!(health(&service, ""), Ok(()));
        wait_until(GENEROUS, "it is not ready", || {
            health_with(&service, "", &["--ready"]).is_err_and(|why| why.contains(" 503 "))
        });
        service.kill_hard();
        health(&service, "").expect_err("the service has ended");
        server.start_again();
    }
}

#[test]
fn metrics_require_the_right_read_unless_they_have_a_listener_of_their_own() {
    let server = Server::start();
    let builder = || {
        let builder = Service::builder().redis(&server).key("reader", &["shop"], &["read"]);
        builder.key("writer", &["*"], &["write", "admin"])
    };
    let service = builder().start();
    let status = |key: &Key| service.as_key(key).get("/metrics").send().status();
    assert_eq!(
        service.get("/metrics").send().assert_status(401).problem(),
        "unauthorized"
    );
    assert_eq!(status(&Key::new("other", &["*"], &["read"])), 401);
    assert_eq!(
        (status(service.key("reader")), status(service.key("writer"))),
        (200, 403)
    );

    let port = free_port();
    let own = format!("[metrics]\nlisten = \"127.0.0.1:{port}\"\n");
    let service = builder().config(&own).start();
    service
        .as_key(service.key("reader"))
        .get("/metrics")
        .send()
        .assert_status(404);
    let own = crate::harness::Endpoint::at_port(port);
    for (target, status) in [
        ("/metrics", 200),
        ("/livez", 200),
        ("/readyz", 200),
        ("/v1/openapi.json", 404),
    ] {
        own.get(target).send().assert_status(status);
    }
    own.get("/metrics")
        .header("Host", "evil.example")
        .send()
        .assert_status(421);
}

#[test]
fn requests_commands_and_connections_are_counted_by_names_that_do_not_depend_on_the_client() {
    let server = Server::start();
    let service = Service::builder()
        .redis(&server)
        .key("app", &["shop"], &["write", "read"])
        .start();
    let ours = service.as_key(service.key("app"));
    let create = || ours.post("/v1/apps/shop/sessions").json(&json!({"id": "ann"})).send();
    create().assert_status(201);
    create().assert_status(201);
    let before = ours.get("/metrics").send().text().to_owned();
    let series = |text: &str| -> BTreeSet<String> {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines
            .filter_map(|line| Some(line.rsplit_once(' ')?.0.to_owned()))
            .collect()
    };
    // Paths, methods and apps that a client makes up.
    for number in 0..20 {
        ours.get(&format!("/nowhere/{number}?token={number}"))
            .send()
            .assert_status(404);
        service
            .post(&format!("/v1/apps/app{number}/sessions"))
            .body("{}")
            .send()
            .assert_status(401);
        ours.request(&format!("BREW{number}"), "/livez").send();
    }
    let after = ours.get("/metrics").send().text().to_owned();
    let new: Vec<_> = series(&after).difference(&series(&before)).cloned().collect();
    let of_the_client = |series: &String| ["nowhere", "app1", "BREW"].iter().any(|sent| series.contains(sent));
    assert!(new.len() < 60 && !new.iter().any(of_the_client), "{new:#?}");
    for (name, value) in [
        (
            r#"sessions_http_requests_total{route="/v1/apps/{app}/sessions",method="POST",status="201"}"#,
            2.0,
        ),
        (
            r#"sessions_http_requests_total{route="/v1/apps/{app}/sessions",method="POST",status="401"}"#,
            20.0,
        ),
        (
            r#"sessions_http_requests_total{route="none",method="GET",status="404"}"#,
            20.0,
        ),
        (
            r#"sessions_http_request_seconds_count{route="/v1/apps/{app}/sessions"}"#,
            22.0,
        ),
        (r#"sessions_http_redis_seconds_count{command="SESSIONS.CREATE"}"#, 2.0),
        ("sessions_http_keys_refused_total", 20.0),
        ("sessions_http_redis_servers", 1.0),
    ] {
        assert_eq!(metric(&after, name), Some(value), "{name} in {after}");
    }
    let connections = metric(&after, "sessions_http_connections");
    assert!(connections.is_some_and(|count| count >= 1.0), "{after}");
    // Each metric has a help text and a type.
    for name in series(&after)
        .iter()
        .map(|name| name.split('{').next().unwrap_or_default())
    {
        let name = name
            .trim_end_matches("_bucket")
            .trim_end_matches("_sum")
            .trim_end_matches("_count");
        assert!(after.contains(&format!("# HELP {name} ")), "{name}");
    }
}

#[test]
fn trouble_with_redis_is_counted_by_its_kind() {
    let mut server = Server::start();
    let service = Service::builder().redis(&server).no_auth().start();
    server.kill9();
    let create = || {
        service
            .post("/v1/apps/shop/sessions")
            .json(&json!({"id": "ann"}))
            .send()
    };
    wait_until(GENEROUS, "the connection is gone", || create().status() == 503);
    let text = service.get("/metrics").send().text().to_owned();
    assert!(
        metric(&text, r#"sessions_http_redis_failures_total{kind="unavailable"}"#) >= Some(1.0),
        "{text}"
    );
    assert_eq!(metric(&text, "sessions_http_redis_servers"), Some(0.0));
}

#[test]
fn a_request_is_one_line_of_json_with_its_route_status_and_time() {
    let server = Server::start();
    let service = Service::builder().redis(&server).no_auth().start();
    service
        .post("/v1/apps/shop/sessions")
        .json(&json!({"id": "ann"}))
        .send()
        .assert_status(201);
    service.wait_until_logged("/v1/apps/{app}/sessions");
    let lines = service.log_lines();
    let is_ours = |line: &&Value| line["route"] == "/v1/apps/{app}/sessions";
    let ours: Vec<&Value> = lines.iter().filter(is_ours).collect();
    let [line] = ours.as_slice() else { panic!("{ours:?}") };
    assert_eq!(
        (&line["method"], &line["status"], &line["peer"]),
        (&json!("POST"), &json!(201), &json!("127.0.0.1"))
    );
    assert!(line["milliseconds"].is_f64() && line["timestamp"].is_string(), "{line}");
}
