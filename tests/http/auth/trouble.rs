//! While Redis is away, gateways get 503 with `Retry-After`, and no visitor is let in or sent to
//! the log-in page.

use super::{Asked, assert_ann, assert_unknown, session_of_ann, sid};
use crate::harness::{GENEROUS, Server, Service, wait_until};

#[test]
fn without_redis_a_gateway_is_told_to_retry() {
    let mut asked = Asked::about("login-page = \"/login\"");
    let token = session_of_ann(&mut asked.client());
    let connected = asked.told_of(&sid(&token));
    assert_ann(connected);
    asked.server.kill9();
    for target in ["/auth/webapp", "/auth/webapp?login", "/auth/webapp/cart"] {
        let request = asked.service.get(target).header("Sec-Fetch-Dest", "document");
        let response = request.header("Cookie", sid(&token)).send().assert_status(503);
        assert_eq!(response.problem(), "unavailable");
        assert_eq!(response.header("retry-after"), Some("1"));
        assert_eq!(response.header("cache-control"), Some("no-store"));
        assert_eq!(response.header("x-session-user"), None);
    }
    // Nothing has to be looked up for a visitor without a cookie.
    assert_unknown(asked.ask().send());
    asked.server.start_again();
    wait_until(GENEROUS, "the service is connected again", || {
        asked.told_of(&sid(&token)).status() != 503
    });
}

#[test]
fn without_the_module_nobody_is_let_in() {
    let server = Server::builder().without_module().start();
    let url = format!("unix://{}", server.socket().display());
    let service = Service::builder().redis_url(&url).no_auth();
    let service = service.config("[apps.webapp]\ncookie = \"sid\"").start();
    let cookie = sid(&crate::harness::token_of('a'));
    wait_until(GENEROUS, "the service is connected", || {
        let response = service
            .get("/auth/webapp")
            .header("Cookie", &cookie)
            .send()
            .assert_status(503);
        response.problem() == "no-module"
    });
}
