//! `/v1/apps/{app}/session`: GET, DELETE, `touch` and `increment`.

use super::Site;
use crate::harness::*;
use serde_json::json;

/// Texts that are not tokens.
const MALFORMED: [&str; 5] = ["", "x", "../../session", "caf\u{e9}", "{a}"];

#[test]
fn get_returns_the_session_and_counts_as_a_use() {
    let site = Site::start();
    let token = site.create(&json!({"id": "u1", "ip": "203.0.113.7", "data": {"cart": 3}}));
    let mut client = site.server().client();
    age(&mut client, &site.app, &token, 100);
    let get = || site.call("GET", "/session").token(&token);
    let first = get().gives(200);
    let expected = json!({
        "sid": sid_of(&token), "id": "u1", "r": 1, "w": 1, "ttl": 7200, "idle": first["idle"],
        "ip": "203.0.113.7", "created": first["created"], "data": {"cart": 3},
    });
    assert_eq!(first, expected);
    assert!((100..110).contains(&first["idle"].as_i64().unwrap()), "{first}");
    let second = get().gives(200);
    assert_eq!(second["r"], 2);
    assert!(second["idle"].as_i64().unwrap() < 100, "{second}");
}

#[test]
fn peek_does_not_count_as_a_use() {
    let site = Site::start();
    let token = site.create(&json!({"id": "u1"}));
    age(&mut site.server().client(), &site.app, &token, 100);
    for route in ["/session?peek", "/session?peek=", "/session?&peek&"] {
        let session = site.call("GET", route).token(&token).gives(200);
        assert_eq!(session["r"], 1, "{route}");
        assert!(session["idle"].as_i64().unwrap() >= 100, "{route}");
    }
    for route in ["/session?peek=1", "/session?peek=false"] {
        site.call("GET", route)
            .token(&token)
            .is_invalid("invalid peek: must be empty");
    }
}

#[test]
fn the_etag_is_the_version_of_the_data_and_no_condition_hides_the_session() {
    let site = Site::start();
    let token = site.create(&json!({"data": {"a": 1}}));
    let etag = |call: super::Call| {
        call.token(&token)
            .send()
            .assert_status(200)
            .header("etag")
            .map(str::to_owned)
    };
    assert_eq!(etag(site.call("GET", "/session")).as_deref(), Some("\"1\""));
    assert_eq!(
        etag(site.call("PATCH", "/session").json(&json!({"a": 2}))).as_deref(),
        Some("\"2\"")
    );
    for tag in ["\"2\"", "*", "W/\"2\"", "nonsense"] {
        let call = site.call("GET", "/session").header("If-None-Match", tag);
        assert_eq!(etag(call).as_deref(), Some("\"2\""), "{tag}");
    }
}

#[test]
fn head_is_refused_and_does_not_count_as_a_use() {
    let site = Site::start();
    let token = site.create(&json!({}));
    for route in [
        "session",
        "session?peek",
        "sessions",
        "users",
        "counts",
        "user/sessions?id=u1",
    ] {
        let target = format!("/v1/apps/{}/{route}", site.app);
        let response = site
            .endpoint
            .request("HEAD", &target)
            .token(&token)
            .send()
            .assert_status(405);
        assert!(
            response
                .header("allow")
                .is_some_and(|methods| !methods.contains("HEAD")),
            "{response:?}"
        );
        assert_eq!(response.text(), "");
    }
    site.endpoint
        .request("HEAD", "/v1/openapi.json")
        .send()
        .assert_status(405);
    assert_eq!(site.peek(&token).unwrap()["r"], 1);
}

