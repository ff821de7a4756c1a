//! What the service must not print: no log line and no metric contains a token, a key, an id or data.

use crate::harness::{Key, Response, Server, Service};
use crate::legacy::listening;
use serde_json::json;

/// Sends secrets in every kind of request, to find one that is printed.
#[test]
fn no_token_key_id_or_data_is_in_the_log_or_the_metrics() {
    let server = Server::start();
    let builder = Service::builder()
        .redis(&server)
        .key("all", &["*"], &["read", "write", "admin"])
        .key("none", &["other"], &["read"])
        .config("[log]\nlevel = \"debug\"\n[apps.shop]\ncookie = \"sid\"\n");
    let (service, by_legacy) = listening(builder);
    let ours = service.as_key(service.key("all"));
    let body =
        json!({"id": "identity-4711", "ip": "203.0.113.99", "ua": "agent-4712", "data": {"member-4713": "value-4714"}});
    let made = ours
        .post("/v1/apps/shop/sessions")
        .json(&body)
        .send()
        .assert_status(201)
        .json();
    let token = made["token"].as_str().unwrap().to_owned();
    let stranger = Key::new("stranger", &["*"], &["read"]);
    let all: Vec<&Key> = vec![service.key("all"), service.key("none"), &stranger];
    let mut sent: Vec<Response> = Vec::new();
    for key in &all {
        let endpoint = service.as_key(key);
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] {
            for target in [
                "/v1/apps/shop/session",
                "/v1/apps/shop/session/rotate",
                "/v1/apps/shop/user/sessions?id=identity-4711&sid=token-4715",
                "/v1/apps/shop/sessions?confirm=query-4716",
                "/v1/apps/path-4717/sessions",
                "/auth/shop/path-4717?query-4716",
                "/introspect/shop",
                "/admin/path-4717?query-4716",
                "/path-4717?query-4716",
            ] {
                let request = endpoint
                    .request(method, target)
                    .token(&token)
                    .header("Cookie", format!("sid={token}"));
                sent.push(
                    request
                        .json(&json!({"data": {"member-4713": "value-4714"}, "token": token}))
                        .send(),
                );
                let request = endpoint.request(method, target).token("token-4715").body("body-4718 {");
                sent.push(request.header("Content-Type", "application/json").send());
            }
            for target in [
                format!("/shop/get/{token}"),
                "/shop/get/token-4715".into(),
                "/shop/create/identity-4711".into(),
            ] {
                sent.push(by_legacy.as_key(key).request(method, &target).json(&body).send());
            }
        }
    }
    // Redis' own errors, too: a user who may do nothing, and data that cannot be read.
    server.client().line("ACL SETUSER default -@all +acl +ping").assert_ok();
    for request in [
        ours.get("/v1/apps/shop/session").token(&token),
        ours.post("/v1/apps/shop/sessions").json(&body),
        service.get("/auth/shop").header("Cookie", format!("sid={token}")),
    ] {
        sent.push(request.send());
    }
    let kept = [
        "identity-4711",
        "203.0.113.99",
        "agent-4712",
        "member-4713",
        "value-4714",
        "token-4715",
        "query-4716",
        "path-4717",
        "body-4718",
    ];
    let kept: Vec<&str> = kept
        .into_iter()
        .chain([token.as_str()])
        .chain(all.iter().map(|key| key.text.as_str()))
        .collect();
    let metrics = ours.get("/metrics").send().assert_status(200);
    service.wait_until_logged("NOPERM");
    let (log, metrics) = (service.log(), metrics.text().to_owned());
    for secret in kept {
        assert!(
            !log.contains(secret),
            "{secret} is in the log:\n{}",
            around(&log, secret)
        );
        assert!(
            !metrics.contains(secret),
            "{secret} is in the metrics:\n{}",
            around(&metrics, secret)
        );
    }
    assert!(sent.len() > 400 && log.lines().count() > 400, "{} requests", sent.len());
}

fn around<'a>(text: &'a str, part: &str) -> &'a str {
    text.lines().find(|line| line.contains(part)).unwrap_or_default()
}
