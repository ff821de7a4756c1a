use super::*;

#[test]
fn json_is_read_as_other_parsers_read_it() {
    for text in [
        "{}",
        "[]",
        " [ ] ",
        "1",
        "-0",
        "0.5",
        "1e5",
        "1E-05",
        "1.5e+300",
        "true",
        "false",
        "null",
        r#""""#,
        r#""\u00e9\ud83d\ude00\\\"\/""#,
        r#"{"a":[{},[],{"b":[1,2]}],"c":""}"#,
        "{\"a\" :\t1 ,\r\n\"b\":2 }",
        "",
        " ",
        "{",
        "[",
        "}",
        "{]",
        "[}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "[1,]",
        "[,]",
        "{,}",
        "{1:2}",
        "01",
        "-",
        "1.",
        ".5",
        "+1",
        "1e",
        "1e+",
        "tru",
        "truex",
        "nulll",
        "\"",
        "\"\\",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\ud83d\\u12\"",
        "\"\n\"",
        "{} {}",
        "[1 2]",
        "1 2",
        "{\"a\":1}}",
        "[1]]",
        "{\"a\":[1}",
        "\u{feff}{}",
        "NaN",
    ] {
        let is_json = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
        assert_eq!(scan(text, |_, _| {}).is_ok(), is_json, "{text:?}");
    }
}

#[test]
fn the_members_of_the_outermost_object_are_given_as_texts() {
    for (text, expected) in [
        ("{}", &[][..]),
        (r#"[{"a":1}]"#, &[]),
        (r#"{"a":1}"#, &[(r#""a""#, "1")]),
        (
            r#" { "a" : [ {"b":1} ] , "\n" : { } } "#,
            &[(r#""a""#, r#"[ {"b":1} ]"#), (r#""\n""#, "{ }")],
        ),
        (
            r#"{"a":{"b":{}},"c":[]}"#,
            &[(r#""a""#, r#"{"b":{}}"#), (r#""c""#, "[]")],
        ),
    ] {
        let mut members = Vec::new();
        scan(text, |name, value| members.push((name, value))).unwrap();
        assert_eq!(members, expected, "{text}");
    }
}

#[test]
fn what_strict_parsers_refuse_is_found_at_any_depth() {
    let long = "1".repeat(MAX_NUMBER + 1);
    let long_enough = "1".repeat(MAX_NUMBER);
    for (value, half_pair, wild_number) in [
        ("1e99", false, false),
        ("1e308", false, false),
        ("1e309", false, true),
        ("1e-999999999999", false, false),
        ("0e999", false, false),
        (long_enough.as_str(), false, false),
        (long.as_str(), false, true),
        (r#""\ud83d\ude00""#, false, false),
        (r#""\ud83d""#, true, false),
        (r#""\ude00""#, true, false),
        (r#"{"\ude00":1}"#, true, false),
    ] {
        for text in [format!(r#"{{"a":{value}}}"#), format!(r#"{{"a":[[{{"b":{value}}}]]}}"#)] {
            let expected = Found {
                object: true,
                half_pair,
                wild_number,
            };
            assert_eq!(scan(&text, |_, _| {}), Ok(expected), "{text}");
        }
    }
}

#[test]
fn a_fault_is_at_the_first_wrong_byte() {
    for (text, offset) in [
        ("", 0),
        ("{x}", 1),
        (r#"{"a":x}"#, 5),
        (r#"{"a":1,"b":!}"#, 11),
        (r#"{"a":1}x"#, 7),
        (r#"{"a":01}"#, 6),
        (r#"{"a":tru}"#, 8),
        (r#"{"a":"\u12g4"}"#, 10),
        (r#"{"a":"\x"}"#, 7),
        (r#"{"a":1"#, 6),
    ] {
        assert_eq!(scan(text, |_, _| {}), Err(Fault::At(offset)), "{text}");
    }
}
