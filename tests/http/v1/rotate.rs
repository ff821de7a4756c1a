//! `POST /v1/apps/{app}/session/rotate`.

use super::{Call, Site};
use crate::harness::*;
use serde_json::{Value, json};

fn rotate<'a>(site: &'a Site, token: &str, body: &Value) -> Call<'a> {
    site.call("POST", "/session/rotate").token(token).json(body)
}

/// The new token.
#[track_caller]
fn rotated(call: &Call) -> String {
    let made = call.gives(200);
    let token = made["token"].as_str().unwrap();
    assert_eq!(made["sid"], sid_of(token));
    token.to_owned()
}

#[test]
fn a_visitor_logs_in_with_all_that_the_body_says() {
    let site = Site::start();
    let visitor = site.create(&json!({"ttl": 60, "data": {"cart": 3}}));
    let body = json!({
        "id": "u1", "ip": "203.0.113.7", "ua": "curl/8.0", "ttl": 600, "lifetime": 6000, "max": 5, "reject": true,
        "data": {"lang": "en"}, "anonymous": false, "grace": null,
    });
    let token = rotated(&rotate(&site, &visitor, &body));
    assert!(site.peek(&visitor).is_none());
    let session = site.peek(&token).unwrap();
    assert_eq!(
        (&session["id"], &session["ttl"], &session["ip"]),
        (&json!("u1"), &json!(600), &json!("203.0.113.7"))
    );
    assert_eq!(session["data"], json!({"cart": 3, "lang": "en"}));
    assert!(session["until"].is_i64() && session["ua"] == "curl/8.0", "{session}");
}

#[test]
fn without_a_body_the_token_alone_changes() {
    let site = Site::start();
    let token = site.create(&json!({"id": "u1", "data": {"a": 1}}));
    let before = site.peek(&token).unwrap();
    let token = rotated(&site.call("POST", "/session/rotate").token(&token));
    let token = rotated(&rotate(&site, &token, &json!({})));
    let after = site.peek(&token).unwrap();
    for member in ["id", "w", "ttl", "created", "data"] {
        assert_eq!(before[member], after[member], "{member}");
    }
    let token = rotated(&rotate(&site, &token, &json!({"anonymous": true})));
    assert_eq!(site.peek(&token).unwrap()["id"], Value::Null);
}

#[test]
fn within_a_grace_the_old_token_names_the_session_and_a_repeat_returns_the_present_one() {
    let site = Site::start();
    let old = site.create(&json!({"id": "u1"}));
    let body = json!({"grace": 30});
    let new = rotated(&rotate(&site, &old, &body));
    assert_eq!(rotated(&rotate(&site, &old, &body)), new);
    for call in [
        site.call("GET", "/session").token(&old),
        site.call("GET", "/session?peek").token(&old),
        site.call("PATCH", "/session").token(&old).json(&json!({"a": 1})),
    ] {
        assert_eq!(call.gives(200)["token"], new);
    }
    assert_eq!(site.peek(&new).unwrap()["token"], Value::Null);
    site.call("DELETE", "/session").token(&old).gives(204);
    assert!(site.peek(&new).is_none());
}

#[test]
fn what_is_not_valid_is_refused_and_the_session_keeps_its_token() {
    let site = Site::start();
    let token = site.create(&json!({"data": {"a": 1}}));
    for (body, detail) in [
        (
            json!({"id": ""}),
            "invalid id: 1 to 512 bytes of UTF-8 without control characters",
        ),
        (
            json!({"id": "u1", "anonymous": true}),
            "\"id\" and \"anonymous\" cannot be combined",
        ),
        (
            json!({"grace": 0}),
            "invalid grace: a whole number of seconds from 1 to 60",
        ),
        (
            json!({"grace": 61}),
            "invalid grace: a whole number of seconds from 1 to 60",
        ),
        (
            json!({"grace": 1.5}),
            "invalid grace: a whole number of seconds from 1 to 60",
        ),
        (json!({"max": 3}), "\"max\" requires \"id\""),
        (
            json!({"id": "u1", "max": 101}),
            "invalid max: a whole number from 1 to 100",
        ),
        (json!({"id": "u1", "reject": true}), "\"reject\" requires \"max\""),
        (json!({"data": 4}), "invalid data: must be a JSON object"),
        (json!({"anonymous": "yes"}), "invalid anonymous: expected a boolean"),
        (
            json!({"no_resave": true}),
            "unknown member in the body: expected one of \"id\", \"anonymous\", \"grace\", \"ip\", \"ua\", \"ttl\", \"lifetime\", \"max\", \"reject\", \"data\"",
        ),
    ] {
        rotate(&site, &token, &body).is_invalid(detail);
    }
    let large = json!({"data": {"b": "x".repeat(65_536)}});
    let detail = "data too large: at most 65536 bytes of JSON (sessions.max-data-bytes)";
    rotate(&site, &token, &large).fails(413, "too-large", detail);
    site.create(&json!({"id": "u1"}));
    let detail = "the id already has the maximum number of sessions: end one, or omit \"reject\"";
    rotate(&site, &token, &json!({"id": "u1", "max": 1, "reject": true})).fails(409, "limit", detail);
    assert_eq!(site.peek(&token).unwrap()["data"], json!({"a": 1}));
}
