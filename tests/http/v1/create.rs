//! `POST /v1/apps/{app}/sessions`.

use super::Site;
use crate::harness::*;
use serde_json::json;

#[test]
fn a_session_is_made_with_all_that_the_body_says() {
    let site = Site::start();
    let token = site.create(&json!({
        "id": "ann@example.org", "ip": "203.0.113.7", "ua": "curl/8.0", "ttl": 60, "lifetime": 600,
        "no_resave": true, "max": 3, "reject": true, "data": {"cart": 3, "lang": null},
    }));
    let session = site.peek(&token).unwrap();
    let created = session["created"].as_i64().unwrap();
    let expected = json!({
        "sid": sid_of(&token), "id": "ann@example.org", "r": 1, "w": 1, "ttl": session["ttl"], "idle": 0,
        "ip": "203.0.113.7", "ua": "curl/8.0", "created": created, "until": created + 600, "no_resave": true,
        "data": {"cart": 3},
    });
    assert_eq!(session, expected);
}

#[test]
fn a_session_without_an_id_is_anonymous_and_members_that_are_null_count_as_absent() {
    let site = Site::start();
    let nothing = json!({
        "id": null, "ip": null, "ua": null, "ttl": null, "lifetime": null, "no_resave": null, "max": null,
        "reject": null, "data": null,
    });
    for members in [json!({}), nothing, json!({"data": {}, "reject": false})] {
        let session = site.peek(&site.create(&members)).unwrap();
        let created = session["created"].clone();
        let sid = session["sid"].clone();
        let expected = json!({"sid": sid, "r": 1, "w": 1, "ttl": 7200, "idle": 0, "created": created, "data": {}});
        assert_eq!(session, expected, "{members}");
    }
}

#[test]
fn an_id_may_be_any_text() {
    let site = Site::start();
    for id in [
        "a:b c@d",
        "../..",
        "%2F",
        "a+b&c=d",
        "Zoë",
        "日本",
        "<b>",
        "{x}",
        &"x".repeat(512),
    ] {
        let token = site.create(&json!({"id": id}));
        assert_eq!(site.peek(&token).unwrap()["id"], id);
    }
}

#[test]
fn numbers_in_the_data_keep_their_text() {
    let site = Site::start();
    let data = r#"{"a":1.0,"b":12345678901234567890,"c":-0.10e+5}"#;
    let made = site
        .call("POST", "/sessions")
        .text(&format!("{{\"data\":{data}}}"))
        .gives(201);
    let token = made["token"].as_str().unwrap();
    let response = site.call("GET", "/session").token(token).send();
    assert!(response.text().contains(&format!("\"data\":{data}")), "{response:?}");
}

