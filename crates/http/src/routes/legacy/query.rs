//! Values of a query string, read as rest-sessions reads them.

use std::borrow::Cow;

/// The value of a name in the query, if there is one: several values are joined by commas,
/// `name[]=` counts as `name=`.
pub(super) fn value(query: &str, name: &str) -> Option<String> {
    let mut found: Option<String> = None;
    for pair in query.split('&') {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let key = lenient(key);
        if key.strip_suffix("[]").unwrap_or(&key) != name {
            continue;
        }
        let value = lenient(value);
        found = Some(match found {
            Some(before) => format!("{before},{value}"),
            None => value,
        });
    }
    found
}

/// Decodes percent-encoded text. `None`: the text is wrongly encoded or not UTF-8.
pub(super) fn decoded(text: &str) -> Option<String> {
    let is_hex = |b: Option<&u8>| b.is_some_and(u8::is_ascii_hexdigit);
    let bytes = text.as_bytes();
    let signs = bytes.iter().enumerate().filter(|&(_, &b)| b == b'%');
    let is_whole = signs
        .map(|(at, _)| at)
        .all(|at| is_hex(bytes.get(at + 1)) && is_hex(bytes.get(at + 2)));
    let text = percent_encoding::percent_decode(bytes).decode_utf8().ok();
    text.filter(|_| is_whole).map(Cow::into_owned)
}

/// As [`decoded`], with blanks for plus signs; wrongly encoded text stays unchanged.
fn lenient(text: &str) -> String {
    let text = text.replace('+', " ");
    decoded(&text).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_decoded_and_several_are_joined() {
        for (query, value_of_ip) in [
            ("", None),
            ("ttl=5", None),
            ("IP=1", None),
            ("ip", Some("")),
            ("ip=", Some("")),
            ("ip=1.2.3.4&ttl=5", Some("1.2.3.4")),
            ("ttl=5&ip=a=b", Some("a=b")),
            ("ip=1&ip=2", Some("1,2")),
            ("ip[]=1&ip%5B%5D=2", Some("1,2")),
            ("%69p=1", Some("1")),
            ("ip=%C3%A9+x%2B", Some("é x+")),
            ("ip=%ff", Some("%ff")),
            ("ip=1%", Some("1%")),
            ("a[ip]=1&ip[a]=2", None),
            ("ip=2;ttl=3", Some("2;ttl=3")),
        ] {
            assert_eq!(value(query, "ip").as_deref(), value_of_ip, "{query}");
        }
    }
}
