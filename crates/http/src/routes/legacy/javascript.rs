//! JSON as a JavaScript program writes it after parsing it, which is what rest-sessions sends:
//! numbers in their shortest form, no needless escapes, each name once, names that are array
//! indexes first.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

pub(super) type Array<'a> = Vec<&'a RawValue>;

/// The members of an object in JavaScript's order; values keep their text.
#[derive(Debug, Default)]
pub(super) struct Object<'a>(Vec<(String, &'a RawValue)>);

impl Object<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The name of the first member that is an object or an array.
    pub(super) fn first_nested(&self) -> Option<&str> {
        let nested = self.0.iter().find(|(_, value)| value.get().starts_with(['{', '[']));
        nested.map(|(name, _)| name.as_str())
    }

    pub(super) fn written(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    pub(super) fn write(&self, text: &mut String) {
        text.push('{');
        for (at, (name, value)) in self.0.iter().enumerate() {
            separate(at, text);
            write_string(name, text);
            text.push(':');
            write(value, text);
        }
        text.push('}');
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut places = std::collections::HashMap::new();
                let mut members: Vec<(String, &'de RawValue)> = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    match places.get(&name).and_then(|&place: &usize| members.get_mut(place)) {
                        Some(member) => member.1 = value,
                        None => {
                            places.insert(name.clone(), members.len());
                            members.push((name, value));
                        }
                    }
                }
                // Names that are not an index keep their order, because the sort is stable.
                members.sort_by_key(|(name, _)| array_index(name).map_or(u64::MAX, u64::from));
                Ok(Object(members))
            }
        }

        deserializer.deserialize_map(Members)
    }
}

/// `None`: the name is not an array index, that is, a whole number below 2^32 - 1 in its shortest
/// form.
fn array_index(name: &str) -> Option<u32> {
    let index = name.parse::<u32>().ok().filter(|&index| index != u32::MAX)?;
    let is_shortest = name == "0" || !name.starts_with(['0', '+']);
    is_shortest.then_some(index)
}

/// Writes a value. The function is recursive, so the value must not be deeper than a session's data
/// may be.
pub(super) fn write(value: &RawValue, text: &mut String) {
    let raw = value.get();
    match raw.bytes().next() {
        Some(b'{') => serde_json::from_str::<Object<'_>>(raw).unwrap_or_default().write(text),
        Some(b'[') => {
            text.push('[');
            for (at, element) in serde_json::from_str::<Array<'_>>(raw)
                .unwrap_or_default()
                .into_iter()
                .enumerate()
            {
                separate(at, text);
                write(element, text);
            }
            text.push(']');
        }
        Some(b'"') => write_string(&serde_json::from_str::<String>(raw).unwrap_or_default(), text),
        Some(b'-' | b'0'..=b'9') => write_number(raw, text),
        _ => text.push_str(raw),
    }
}

fn separate(at: usize, text: &mut String) {
    if at > 0 {
        text.push(',');
    }
}

/// serde_json escapes the same characters as JavaScript, in the same way.
pub(super) fn write_string(string: &str, text: &mut String) {
    text.push_str(&serde_json::to_string(string).unwrap_or_default());
}

/// Writes a number as JavaScript's `Number.prototype.toString` does; a number beyond a double
/// becomes null.
fn write_number(raw: &str, text: &mut String) {
    let number = raw.parse::<f64>().unwrap_or(f64::INFINITY);
    if number == 0.0 {
        return text.push('0');
    }
    if !number.is_finite() {
        return text.push_str("null");
    }
    // The shortest digits that give the same double.
    let shortest = format!("{:e}", number.abs());
    let (digits, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let (digits, exponent) = (digits.replace('.', ""), exponent.parse::<i32>().unwrap_or_default());
    if number < 0.0 {
        text.push('-');
    }
    match exponent {
        0..=20 => {
            let before = usize::try_from(exponent).unwrap_or_default() + 1;
            match digits.split_at_checked(before) {
                Some((whole, "")) => text.push_str(whole),
                Some((whole, part)) => text.extend([whole, ".", part]),
                None => text.push_str(&format!("{digits:0<before$}")),
            }
        }
        -6..=-1 => {
            let zeros = usize::try_from(-1 - exponent).unwrap_or_default();
            text.extend(["0.", &"0".repeat(zeros), &digits]);
        }
        _ => {
            let (first, rest) = digits.split_at_checked(1).unwrap_or((&digits, ""));
            let point = if rest.is_empty() { "" } else { "." };
            text.extend([first, point, rest, &format!("e{exponent:+}")]);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test ends by panicking")]
mod tests {
    use super::*;

    fn rewritten(text: &str) -> String {
        serde_json::from_str::<Object<'_>>(text).unwrap().written()
    }

    #[test]
    fn a_number_has_the_form_that_javascript_gives_it() {
        for (number, form) in [
            ("0", "0"),
            ("-0", "0"),
            ("-0.0e5", "0"),
            ("1.0", "1"),
            ("1.50", "1.5"),
            ("-120.55", "-120.55"),
            ("1e3", "1000"),
            ("12345678901234567890", "12345678901234567000"),
            ("9007199254740993", "9007199254740992"),
            ("123456789012345680000", "123456789012345680000"),
            ("1e20", "100000000000000000000"),
            ("1e21", "1e+21"),
            ("-1.5e300", "-1.5e+300"),
            ("0.1", "0.1"),
            ("0.000001", "0.000001"),
            ("0.00000123", "0.00000123"),
            ("0.0000001", "1e-7"),
            ("1.25e-7", "1.25e-7"),
            ("5e-324", "5e-324"),
            ("1.7976931348623157e308", "1.7976931348623157e+308"),
            ("1e400", "null"),
        ] {
            let object = format!(r#"{{"n":[{number}]}}"#);
            assert_eq!(rewritten(&object), format!(r#"{{"n":[{form}]}}"#), "{number}");
        }
    }

    #[test]
    fn names_that_are_array_indexes_come_first_and_a_name_comes_once() {
        for (text, form) in [
            (r#"{"b":1,"10":2,"9":3,"a":4}"#, r#"{"9":3,"10":2,"b":1,"a":4}"#),
            (
                r#"{"4294967295":1,"01":2,"4294967294":3,"+1":4}"#,
                r#"{"4294967294":3,"4294967295":1,"01":2,"+1":4}"#,
            ),
            (r#"{"a":1,"b":2,"a":3}"#, r#"{"a":3,"b":2}"#),
            (r#" { "a" : { "b" : [ ] , "0" : { } } } "#, r#"{"a":{"0":{},"b":[]}}"#),
            (
                r#"{"s":"\u00e9\/\u2028\u0001\"\n\u007f"}"#,
                "{\"s\":\"é/\u{2028}\\u0001\\\"\\n\u{7f}\"}",
            ),
            (
                r#"{"t":true,"f":false,"n":null,"":1}"#,
                r#"{"t":true,"f":false,"n":null,"":1}"#,
            ),
        ] {
            assert_eq!(rewritten(text), form, "{text}");
        }
    }
}
