//! Errors of Redis: status 500 with the name of the problem, and nothing of the command.

use super::{Site, assert_json, assert_named, created, listening, set};
use crate::harness::{GENEROUS, Server, Service, token_of, wait_until};

#[test]
fn redis_away_is_500_and_back_again_is_200() {
    let mut server = Server::builder().tcp().start();
    let url = format!("redis://127.0.0.1:{}", server.port());
    let (_service, legacy) = listening(Service::builder().redis_url(&url).no_auth());
    wait_until(GENEROUS, "it is connected", || {
        legacy.get("/ping").send().status() == 200
    });
    server.kill9();
    let unavailable = "nothing was done: repeat the request later";
    wait_until(GENEROUS, "the loss is noticed", || {
        legacy.get("/ping").send().text().contains(unavailable)
    });
    for (method, target) in [
        ("GET", "/ping".to_owned()),
        ("GET", format!("/web/get/{}", token_of('a'))),
        ("DELETE", "/web/killall".to_owned()),
    ] {
        assert_named(&legacy.request(method, &target).send(), "unavailable", unavailable);
    }
    server.start_again();
    wait_until(GENEROUS, "it is connected again", || {
        legacy.get("/ping").send().status() == 200
    });
}

#[test]
fn a_server_without_the_module_is_500() {
    let server = Server::builder().without_module().tcp().start();
    let url = format!("redis://127.0.0.1:{}", server.port());
    let (_service, legacy) = listening(Service::builder().redis_url(&url).no_auth());
    wait_until(GENEROUS, "it is connected", || {
        legacy.get("/web/soid/u1").send().text().contains("no-module")
    });
    assert_eq!(legacy.get("/web/soid/u1").send().status(), 500);
}

#[test]
fn a_key_of_the_wrong_type_is_500_without_its_name() {
    let site = Site::start();
    let token = token_of('w');
    site.server.client().run(&["SET", &format!("rs:web:{token}"), "x"]);
    let response = site.legacy.get(&format!("/web/get/{token}")).send();
    assert_named(&response, "internal", "the log of the service has the reason");
    assert!(!site.service.log().contains(&token), "{}", site.service.log());
}

#[test]
fn data_that_grows_too_large_is_500() {
    let site = Site::start();
    let token = created(&site.legacy, "web", "u1");
    let grow = |key: &str| {
        let body = format!("{{\"{key}\":\"{}\"}}", "x".repeat(40_000));
        set(&site.legacy, &token, body)
    };
    grow("a").assert_status(200);
    let refused = grow("b").assert_status(500);
    assert_eq!(refused.json()["name"], "too-large", "{refused:?}");
    let shown = site.legacy.get(&format!("/web/get/{token}")).send();
    assert_eq!(shown.json()["w"], 2);
}

#[test]
fn data_that_is_not_an_object_is_refused_by_set_and_the_session_can_be_killed() {
    let site = Site::start();
    let token = created(&site.legacy, "web", "u1");
    site.server
        .client()
        .run(&["HSET", &format!("rs:web:{token}"), "d", "no JSON"]);
    let set = set(&site.legacy, &token, "{\"a\":1}");
    assert_eq!((set.status(), &set.json()["name"]), (500, &"data-not-an-object".into()));
    let kill = site.legacy.request("DELETE", &format!("/web/kill/{token}"));
    assert_json(&kill.send(), 200, "{\"kill\":1}");
}
