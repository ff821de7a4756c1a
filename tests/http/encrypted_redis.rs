//! Redis with TLS and `tls-auth-clients yes`, the default.

use crate::authority::Authority;
use crate::harness::{Folder, Server, Service, free_port};
use serde_json::json;
use std::fs;

#[test]
fn the_service_shows_its_certificate_and_takes_servers_of_the_authority_alone() {
    let folder = Folder::new();
    let [ours, other] = ["ours", "other"].map(Authority::new);
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let pair = |name: &str, (certificate, key): (String, String)| {
        [
            write(&format!("{name}.pem"), &certificate),
            write(&format!("{name}.key"), &key),
        ]
    };
    let ca = write("ca.pem", &ours.pem());
    let [server_certificate, server_key] = pair("server", ours.signs("localhost"));
    let [certificate, key] = pair("service", ours.signs("service"));
    let port = free_port();
    let server = Server::builder()
        .line(format!("tls-port {port}"))
        .line(format!("tls-cert-file {server_certificate}"))
        .line(format!("tls-key-file {server_key}"))
        .line(format!("tls-ca-cert-file {ca}"))
        .start();
    let builder = |ca: &str| {
        let url = format!("rediss://localhost:{port}");
        Service::builder()
            .no_auth()
            .redis_url(&url)
            .redis_line(&format!("ca-file = {ca:?}"))
    };
    let own = |name: &str, path: &str| format!("{name} = {path:?}");
    let service = builder(&ca)
        .redis_line(&own("certificate", &certificate))
        .redis_line(&own("key", &key))
        .start();
    service.get("/readyz").send().assert_status(200);
    let create = service.post("/v1/apps/shop/sessions").json(&json!({"id": "ann"}));
    create.send().assert_status(201);
    assert_eq!(server.client().run(&["SESSIONS.COUNT", "shop"]).int(), 1);

    let without = builder(&ca).start();
    assert_eq!(
        without.get("/readyz").send().assert_status(503).problem(),
        "unavailable"
    );
    let strange = write("other.pem", &other.pem());
    let service = builder(&strange)
        .redis_line(&own("certificate", &certificate))
        .redis_line(&own("key", &key))
        .start();
    assert_eq!(
        service.get("/readyz").send().assert_status(503).problem(),
        "unavailable"
    );
    service.wait_until_logged("no connection to Redis");
}
