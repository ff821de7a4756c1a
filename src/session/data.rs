//! A session's own data, `d`: a flat JSON object, kept as text.
//!
//! Names and values keep the exact text in which they came (`1.0`, a number of
//! twenty digits, an escaped lone surrogate), so nothing is decoded but the
//! names, to see which are the same.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::{DataError, Error};

/// One JSON object as the texts of its names and values, in order, each name once.
#[derive(Debug, Default)]
pub(crate) struct Data<'a> {
    entries: Vec<Entry<'a>>,
    /// By name without its escapes; a lone surrogate is encoded as WTF-8 does.
    positions: BTreeMap<Cow<'a, [u8]>, usize>,
}

#[derive(Debug)]
struct Entry<'a> {
    name: &'a str,
    /// `None`: removed.
    value: Option<&'a str>,
}

impl<'a> Data<'a> {
    /// Parses an argument: an object whose values are strings, numbers, booleans or null.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, DataError> {
        let text = std::str::from_utf8(bytes).map_err(|_| DataError::NotUtf8)?;
        let data = Self::from_json(text).ok_or_else(|| match serde_json::from_str::<&RawValue>(text) {
            Err(broken) => DataError::Broken {
                line: broken.line(),
                column: broken.column().max(1),
            },
            Ok(_) => DataError::NotAnObject,
        })?;
        if data.values().any(|value| value.starts_with(['{', '['])) {
            return Err(DataError::Nested);
        }
        Ok(data)
    }

    /// Reads what is stored. `None` when it is not a JSON object; its values may be nested.
    pub(crate) fn stored(bytes: &'a [u8]) -> Option<Self> {
        Self::from_json(std::str::from_utf8(bytes).ok()?)
    }

    fn from_json(text: &'a str) -> Option<Self> {
        let Object(pairs) = serde_json::from_str(text).ok()?;
        let mut data = Self::default();
        for (name, value) in pairs {
            data.put(decoded(name)?, name, value);
        }
        Some(data)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.values().next().is_none()
    }

    fn values(&self) -> impl Iterator<Item = &'a str> {
        self.entries.iter().filter_map(|entry| entry.value)
    }

    /// Takes over the values of `changes`: null removes a name, unnamed ones stay,
    /// new ones go to the end.
    fn merge(&mut self, changes: Data<'a>) {
        let mut decoded_names: Vec<_> = changes.positions.into_iter().collect();
        decoded_names.sort_unstable_by_key(|&(_, position)| position);
        for ((decoded, _), Entry { name, value }) in decoded_names.into_iter().zip(changes.entries) {
            match value {
                Some("null") => {
                    let position = self.positions.get(&decoded);
                    if let Some(entry) = position.and_then(|&at| self.entries.get_mut(at)) {
                        entry.value = None;
                    }
                }
                Some(value) => self.put(decoded, name, value),
                None => {}
            }
        }
    }

    /// Removes the names whose value is null.
    fn drop_nulls(&mut self) {
        for entry in &mut self.entries {
            entry.value = entry.value.filter(|&value| value != "null");
        }
    }

    fn put(&mut self, decoded: Cow<'a, [u8]>, name: &'a str, value: &'a str) {
        let position = *self.positions.entry(decoded).or_insert(self.entries.len());
        match self.entries.get_mut(position) {
            Some(entry) => entry.value = Some(value),
            None => self.entries.push(Entry {
                name,
                value: Some(value),
            }),
        }
    }

    /// The text to store; `None` when nothing is left.
    fn to_text(&self) -> Option<String> {
        let lengths = self
            .entries
            .iter()
            .map(|entry| entry.name.len() + entry.value.map_or(0, str::len) + 2);
        let mut text = String::with_capacity(1 + lengths.sum::<usize>());
        for entry in &self.entries {
            let Some(value) = entry.value else { continue };
            text.push(if text.is_empty() { '{' } else { ',' });
            text.push_str(entry.name);
            text.push(':');
            text.push_str(value);
        }
        if text.is_empty() {
            return None;
        }
        text.push('}');
        Some(text)
    }
}

