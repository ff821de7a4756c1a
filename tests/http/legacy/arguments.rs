//! Apps, ids, tokens, ips, ttl and dt: which values are accepted, and the errors for the others.

use super::{Site, assert_json, assert_named, assert_page, created, token_in};
use crate::harness::token_of;

const SECONDS: (&str, &str) = ("invalidValue", "ttl must be a positive integer >= 10");
const NO_IP: (&str, &str) = ("missingParameter", "No ip supplied");
const APP: (&str, &str) = ("invalidFormat", "Invalid app format");
const ID: (&str, &str) = ("invalidFormat", "Invalid id format");
const IP: (&str, &str) = ("invalidFormat", "Invalid ip format");
const TOKEN: (&str, &str) = ("invalidFormat", "Invalid token format");

#[test]
fn a_wrong_argument_is_500_with_a_name_and_a_message() {
    let site = Site::start();
    let (long_app, long_ip) = ("a".repeat(21), "1".repeat(40));
    let (long_id, long_token) = ("x".repeat(513), "z".repeat(65));
    for (method, target, (name, message)) in [
        ("PUT", "/ab/create/u?ip=1", APP),
        ("PUT", &format!("/{long_app}/create/u?ip=1"), APP),
        ("PUT", "/we%20b/create/u?ip=1", APP),
        ("PUT", "/w%C3%A9b/create/u?ip=1", APP),
        ("GET", "/we/activity?dt=60", APP),
        ("GET", "/web%2Fx/soapp?dt=60", APP),
        ("GET", "/we/soid/u", APP),
        ("DELETE", "/we/killsoid/u", APP),
        ("DELETE", "/we/killall", APP),
        ("PUT", "/web/create/a%0Ab?ip=1", ID),
        ("PUT", "/web/create/a%0Db?ip=1", ID),
        ("PUT", "/web/create/a%E2%80%A8b?ip=1", ID),
        ("PUT", "/web/create/%00?ip=1", ID),
        ("PUT", &format!("/web/create/{long_id}?ip=1"), ID),
        ("GET", "/web/soid/a%0Ab", ID),
        ("DELETE", "/web/killsoid/a%E2%80%A9b", ID),
        ("PUT", "/web/create/u", NO_IP),
        ("PUT", "/web/create/u?ip=", NO_IP),
        ("PUT", "/web/create/u?ip", NO_IP),
        ("PUT", "/web/create/u?IP=1", NO_IP),
        ("PUT", &format!("/web/create/u?ip={long_ip}"), IP),
        ("PUT", "/web/create/u?ip=a%0Ab", IP),
        ("PUT", "/web/create/u?ip=%00", IP),
        ("GET", "/web/get/short", TOKEN),
        ("GET", &format!("/web/get/{long_token}"), TOKEN),
        ("DELETE", &format!("/web/kill/{}_", "z".repeat(63)), TOKEN),
        ("GET", "/web/activity", SECONDS),
        ("GET", "/web/activity?dt=", SECONDS),
        ("GET", "/web/activity?dt=9", SECONDS),
        ("GET", "/web/activity?dt=-60", SECONDS),
        ("GET", "/web/soapp?dt=soon", SECONDS),
        ("GET", "/web/soapp?dt=1e3", SECONDS),
        ("PUT", "/web/create/u?ip=1&ttl=9", SECONDS),
        ("PUT", "/web/create/u?ip=1&ttl=0", SECONDS),
        ("PUT", "/web/create/u?ip=1&ttl=0x20", SECONDS),
        // The order of the checks: the app, then the id or token, then the ip, then the ttl.
        ("PUT", "/ab/create/%0A?ttl=1", APP),
        ("PUT", "/web/create/%0A?ttl=1", ID),
        ("PUT", "/web/create/u?ttl=1", NO_IP),
        ("GET", "/we/get/short", APP),
        ("GET", "/we/soapp?dt=1", APP),
    ] {
        let response = site.legacy.request(method, target).send();
        eprintln!("{method} {target}");
        assert_named(&response, name, message);
    }
    crate::harness::assert_no_keys(&mut site.server.client());
}

