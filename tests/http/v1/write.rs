//! `PATCH` and `PUT /v1/apps/{app}/session`.

use super::{Call, Site, and};
use crate::harness::*;
use serde_json::{Value, json};

#[test]
fn patch_merges_top_level_keys_and_returns_the_session() {
    let site = Site::start();
    let token = site.create(&json!({"id": "u1", "data": {"a": {"x": 1, "y": 2}, "b": 1, "c": 1}}));
    let patched = site
        .call("PATCH", "/session")
        .token(&token)
        .text(r#"{"a":{"x":1.0},"b":null,"d":2}"#)
        .send();
    let expected = r#""data":{"a":{"x":1.0},"c":1,"d":2}}"#;
    assert!(patched.text().ends_with(expected), "{patched:?}");
    let session = patched.json();
    assert_eq!(
        (&session["w"], &session["r"], &session["id"]),
        (&json!(2), &json!(1), &json!("u1"))
    );
    let kept = site
        .call("PATCH", "/session?ttl=60&lifetime=600")
        .token(&token)
        .text("{}")
        .gives(200);
    assert_eq!((&kept["w"], &kept["ttl"]), (&json!(2), &json!(60)));
    assert_eq!(
        kept["until"].as_i64(),
        kept["created"].as_i64().map(|created| created + 600)
    );
}

#[test]
fn patch_with_if_match_changes_only_the_version_that_was_read() {
    let site = Site::start();
    let token = site.create(&json!({"data": {"a": 1}}));
    let patch = |tag: &str| {
        site.call("PATCH", "/session")
            .token(&token)
            .json(&json!({"a": 2}))
            .header("If-Match", tag)
    };
    assert_eq!(patch("\"1\"").gives(200)["w"], 2);
    for tag in ["\"1\"", "\"0\"", "\"3\"", "\"9223372036854775807\""] {
        patch(tag).fails(
            412,
            "conflict",
            "another request has changed the session: read it and try again",
        );
    }
    assert_eq!(patch("*").gives(200)["w"], 3);
    malformed_conditions(&patch);
    let none_match = site
        .call("PATCH", "/session")
        .token(&token)
        .text("{\"a\":1}")
        .header("If-None-Match", "*");
    none_match.is_invalid("If-None-Match is allowed only for PUT");
    assert_eq!(site.peek(&token).unwrap()["w"], 3);
    let gone = site
        .call("PATCH", "/session")
        .token(&token_of('u'))
        .text("{\"a\":1}")
        .header("If-Match", "\"1\"");
    gone.finds_nothing();
}

/// Checks that unsupported conditions are refused instead of being read as others.
#[track_caller]
fn malformed_conditions<'a>(call: &impl Fn(&str) -> Call<'a>) {
    for tag in [
        "",
        "1",
        "W/\"1\"",
        "\"01\"",
        "\"+1\"",
        "\"-1\"",
        "\"1.0\"",
        "\"a\"",
        "\"1\", \"2\"",
        "\"1\",",
        "\"9223372036854775808\"",
        "\"1\" \"2\"",
        "**",
    ] {
        call(tag).is_invalid("invalid If-Match: * or one strong entity tag, such as the ETag of a response");
    }
    call("\"1\"")
        .header("If-Match", "\"1\"")
        .is_invalid("the header If-Match is given twice");
}

#[test]
fn patch_does_not_change_a_session_that_now_belongs_to_another_id() {
    let site = Site::start();
    let visitor = site.create(&json!({"data": {"a": 1}}));
    let user = site.create(&json!({"id": "ann@example.org", "data": {"a": 1}}));
    let patch = |token: &str, id: &str| {
        site.call("PATCH", &format!("/session?ifid={id}"))
            .token(token)
            .json(&json!({"a": 2}))
    };
    let detail = "no live session has this token, or it does not belong to \"ifid\"";
    for (token, id) in [(&visitor, "ann%40example.org"), (&user, ""), (&user, "bob")] {
        patch(token, id).fails(404, "no-session", detail);
    }
    patch(&visitor, "").gives(200);
    patch(&user, "ann@example.org").gives(200);
}

