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
mod tests;
