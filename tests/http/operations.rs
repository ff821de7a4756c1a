//! Compares docs/http-operations.md with the service.

use crate::harness::{Cluster, Endpoint, Page, Request, Response, Server, Service, ServiceBuilder, service_path};
use crate::legacy::listening;
use serde_json::json;
use std::collections::BTreeSet;
use std::process::Command;

fn page() -> Page {
    Page::read("docs/http-operations.md")
}

/// The words of `ACL SETUSER` for the service's Redis user, as the page shows them.
fn redis_user() -> Vec<String> {
    let blocks = page().blocks().concat().join("\n");
    let line = blocks.lines().find_map(|line| line.strip_prefix("user "));
    line.expect("the page shows the user")
        .split(' ')
        .map(str::to_owned)
        .collect()
}

/// Creates the user, and makes the service log in as this user.
pub(crate) fn as_user(server: &Server, service: ServiceBuilder) -> ServiceBuilder {
    let words = redis_user();
    let command: Vec<&str> = ["ACL", "SETUSER"]
        .into_iter()
        .chain(words.iter().map(String::as_str))
        .collect();
    server.client().run(&command).assert_ok();
    let password = server.dir().join("redis-password");
    std::fs::write(&password, "the-password\n").unwrap();
    service
        .redis_line("username = \"sessions-http\"")
        .redis_line(&format!("password-file = {:?}", password.display().to_string()))
}

/// Checks that the server has refused no command.
pub(crate) fn assert_refused_nothing(server: &Server) {
    let log = server.client().line("ACL LOG");
    assert!(log.list().is_empty(), "{log:?}");
}

/// Requests every route except those of the admin page, so that each sends its command.
fn use_every_route(service: &Service, legacy: &Endpoint) {
    let ours = service.as_key(service.key("all"));
    let done = |request: Request| -> Response {
        let response = request.send();
        assert!(response.status() < 400, "{request:?}: {response:?}");
        response
    };
    let token = |response: Response| response.json()["token"].as_str().unwrap().to_owned();
    let app = |rest: &str| format!("/v1/apps/webapp{rest}");
    let ann = token(done(
        ours.post(&app("/sessions"))
            .json(&json!({"id": "ann", "max": 5, "data": {"n": 1}})),
    ));
    let visitor = token(done(ours.post(&app("/sessions")).json(&json!({}))));
    for request in [
        ours.get(&app("/session")).token(&ann),
        ours.get(&app("/session?peek")).token(&ann),
        ours.request("PATCH", &app("/session"))
            .token(&ann)
            .json(&json!({"a": 1})),
        ours.request("PUT", &app("/session"))
            .token(&ann)
            .json(&json!({"id": "ann", "data": {}})),
        ours.post(&app("/session/increment"))
            .token(&ann)
            .json(&json!({"key": "n"})),
        ours.post(&app("/session/touch")).token(&ann).json(&json!({"ttl": 600})),
        ours.get(&app("/user/sessions?id=ann")),
        ours.get(&app("/sessions")),
        ours.get(&app("/users")),
        ours.get(&app("/counts")),
        service.get("/auth/webapp").header("Cookie", format!("sid={ann}")),
        ours.post("/introspect/webapp").form(&[("token", &ann)]),
        ours.get("/metrics"),
        service.get("/readyz"),
    ] {
        done(request);
    }
    let rotated = done(
        ours.post(&app("/session/rotate"))
            .token(&visitor)
            .json(&json!({"grace": 5})),
    );
    done(ours.request("DELETE", &app("/session")).token(&token(rotated)));
    let by_legacy = legacy.as_key(service.key("all"));
    let made = done(by_legacy.request("PUT", "/webapp/create/bob?ip=127.0.0.1"));
    let bob = token(made);
    for (method, target) in [
        ("GET", format!("/webapp/get/{bob}")),
        ("GET", "/webapp/activity?dt=600".into()),
        ("GET", "/webapp/soapp?dt=600".into()),
        ("GET", "/webapp/soid/bob".into()),
        ("DELETE", format!("/webapp/kill/{bob}")),
        ("DELETE", "/webapp/killsoid/bob".into()),
        ("DELETE", "/webapp/killall".into()),
    ] {
        done(by_legacy.request(method, &target));
    }
    done(ours.post(&app("/users/end")).json(&json!({"ids": ["ann"]})));
    done(ours.request("DELETE", &app("/user/sessions?id=ann")));
    done(ours.request("DELETE", &app("/sessions?confirm=webapp")));
}

fn started(builder: ServiceBuilder) -> (Service, Endpoint) {
    let builder = builder.key("all", &["*"], &["read", "write", "admin"]);
    listening(builder.config("[apps.webapp]\ncookie = \"sid\"\n"))
}

#[test]
fn the_redis_user_of_the_page_may_do_what_every_route_does() {
    let server = Server::start();
    let (service, legacy) = started(as_user(&server, Service::builder().redis(&server)));
    use_every_route(&service, &legacy);
    assert_refused_nothing(&server);
    // The user may not do more than that.
    for command in [
        "MONITOR",
        "KEYS *",
        "CONFIG GET *",
        "FLUSHALL",
        "EVAL return 0",
        "GET rs:webapp:x",
        "ACL LIST",
    ] {
        let url = format!(
            "redis+unix://{}?user=sessions-http&pass=the-password",
            server.socket().display()
        );
        let mut client = crate::harness::Client::connect(&url).unwrap();
        let reply = client.line(command);
        assert!(reply.is_error_of("NOPERM"), "{command}: {reply:?}");
    }
}

#[test]
fn the_redis_user_of_the_page_is_enough_in_a_cluster() {
    let cluster = Cluster::start(3, 0);
    for node in &cluster.nodes[1..] {
        as_user(node, Service::builder());
    }
    let builder = as_user(&cluster.nodes[0], Service::builder().cluster(&cluster));
    let (service, legacy) = started(builder);
    use_every_route(&service, &legacy);
    cluster.nodes.iter().for_each(assert_refused_nothing);
}

/// The first cell of each row of the table with that first column, without backticks.
fn column(name: &str) -> BTreeSet<String> {
    let page = page();
    let rows = page.table_of(name);
    rows.iter().map(|row| row[0].replace('`', "")).collect()
}

#[test]
fn the_page_lists_every_metric_and_no_other() {
    let source = crate::harness::repository("crates/http/src/server/metrics.rs");
    let described = std::fs::read_to_string(source).unwrap();
    let names = described.split('"').filter(|part| part.starts_with("sessions_http_"));
    let names: BTreeSet<String> = names.map(str::to_owned).collect();
    assert_eq!(column("metric"), names);
}

#[test]
fn the_page_names_every_option_and_variable_and_right() {
    let help = Command::new(service_path()).arg("--help").output().unwrap();
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    let page = page();
    for row in page.table_of("setting") {
        let option = row[1].trim_matches('`');
        let variable = row[2].split('`').nth(1).unwrap();
        assert!(
            help.contains(&format!("{option} ")) && help.contains(&format!("env: {variable}")),
            "{row:?}\n{help}"
        );
    }
    let variables = help.matches("[env: SESSIONS_HTTP_").count();
    assert_eq!(variables, page.table_of("setting").len(), "{help}");
    assert_eq!(column("right"), ["admin", "read", "write"].map(str::to_owned).into());
}