#[test]
fn patch_refuses_what_is_not_valid() {
    let site = Site::start();
    let token = site.create(&json!({"data": {"a": 1}}));
    let patch = |route: &str| site.call("PATCH", route).token(&token);
    for (route, body, detail) in [
        ("/session", "{}", "invalid data: must have at least one key"),
        ("/session", "[]", "invalid body: expected a JSON object"),
        ("/session", "null", "invalid body: expected a JSON object"),
        ("/session", "4", "invalid body: expected a JSON object"),
        (
            "/session?ttl=0",
            "{\"a\":2}",
            "invalid ttl: a whole number of seconds from 1 to 315360000",
        ),
        (
            "/session?ttl=",
            "{\"a\":2}",
            "invalid ttl: a whole number of seconds from 1 to 315360000",
        ),
        (
            "/session?ttl=+5",
            "{\"a\":2}",
            "invalid ttl: a whole number of seconds from 1 to 315360000",
        ),
        (
            "/session?lifetime=1e3",
            "{\"a\":2}",
            "invalid lifetime: a whole number of seconds from 1 to 315360000",
        ),
        (
            "/session?w=1",
            "{\"a\":2}",
            "unknown parameter in the query: expected one of \"ifid\", \"ttl\", \"lifetime\"",
        ),
    ] {
        patch(route).text(body).is_invalid(detail);
    }
    patch("/session")
        .text("{\"a\":}")
        .fails(400, "invalid-json", "invalid JSON at line 1, column 6");
    for kind in [
        "application/merge-patch+json",
        "application/json-patch+json",
        "text/plain",
    ] {
        let call = patch("/session").header("Content-Type", kind).body("{\"a\":2}");
        let response = call.fails(415, "unsupported-media-type", "send the body as application/json");
        assert_eq!(response.header("accept-patch"), Some("application/json"), "{kind}");
    }
    let detail = "data too large: at most 65536 bytes of JSON (sessions.max-data-bytes)";
    patch("/session")
        .json(&json!({"b": "x".repeat(65_536)}))
        .fails(413, "too-large", detail);
    assert_eq!(site.peek(&token).unwrap()["w"], 1);
}

fn put<'a>(site: &'a Site, token: &str, body: &Value) -> Call<'a> {
    site.call("PUT", "/session").token(token).json(body)
}

#[test]
fn put_makes_a_session_or_replaces_all_of_its_data() {
    let site = Site::start();
    let token = token_of('p');
    let body = json!({
        "data": {"a": 1, "b": null}, "id": "u1", "ip": "203.0.113.7", "ua": "curl/8.0", "ttl": 60, "lifetime": 600,
        "max": 2, "reject": true,
    });
    put(&site, &token, &body).gives(201);
    let session = site.peek(&token).unwrap();
    assert_eq!(session["data"], json!({"a": 1, "b": null}));
    assert_eq!(
        (&session["w"], &session["ttl"], &session["ua"]),
        (&json!(1), &json!(60), &json!("curl/8.0"))
    );
    put(
        &site,
        &token,
        &json!({"data": {"c": 1.5}, "ip": "", "no_resave": true, "id": null}),
    )
    .gives(204);
    let session = site.peek(&token).unwrap();
    assert_eq!(session["data"], json!({"c": 1.5}));
    assert_eq!(
        (&session["w"], &session["id"], &session["no_resave"]),
        (&json!(2), &json!("u1"), &json!(true))
    );
    assert_eq!(session["ip"], Value::Null);
    put(&site, &token, &json!({"data": {}, "anonymous": true})).gives(204);
    assert_eq!(site.peek(&token).unwrap()["id"], Value::Null);
    put(
        &site,
        &token_of('q'),
        &json!({"data": {}, "anonymous": false, "no_resave": false}),
    )
    .gives(201);
    assert_eq!(site.peek(&token_of('q')).unwrap()["no_resave"], Value::Null);
}