/// The bytes that a JSON string stands for.
fn decoded(name: &str) -> Option<Cow<'_, [u8]>> {
    if !name.contains('\\') {
        let plain = name.strip_prefix('"')?.strip_suffix('"')?;
        return Some(Cow::Borrowed(plain.as_bytes()));
    }
    let Name(bytes) = serde_json::from_str(name).ok()?;
    Some(Cow::Owned(bytes))
}

/// What CREATE stores of its DATA: the object without its nulls, at most `max_bytes`.
pub(crate) fn created(mut given: Data<'_>, max_bytes: usize) -> Result<Option<String>, Error> {
    given.drop_nulls();
    let text = given.to_text();
    if text.as_ref().is_some_and(|text| text.len() > max_bytes) {
        return Err(Error::DataTooLarge { max_bytes });
    }
    Ok(text)
}

/// What SET stores: `changes` merged into what is stored. A result above `max_bytes`
/// is refused unless it is smaller than what it replaces.
pub(crate) fn merged(stored: Option<&[u8]>, changes: Data<'_>, max_bytes: usize) -> Result<Option<String>, Error> {
    let old = stored.unwrap_or(b"{}");
    let mut data = Data::stored(old).ok_or(Error::StoredDataNotAnObject)?;
    data.merge(changes);
    let text = data.to_text();
    let length = text.as_ref().map_or(0, String::len);
    if length > max_bytes && length >= old.len() {
        return Err(Error::DataTooLarge { max_bytes });
    }
    Ok(text)
}

/// Whether a stored text can stand in a JSON reply as an object.
pub(crate) fn is_object(text: &str) -> bool {
    serde_json::from_str::<&RawValue>(text).is_ok_and(|json| json.get().starts_with('{'))
}

/// A name with its escapes resolved.
struct Name(Vec<u8>);

