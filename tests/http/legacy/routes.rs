//! Each route with valid input: the exact body of the response, and the effect on the sessions.

use super::{JSON, Site, assert_json, assert_page, created, set, token_in};
use crate::harness::{age, age_everywhere, is_token, plant, token_of};

#[test]
fn ping_returns_pong_in_any_capitals_and_with_a_slash_at_the_end() {
    let site = Site::start();
    for target in ["/ping", "/ping/", "/PING", "/ping?x=%ff"] {
        assert_json(&site.legacy.get(target).send(), 200, "PONG");
    }
}

#[test]
fn create_makes_a_session_and_get_shows_it_with_its_counters_as_they_were() {
    let site = Site::start();
    let target = "/web/create/u1?ip=203.0.113.7&ttl=60";
    let body = r#"{"name":"Ann","paid":true,"sum":120.55,"left":null}"#;
    let made = site.legacy.request("PUT", target);
    let made = made.header("Content-Type", "application/json").body(body).send();
    let token = token_in(&made);
    assert!(is_token(&token), "{made:?}");
    assert_json(&made, 200, &format!("{{\"token\":\"{token}\"}}"));
    for r in 1..=3 {
        let shown = format!(
            "{{\"id\":\"u1\",\"r\":{r},\"w\":1,\"ttl\":60,\"idle\":_,\"ip\":\"203.0.113.7\",\
             \"d\":{{\"name\":\"Ann\",\"paid\":true,\"sum\":120.55}}}}"
        );
        assert_json(&site.legacy.get(&format!("/web/get/{token}")).send(), 200, &shown);
    }
}

#[test]
fn get_shows_the_idle_time_before_the_use_and_resets_it() {
    let site = Site::start();
    let token = created(&site.legacy, "web", "u1");
    age(&mut site.server.client(), "web", &token, 30);
    let idle = || site.legacy.get(&format!("/web/get/{token}")).send().json()["idle"].as_i64();
    assert!((30..33).contains(&idle().unwrap()));
    assert!((0..3).contains(&idle().unwrap()));
}

#[test]
fn a_session_without_ttl_gets_the_ttl_of_the_setting() {
    let site = Site::start();
    let ttl = |query: &str| {
        let made = site
            .legacy
            .request("PUT", &format!("/web/create/u1?ip=x{query}"))
            .send();
        let shown = site.legacy.get(&format!("/web/get/{}", token_in(&made))).send();
        shown.json()["ttl"].as_i64()
    };
    assert_eq!(ttl(""), Some(7200));
    assert_eq!(ttl("&ttl="), Some(7200));
    site.server.client().line("CONFIG SET sessions.ttl 600");
    assert_eq!(ttl(""), Some(600));
    assert_eq!(ttl("&ttl=99999999999"), Some(315_360_000));
}

