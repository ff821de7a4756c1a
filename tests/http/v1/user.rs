//! `/v1/apps/{app}/user/sessions` and `users/end`.

use super::Site;
use crate::harness::*;
use serde_json::{Value, json};

/// The sids of a list.
#[track_caller]
fn sids(list: &Value) -> Vec<&str> {
    let sessions = list["sessions"].as_array().unwrap();
    sessions
        .iter()
        .map(|session| session["sid"].as_str().unwrap())
        .collect()
}

/// Sessions of an id, the first one used last.
#[track_caller]
fn created(site: &Site, id: &str, count: i64) -> Vec<String> {
    let mut client = site.server().client();
    let ages = 0..count;
    let tokens = ages.map(|age_of| {
        let token = site.create(&json!({"id": id, "data": {"n": age_of}}));
        age(&mut client, &site.app, &token, age_of * 100);
        token
    });
    tokens.collect()
}

#[test]
fn the_sessions_of_an_id_are_listed_by_page_without_their_tokens() {
    let site = Site::start();
    let tokens = created(&site, "u1", 3);
    site.create(&json!({"id": "u2"}));
    let list = |query: &str| site.call("GET", &format!("/user/sessions?id=u1{query}")).gives(200);
    let expected: Vec<String> = tokens.iter().map(|token| sid_of(token)).collect();
    let whole = list("");
    assert_eq!(sids(&whole), expected);
    assert_eq!(whole["sessions"][1]["data"], json!({"n": 1}));
    assert_eq!(whole["sessions"][1]["token"], Value::Null);
    assert_eq!(sids(&list("&offset=1&limit=1")), expected[1..2]);
    assert_eq!(sids(&list("&offset=3")), [""; 0]);
    assert_eq!(sids(&list("&dt=150")), expected[..2]);
    assert_eq!(sids(&list("&dt=0")), expected);
    assert_eq!(sids(&list(&format!("&sid={}", expected[2]))), expected[2..]);
    assert_eq!(sids(&list("&sid=0000000000000000")), [""; 0]);
    assert_eq!(list("&data=no")["sessions"][0]["data"], Value::Null);
    assert_eq!(list("&data=yes")["sessions"][0]["data"], json!({"n": 0}));
    assert_eq!(
        site.call("GET", "/user/sessions?id=nobody").gives(200),
        json!({"sessions": []})
    );
}

#[test]
fn without_a_limit_fifty_are_listed() {
    let site = Site::start();
    for _ in 0..51 {
        site.create(&json!({"id": "u1"}));
    }
    let list = |query: &str| sids(&site.call("GET", &format!("/user/sessions?id=u1{query}")).gives(200)).len();
    assert_eq!((list(""), list("&limit=500"), list("&offset=50")), (50, 51, 1));
}

#[test]
fn an_id_in_the_query_is_any_text() {
    let site = Site::start();
    for (id, query) in [
        ("a:b c@d", "a%3Ab+c%40d"),
        ("a:b c@d", "a:b%20c@d"),
        ("../..", "../.."),
        ("a+b&c=d", "a%2Bb%26c%3Dd"),
        ("%2F", "%252F"),
        ("日本", "%E6%97%A5%E6%9C%AC"),
        ("<b>\"", "%3Cb%3E%22"),
    ] {
        let token = site.create(&json!({"id": id}));
        let list = site.call("GET", &format!("/user/sessions?id={query}")).gives(200);
        assert!(sids(&list).contains(&sid_of(&token).as_str()), "{query}");
        site.call("DELETE", &format!("/user/sessions?id={query}")).gives(200);
        assert!(site.peek(&token).is_none(), "{query}");
    }
}

#[test]
fn lists_refuse_what_is_not_valid() {
    let site = Site::start();
    for (query, detail) in [
        ("", "\"id\" is required"),
        ("?id=", "invalid id: must not be empty"),
        ("?id=u1&id=u2", "\"id\" is given twice"),
        ("?id=u1&sid=", "invalid sid: exactly 16 hexadecimal digits 0-9 a-f"),
        (
            "?id=u1&sid=0123456789abcde",
            "invalid sid: exactly 16 hexadecimal digits 0-9 a-f",
        ),
        (
            "?id=u1&dt=-1",
            "invalid dt: a whole number of seconds from 0 (no limit) to 315360000",
        ),
        ("?id=u1&offset=10001", "invalid offset: a whole number from 0 to 10000"),
        ("?id=u1&offset=-1", "invalid offset: a whole number from 0 to 10000"),
        ("?id=u1&limit=501", "invalid limit: a whole number from 1 to 500"),
        ("?id=u1&limit=%2B5", "invalid limit: a whole number from 1 to 500"),
        (
            "?id=u1&limit=99999999999999999999999",
            "invalid limit: a whole number from 1 to 500",
        ),
        ("?id=u1&data=maybe", "invalid data: expected \"yes\" or \"no\""),
        (
            "?id=u1&peek",
            "unknown parameter in the query: expected one of \"id\", \"sid\", \"dt\", \"offset\", \"limit\", \"data\"",
        ),
        ("?id=%FF", "invalid query: must be percent-encoded UTF-8"),
    ] {
        site.call("GET", &format!("/user/sessions{query}")).is_invalid(detail);
    }
}

