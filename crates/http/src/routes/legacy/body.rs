//! The body of a request: JSON of at most 60,000 bytes. A body of another media type is ignored.

use axum::extract::Request;
use axum::http::{HeaderMap, header};
use sessions_model::json::whole_pairs;

use super::javascript::{Array, Object};
use super::refusal::Refusal;
use crate::body;
use crate::problem::Kind;
use crate::state::State;

const LIMIT: usize = 60_000;

/// The data for a session in a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Given {
    /// There is no JSON, or an empty object.
    Nothing,
    EmptyArray,
    Array,
    /// An object of strings, numbers, booleans and nulls, as JSON.
    Data(String),
    /// An object with a member that is an object or an array; the name of the first one.
    Nested(String),
}

/// Reads the body before any other part of the request is checked.
pub(super) async fn given(request: Request, state: &State) -> Result<Given, Refusal> {
    match media_type(request.headers()) {
        Media::Json => {}
        Media::Other => return Ok(Given::Nothing),
        Media::Unreadable => return Err(Refusal::UNREADABLE),
    }
    let bytes = body::read(request, LIMIT, state)
        .await
        .map_err(|problem| match problem.kind {
            Kind::TooLarge => Refusal::TOO_LARGE,
            _ => problem.into(),
        })?;
    parsed(&bytes)
}

enum Media {
    Json,
    Other,
    /// JSON that is compressed or not in UTF-8.
    Unreadable,
}

fn media_type(headers: &HeaderMap) -> Media {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    let mut parts = text(header::CONTENT_TYPE).split(';').map(str::trim);
    if !parts
        .next()
        .is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"))
    {
        return Media::Other;
    }
    let charsets = parts
        .filter_map(|parameter| parameter.split_once('='))
        .filter(|(name, _)| name.eq_ignore_ascii_case("charset"));
    let is_utf8 = charsets
        .map(|(_, charset)| charset.trim_matches('"'))
        .all(|charset| charset.eq_ignore_ascii_case("utf-8"));
    let encoding = text(header::CONTENT_ENCODING);
    if is_utf8 && (encoding.is_empty() || encoding.eq_ignore_ascii_case("identity")) {
        Media::Json
    } else {
        Media::Unreadable
    }
}

fn parsed(bytes: &[u8]) -> Result<Given, Refusal> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    if text.is_empty() {
        return Ok(Given::Nothing);
    }
    let text = whole_pairs(text);
    if text.trim_ascii_start().starts_with('[') {
        let array: Array<'_> = serde_json::from_str(&text).map_err(|_| Refusal::MALFORMED)?;
        return Ok(if array.is_empty() {
            Given::EmptyArray
        } else {
            Given::Array
        });
    }
    let object: Object<'_> = serde_json::from_str(&text).map_err(|_| Refusal::MALFORMED)?;
    Ok(match object.first_nested() {
        Some(name) => Given::Nested(name.to_owned()),
        None if object.is_empty() => Given::Nothing,
        None => Given::Data(object.written()),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test ends by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_an_object_of_plain_values_or_recognized_as_nested() {
        let deep = format!(r#"{{"a":{}1{}}}"#, "[".repeat(20_000), "]".repeat(20_000));
        for (bytes, given) in [
            (&b""[..], Given::Nothing),
            (b"\xef\xbb\xbf", Given::Nothing),
            (b"{}", Given::Nothing),
            (b" [ ] ", Given::EmptyArray),
            (b"[1,{}]", Given::Array),
            (b"\xef\xbb\xbf {\"a\" : null}\n", Given::Data(r#"{"a":null}"#.into())),
            (b"{\"a\":\"\xff\"}", Given::Data("{\"a\":\"\u{fffd}\"}".into())),
            (br#"{"a":"\ud83d"}"#, Given::Data("{\"a\":\"\u{fffd}\"}".into())),
            (br#"{"b":1,"a.\"":[],"7":{}}"#, Given::Nested("7".into())),
            (br#"{"b":1,"a.\"":[]}"#, Given::Nested("a.\"".into())),
            (deep.as_bytes(), Given::Nested("a".into())),
        ] {
            assert_eq!(parsed(bytes).unwrap(), given, "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn what_is_not_a_json_object_or_array_is_refused() {
        for bytes in [
            &b" "[..],
            b"null",
            b"5",
            b"\"x\"",
            b"{",
            b"{\"a\":}",
            b"{\"a\":1} x",
            b"[1,]",
            b"[]x",
            b"{\"a\":\"\x01\"}",
            b"{\"a\":01}",
            b"{\"a\":.5}",
            b"{\"a\":NaN}",
            b"{'a':1}",
            b"{\"a\":\"\\x\"}",
            b"\x00{}",
            b"{\"a\":1}\xff",
        ] {
            assert!(parsed(bytes).is_err(), "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn only_plain_json_in_utf_8_is_read() {
        for (content_type, encoding, reads) in [
            ("application/json", "", "json"),
            ("Application/JSON; charset=\"UTF-8\"", "identity", "json"),
            ("application/json; charset=latin1", "", "unreadable"),
            ("application/json", "gzip", "unreadable"),
            ("", "", "other"),
            ("text/plain; charset=latin1", "gzip", "other"),
            ("application/vnd.api+json", "", "other"),
            ("application/json, text/plain", "", "other"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, content_type.parse().unwrap());
            headers.insert(header::CONTENT_ENCODING, encoding.parse().unwrap());
            let read = match media_type(&headers) {
                Media::Json => "json",
                Media::Other => "other",
                Media::Unreadable => "unreadable",
            };
            assert_eq!(read, reads, "{content_type} {encoding}");
        }
    }
}