#[test]
fn set_merges_the_body_raises_w_and_leaves_r() {
    let site = Site::start();
    let token = created(&site.legacy, "web", "u1");
    let shown = |w: u32, data: &str| {
        format!("{{\"id\":\"u1\",\"r\":1,\"w\":{w},\"ttl\":7200,\"idle\":_,\"ip\":\"203.0.113.7\"{data}}}")
    };
    for (w, body, data) in [
        (2, r#"{"a":1,"b":"x"}"#, r#","d":{"a":1,"b":"x"}"#),
        (3, r#"{"b":null,"c":false}"#, r#","d":{"a":1,"c":false}"#),
        (4, r#"{"a":null,"c":null,"never":null}"#, ""),
    ] {
        let set = set(&site.legacy, &token, body);
        assert_json(&set, 200, &shown(w, data));
    }
}

#[test]
fn an_unknown_session_returns_an_empty_object_and_no_kill() {
    let site = Site::start();
    let timed_out = created(&site.legacy, "web", "u1");
    age(&mut site.server.client(), "web", &timed_out, 7300);
    for token in [token_of('z'), timed_out] {
        assert_json(&site.legacy.get(&format!("/web/get/{token}")).send(), 200, "{}");
        let set = set(&site.legacy, &token, "{\"a\":1}");
        assert_json(&set, 200, "{}");
        let kill = site.legacy.request("DELETE", &format!("/web/kill/{token}"));
        assert_json(&kill.send(), 200, "{\"kill\":0}");
    }
    assert_json(&site.legacy.get("/web/soid/nobody").send(), 200, "{\"sessions\":[]}");
    assert_json(&site.legacy.get("/none/soapp?dt=60").send(), 200, "{\"sessions\":[]}");
    assert_json(&site.legacy.get("/none/activity?dt=60").send(), 200, "{\"activity\":0}");
    for target in ["/web/killsoid/nobody", "/none/killall"] {
        assert_json(&site.legacy.request("DELETE", target).send(), 200, "{\"kill\":0}");
    }
}

#[test]
fn lists_counts_and_kills_of_an_id_and_an_app() {
    let site = Site::start();
    let mut client = site.server.client();
    let tokens = ["ann", "ann", "bob"].map(|id| created(&site.legacy, "web", id));
    for (token, seconds) in tokens.iter().zip([40, 20, 5]) {
        age_everywhere(&mut client, "web", token, seconds);
    }
    let listed = |target: &str| {
        site.legacy.get(target).send().json()["sessions"]
            .as_array()
            .map(Vec::len)
    };
    let first = |target: &str| site.legacy.get(target).send().json()["sessions"][0]["id"].clone();
    assert_eq!(
        (listed("/web/soapp?dt=60"), listed("/web/soapp?dt=30")),
        (Some(3), Some(2))
    );
    assert_eq!(
        (listed("/web/soid/ann"), first("/web/soapp?dt=60")),
        (Some(2), "bob".into())
    );
    let one = "{\"id\":\"bob\",\"r\":1,\"w\":1,\"ttl\":7200,\"idle\":_,\"ip\":\"203.0.113.7\"}";
    let all = format!("{{\"sessions\":[{one}]}}");
    assert_json(&site.legacy.get("/web/soid/bob").send(), 200, &all);
    let delete = |target: &str| site.legacy.request("DELETE", target).send();
    assert_json(&site.legacy.get("/web/activity?dt=600").send(), 200, "{\"activity\":2}");
    assert_json(&delete(&format!("/web/kill/{}", tokens[2])), 200, "{\"kill\":1}");
    assert_json(&delete(&format!("/web/kill/{}", tokens[2])), 200, "{\"kill\":0}");
    assert_json(&site.legacy.get("/web/activity?dt=600").send(), 200, "{\"activity\":1}");
    assert_json(&delete("/web/killsoid/ann"), 200, "{\"kill\":2}");
    created(&site.legacy, "web", "ann");
    created(&site.legacy, "other", "ann");
    assert_json(&delete("/web/killall"), 200, "{\"kill\":1}");
    assert_eq!(listed("/other/soid/ann"), Some(1));
}

#[test]
fn sessions_of_other_programs_are_shown_with_the_properties_of_rest_sessions() {
    let site = Site::start();
    let mut client = site.server.client();
    let now = crate::harness::now(&mut client);
    let la = (now - 30).to_string();
    let base = [("r", "4"), ("w", "2"), ("la", la.as_str()), ("ttl", "100")];
    for (letter, fields, shown) in [
        (
            'a',
            &[("id", "u")][..],
            r#""id":"u","r":4,"w":2,"ttl":100,"idle":_,"ip":null"#,
        ),
        (
            'b',
            &[("id", ""), ("ip", "::1"), ("ua", "Browser"), ("created", "1")],
            r#""id":"","r":4,"w":2,"ttl":100,"idle":_,"ip":"::1""#,
        ),
        (
            'c',
            &[
                ("id", "ü\""),
                ("ip", ""),
                ("d", r#"{"b":[1.0,{}],"1":"\u00e9","a":1e21}"#),
            ],
            r#""id":"ü\"","r":4,"w":2,"ttl":100,"idle":_,"ip":null,"d":{"1":"é","b":[1,{}],"a":1e+21}"#,
        ),
        (
            'd',
            &[("id", "u"), ("d", "no JSON")],
            r#""id":"u","r":4,"w":2,"ttl":100,"idle":_,"ip":null"#,
        ),
    ] {
        let token = token_of(letter);
        plant(&mut client, "web", &token, &[fields, &base].concat());
        let shown = format!("{{{shown}}}");
        assert_json(&site.legacy.get(&format!("/web/get/{token}")).send(), 200, &shown);
    }
    let token = token_of('e');
    let fields = [("id", "u"), ("no_resave", "1"), ("d", "{\"a\":1}")];
    plant(&mut client, "web", &token, &[&fields[..], &base].concat());
    let shown = site.legacy.get(&format!("/web/get/{token}")).send();
    let body = super::without_idle(&shown);
    let (_, after) = body.split_once("\"idle\":").unwrap();
    assert_eq!(after, r#"_,"ip":null,"no_resave":true,"d":{"a":1}}"#);
    let left = shown.json()["ttl"].as_i64().unwrap();
    assert!((60..=70).contains(&left), "{shown:?}");
}

#[test]
fn an_anonymous_session_is_changed_and_killed() {
    let site = Site::start();
    let token = site
        .server
        .client()
        .line("SESSIONS.CREATE web \"\" ANON")
        .text()
        .to_owned();
    let set = set(&site.legacy, &token, "{\"a\":1}");
    assert_json(
        &set,
        200,
        r#"{"id":"","r":1,"w":2,"ttl":7200,"idle":_,"ip":null,"d":{"a":1}}"#,
    );
    let kill = site.legacy.request("DELETE", &format!("/web/kill/{token}"));
    assert_json(&kill.send(), 200, "{\"kill\":1}");
}

#[test]
fn head_is_get_without_a_body_and_counts_as_a_use() {
    let site = Site::start();
    let token = created(&site.legacy, "web", "u1");
    let get = |method: &str| site.legacy.request(method, &format!("/web/get/{token}")).send();
    let head = get("HEAD");
    assert_eq!(
        (head.status(), head.header("content-type"), head.text()),
        (200, Some(JSON), "")
    );
    let shown = get("GET");
    assert_eq!(shown.json()["r"], 2);
    assert_eq!(head.header("content-length"), shown.header("content-length"));
}

#[test]
fn options_names_the_method_of_a_route() {
    let site = Site::start();
    for (target, methods) in [
        ("/ping", "GET,HEAD"),
        ("/web/get/x", "GET,HEAD"),
        ("/web/create/x", "PUT"),
        ("/web/Set/x/", "POST"),
        ("/web/killall", "DELETE"),
    ] {
        let response = site.legacy.request("OPTIONS", target).send();
        assert_page(&response, 200);
        assert_eq!((response.header("allow"), response.text()), (Some(methods), methods));
    }
    assert_page(&site.legacy.request("OPTIONS", "/web/nothing").send(), 404);
}

#[test]
fn other_paths_and_methods_are_a_page_that_repeats_nothing() {
    let site = Site::start();
    let token = token_of('s');
    for (method, target) in [
        ("GET", "/"),
        ("GET", "/web/get"),
        ("GET", "/web/get/"),
        ("GET", "//ping"),
        ("POST", "/ping"),
        ("PUT", &format!("/web/get/{token}")),
        ("PATCH", &format!("/web/set/{token}")),
        ("GET", &format!("/web/get/{token}/more")),
        ("TRACE", "/ping"),
    ] {
        let response = site.legacy.request(method, target).send();
        assert_page(&response, 404);
        assert!(!response.text().contains(&token), "{response:?}");
        assert_eq!(response.header("content-security-policy"), Some("default-src 'none'"));
        assert_eq!(response.header("x-content-type-options"), Some("nosniff"));
    }
}