#[test]
fn all_sessions_of_an_id_end_or_all_but_one_or_only_one() {
    let site = Site::start();
    let other = site.create(&json!({"id": "u2"}));
    let delete = |query: &str| site.call("DELETE", &format!("/user/sessions?id=u1{query}"));
    let living = |tokens: &[String]| tokens.iter().filter(|token| site.peek(token).is_some()).count();

    let tokens = created(&site, "u1", 3);
    assert_eq!(delete("").gives(200), json!({"killed": 3}));
    assert_eq!((living(&tokens), delete("").gives(200)), (0, json!({"killed": 0})));

    let tokens = created(&site, "u1", 3);
    assert_eq!(delete("").token(&tokens[1]).gives(200), json!({"killed": 2}));
    assert_eq!((living(&tokens), site.peek(&tokens[1]).is_some()), (1, true));
    // A token without a session, or of another user, does not keep any session.
    assert_eq!(delete("").token(&other).gives(200), json!({"killed": 1}));

    let tokens = created(&site, "u1", 3);
    assert_eq!(
        delete(&format!("&sid={}", sid_of(&tokens[1]))).gives(200),
        json!({"killed": 1})
    );
    assert_eq!((living(&tokens), site.peek(&tokens[1]).is_none()), (2, true));
    assert!(site.peek(&other).is_some());
}

#[test]
fn ending_all_sessions_but_one_ends_none_if_that_one_does_not_exist() {
    let site = Site::start();
    let token = site.create(&json!({"id": "u1"}));
    let delete = |query: &str| site.call("DELETE", &format!("/user/sessions{query}"));
    for malformed in ["", "x", &token[1..], &format!("{token}x"), &format!("{} ", &token[1..])] {
        let detail = "invalid Session-Token: exactly 64 characters of A-Z a-z 0-9";
        delete("?id=u1").token(malformed).is_invalid(detail);
    }
    delete("?id=u1")
        .token(&token)
        .token(&token)
        .is_invalid("the header Session-Token is given twice");
    let both = delete(&format!("?id=u1&sid={}", sid_of(&token))).token(&token);
    both.is_invalid("sid and the header Session-Token cannot be combined");
    for (query, detail) in [
        ("", "\"id\" is required"),
        ("?id=", "invalid id: must not be empty"),
        ("?id=u1&sid=", "invalid sid: exactly 16 hexadecimal digits 0-9 a-f"),
        (
            "?id=u1&sid=ABCDEF0123456789",
            "invalid sid: exactly 16 hexadecimal digits 0-9 a-f",
        ),
        (
            "?id=u1&ids=u1",
            "unknown parameter in the query: expected \"id\" or \"sid\"",
        ),
    ] {
        delete(query).is_invalid(detail);
    }
    assert!(site.peek(&token).is_some());
}

#[test]
fn the_sessions_of_many_ids_end_in_one_request() {
    let site = Site::start();
    let tokens: Vec<String> = ["u1", "u1", "u:2", "日本"]
        .iter()
        .map(|id| site.create(&json!({"id": id})))
        .collect();
    let end = |ids: &Value| site.call("POST", "/users/end").json(&json!({"ids": ids}));
    let some = "invalid ids: 1 to 1000 ids";
    for (ids, detail) in [
        (json!([]), some),
        (json!(vec!["u1"; 1001]), some),
        (json!(["u1", ""]), "invalid ids: an id must not be empty"),
        (json!(["u1", 5]), "invalid ids[1]: expected a string"),
        (json!(["u1", null]), "invalid ids[1]: expected a string"),
        (json!("u1"), "invalid ids: expected a sequence"),
        (json!(null), "invalid ids: expected a sequence"),
    ] {
        end(&ids).is_invalid(detail);
    }
    site.call("POST", "/users/end")
        .text("{}")
        .is_invalid("\"ids\" is required");
    assert!(tokens.iter().all(|token| site.peek(token).is_some()));
    assert_eq!(
        end(&json!(["u1", "u1", "nobody", "日本"])).gives(200),
        json!({"killed": 3})
    );
    let living: Vec<bool> = tokens.iter().map(|token| site.peek(token).is_some()).collect();
    assert_eq!(living, [false, false, true, false]);
    let thousand: Vec<String> = (0..1000).map(|n| format!("n{n}")).collect();
    assert_eq!(end(&json!(thousand)).gives(200), json!({"killed": 0}));
}
