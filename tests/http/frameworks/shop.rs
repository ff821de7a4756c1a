//! A shop on Express with passport's log-in, in Chromium: `chromium.cjs` is a user in two browsers,
//! and a support employee on the admin page.

use super::start;
use crate::chromium::run_in_chromium;
use crate::harness::{Reply, Server, Service, create};
use serde_json::json;

#[test]
fn in_chromium_a_cart_is_kept_through_the_log_in_and_browsers_are_logged_out_from_others() {
    let server = Server::start();
    let Some((_shop, port)) = start("shop.cjs", &server, &[]) else {
        return;
    };
    let service = Service::builder()
        .redis(&server)
        .key("lead", &["shop"], &["read", "admin"])
        .start();
    let mut client = server.client();
    create(&mut client, "shop", "bob", &[]);
    let facts = json!({
        "shop": format!("http://127.0.0.1:{port}"),
        "admin": format!("http://127.0.0.1:{}", service.port()),
        "key": service.key("lead").text,
    });
    if run_in_chromium("frameworks/chromium.cjs", &[], facts) {
        for user in ["ann", "bob"] {
            let count = client.run(&["SESSIONS.COUNTSOID", "shop", user]);
            assert_eq!(count, Reply::Int(1), "sessions of {user}");
        }
        assert_eq!(client.line("SESSIONS.COUNT shop"), Reply::Int(2));
    }
}