#[test]
fn an_id_is_any_text_of_one_line_percent_encoded() {
    let site = Site::start();
    for (path, id) in [
        ("12345", "12345"),
        ("0", "0"),
        ("a+b", "a+b"),
        ("%20", " "),
        ("..", ".."),
        ("%2e%2e", ".."),
        ("a;b", "a;b"),
        ("ann%40example.com", "ann@example.com"),
        ("%C3%BC%2F%3F%23%3A%22%25", "ü/?#:\"%"),
        (&"x".repeat(512), &"x".repeat(512)),
    ] {
        let token = created(&site.legacy, "web", path);
        let shown = site.legacy.get(&format!("/web/get/{token}")).send();
        assert_eq!(shown.json()["id"], id, "{path}");
        let listed = site.legacy.get(&format!("/web/soid/{path}")).send();
        assert_eq!(listed.json()["sessions"].as_array().map(Vec::len), Some(1), "{path}");
        let kill = site.legacy.request("DELETE", &format!("/web/killsoid/{path}"));
        assert_json(&kill.send(), 200, "{\"kill\":1}");
    }
}

#[test]
fn a_query_is_read_as_rest_sessions_reads_it() {
    let site = Site::start();
    for (query, ip, ttl) in [
        ("ip=not+an+ip&ttl=20.9", "not an ip", 20),
        ("ip=%C3%A9&ttl=60x", "é", 60),
        ("ip=1&ip=2&ttl=20&ttl=30", "1,2", 20),
        ("ip[]=1&ip%5B%5D=2&ttl[]=20", "1,2", 20),
        ("%69p=a=b&ttl=%20%2B20", "a=b", 20),
        ("ip=%ff&ttl=+20&no_resave=true&d=x", "%ff", 20),
        ("ttl=2592001&ip=1%", "1%", 2_592_001),
        ("ip=2;ttl=3", "2;ttl=3", 7200),
    ] {
        let made = site.legacy.request("PUT", &format!("/web/create/u?{query}")).send();
        let shown = site.legacy.get(&format!("/web/get/{}", token_in(&made))).send();
        let body = format!("{{\"id\":\"u\",\"r\":1,\"w\":1,\"ttl\":{ttl},\"idle\":_,\"ip\":\"{ip}\"}}");
        assert_json(&shown, 200, &body);
    }
    for dt in ["10", "60x", "60&dt=9", "99999999999999", "%2060"] {
        let count = site.legacy.get(&format!("/web/activity?dt={dt}"));
        assert_json(&count.send(), 200, "{\"activity\":1}");
    }
}

#[test]
fn a_token_may_be_percent_encoded_and_the_words_of_a_path_have_any_case() {
    let site = Site::start();
    let token = created(&site.legacy, "web", "u1");
    let (first, rest) = token.split_at(1);
    let encoded = format!("%{:02X}{rest}", first.as_bytes()[0]);
    for target in [
        format!("/web/get/{encoded}"),
        format!("/w%65b/get/{token}/"),
        format!("/web/GET/{token}?x=1"),
    ] {
        let shown = site.legacy.get(&target).send().assert_status(200);
        assert_eq!(shown.json()["id"], "u1", "{target}");
    }
    assert_json(&site.legacy.get(&format!("/WEB/get/{token}")).send(), 200, "{}");
}

#[test]
fn a_path_that_is_wrongly_encoded_is_400() {
    let site = Site::start();
    for (method, target) in [
        ("GET", "/web/get/%ff"),
        ("GET", "/web/soid/%zz"),
        ("GET", "/web/soid/%4"),
        ("PUT", "/web/create/%C3?ip=1"),
        ("GET", "/%ff/soapp?dt=60"),
    ] {
        assert_page(&site.legacy.request(method, target).send(), 400);
    }
    assert_named(&site.legacy.get("/web/get/%20").send(), TOKEN.0, TOKEN.1);
    assert_json(
        &site.legacy.get(&format!("/web/get/{}", token_of('n'))).send(),
        200,
        "{}",
    );
}
