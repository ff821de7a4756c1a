//! The Redis user in docs/http-operations.md has enough rights for the admin page.

use super::keys;
use crate::admin::browser::Browser;
use crate::harness::{Server, Service};
use crate::operations::{as_user, assert_refused_nothing};
use serde_json::json;

#[test]
fn the_redis_user_of_the_service_may_do_what_the_page_does() {
    let server = Server::builder().line("sessions.audit-length 1000").start();
    let builder = keys(as_user(&server, Service::builder().redis(&server)));
    let service = builder
        .key("app", &["webapp"], &["write"])
        .config("[apps.webapp]\ncookie = \"sid\"\n")
        .start();
    for id in ["ann", "bob"] {
        let request = service.as_key(service.key("app")).post("/v1/apps/webapp/sessions");
        request.json(&json!({"id": id})).send().assert_status(201);
    }
    let mut lead = Browser::new(&service);
    lead.log_in(&service.key("lead").text).assert_status(303);
    for target in [
        "/admin",
        "/admin/apps/webapp",
        "/admin/apps/webapp/sessions",
        "/admin/apps/webapp/events",
    ] {
        lead.get(target).assert_status(200);
    }
    let page = lead.get("/admin/apps/webapp/user?id=ann").assert_status(200);
    lead.press(&page, "/admin/apps/webapp/end-user?id=ann", &[])
        .assert_status(303);
    let page = lead.get("/admin/apps/webapp").assert_status(200);
    lead.press(&page, "/admin/apps/webapp/end-app", &[("confirm", "webapp")])
        .assert_status(303);
    assert_eq!(server.client().line("SESSIONS.COUNT webapp").int(), 0);
    assert_refused_nothing(&server);
}