#[test]
fn what_is_not_valid_is_refused_with_what_is_allowed() {
    let site = Site::start();
    let seconds = "a whole number of seconds from 1 to 315360000";
    for (body, detail) in [
        (
            r#"{"id":""}"#,
            "invalid id: 1 to 512 bytes of UTF-8 without control characters",
        ),
        (
            r#"{"id":"a\nb"}"#,
            "invalid id: 1 to 512 bytes of UTF-8 without control characters",
        ),
        (r#"{"id":5}"#, "invalid id: expected a string"),
        (
            r#"{"ip":"\u0000"}"#,
            "invalid ip: at most 256 bytes of UTF-8 without control characters; empty means unknown",
        ),
        (r#"{"ua":5}"#, "invalid ua: expected a string"),
        (r#"{"ttl":0}"#, &format!("invalid ttl: {seconds}")),
        (r#"{"ttl":-5}"#, &format!("invalid ttl: {seconds}")),
        (r#"{"ttl":60.0}"#, &format!("invalid ttl: {seconds}")),
        (r#"{"ttl":"60"}"#, &format!("invalid ttl: {seconds}")),
        (r#"{"ttl":99999999999999999999}"#, &format!("invalid ttl: {seconds}")),
        (r#"{"lifetime":[60]}"#, &format!("invalid lifetime: {seconds}")),
        (r#"{"no_resave":1}"#, "invalid no_resave: expected a boolean"),
        (r#"{"id":"u1","max":0}"#, "invalid max: a whole number from 1 to 100"),
        (r#"{"max":3}"#, "\"max\" requires \"id\""),
        (r#"{"id":"u1","reject":true}"#, "\"reject\" requires \"max\""),
        (r#"{"data":[]}"#, "invalid data: must be a JSON object"),
        (
            r#"{"data":{"a":1e400}}"#,
            "invalid data: numbers must have at most 128 characters and be within the range of a 64-bit floating-point number",
        ),
        (r#"[]"#, "invalid body: expected a JSON object"),
        (
            r#"{"anonymous":true}"#,
            "unknown member in the body: expected one of \"id\", \"ip\", \"ua\", \"ttl\", \"lifetime\", \"no_resave\", \"max\", \"reject\", \"data\"",
        ),
        (r#"{"id":"a","id":"b"}"#, "\"id\" is given twice"),
    ] {
        site.call("POST", "/sessions").text(body).is_invalid(detail);
    }
    let deep = format!(
        "{{\"data\":{}{}}}",
        "{\"a\":".repeat(33),
        "1".to_owned() + &"}".repeat(33)
    );
    site.call("POST", "/sessions")
        .text(&deep)
        .is_invalid("invalid data: must be at most 32 levels deep");
    assert_eq!(
        site.call("GET", "/counts").gives(200),
        json!({"sessions": 0, "users": 0})
    );
}

#[test]
fn invalid_json_is_refused_with_its_place() {
    let site = Site::start();
    for (body, place) in [
        ("", "line 1, column 0"),
        ("{", "line 1, column 1"),
        ("{\n\"id\":}", "line 2, column 6"),
        ("{} {}", "line 1, column 4"),
        ("{\"data\":{\"a\":01}}", "line 1, column 15"),
        ("{\"id\":\"\\ud83d\"}", "line 1, column 14"),
        ("\u{feff}{}", "line 1, column 1"),
    ] {
        let detail = format!("invalid JSON at {place}");
        site.call("POST", "/sessions")
            .text(body)
            .fails(400, "invalid-json", &detail);
    }
    let bytes = site
        .call("POST", "/sessions")
        .header("Content-Type", "application/json")
        .body(*b"{\"id\":\"\xff\"}");
    assert_eq!(bytes.send().assert_status(400).problem(), "invalid-json");
}

#[test]
fn a_body_of_another_type_is_refused_and_so_is_a_large_one() {
    let site = Site::start();
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/merge-patch+json",
        "json",
        "",
    ] {
        let call = site.call("POST", "/sessions").header("Content-Type", kind).body("{}");
        call.fails(415, "unsupported-media-type", "send the body as application/json");
    }
    site.call("POST", "/sessions")
        .body("{}")
        .fails(415, "unsupported-media-type", "send the body as application/json");
    for kind in ["application/json; charset=utf-8", "Application/JSON"] {
        site.call("POST", "/sessions")
            .header("Content-Type", kind)
            .body("{}")
            .gives(201);
    }
    let large = |bytes: usize| json!({"data": {"a": "x".repeat(bytes)}});
    let detail = "data too large: at most 65536 bytes of JSON (sessions.max-data-bytes)";
    site.call("POST", "/sessions")
        .json(&large(66_000))
        .fails(413, "too-large", detail);
    let detail = "the body must have at most 1048576 bytes";
    site.call("POST", "/sessions")
        .json(&large(1_100_000))
        .fails(413, "too-large", detail);
}

#[test]
fn an_id_that_has_as_many_sessions_as_it_may_gets_no_more_with_reject() {
    let site = Site::start();
    let first = site.create(&json!({"id": "u1"}));
    let members = json!({"id": "u1", "max": 1, "reject": true});
    let detail = "the id already has the maximum number of sessions: end one, or omit \"reject\"";
    site.call("POST", "/sessions")
        .json(&members)
        .fails(409, "limit", detail);
    assert!(site.peek(&first).is_some());
    site.create(&json!({"id": "u1", "max": 1}));
    assert!(site.peek(&first).is_none());
}
