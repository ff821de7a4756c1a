//! The headers about a session that a gateway copies to the backend's request.
//!
//! Every response has every header of an app, if necessary with an empty value: if a header were
//! missing, some gateways would pass on the header that the visitor sent under that name.

use std::borrow::Cow;
use std::collections::HashMap;

use axum::http::{HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use serde_json::value::RawValue;

const USER: HeaderName = HeaderName::from_static("x-session-user");
const SID: HeaderName = HeaderName::from_static("x-session-id");

/// The maximum number of bytes of all values together. Gateways allow 4 to 8 KB for the headers of
/// a response.
const MAX_BYTES: usize = 4096;

/// Encoded so that no value ends a header, is split at a comma, or depends on the character set
/// that a backend assumes.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'@')
    .remove(b':');

/// A header that shows a key of the session's data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataHeader {
    pub name: HeaderName,
    /// A key at the top level of the data.
    pub key: String,
}

/// The parts of a session that headers show.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shown<'s> {
    /// Empty for an anonymous session.
    pub id: &'s [u8],
    pub sid: &'s [u8],
    /// A JSON object.
    pub data: Option<&'s str>,
}

/// All headers of an app for a session.
#[derive(Debug)]
pub(super) struct Rendered {
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// How many values did not fit and are empty.
    pub too_long: u64,
}

/// The user and the sid come first, then the configured headers in their order. A value that does
/// not fit into the remaining bytes is empty.
pub(super) fn render(shown: Shown<'_>, configured: &[DataHeader]) -> Rendered {
    let data = if configured.is_empty() { None } else { shown.data };
    let members: HashMap<Cow<'_, str>, &RawValue> = data
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();

    let mut rendered = Rendered {
        headers: Vec::with_capacity(2 + configured.len()),
        too_long: 0,
    };
    let mut left = MAX_BYTES;
    let mut add = |name: &HeaderName, value: &[u8]| {
        let encoded = percent_encode(value, ENCODED).to_string();
        let fits = encoded.len() <= left;
        if fits {
            left -= encoded.len();
        } else {
            rendered.too_long += 1;
        }
        let value = Some(encoded)
            .filter(|_| fits)
            .and_then(|value| HeaderValue::try_from(value).ok());
        rendered
            .headers
            .push((name.clone(), value.unwrap_or(HeaderValue::from_static(""))));
    };
    add(&USER, shown.id);
    add(&SID, shown.sid);
    for DataHeader { name, key } in configured {
        let value = members.get(key.as_str()).map(|raw| plain(raw.get()));
        add(name, value.unwrap_or_default().as_bytes());
    }
    rendered
}

/// A string without its quotes, empty for null, and compact JSON for all other values.
fn plain(json: &str) -> Cow<'_, str> {
    match json.as_bytes().first() {
        Some(b'"') => serde_json::from_str(json).map_or(Cow::Borrowed(""), Cow::Owned),
        Some(b'n') => Cow::Borrowed(""),
        Some(b'{' | b'[') => Cow::Owned(compact(json)),
        _ => Cow::Borrowed(json),
    }
}

/// Valid JSON without the spaces between its parts. Nothing else changes, so that numbers keep
/// their text.
fn compact(json: &str) -> String {
    let (mut in_string, mut escaped) = (false, false);
    let keep = |c: &char| {
        let blank = !in_string && c.is_ascii_whitespace();
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = in_string,
            '"' => in_string = !in_string,
            _ => {}
        }
        !blank
    };
    json.chars().filter(keep).collect()
}

#[cfg(test)]
mod tests {
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
}