#[test]
fn unknown_and_malformed_tokens_are_not_found() {
    let site = Site::start();
    let timed_out = site.create(&json!({"ttl": 10}));
    age(&mut site.server().client(), &site.app, &timed_out, 11);
    let unknown = token_of('u');
    let tokens = [&[timed_out.as_str(), &unknown][..], &MALFORMED].concat();
    for token in tokens {
        for (method, route, body) in [
            ("GET", "/session", None),
            ("GET", "/session?peek", None),
            ("DELETE", "/session", None),
            ("PATCH", "/session", Some(json!({"a": 1}))),
            ("POST", "/session/increment", Some(json!({"key": "n"}))),
            ("POST", "/session/touch", None),
            ("POST", "/session/touch", Some(json!({"ttl": 60}))),
            ("POST", "/session/rotate", None),
            ("POST", "/session/rotate", Some(json!({"id": "u1"}))),
        ] {
            let call = site.call(method, route).token(token);
            let call = body.iter().fold(call, super::Call::json);
            call.finds_nothing();
        }
    }
}

#[test]
fn a_deleted_session_is_gone() {
    let site = Site::start();
    let (token, other) = (site.create(&json!({"id": "u1"})), site.create(&json!({"id": "u1"})));
    let delete = || site.call("DELETE", "/session").token(&token);
    delete().gives(204);
    delete().finds_nothing();
    assert!(site.peek(&token).is_none() && site.peek(&other).is_some());
}

#[test]
fn routes_without_conditions_refuse_them() {
    let site = Site::start();
    let token = site.create(&json!({"id": "u1"}));
    let detail = "the route does not support conditions: If-Match and If-None-Match are not allowed";
    for (name, value) in [("If-Match", "\"9\""), ("If-Match", "*"), ("If-None-Match", "*")] {
        for (method, route) in [
            ("DELETE", "/session"),
            ("POST", "/session/touch"),
            ("POST", "/session/rotate"),
            ("DELETE", "/user/sessions?id=u1"),
            ("DELETE", "/sessions?confirm=webapp"),
        ] {
            site.call(method, route)
                .token(&token)
                .header(name, value)
                .is_invalid(detail);
        }
        let increment = site
            .call("POST", "/session/increment")
            .token(&token)
            .json(&json!({"key": "n"}));
        increment.header(name, value).is_invalid(detail);
    }
    assert!(site.peek(&token).is_some());
}

#[test]
fn touch_begins_the_idle_time_again_and_may_set_it() {
    let site = Site::start();
    let token = site.create(&json!({}));
    let mut client = site.server().client();
    let touch = || site.call("POST", "/session/touch").token(&token);
    for (call, ttl) in [
        (touch(), 7200),
        (touch().text("{}"), 7200),
        (touch().json(&json!({"ttl": null})), 7200),
        (touch().json(&json!({"ttl": 60})), 60),
    ] {
        age(&mut client, &site.app, &token, 50);
        call.gives(204);
        let session = site.peek(&token).unwrap();
        assert_eq!((&session["r"], &session["ttl"]), (&json!(1), &json!(ttl)));
        assert!(session["idle"].as_i64().unwrap() < 50, "{session}");
    }
    let seconds = "invalid ttl: a whole number of seconds from 1 to 315360000";
    for ttl in ["0", "-1", "1.5", "\"60\"", "true", "315360001"] {
        touch().text(&format!("{{\"ttl\":{ttl}}}")).is_invalid(seconds);
    }
    touch()
        .text("{\"t\":1}")
        .is_invalid("unknown member in the body: expected \"ttl\"");
    touch()
        .body("{}")
        .fails(415, "unsupported-media-type", "send the body as application/json");
}

