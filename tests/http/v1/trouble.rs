//! Requests that Redis does not serve.

use super::{Call, Redis, Site};
use crate::harness::*;
use serde_json::json;

/// The detail for a command that may have run.
const LOST: &str = "the command may have run, at least in part: repeat the request later";

/// A problem with status 503 and `Retry-After`.
#[track_caller]
fn is_unavailable(call: &Call) {
    let response = call.fails(503, "unavailable", "nothing was done: repeat the request later");
    assert_eq!(response.header("retry-after"), Some("1"));
}

#[test]
fn a_server_without_the_module_is_named_as_such() {
    let server = Server::builder().without_module().start();
    // The harness waits until a service whose Redis it knows is ready, which this one never is.
    let builder = Service::builder().redis_url(&format!("unix://{}", server.socket().display()));
    let site = Site::on(builder, Redis::Server(server));
    for call in [
        site.call("GET", "/session").token(&token_of('t')),
        site.call("POST", "/sessions")
            .json(&json!({"id": "u1", "data": {"s3cret": 1}})),
        site.call("GET", "/counts"),
    ] {
        let detail = "load the module into the Redis server: loadmodule in redis.conf";
        let response = call.fails(503, "no-module", detail);
        assert_eq!(response.header("retry-after"), Some("1"));
    }
    assert!(!site.service.log().contains("s3cret"));
}

#[test]
fn with_memory_full_sessions_are_read_and_ended_and_not_written() {
    let site = Site::start();
    let token = site.create(&json!({"id": "u1", "data": {"n": 1}}));
    site.server().client().line("CONFIG SET maxmemory 1").assert_ok();
    let session = |method: &str, route: &str| site.call(method, route).token(&token);
    for call in [
        site.call("POST", "/sessions").text("{}"),
        session("PATCH", "/session").text("{\"a\":1}"),
        session("PUT", "/session").text("{\"data\":{}}"),
        session("POST", "/session/increment").text("{\"key\":\"n\"}"),
        session("POST", "/session/rotate"),
    ] {
        is_unavailable(&call);
    }
    session("GET", "/session").gives(200);
    session("POST", "/session/touch").gives(204);
    site.call("GET", "/sessions").gives(200);
    session("DELETE", "/session").gives(204);
}

#[test]
fn a_replica_serves_what_does_not_write() {
    let primary = Server::builder().tcp().start();
    let token = create(&mut primary.client(), super::APP, "u1", &[]);
    let replica = Server::builder().replica_of(&primary).start();
    replica.catch_up_with(&primary);
    let site = Site::with(replica);
    assert!(site.peek(&token).is_some());
    assert_eq!(site.call("GET", "/counts").gives(200)["sessions"], 1);
    is_unavailable(&site.call("GET", "/session").token(&token));
    is_unavailable(&site.call("DELETE", "/user/sessions?id=u1"));
    is_unavailable(&site.call("DELETE", "/sessions?confirm=webapp"));
}

#[test]
fn a_primary_without_the_replicas_that_it_requires_takes_no_writes() {
    let site = Site::start();
    let token = site.create(&json!({"id": "u1"}));
    let mut client = site.server().client();
    client.line("CONFIG SET min-replicas-to-write 1").assert_ok();
    is_unavailable(&site.call("PATCH", "/session").token(&token).text("{\"a\":1}"));
    is_unavailable(&site.call("DELETE", "/session").token(&token));
    assert!(site.peek(&token).is_some());
    client.line("CONFIG SET min-replicas-to-write 0").assert_ok();
    site.call("DELETE", "/session").token(&token).gives(204);
}

#[test]
fn a_cluster_that_lacks_a_slot_is_unavailable_until_it_has_it_again() {
    let site = Site::cluster();
    let token = site.create(&json!({"id": "u1"}));
    let cluster = site.in_cluster();
    // A slot other than the session's: then the whole cluster is down.
    let lost = if slot(&token) == 0 { 1 } else { 0 };
    let owner = &cluster.primaries()[0];
    wait_until(GENEROUS, "the cluster is down for all nodes", || {
        let is_down = |node: &Server| {
            // Nodes that learned the slot from its owner do not learn from it that it has lost the
            // slot.
            node.client().line(&format!("CLUSTER DELSLOTS {lost}"));
            node.cluster_info("cluster_state") == "fail"
        };
        cluster.nodes.iter().all(is_down)
    });
    for call in [
        site.call("GET", "/session").token(&token),
        site.call("POST", "/sessions").text("{}"),
        site.call("GET", "/counts"),
        site.call("DELETE", "/sessions?confirm=webapp"),
    ] {
        is_unavailable(&call);
    }
    owner.client().line(&format!("CLUSTER ADDSLOTS {lost}")).assert_ok();
    wait_until(GENEROUS, "the session is there", || {
        site.call("GET", "/session?peek").token(&token).send().status() == 200
    });
}

