//! Data comes back in the form that JavaScript writes.

use super::{Site, created, set};

#[test]
fn data_comes_back_as_javascript_writes_it() {
    let site = Site::start();
    for (body, data) in [
        (
            "{\"n\":1.0,\"e\":1e3,\"z\":-0,\"c\":1.50}",
            r#"{"n":1,"e":1000,"z":0,"c":1.5}"#,
        ),
        ("{\"big\":12345678901234567890}", r#"{"big":12345678901234567000}"#),
        (
            "{\"f\":1e21,\"g\":1e-7,\"h\":0.000001,\"i\":5e-324}",
            r#"{"f":1e+21,"g":1e-7,"h":0.000001,"i":5e-324}"#,
        ),
        ("{\"b\":1,\"10\":2,\"9\":3,\"01\":4}", r#"{"9":3,"10":2,"b":1,"01":4}"#),
        ("{\"a\":1,\"b\":2,\"a\":3}", r#"{"a":3,"b":2}"#),
        (
            "{\"s\":\"\\u00e9\\/\\u0001\\\"\",\"\":true}",
            "{\"s\":\"é/\\u0001\\\"\",\"\":true}",
        ),
        ("\u{feff}{\"bom\":1}", r#"{"bom":1}"#),
        ("{\"half\":\"\\ud83d\"}", "{\"half\":\"\u{fffd}\"}"),
        ("{\"__proto__\":1,\"length\":2}", r#"{"__proto__":1,"length":2}"#),
    ] {
        let token = created(&site.legacy, "web", "u1");
        let set = set(&site.legacy, &token, body).assert_status(200);
        let get = site.legacy.get(&format!("/web/get/{token}")).send();
        for response in [set, get] {
            let shown = response.text().split_once("\"d\":").unwrap().1;
            assert_eq!(shown.strip_suffix('}'), Some(data), "{body}");
        }
    }
}

#[test]
fn the_routes_share_their_sessions_with_v1_and_the_module() {
    let site = Site::start();
    let token = created(&site.legacy, "web", "u1");
    let mut client = site.server.client();
    let changed = client.run(&["SESSIONS.SET", "web", &token, r#"{"cart":{"items":[1.0]},"n":2.50}"#]);
    assert!(!changed.is_nil());
    let set = set(&site.legacy, &token, "{\"n\":3}");
    assert_eq!(set.json()["w"], 3);
    let shown = set.text().split_once("\"d\":").unwrap().1;
    assert_eq!(shown, r#"{"cart":{"items":[1]},"n":3}}"#);
}
