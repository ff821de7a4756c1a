//! Stored data: changes to it, and how it is shown.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;
use sessions_model::data::{self, Data};
use sessions_model::error::{DataError, Error};
use sessions_model::json::whole_pairs;
use sessions_model::limits::{MAX_DEPTH, MAX_NUMBER};
use sessions_model::session::Field;
use sessions_model::stored_name::StoredName;

use crate::replies::assert_is_an_error;
use crate::stored::Stored;
use crate::{BETWEEN_PARTS, START};

/// The input has stored data, changes to it, and a third part whose length is the limit in bytes.
pub fn merging(input: &[u8]) {
    let mut parts = input.splitn(3, |&byte| byte == BETWEEN_PARTS);
    let (stored, changes, limit) = (parts.next(), parts.next().unwrap_or_default(), parts.next());
    let max = limit.map_or(usize::MAX, <[u8]>::len);
    let stored = stored.unwrap_or_default();
    let parsed = || Data::parse(changes);
    if let Err(error) = parsed() {
        if let DataError::Broken { line, column } = error {
            assert!(line > 0 && column > 0);
        }
        assert_is_an_error(&Error::InvalidData(error));
        return;
    }
    let merge = |stored: Option<&[u8]>, max| parsed().map(|changes| data::merged(stored, &changes, max));
    let created = parsed().map(|given| Ok(data::created(&given, max)?.map(Cow::into_owned)));
    assert_eq!(created, merge(None, max), "CREATE stores what SET makes of nothing");

    let is_object = std::str::from_utf8(stored).is_ok_and(|text| data::readable(text).is_some());
    let unlimited = merge(Some(stored), usize::MAX);
    if !is_object {
        assert_eq!(unlimited, Ok(Err(Error::StoredDataNotAnObject)));
        return;
    }
    let Ok(Ok(text)) = &unlimited else {
        panic!("an object takes changes");
    };
    let length = text.as_ref().map_or(0, String::len);
    let refused = length > max && length >= stored.len();
    let expected = if refused {
        Err(Error::DataTooLarge { max_bytes: max })
    } else {
        Ok(text.clone())
    };
    assert_eq!(merge(Some(stored), max), Ok(expected));

    let again = merge(text.as_deref().map(str::as_bytes), usize::MAX);
    assert_eq!(again, unlimited, "merged twice is as merged once");
    if let Some(text) = text {
        assert!(data::readable(text).is_some(), "{text}");
        let nothing = Data::parse(b"{}").map(|nothing| data::merged(Some(text.as_bytes()), &nothing, usize::MAX));
        assert_eq!(nothing, Ok(Ok(Some(text.clone()))), "printed, parsed and printed again");
    }
    assert_merged_by_the_book(stored, changes, text.as_deref());
}

/// Compares the result with a merge by serde_json's own maps.
fn assert_merged_by_the_book(stored: &[u8], changes: &[u8], merged: Option<&str>) {
    type Map<'a> = BTreeMap<String, &'a RawValue>;
    let (stored, changes) = (String::from_utf8_lossy(stored), String::from_utf8_lossy(changes));
    let (stored, changes) = (whole_pairs(&stored), whole_pairs(&changes));
    let mut expected: Map<'_> = serde_json::from_str(&stored).expect("an object was stored");
    let changes: Map<'_> = serde_json::from_str(&changes).expect("an object was given");
    for (name, value) in changes {
        if value.get() == "null" {
            expected.remove(&name);
        } else {
            expected.insert(name, value);
        }
    }
    let merged: Map<'_> = serde_json::from_str(merged.unwrap_or("{}")).unwrap_or_default();
    let texts = |map: Map<'_>| -> Vec<(String, String)> {
        map.into_iter()
            .map(|(name, value)| (name, value.get().to_owned()))
            .collect()
    };
    assert_eq!(texts(merged), texts(expected));
}

/// The input is stored data, which is checked in JSON replies.
pub fn json_replies(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let readable = data::readable(&text);
    let is_object = serde_json::from_str::<&RawValue>(&text).is_ok_and(|json| json.get().starts_with('{'));
    let is_deep = deepest(&text) > MAX_DEPTH;
    assert_eq!(readable.is_some(), is_object && !is_deep, "{text}");
    let strict = serde_json::from_str::<serde_json::Value>(&text);
    // A longer number may be shown as the nearest double.
    let has_short_numbers = text.len() <= MAX_NUMBER;
    if let (Some(shown), Ok(value), true) = (&readable, &strict, has_short_numbers) {
        let shown: Result<serde_json::Value, _> = serde_json::from_str(shown);
        assert_eq!(
            shown.ok().as_ref(),
            Some(value),
            "what strict readers can read stays: {text}"
        );
    }
    let now = START.to_string();
    let fields = [
        (Field::Id, &b"u1"[..]),
        (Field::La, now.as_bytes()),
        (Field::Ttl, b"1"),
        (Field::D, input),
    ];
    let token = StoredName::parse(&[b'a'; 64]).expect("64 letters");
    let reply = Stored::new(token, fields.into_iter()).peek(START);
    assert!(reply.is_some(), "a live session is shown");
}

/// The depth of a valid JSON text.
fn deepest(text: &str) -> u32 {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_u32, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}