#[test]
fn increment_returns_the_value_after_it() {
    let site = Site::start();
    let token = site.create(&json!({"data": {"n": 5}}));
    let increment = |body: &str| site.call("POST", "/session/increment").token(&token).text(body);
    for (body, value) in [
        (r#"{"key":"n"}"#, 6),
        (r#"{"key":"n","by":null}"#, 7),
        (r#"{"key":"n","by":-10}"#, -3),
        (r#"{"key":"other","by":9223372036854775807}"#, i64::MAX),
        (r#"{"key":"ключ 1"}"#, 1),
    ] {
        assert_eq!(increment(body).gives(200), json!({"value": value}), "{body}");
    }
    let number = "invalid by: a whole number from -9223372036854775808 to 9223372036854775807";
    for (body, detail) in [
        (r#"{"key":"n","by":1.0}"#, number),
        (r#"{"key":"n","by":"1"}"#, number),
        (r#"{"key":"n","by":9223372036854775808}"#, number),
        (r#"{"key":""}"#, "invalid key: 1 to 256 bytes of UTF-8"),
        (r#"{"key":5}"#, "invalid key: expected a string"),
        (r#"{"by":1}"#, "\"key\" is required"),
        (
            r#"{"key":"n","x":1}"#,
            "unknown member in the body: expected \"key\" or \"by\"",
        ),
    ] {
        increment(body).is_invalid(detail);
    }
    let detail = "out of range: the result must be a 64-bit integer";
    increment(r#"{"key":"other"}"#).fails(409, "out-of-range", detail);
    site.call("PATCH", "/session")
        .token(&token)
        .text(r#"{"n":"text"}"#)
        .gives(200);
    let detail = "not a whole number: the value of the key must be a 64-bit integer without fraction or exponent";
    increment(r#"{"key":"n"}"#).fails(409, "not-a-number", detail);
}

#[test]
fn stored_data_that_is_not_an_object_is_shown_as_text_and_only_put_replaces_it() {
    let site = Site::start();
    let token = site.create(&json!({"data": {"a": 1}}));
    let key = format!("rs:{}:{token}", site.app);
    site.server().client().run(&["HSET", &key, "d", "[1]"]);
    let session = site.call("GET", "/session").token(&token).gives(200);
    assert_eq!((&session["data"], &session["data_text"]), (&json!({}), &json!("[1]")));
    let detail = "another program stored the data: replace it with PUT";
    for (method, route, body) in [
        ("PATCH", "/session", json!({"b": 1})),
        ("POST", "/session/increment", json!({"key": "n"})),
        ("POST", "/session/rotate", json!({"data": {"b": 1}})),
    ] {
        site.call(method, route)
            .token(&token)
            .json(&body)
            .fails(409, "data-not-an-object", detail);
    }
    site.call("PUT", "/session")
        .token(&token)
        .json(&json!({"data": {"b": 1}}))
        .gives(204);
    assert_eq!(site.peek(&token).unwrap()["data"], json!({"b": 1}));
}

#[test]
fn sessions_with_hashed_tokens_are_served_like_others() {
    let site = Site::with(Server::builder().line("sessions.hash-tokens yes").start());
    let token = site.create(&json!({"id": "u1", "data": {"n": 1}}));
    let session = site.call("GET", "/session").token(&token).gives(200);
    assert_eq!(session["sid"], sid_of(&token));
    let rotated = site
        .call("POST", "/session/rotate")
        .token(&token)
        .text("{\"grace\":30}")
        .gives(200);
    assert_eq!(site.peek(&token).unwrap()["token"], rotated["token"]);
    let list = site.call("GET", "/user/sessions?id=u1").gives(200);
    assert_eq!(list["sessions"][0]["sid"], rotated["sid"]);
    site.call("PUT", "/session")
        .token(&token_of('p'))
        .text("{\"data\":{}}")
        .gives(201);
    let detail = "invalid token: exactly 64 characters of A-Z a-z 0-9";
    let stored = stored_name(&token_of('p'));
    site.call("PUT", "/session")
        .token(&stored)
        .text("{\"data\":{}}")
        .is_invalid(detail);
    site.call("GET", "/session").token(&stored).finds_nothing();
    assert_eq!(
        site.call("DELETE", "/user/sessions?id=u1").token(&token).gives(200),
        json!({"killed": 0})
    );
    site.call("DELETE", "/session").token(&token).gives(204);
}
