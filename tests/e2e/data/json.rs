//! Which JSON is accepted as data, and the errors for everything else.

use super::kept;
use crate::harness::*;

const OBJECT: &str = "must be a JSON object";
const DEPTH: &str = "must be at most 32 levels deep";
const NUMBER: &str =
    "numbers must have at most 128 characters and be within the range of a 64-bit floating-point number";

fn column(number: usize) -> String {
    format!("invalid JSON at column {number}")
}

/// CREATE and SET must refuse `json` with this reason.
#[track_caller]
fn refused(client: &mut Client, token: &str, json: &[u8], reason: &str) {
    let wanted = Reply::Error(format!("ERR invalid data: {reason}"));
    let shown = String::from_utf8_lossy(json);
    let create: [&[u8]; 5] = [b"SESSIONS.CREATE", b"web", b"u1", b"DATA", json];
    assert_eq!(client.run(&create), wanted, "CREATE with {shown}");
    let set: [&[u8]; 4] = [b"SESSIONS.SET", b"web", token.as_bytes(), json];
    assert_eq!(client.run(&set), wanted, "SET with {shown}");
}

#[test]
fn json_of_another_type_is_refused() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &[]);
    for json in [
        "[]",
        "[{}]",
        "1",
        "\"x\"",
        "null",
        "true",
        " [1] ",
        "-1.5e3",
        r#""\ud83d""#,
    ] {
        refused(&mut client, &token, json.as_bytes(), OBJECT);
    }
}

/// Two objects of this depth, one of nested arrays and one of nested objects.
fn deep(levels: usize) -> [String; 2] {
    let (open, close) = ("[".repeat(levels - 1), "]".repeat(levels - 1));
    [
        format!(r#"{{"a":{open}{close}}}"#),
        format!("{}1{}", r#"{"a":"#.repeat(levels), "}".repeat(levels)),
    ]
}

#[test]
fn data_may_be_nested_32_levels_deep_and_not_deeper() {
    let server = Server::start();
    let mut client = server.client();
    for json in [
        r#"{"a":[]}"#,
        r#"{"a":{}}"#,
        r#"{"cart":[{"sku":"x-1","n":2},{"sku":"y","n":1}],"seen":null,"prefs":{"lang":"en","nested":{"null":null}}}"#,
    ] {
        let token = create(&mut client, "web", "u1", &["DATA", json]);
        let stored = json.replace(r#""seen":null,"#, "");
        assert_eq!(hash_field(&mut client, "web", &token, "d"), Some(stored));
    }
    for json in deep(32) {
        kept(&mut client, &json, &json);
    }
    let token = create(&mut client, "web", "u1", &[]);
    for levels in [33, 1000, 100_000] {
        for json in deep(levels) {
            refused(&mut client, &token, json.as_bytes(), DEPTH);
        }
    }
}

#[test]
fn numbers_that_no_double_holds_or_of_more_than_128_characters_are_refused() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &[]);
    let long = format!("0.{}", "1".repeat(127));
    for number in [
        "1e400",
        "-1e400",
        "1E+309",
        "1.7976931348623159e308",
        &"9".repeat(129),
        &long,
    ] {
        for json in [
            format!(r#"{{"n":{number}}}"#),
            format!(r#"{{"a":[{{"b":[0,{number}]}}]}}"#),
        ] {
            refused(&mut client, &token, json.as_bytes(), NUMBER);
        }
    }
    let as_text = format!(r#"{{"1e400":"1e400","n":"{}"}}"#, "9".repeat(5000));
    kept(&mut client, &as_text, &as_text);
}

#[test]
fn broken_json_is_refused_with_the_column_and_never_repeated() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &[]);
    let broken = [
        "",
        " ",
        "{",
        "}",
        "{a:1}",
        "{'a':1}",
        r#"{"a"}"#,
        r#"{"a":}"#,
        r#"{"a":1,}"#,
        r#"{"a":1"#,
        r#"{"a":1}}"#,
        r#"{"a":1} x"#,
        r#"{"a":01}"#,
        r#"{"a":1.}"#,
        r#"{"a":.5}"#,
        r#"{"a":+1}"#,
        r#"{"a":-}"#,
        r#"{"a":1e}"#,
        r#"{"a":NaN}"#,
        r#"{"a":Infinity}"#,
        r#"{"a":undefined}"#,
        r#"{"a":True}"#,
        r#"{"a":tru}"#,
        r#"{"a":"\x"}"#,
        r#"{"a":"\u12"}"#,
        r#"{"a":"\u12g4"}"#,
        r#"{"a":"x}"#,
        r#"{1:1}"#,
        r#"{"a":1 "b":2}"#,
        r#"{"a":1,,"b":2}"#,
        r#"{,}"#,
        "{}{}",
        "secret",
        "{\"a\":\"\t\"}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\0\"}",
        "{\"a\0\":1}",
        "\0",
        "{\"a\":1}\0",
        "\u{feff}{}",
    ];
    for json in broken {
        for command in [
            &["SESSIONS.CREATE", "web", "u1", "DATA", json][..],
            &["SESSIONS.SET", "web", &token, json],
        ] {
            let reply = client.run(command);
            let text = reply.error();
            let place = text.strip_prefix("ERR invalid data: invalid JSON at ");
            let place = place.unwrap_or_else(|| panic!("{json:?}: {text}"));
            let column = place
                .rsplit_once("column ")
                .and_then(|(_, number)| number.parse::<usize>().ok());
            assert!(
                column.is_some_and(|column| (1..=json.len() + 1).contains(&column)),
                "{json:?}: {text}"
            );
        }
    }
}

#[test]
fn the_column_points_at_the_first_wrong_byte() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &[]);
    for (json, number) in [
        ("{x}", 2),
        (r#"{"a":x}"#, 6),
        (r#"{"a":1,"b":!}"#, 12),
        (r#"{"é":x}"#, 7),
        ("x", 1),
        (r#"{"a":1}x"#, 8),
    ] {
        refused(&mut client, &token, json.as_bytes(), &column(number));
    }
    refused(&mut client, &token, b"{\n\"a\":x}", "invalid JSON at line 2 column 5");
}

#[test]
fn data_that_is_not_utf_8_is_refused() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &[]);
    let cases: [&[u8]; 5] = [
        b"\xff",
        b"{\"a\":\"\xff\"}",
        b"{\"a\":\"\xc3\"}",
        b"{\"a\":\"\xed\xa0\xbd\"}",
        b"{\"\xc0\x80\":1}",
    ];
    for json in cases {
        refused(&mut client, &token, json, "not valid UTF-8");
    }
}

#[test]
fn set_requires_at_least_one_key() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &["DATA", "{}"]);
    for json in ["{}", " { } ", "{\n}"] {
        let reply = client.run(&["SESSIONS.SET", "web", &token, json]);
        assert_eq!(
            reply.error(),
            "ERR invalid data: must have at least one key",
            "{json:?}"
        );
        let unknown = client.run(&["SESSIONS.SET", "web", &token_of('n'), json]);
        assert_eq!(
            unknown.error(),
            "ERR invalid data: must have at least one key",
            "{json:?}"
        );
    }
}