/// The pairs of an object, each as its JSON text.
struct Object<'a>(Vec<(&'a str, &'a str)>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some((name, value)) = map.next_entry::<&RawValue, &RawValue>()? {
                    pairs.push((name.get(), value.get()));
                }
                Ok(Object(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
                Ok(Name(bytes.to_vec()))
            }
        }
        // Asked for bytes, serde_json lets lone surrogates through.
        deserializer.deserialize_bytes(Bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: usize = 1000;

    fn set(stored: Option<&str>, changes: &str) -> Result<Option<String>, Error> {
        let changes = Data::parse(changes.as_bytes()).map_err(Error::InvalidData)?;
        merged(stored.map(str::as_bytes), changes, MAX)
    }

    #[test]
    fn an_argument_is_one_flat_object() {
        for (text, expected) in [
            ("{}", None),
            (r#"{"a":"x","b":1,"c":true,"d":null}"#, None),
            (" { \"a\" : 1 } ", None),
            (r#"{"a":"\ud83d"}"#, None),
            (r#"{"\ud83d":1}"#, None),
            ("", Some(DataError::Broken { line: 1, column: 1 })),
            (r#"{"a":}"#, Some(DataError::Broken { line: 1, column: 6 })),
            ("{\n\"a\":x}", Some(DataError::Broken { line: 2, column: 5 })),
            ("{} {}", Some(DataError::Broken { line: 1, column: 4 })),
            ("[]", Some(DataError::NotAnObject)),
            ("1", Some(DataError::NotAnObject)),
            (r#"{"a":[]}"#, Some(DataError::Nested)),
            (r#"{"a":{}}"#, Some(DataError::Nested)),
        ] {
            assert_eq!(Data::parse(text.as_bytes()).err(), expected, "{text:?}");
        }
        assert_eq!(Data::parse(b"{\"a\":\"\xff\"}").err(), Some(DataError::NotUtf8));
    }

    #[test]
    fn deep_nesting_is_refused_without_recursion() {
        let deep = format!(r#"{{"a":{}"#, "[".repeat(1_000_000));
        assert!(matches!(Data::parse(deep.as_bytes()), Err(DataError::Broken { .. })));
        let closed = format!(r#"{{"a":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(Data::parse(closed.as_bytes()).err(), Some(DataError::Nested));
    }

    #[test]
    fn very_many_names_merge_in_good_time() {
        let names: Vec<_> = (0..200_000).map(|n| format!(r#""{n}":{n}"#)).collect();
        let all = format!("{{{}}}", names.join(","));
        let data = Data::parse(all.as_bytes()).unwrap();
        assert_eq!(created(data, usize::MAX).unwrap(), Some(all));
    }

    #[test]
    fn merging_keeps_order_removes_nulls_and_appends() {
        for (stored, changes, expected) in [
            (None, r#"{"a":1}"#, Some(r#"{"a":1}"#)),
            (Some(r#"{"a":1,"b":2}"#), r#"{"a":3}"#, Some(r#"{"a":3,"b":2}"#)),
            (
                Some(r#"{"a":1,"b":2}"#),
                r#"{"c":3,"a":null}"#,
                Some(r#"{"b":2,"c":3}"#),
            ),
            (Some(r#"{"a":1}"#), r#"{"a":null}"#, None),
            (None, r#"{"a":null}"#, None),
            (None, r#"{"a":1,"a":2}"#, Some(r#"{"a":2}"#)),
            (None, r#"{"a":1,"a":null}"#, None),
            (Some(r#"{"a":1}"#), r#"{"\u0061":2}"#, Some(r#"{"a":2}"#)),
            (
                Some(r#"{"x":[1,{"y":2}]}"#),
                r#"{"a":1}"#,
                Some(r#"{"x":[1,{"y":2}],"a":1}"#),
            ),
        ] {
            assert_eq!(
                set(stored, changes).unwrap().as_deref(),
                expected,
                "{stored:?} {changes}"
            );
        }
    }

    #[test]
    fn values_keep_their_exact_text() {
        let text = r#"{"a":1.0,"b":12345678901234567890,"c":1E+5,"d":"\ud83d","e":"\u0000\r\n","f":-0}"#;
        assert_eq!(set(None, text).unwrap().as_deref(), Some(text));
    }

    #[test]
    fn created_data_has_no_nulls_and_may_be_empty() {
        for (given, stored) in [
            ("{}", None),
            (r#"{"a":null}"#, None),
            (r#" {"a" : null, "b" : 1} "#, Some(r#"{"b":1}"#)),
        ] {
            let data = Data::parse(given.as_bytes()).unwrap();
            assert_eq!(created(data, MAX).unwrap().as_deref(), stored, "{given}");
        }
    }

    #[test]
    fn data_above_the_limit_is_refused_unless_it_shrinks() {
        let large = format!(r#"{{"a":"{}","b":1}}"#, "x".repeat(MAX));
        let data = Data::parse(large.as_bytes()).unwrap();
        let refused = Err(Error::DataTooLarge { max_bytes: MAX });
        assert_eq!(created(data, MAX), refused);
        assert_eq!(set(None, &large), refused);
        assert_eq!(set(Some(&large), r#"{"b":2}"#), refused);
        assert!(set(Some(&large), r#"{"b":null}"#).is_ok());
    }

    #[test]
    fn stored_text_that_is_no_object_is_refused_by_set() {
        for stored in ["", "[1]", "7", "{", "{\"a\":1", "nonsense", "{\"a\":1}x"] {
            assert_eq!(
                set(Some(stored), r#"{"a":1}"#),
                Err(Error::StoredDataNotAnObject),
                "{stored:?}"
            );
            assert!(!is_object(stored), "{stored:?}");
        }
        assert!(is_object(" {\"a\":[1]} "));
        // White space, but not JSON's.
        assert!(!is_object("\u{c}{}"));
    }
}
