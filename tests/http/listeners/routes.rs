//! Paths and methods that no route has.

use crate::harness::{Server, Service};

#[test]
fn a_path_or_method_that_no_route_has_is_a_problem() {
    let server = Server::start();
    let service = Service::builder().redis(&server).no_auth().start();
    for (method, target, status, kind) in [
        ("GET", "/nowhere", 404, "no-route"),
        ("GET", "/%FF", 404, "no-route"),
        ("GET", "/problems/unknown", 404, "no-route"),
        ("GET", "/problems/%FF", 404, "no-route"),
        ("DELETE", "/problems/limit", 405, "method-not-allowed"),
        ("POST", "/livez", 405, "method-not-allowed"),
        ("PUT", "/readyz", 405, "method-not-allowed"),
        ("POST", "/metrics", 405, "method-not-allowed"),
        ("GET", "/introspect/webapp", 405, "method-not-allowed"),
        ("HEAD", "/introspect/webapp", 405, ""),
        ("HEAD", "/v1/openapi.json", 405, ""),
    ] {
        let response = service.request(method, target).send().assert_status(status);
        if !kind.is_empty() {
            assert_eq!(response.problem(), kind, "{method} {target}");
        }
        assert_eq!(response.header("allow").is_some(), status == 405, "{method} {target}");
    }
}
