//! What the headers of a session contain, and how their values are encoded.

use super::*;

fn configured(keys: &[&str]) -> Vec<DataHeader> {
    let name = |at: usize| HeaderName::try_from(format!("x-session-{at}")).unwrap();
    keys.iter()
        .enumerate()
        .map(|(at, key)| DataHeader {
            name: name(at),
            key: (*key).to_owned(),
        })
        .collect()
}

fn values(shown: Shown<'_>, keys: &[&str]) -> Vec<String> {
    let rendered = render(shown, &configured(keys));
    rendered
        .headers
        .iter()
        .map(|(_, value)| value.to_str().unwrap().to_owned())
        .collect()
}

/// The value of a header for a JSON value.
fn shown_as(json: &str) -> String {
    let data = format!("{{\"a\":0,\"k\":{json}}}");
    values(
        Shown {
            data: Some(&data),
            ..Shown::default()
        },
        &["k"],
    )
    .remove(2)
}

#[test]
fn every_header_is_present_for_any_session() {
    let shown = Shown {
        id: b"bob",
        sid: b"00ff",
        data: Some("{\"role\":\"admin\"}"),
    };
    assert_eq!(values(shown, &["role", "plan"]), ["bob", "00ff", "admin", ""]);
    assert_eq!(values(Shown::default(), &["role", "plan"]), ["", "", "", ""]);
    for data in ["{}", "[1]", "not JSON", "{\"Role\":1}", "{\"a\":{\"role\":1}}"] {
        assert_eq!(
            values(
                Shown {
                    data: Some(data),
                    ..shown
                },
                &["role"]
            )[2],
            "",
            "{data}"
        );
    }
    let names: Vec<_> = render(shown, &configured(&["role"]))
        .headers
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, ["x-session-user", "x-session-id", "x-session-0"]);
}

#[test]
fn all_bytes_except_letters_digits_and_six_signs_are_percent_encoded() {
    let every: Vec<u8> = (0..=255).collect();
    let id = &values(
        Shown {
            id: &every,
            ..Shown::default()
        },
        &[],
    )[0];
    let decoded: Vec<u8> = percent_encoding::percent_decode_str(id).collect();
    assert_eq!(decoded, every);
    let kept: String = id.split('%').map(|piece| piece.get(2..).unwrap_or_default()).collect();
    assert_eq!(
        kept,
        "-.0123456789:@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~"
    );
    for (id, expected) in [
        ("bob@example.com", "bob@example.com"),
        ("a:b", "a:b"),
        ("a b\r\nX-Session-Id: 1", "a%20b%0D%0AX-Session-Id:%201"),
        ("a,b;c=\"d\"%", "a%2Cb%3Bc%3D%22d%22%25"),
        ("Zoë", "Zo%C3%AB"),
    ] {
        assert_eq!(
            values(
                Shown {
                    id: id.as_bytes(),
                    ..Shown::default()
                },
                &[]
            )[0],
            expected,
            "{id:?}"
        );
    }
    assert_eq!(
        values(
            Shown {
                id: b"\xff",
                ..Shown::default()
            },
            &[]
        )[0],
        "%FF"
    );
}

#[test]
fn values_other_than_strings_are_compact_json_with_unchanged_numbers() {
    for (json, expected) in [
        ("\"admin\"", "admin"),
        ("\"\"", ""),
        ("\"a\\u0000\\n\\\"\\ud83d\\ude00\"", "a%00%0A%22%F0%9F%98%80"),
        ("\"12\"", "12"),
        ("12", "12"),
        ("1.0", "1.0"),
        ("-1e5", "-1e5"),
        ("12345678901234567890", "12345678901234567890"),
        ("true", "true"),
        ("false", "false"),
        ("null", ""),
        ("[ ]", "%5B%5D"),
        ("[1, \"a b\", null]", "%5B1%2C%22a%20b%22%2Cnull%5D"),
        ("{ \"x\\\" y\" :\t[ 1.50 ] }", "%7B%22x%5C%22%20y%22:%5B1.50%5D%7D"),
        ("[\"\\\\\", \" \"]", "%5B%22%5C%5C%22%2C%22%20%22%5D"),
    ] {
        assert_eq!(shown_as(json), expected, "{json}");
    }
}

#[test]
fn a_key_is_found_by_its_decoded_name_and_its_last_value_counts() {
    for (data, expected) in [
        ("{\"r\\u006fle\":\"a\"}", "a"),
        ("{\"role\":\"a\",\"role\":\"b\"}", "b"),
        (" { \"role\" : \"a\" } ", "a"),
    ] {
        assert_eq!(
            values(
                Shown {
                    data: Some(data),
                    ..Shown::default()
                },
                &["role"]
            )[2],
            expected,
            "{data}"
        );
    }
}

#[test]
fn values_have_4_kb_together_and_the_others_are_empty_and_counted() {
    let long = "x".repeat(MAX_BYTES - 100);
    let data = format!("{{\"long\":\"{long}\",\"fits\":\"{}\",\"one\":\"y\"}}", "z".repeat(97));
    let shown = Shown {
        id: b"bob",
        data: Some(&data),
        ..Shown::default()
    };
    let lengths = |keys: &[&str]| values(shown, keys).iter().map(String::len).collect::<Vec<_>>();
    assert_eq!(lengths(&["long", "fits", "one"]), [3, 0, MAX_BYTES - 100, 97, 0]);
    assert_eq!(
        lengths(&["one", "long", "fits", "one"]),
        [3, 0, 1, MAX_BYTES - 100, 0, 1]
    );
    assert_eq!(
        render(shown, &configured(&["long", "fits", "one", "one", "absent"])).too_long,
        2
    );
    assert_eq!(render(shown, &configured(&["long", "fits"])).too_long, 0);
    // The encoded length counts.
    let id = vec![b' '; MAX_BYTES / 3];
    assert_eq!(
        values(
            Shown {
                id: &id,
                ..Shown::default()
            },
            &[]
        )[0]
        .len(),
        MAX_BYTES - 1
    );
    let id = vec![b' '; MAX_BYTES / 3 + 1];
    assert_eq!(
        values(
            Shown {
                id: &id,
                ..Shown::default()
            },
            &[]
        )[0],
        ""
    );
}
