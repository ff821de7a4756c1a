//! The number that INCR adds to, within stored data.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use sessions_model::data::{self, Data, Key};
use sessions_model::error::Error;
use sessions_model::json::whole_pairs;
use sessions_model::number::Increment;

use crate::BETWEEN_PARTS;
use crate::replies::assert_is_an_error;

/// The input has stored data, a key, the increment, and a fourth part whose length is the limit in
/// bytes.
pub fn incrementing(input: &[u8]) {
    let mut parts = input.splitn(4, |&byte| byte == BETWEEN_PARTS);
    let mut part = || parts.next().unwrap_or_default();
    let (stored, key, by) = (part(), part(), part());
    let max = parts.next().map_or(usize::MAX, <[u8]>::len);
    let (key, by) = match (Key::parse(key), Increment::parse(by)) {
        (Ok(key), Ok(by)) => (key, by),
        (Err(error), _) | (_, Err(error)) => return assert_is_an_error(&error),
    };
    let result = data::incremented(Some(stored), key, by, max);
    assert_eq!(result, by_the_book(stored, key, by, max));
    if let Err(error) = &result {
        assert_is_an_error(error);
    }
    let from_nothing = data::incremented(None, key, by, usize::MAX);
    assert_eq!(from_nothing.map(|(sum, _)| sum), Ok(by.number()));
}

/// The expected result: the number is looked up in one of serde_json's own maps, and the sum is
/// stored as SET stores it.
fn by_the_book(stored: &[u8], key: Key<'_>, by: Increment, max: usize) -> Result<(i64, Option<String>), Error> {
    let text = std::str::from_utf8(stored).map_err(|_| Error::StoredDataNotAnObject)?;
    data::readable(text).ok_or(Error::StoredDataNotAnObject)?;
    let whole = whole_pairs(text);
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(&whole).expect("an object is stored");
    let number = match members.get(key.as_str()).map(|value| value.get()) {
        None | Some("null") => 0,
        Some(value) => whole_number(value).ok_or(Error::NotAWholeNumber)?,
    };
    let sum = i128::from(number) + i128::from(by.number());
    let sum = i64::try_from(sum).map_err(|_| Error::OutOfRange)?;
    let change = serde_json::json!({ (key.as_str()): sum }).to_string();
    let change = Data::parse(change.as_bytes()).expect("an object");
    Ok((sum, data::merged(Some(stored), &change, max)?))
}

/// `-?(0|[1-9][0-9]*)` within 64 bits.
fn whole_number(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_whole = match digits.as_bytes() {
        [b'0'] => true,
        [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    is_whole.then(|| text.parse().ok()).flatten()
}