#[test]
fn put_obeys_its_conditions() {
    let site = Site::start();
    let token = token_of('p');
    let put = |name: &str, value: &str| put(&site, &token, &json!({"data": {"a": 1}})).header(name, value);
    put("If-Match", "*").fails(412, "conflict", "no live session has this token");
    put("If-Match", "\"1\"").fails(412, "conflict", "no live session has this token");
    put("If-None-Match", "*").gives(201);
    put("If-None-Match", "*").fails(
        412,
        "conflict",
        "a live session already has this token: choose another token",
    );
    put("If-Match", "*").gives(204);
    put("If-Match", "\"1\"").fails(
        412,
        "conflict",
        "another request has changed the session: read it and try again",
    );
    put("If-Match", "\"2\"").gives(204);
    malformed_conditions(&|tag| put("If-Match", tag));
    for tag in ["\"1\"", "", "W/\"1\"", "*, *"] {
        put("If-None-Match", tag).is_invalid("invalid If-None-Match: only * is allowed");
    }
    put("If-None-Match", "*")
        .header("If-Match", "*")
        .is_invalid("If-Match and If-None-Match cannot be combined");
    assert_eq!(site.peek(&token).unwrap()["w"], 3);
}

#[test]
fn put_refuses_what_is_not_valid() {
    let site = Site::start();
    let token = token_of('p');
    let id = "invalid id: 1 to 512 bytes of UTF-8 without control characters";
    let data = json!({"data": {}});
    for (body, detail) in [
        (json!({}), "\"data\" is required"),
        (json!({"data": null}), "invalid data: must be a JSON object"),
        (json!({"data": "{}"}), "invalid data: must be a JSON object"),
        (and(&data, "id", json!("")), id),
        (
            and(&and(&data, "id", json!("u1")), "anonymous", json!(true)),
            "\"id\" and \"anonymous\" cannot be combined",
        ),
        (and(&data, "max", json!(3)), "\"max\" requires \"id\""),
        (
            and(&and(&data, "anonymous", json!(true)), "max", json!(3)),
            "\"max\" requires \"id\"",
        ),
        (
            and(&and(&data, "id", json!("u1")), "reject", json!(true)),
            "\"reject\" requires \"max\"",
        ),
        (
            and(&data, "ttl", json!("60")),
            "invalid ttl: a whole number of seconds from 1 to 315360000",
        ),
        (
            and(&data, "grace", json!(5)),
            "unknown member in the body: expected one of \"data\", \"id\", \"anonymous\", \"ip\", \"ua\", \"ttl\", \"lifetime\", \"no_resave\", \"max\", \"reject\"",
        ),
    ] {
        put(&site, &token, &body).is_invalid(detail);
    }
    for malformed in ["", "x", &"x".repeat(63), &"x".repeat(65), &format!("{}!", &token[1..])] {
        put(&site, malformed, &data).is_invalid("invalid token: exactly 64 characters of A-Z a-z 0-9");
    }
    let large = json!({"data": {"a": "x".repeat(65_536)}});
    let detail = "data too large: at most 65536 bytes of JSON (sessions.max-data-bytes)";
    put(&site, &token, &large).fails(413, "too-large", detail);
    assert!(site.peek(&token).is_none());
}

#[test]
fn put_with_reject_refuses_one_session_too_many_of_an_id() {
    let site = Site::start();
    site.create(&json!({"id": "u1"}));
    let body = json!({"data": {}, "id": "u1", "max": 1, "reject": true});
    let detail = "the id already has the maximum number of sessions: end one, or omit \"reject\"";
    put(&site, &token_of('p'), &body).fails(409, "limit", detail);
    put(&site, &token_of('p'), &json!({"data": {}})).gives(201);
    put(&site, &token_of('p'), &body).fails(409, "limit", detail);
}
