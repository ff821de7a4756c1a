//! `/v1` in a cluster: requests about a session use its node, requests about an app use all nodes.

use super::Site;
use crate::harness::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[test]
fn one_session_is_served_by_its_node() {
    let site = Site::cluster();
    for id in [
        json!("ann@example.org"),
        json!("日本"),
        json!("{x}y"),
        json!("u1"),
        Value::Null,
        Value::Null,
    ] {
        let token = site.create(&json!({"id": id, "data": {"n": 1}}));
        assert_eq!(site.call("GET", "/session").token(&token).gives(200)["r"], 1);
        let patched = site
            .call("PATCH", "/session")
            .token(&token)
            .header("If-Match", "\"1\"")
            .json(&json!({"a": 1}));
        assert_eq!(patched.gives(200)["w"], 2);
        let increment = site
            .call("POST", "/session/increment")
            .token(&token)
            .json(&json!({"key": "n"}));
        assert_eq!(increment.gives(200), json!({"value": 2}));
        site.call("POST", "/session/touch").token(&token).gives(204);
        site.call("PUT", "/session")
            .token(&token)
            .header("If-Match", "*")
            .json(&json!({"data": {"b": 1}}))
            .gives(204);
        let rotated = site
            .call("POST", "/session/rotate")
            .token(&token)
            .json(&json!({"grace": 5}))
            .gives(200);
        let new = rotated["token"].as_str().unwrap();
        assert_eq!(site.peek(&token).unwrap()["token"], new);
        assert_eq!(site.peek(new).unwrap()["data"], json!({"b": 1}));
        site.call("DELETE", "/session").token(new).gives(204);
        site.call("GET", "/session").token(&token).finds_nothing();
    }
    for malformed in ["", "x", "{a}b"] {
        site.call("GET", "/session").token(malformed).finds_nothing();
    }
}

#[test]
fn a_session_cannot_get_an_id_of_another_slot_and_the_error_names_the_two_steps() {
    let site = Site::cluster();
    let visitor = site.create(&json!({"data": {"cart": 3}}));
    let id = (0..)
        .map(|n| format!("u{n}"))
        .find(|id| slot(id) != slot(&visitor))
        .unwrap();
    let detail = "create a session for the id with all data of this one (POST /v1/apps/{app}/sessions), then end this one \
                  (DELETE /v1/apps/{app}/session)";
    let rotate = site
        .call("POST", "/session/rotate")
        .token(&visitor)
        .json(&json!({"id": id}));
    rotate.fails(409, "cross-slot", detail);
    let put = site
        .call("PUT", "/session")
        .token(&visitor)
        .json(&json!({"data": {}, "id": id}));
    put.fails(409, "cross-slot", detail);
    let data = site.peek(&visitor).unwrap()["data"].clone();
    let user = site.create(&json!({"id": id, "data": data}));
    site.call("DELETE", "/session").token(&visitor).gives(204);
    assert_eq!(site.peek(&user).unwrap()["data"], json!({"cart": 3}));
}

#[test]
fn visitors_are_spread_over_the_nodes() {
    let site = Site::cluster();
    for _ in 0..60 {
        site.create(&json!({}));
    }
    for node in site.in_cluster().primaries() {
        let count = node.client().run(&["SESSIONS.COUNT", &site.app]).int();
        assert!(count > 0, "a node has none of 60");
    }
}

#[test]
fn lists_counts_and_ends_cover_all_nodes() {
    let site = Site::cluster();
    let mut expected = Vec::new();
    for n in 0..30 {
        let id = format!("u{n}");
        let token = site.create(&json!({"id": id, "data": {"n": n}}));
        age_in_cluster(site.in_cluster(), &site.app, &token, n * 100);
        expected.push(id);
    }
    let listed = |query: &str| {
        let listed = site.call("GET", &format!("/sessions{query}")).gives(200);
        let sessions = listed["sessions"].as_array().unwrap().clone();
        sessions
            .iter()
            .map(|session| session["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(listed(""), expected);
    assert_eq!(listed("?limit=7"), expected[..7]);
    assert_eq!(listed("?offset=7&limit=7"), expected[7..14]);
    assert_eq!(listed("?offset=28&limit=7"), expected[28..]);
    assert_eq!(listed("?dt=1050"), expected[..11]);
    let mut pages = Vec::new();
    for offset in (0..30).step_by(7) {
        let page = site.call("GET", &format!("/users?offset={offset}&limit=7")).gives(200);
        pages.extend(page["users"].as_array().unwrap().clone());
    }
    let users: BTreeSet<&str> = pages.iter().map(|id| id.as_str().unwrap()).collect();
    assert_eq!(
        (pages.len(), users),
        (30, expected.iter().map(String::as_str).collect())
    );
    assert_eq!(
        site.call("GET", "/counts").gives(200),
        json!({"sessions": 30, "users": 30})
    );
    assert_eq!(
        site.call("GET", "/counts?dt=1050").gives(200),
        json!({"sessions": 11, "users": 11})
    );
    let of_one = site.call("GET", "/user/sessions?id=u5").gives(200);
    assert_eq!(of_one["sessions"][0]["data"], json!({"n": 5}));
    let ids = json!({"ids": expected[..20]});
    assert_eq!(
        site.call("POST", "/users/end").json(&ids).gives(200),
        json!({"killed": 20})
    );
    assert_eq!(
        site.call("DELETE", "/user/sessions?id=u25").gives(200),
        json!({"killed": 1})
    );
    let end = site.call("DELETE", &format!("/sessions?confirm={}", site.app));
    assert_eq!(end.gives(200), json!({"killed": 9}));
    assert_eq!(
        site.call("GET", "/counts").gives(200),
        json!({"sessions": 0, "users": 0})
    );
}
