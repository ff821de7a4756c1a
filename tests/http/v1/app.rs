//! A whole app: `sessions`, `users`, `counts`, and its end.

use super::Site;
use crate::harness::*;
use serde_json::{Value, json};

#[test]
fn an_apps_sessions_and_users_are_listed_and_counted() {
    let site = Site::start();
    let mut client = site.server().client();
    let mut tokens = Vec::new();
    for (id, idle) in [
        (json!("u1"), 0),
        (json!("u2"), 1000),
        (Value::Null, 2000),
        (json!("u:3"), 3000),
    ] {
        let token = site.create(&json!({"id": id, "data": {"idle": idle}}));
        match id {
            Value::Null => age(&mut client, &site.app, &token, idle),
            _ => age_everywhere(&mut client, &site.app, &token, idle),
        }
        tokens.push(token);
    }
    // An anonymous session has no entry among the users to be aged.
    client.run(&[
        "ZINCRBY",
        &format!("rs:{}:_sessions", site.app),
        "-2000",
        &format!("{}:", tokens[2]),
    ]);
    let sids: Vec<String> = tokens.iter().map(|token| sid_of(token)).collect();
    let list = |query: &str| {
        let listed = site.call("GET", &format!("/sessions{query}")).gives(200);
        let sessions = listed["sessions"].as_array().unwrap();
        sessions
            .iter()
            .map(|session| session["sid"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let users = |query: &str| site.call("GET", &format!("/users{query}")).gives(200)["users"].clone();
    let counts = |query: &str| site.call("GET", &format!("/counts{query}")).gives(200);
    assert_eq!(list(""), sids);
    assert_eq!(list("?dt=1500"), sids[..2]);
    assert_eq!(list("?offset=1&limit=2"), sids[1..3]);
    assert_eq!(list("?offset=10000"), [""; 0]);
    assert_eq!(users(""), json!(["u1", "u2", "u:3"]));
    assert_eq!(users("?dt=1500"), json!(["u1", "u2"]));
    assert_eq!(users("?offset=1&limit=1"), json!(["u2"]));
    assert_eq!(counts(""), json!({"sessions": 4, "users": 3}));
    assert_eq!(counts("?dt=0"), json!({"sessions": 4, "users": 3}));
    assert_eq!(counts("?dt=1500"), json!({"sessions": 2, "users": 2}));
    let without = site.call("GET", "/sessions?data=no&limit=1").gives(200);
    assert_eq!(without["sessions"][0]["data"], Value::Null);
    let with = site.call("GET", "/sessions?data=yes&limit=1").gives(200);
    assert_eq!(with["sessions"][0]["data"], json!({"idle": 0}));
}

#[test]
fn an_app_without_sessions_has_empty_lists() {
    let site = Site::start();
    assert_eq!(site.call("GET", "/sessions").gives(200), json!({"sessions": []}));
    assert_eq!(site.call("GET", "/users").gives(200), json!({"users": []}));
    assert_eq!(
        site.call("GET", "/counts").gives(200),
        json!({"sessions": 0, "users": 0})
    );
    assert_eq!(
        site.call("DELETE", "/sessions?confirm=webapp").gives(200),
        json!({"killed": 0})
    );
}

#[test]
fn lists_refuse_what_is_not_valid() {
    let site = Site::start();
    let dt = "invalid dt: a whole number of seconds from 0 (no limit) to 315360000";
    for route in ["/sessions", "/users", "/counts"] {
        for value in ["-1", "1.5", "", "ever", "315360001"] {
            site.call("GET", &format!("{route}?dt={value}")).is_invalid(dt);
        }
    }
    for route in ["/sessions", "/users"] {
        site.call("GET", &format!("{route}?limit=0"))
            .is_invalid("invalid limit: a whole number from 1 to 500");
        site.call("GET", &format!("{route}?offset=x"))
            .is_invalid("invalid offset: a whole number from 0 to 10000");
    }
    let detail = "unknown parameter in the query: expected one of \"dt\", \"offset\", \"limit\"";
    site.call("GET", "/users?data=no").is_invalid(detail);
    site.call("GET", "/counts?limit=1")
        .is_invalid("unknown parameter in the query: expected \"dt\"");
}

#[test]
fn an_app_ends_only_when_its_name_is_given_twice() {
    let site = Site::start();
    site.call_at("POST", "/v1/apps/other/sessions")
        .json(&json!({}))
        .gives(201);
    let tokens = [site.create(&json!({"id": "u1"})), site.create(&json!({}))];
    for (query, detail) in [
        ("", "\"confirm\" is required"),
        ("?confirm=", "invalid confirm: the name of the app in the path"),
        ("?confirm=other", "invalid confirm: the name of the app in the path"),
        ("?confirm=Webapp", "invalid confirm: the name of the app in the path"),
        ("?confirm=webapp&confirm=webapp", "\"confirm\" is given twice"),
        (
            "?confirm=webapp&dt=5",
            "unknown parameter in the query: expected \"confirm\"",
        ),
    ] {
        site.call("DELETE", &format!("/sessions{query}")).is_invalid(detail);
    }
    assert!(tokens.iter().all(|token| site.peek(token).is_some()));
    assert_eq!(
        site.call("DELETE", "/sessions?confirm=webapp").gives(200),
        json!({"killed": 2})
    );
    assert!(tokens.iter().all(|token| site.peek(token).is_none()));
    assert_eq!(site.call_at("GET", "/v1/apps/other/counts").gives(200)["sessions"], 1);
}
