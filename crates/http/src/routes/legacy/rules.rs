//! The rules for arguments: of rest-sessions and of the module, whichever is stricter.

use sessions_model::ident::{Id, Ip, Token};
use sessions_model::limits::MAX_SECONDS;

use super::query::value;
use super::refusal::Refusal;

/// The least ttl and dt.
const MIN_SECONDS: i64 = 10;
/// The longest ip, in UTF-16 units.
const MAX_IP: usize = 39;

pub(super) fn is_app(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    (3..=20).contains(&text.len()) && text.bytes().all(allowed)
}

pub(super) fn app(text: &str) -> Result<&str, Refusal> {
    if is_app(text) {
        Ok(text)
    } else {
        Err(Refusal::format("app"))
    }
}

pub(super) fn token(text: &str) -> Result<&str, Refusal> {
    match Token::parse(text.as_bytes()) {
        Some(_) => Ok(text),
        None => Err(Refusal::format("token")),
    }
}

/// An id that is looked up.
pub(super) fn id(text: &str) -> Result<&str, Refusal> {
    if has_line_end(text) {
        Err(Refusal::format("id"))
    } else {
        Ok(text)
    }
}

/// An id that a session gets.
pub(super) fn new_id(text: &str) -> Result<&str, Refusal> {
    match Id::parse_new(text.as_bytes()) {
        Ok(_) => id(text),
        Err(_) => Err(Refusal::format("id")),
    }
}

pub(super) fn ip(query: &str) -> Result<String, Refusal> {
    let text = value(query, "ip")
        .filter(|text| !text.is_empty())
        .ok_or_else(|| Refusal::missing("ip"))?;
    let fits = text.encode_utf16().count() <= MAX_IP && !has_line_end(&text) && Ip::parse(text.as_bytes()).is_ok();
    if fits { Ok(text) } else { Err(Refusal::format("ip")) }
}

/// `None`: the module's setting applies. A value above the module's limit becomes the limit, ten
/// years.
pub(super) fn ttl(query: &str) -> Result<Option<i64>, Refusal> {
    match value(query, "ttl").filter(|text| !text.is_empty()) {
        Some(text) => seconds(&text).map(Some),
        None => Ok(None),
    }
}

pub(super) fn dt(query: &str) -> Result<i64, Refusal> {
    seconds(&value(query, "dt").unwrap_or_default())
}

fn seconds(text: &str) -> Result<i64, Refusal> {
    match leading_integer(text) {
        Some(seconds) if seconds >= MIN_SECONDS => Ok(seconds.min(MAX_SECONDS)),
        _ => Err(Refusal::seconds()),
    }
}

/// The whole number at the start of a text, as JavaScript's `parseInt` reads it with base 10. A
/// number that is too large becomes the largest one.
fn leading_integer(text: &str) -> Option<i64> {
    let text = text.trim_start();
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let length = digits.bytes().take_while(u8::is_ascii_digit).count();
    let digits = digits.get(..length).filter(|digits| !digits.is_empty())?;
    let number = digits.parse::<i64>().unwrap_or(i64::MAX);
    Some(if is_negative { -number } else { number })
}

fn has_line_end(text: &str) -> bool {
    text.contains(['\n', '\r', '\u{2028}', '\u{2029}'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_the_number_that_a_text_begins_with() {
        for (text, seconds) in [
            ("10", Some(10)),
            ("60x", Some(60)),
            (" +20", Some(20)),
            ("20.9", Some(20)),
            ("20,30", Some(20)),
            ("315360001", Some(315_360_000)),
            ("99999999999999999999", Some(315_360_000)),
            ("9", None),
            ("-20", None),
            ("1e3", None),
            ("0x20", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(super::seconds(text).ok(), seconds, "{text:?}");
        }
    }

    #[test]
    fn an_ip_is_any_short_text_of_one_line() {
        let [longest, too_long] = [39, 40].map(|length| "1".repeat(length));
        // An emoji counts as two.
        let wide = format!("ip=😀{}", "1".repeat(37));
        for query in ["ip=1.2.3.4", "ip=not+an+ip", &format!("ip={longest}"), &wide] {
            assert!(ip(query).is_ok(), "{query}");
        }
        for query in [
            "",
            "ip=",
            "ip=a%0Ab",
            "ip=%E2%80%A8",
            "ip=%00",
            &format!("ip={too_long}"),
            &format!("{wide}1"),
        ] {
            assert!(ip(query).is_err(), "{query}");
        }
    }

    #[test]
    fn an_app_has_3_to_20_characters() {
        for (text, valid) in [
            ("abc", true),
            ("A-z_09", true),
            ("ab", false),
            ("a b", false),
            ("abcé", false),
        ] {
            assert_eq!(is_app(text), valid, "{text}");
        }
        assert!(is_app(&"a".repeat(20)) && !is_app(&"a".repeat(21)));
    }
}