#[test]
fn what_the_services_redis_user_may_not_do_is_an_error_of_the_service() {
    let user = "user web on >secret ~rs:webapp:* +@all -sessions.killall";
    let server = Server::builder().tcp().line(user).start();
    let url = format!("redis://web:secret@127.0.0.1:{}", server.port());
    let builder = Service::builder().redis_url(&url);
    let site = Site::on(builder, Redis::Server(server));
    let token = site.create(&json!({"id": "u1"}));
    let detail = "the log of the service has the reason";
    site.call("DELETE", "/sessions?confirm=webapp")
        .fails(500, "no-permission", detail);
    site.call_at("GET", "/v1/apps/other/counts")
        .fails(500, "no-permission", detail);
    assert!(site.peek(&token).is_some());
    site.service.wait_until_logged("NOPERM");
}

#[test]
fn a_key_of_another_type_is_an_internal_error() {
    let site = Site::start();
    let token = token_of('t');
    site.server()
        .client()
        .run(&["SET", &format!("rs:{}:{token}", site.app), "x"]);
    let detail = "the log of the service has the reason";
    site.call("GET", "/session")
        .token(&token)
        .fails(500, "internal", detail);
    site.service.wait_until_logged("WRONGTYPE");
}

#[test]
fn a_slot_that_is_being_moved_is_unavailable_until_it_has_moved() {
    let site = Site::cluster();
    let token = site.create(&json!({"id": "u1"}));
    let cluster = site.in_cluster();
    let owner = cluster.owner_of(&token);
    let other = cluster.primaries().iter().find(|node| node.id() != owner.id()).unwrap();
    let slot = slot(&token);
    owner
        .client()
        .line(&format!("CLUSTER SETSLOT {slot} MIGRATING {}", other.id()))
        .assert_ok();
    let session = |method: &str, route: &str| site.call(method, route).token(&token);
    for call in [
        session("GET", "/session"),
        session("PATCH", "/session").text("{\"a\":1}"),
        session("DELETE", "/session"),
        site.call("DELETE", "/user/sessions?id=u1"),
    ] {
        is_unavailable(&call);
    }
    // The sessions in other slots have ended.
    site.call("DELETE", "/sessions?confirm=webapp")
        .fails(503, "unavailable", LOST);
    owner
        .client()
        .line(&format!("CLUSTER SETSLOT {slot} STABLE"))
        .assert_ok();
    session("DELETE", "/session").gives(204);
}

#[test]
fn a_command_that_may_have_run_is_not_repeated_and_its_loss_is_reported() {
    let unknown = "the command may have run: find out whether it has before you repeat the request";
    let unknown = (504, "unknown-outcome", unknown);
    let lost = (503, "unavailable", LOST);
    std::thread::scope(|scope| {
        for (method, route, body, (status, name, detail)) in [
            ("POST", "/sessions", "{}", unknown),
            ("POST", "/session/rotate", "{}", unknown),
            ("POST", "/session/increment", "{\"key\":\"n\"}", unknown),
            ("PATCH", "/session", "{\"a\":1}", lost),
            ("POST", "/session/touch", "{}", lost),
        ] {
            // Each request has its own connection: the server does not read commands behind one
            // that waits.
            scope.spawn(move || {
                let site = Site::start();
                let token = site.create(&json!({"id": "u1", "data": {"n": 1}}));
                // The server accepts the command and does not reply within the service's timeout.
                let mut client = site.server().client();
                client.line("CLIENT PAUSE 30000 WRITE").assert_ok();
                let call = site.call(method, route).text(body);
                let call = if route == "/sessions" { call } else { call.token(&token) };
                call.fails(status, name, detail);
            });
        }
    });
}

#[test]
fn a_command_that_only_reads_has_done_nothing_if_no_reply_comes() {
    let site = Site::start();
    let token = site.create(&json!({"id": "u1"}));
    let mut client = site.server().client();
    client.line("CLIENT PAUSE 30000 ALL").assert_ok();
    std::thread::scope(|scope| {
        for call in [
            site.call("GET", "/session?peek").token(&token),
            site.call("GET", "/user/sessions?id=u1"),
            site.call("GET", "/sessions"),
            site.call("GET", "/users"),
            site.call("GET", "/counts"),
        ] {
            scope.spawn(move || is_unavailable(&call));
        }
    });
}
