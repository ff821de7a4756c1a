//! How INCR changes stored data: one top-level number changes, everything else keeps its text.
//!
//! The sum is merged as SET merges a value, so both commands agree on which names are equal, on the
//! position and on the size.

use std::borrow::Cow;

use super::{Data, Key, Member, decoded, merged};
use crate::error::Error;
use crate::json;
use crate::number::Increment;

/// The number at `key` after the addition, and the data with it. A key that is missing or null
/// counts as 0.
pub fn incremented(
    stored: Option<&[u8]>,
    key: Key<'_>,
    by: Increment,
    max_bytes: usize,
) -> Result<(i64, Option<String>), Error> {
    let number = number_at(stored.unwrap_or(b"{}"), key)?;
    let sum = number.checked_add(by.number()).ok_or(Error::OutOfRange)?;
    let name = serde_json::to_string(key.as_str()).map_err(|_| Error::Internal)?;
    let change = Data {
        compact: None,
        members: vec![Member {
            name: Cow::Owned(name),
            value: Cow::Owned(sum.to_string()),
        }],
    };
    Ok((sum, merged(stored, &change, max_bytes)?))
}

fn number_at(stored: &[u8], key: Key<'_>) -> Result<i64, Error> {
    let text = std::str::from_utf8(stored).map_err(|_| Error::StoredDataNotAnObject)?;
    let mut value = None;
    let found = json::scan(text, |name, text| {
        if decoded(name) == key.as_str() {
            // If a name is stored twice, every parser uses the last value.
            value = Some(text);
        }
    });
    match (found, value) {
        (Ok(found), _) if !found.object => Err(Error::StoredDataNotAnObject),
        // Names may become equal to the key when their halves of surrogate pairs are replaced.
        (Ok(found), _) if found.half_pair => number_at(json::whole_pairs(text).as_bytes(), key),
        (Ok(_), None | Some("null")) => Ok(0),
        // Text that is valid JSON and parses as an integer has no plus sign and no leading zero.
        (Ok(_), Some(number)) => number.parse().map_err(|_| Error::NotAWholeNumber),
        (Err(_), _) => Err(Error::StoredDataNotAnObject),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: usize = 1000;

    fn increment(stored: Option<&str>, key: &str, by: &str) -> Result<(i64, String), Error> {
        let (key, by) = (Key::parse(key.as_bytes())?, Increment::parse(by.as_bytes())?);
        let (sum, data) = incremented(stored.map(str::as_bytes), key, by, MAX)?;
        Ok((sum, data.expect("a number is left")))
    }

    #[test]
    fn the_number_changes_in_place_and_everything_else_keeps_its_text() {
        for (stored, key, by, sum, expected) in [
            (None, "a", "1", 1, r#"{"a":1}"#),
            (None, "a", "0", 0, r#"{"a":0}"#),
            (Some(r#"{"b":1.0}"#), "a", "-5", -5, r#"{"b":1.0,"a":-5}"#),
            (Some(r#"{"a":null,"b":2}"#), "a", "1", 1, r#"{"a":1,"b":2}"#),
            (Some(r#"{"a":-0}"#), "a", "0", 0, r#"{"a":0}"#),
            (
                Some(r#"{"x":1E+5,"a":41,"y":[ 1, {"a":7} ],"z":12345678901234567890}"#),
                "a",
                "1",
                42,
                r#"{"x":1E+5,"a":42,"y":[ 1, {"a":7} ],"z":12345678901234567890}"#,
            ),
            // Beyond the exact integers of a double.
            (
                Some(r#"{"a":9007199254740993}"#),
                "a",
                "2",
                9_007_199_254_740_995,
                r#"{"a":9007199254740995}"#,
            ),
        ] {
            let result = increment(stored, key, by);
            assert_eq!(result, Ok((sum, expected.to_owned())), "{stored:?} {key} {by}");
        }
    }

    #[test]
    fn names_are_the_same_as_for_set() {
        for (stored, key, expected) in [
            (Some(r#"{"\u0061":1}"#), "a", r#"{"\u0061":2}"#),
            (None, "\"\\\n\0é😀", "{\"\\\"\\\\\\n\\u0000é😀\":1}"),
            // The key is not JSON, so these six characters are not an escape.
            (Some(r#"{"a":1}"#), r"\u0061", r#"{"a":1,"\\u0061":1}"#),
            // A name that another program stored twice.
            (Some(r#"{"a":1,"b":2,"a":3}"#), "a", r#"{"a":4,"b":2}"#),
            (Some(r#"{"a":"x","b":2,"a":null}"#), "a", r#"{"a":1,"b":2}"#),
            // Half of a surrogate pair is read as the replacement character.
            (Some(r#"{"\ud83d":1,"b":2}"#), "\u{fffd}", r#"{"\ufffd":2,"b":2}"#),
            (
                Some(r#"{"\ud83d":1,"b":"\ude00","\udfff":7}"#),
                "\u{fffd}",
                r#"{"\ufffd":8,"b":"\ufffd"}"#,
            ),
            (Some(r#"{"a":1,"\ud83d":1}"#), "a", r#"{"a":2,"\ufffd":1}"#),
            (Some(r#"{"\ud83d":1}"#), r"\ud83d", r#"{"\ufffd":1,"\\ud83d":1}"#),
        ] {
            let data = increment(stored, key, "1").map(|(_, data)| data);
            assert_eq!(data.as_deref(), Ok(expected), "{stored:?} {key:?}");
        }
    }

    #[test]
    fn only_a_64_bit_integer_without_fraction_or_exponent_is_added_to() {
        for value in [
            "1.0",
            "1e3",
            "-0.0",
            r#""1""#,
            "true",
            "[1]",
            "{}",
            "9223372036854775808",
            "-9223372036854775809",
        ] {
            let stored = format!(r#"{{"a":{value}}}"#);
            assert_eq!(
                increment(Some(&stored), "a", "1"),
                Err(Error::NotAWholeNumber),
                "{value}"
            );
            assert!(increment(Some(&stored), "b", "1").is_ok(), "{value}");
        }
        let twice = r#"{"a":1,"a":1.5}"#;
        assert_eq!(increment(Some(twice), "a", "1"), Err(Error::NotAWholeNumber));
    }

    #[test]
    fn a_sum_beyond_64_bits_is_refused() {
        for (value, by) in [
            ("9223372036854775807", "1"),
            ("1", "9223372036854775807"),
            ("-9223372036854775808", "-1"),
            ("-1", "-9223372036854775808"),
        ] {
            let stored = format!(r#"{{"a":{value}}}"#);
            assert_eq!(
                increment(Some(&stored), "a", by),
                Err(Error::OutOfRange),
                "{value} {by}"
            );
        }
        let ends = increment(Some(r#"{"a":-9223372036854775808}"#), "a", "9223372036854775807");
        assert_eq!(ends, Ok((-1, r#"{"a":-1}"#.to_owned())));
    }

    #[test]
    fn stored_text_that_is_not_an_object_and_data_above_the_limit_are_refused_as_by_set() {
        for stored in ["", "7", "[1]", "{", r#"{"a":1}x"#] {
            let refused = increment(Some(stored), "a", "1");
            assert_eq!(refused, Err(Error::StoredDataNotAnObject), "{stored:?}");
        }
        let large = |number: &str| format!(r#"{{"x":"{}","a":{number}}}"#, "x".repeat(MAX));
        let refused = Err(Error::DataTooLarge { max_bytes: MAX });
        assert_eq!(increment(Some(&large("9")), "a", "1"), refused);
        assert_eq!(increment(Some(&large("9")), "b", "1"), refused);
        assert_eq!(increment(Some(&large("10")), "a", "-1"), Ok((9, large("9"))));
    }
}
