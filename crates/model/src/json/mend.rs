//! Replaces parts of valid JSON that strict parsers refuse: halves of surrogate pairs, which
//! JavaScript writes, and numbers beyond the range of a double, which arbitrary-precision libraries
//! write.
//!
//! Everything here expects valid JSON.

use std::borrow::Cow;

use crate::limits::MAX_NUMBER;

/// Every integer within the range of a double has fewer digits. A longer number has more decimals
/// than a double holds, and parsers limit the length of numbers.
const MAX_SHOWN: usize = 310;

/// A backslash and the characters that belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escape {
    /// Two characters, such as `\n`.
    Short,
    /// `\uXXXX` for a whole character.
    Unit,
    /// Two `\uXXXX` for one character.
    Pair,
    /// `\uXXXX` for half of a character.
    Half,
    /// The first wrong byte's distance from the backslash.
    Invalid { offset: usize },
}

impl Escape {
    /// The escape at the start of `bytes`.
    pub(super) fn at(bytes: &[u8]) -> Self {
        match bytes.get(1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Self::Short,
            Some(b'u') => match unit(bytes) {
                Ok(0xD800..=0xDBFF) => match unit(bytes.get(6..).unwrap_or_default()) {
                    Ok(0xDC00..=0xDFFF) => Self::Pair,
                    _ => Self::Half,
                },
                Ok(0xDC00..=0xDFFF) => Self::Half,
                Ok(_) => Self::Unit,
                Err(offset) => Self::Invalid { offset },
            },
            _ => Self::Invalid { offset: 1 },
        }
    }

    pub(super) const fn length(self) -> usize {
        match self {
            Self::Short => 2,
            Self::Unit | Self::Half => 6,
            Self::Pair => 12,
            Self::Invalid { offset } => offset,
        }
    }
}

/// The number after `\u`; otherwise the offset of the first wrong byte.
fn unit(bytes: &[u8]) -> Result<u32, usize> {
    let mut unit = 0;
    for offset in 0..6 {
        let byte = bytes.get(offset).copied().unwrap_or_default();
        match offset {
            0 if byte == b'\\' => {}
            1 if byte == b'u' => {}
            2.. => unit = unit << 4 | char::from(byte).to_digit(16).ok_or(offset)?,
            _ => return Err(offset),
        }
    }
    Ok(unit)
}

/// The text with `\ufffd` for each half of a surrogate pair; its length does not change.
pub fn whole_pairs(text: &str) -> Cow<'_, str> {
    let mut mended = String::new();
    let (mut copied, mut at) = (0, 0);
    while let Some(distance) = text.get(at..).and_then(|rest| rest.find('\\')) {
        at += distance;
        let escape = Escape::at(text.as_bytes().get(at..).unwrap_or_default());
        if escape == Escape::Half {
            mended.push_str(text.get(copied..at).unwrap_or_default());
            mended.push_str("\\ufffd");
            copied = at + escape.length();
        }
        at += escape.length();
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    mended.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(mended)
}

/// The text with null for each number beyond the range of a double, and with the nearest double for
/// each number with too many digits.
pub(crate) fn tame_numbers(text: &str) -> String {
    let mut tame = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c == '"' || c == '-' || c.is_ascii_digit()) {
        let (before, from) = rest.split_at(at);
        tame.push_str(before);
        let is_string = from.starts_with('"');
        let length = if is_string {
            string_length(from)
        } else {
            number_length(from)
        };
        let (token, after) = from.split_at_checked(length).unwrap_or((from, ""));
        if is_string {
            tame.push_str(token);
        } else {
            tame.push_str(&tame_number(token));
        }
        rest = after;
    }
    tame.push_str(rest);
    tame
}

fn tame_number(number: &str) -> Cow<'_, str> {
    let is_short = number.len() <= MAX_NUMBER && !number.contains(['e', 'E']);
    match number.parse::<f64>() {
        _ if is_short => Cow::Borrowed(number),
        Ok(double) if !double.is_finite() => Cow::Borrowed("null"),
        Ok(double) if number.len() > MAX_SHOWN => Cow::Owned(format!("{double:e}")),
        _ => Cow::Borrowed(number),
    }
}

fn number_length(text: &str) -> usize {
    let is_part = |c: char| matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E');
    text.find(|c| !is_part(c)).unwrap_or(text.len())
}

fn string_length(text: &str) -> usize {
    let mut escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |end| end + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_surrogate_pair_becomes_the_replacement_character_of_the_same_length() {
        for (text, mended) in [
            (r#""\ud83d""#, r#""\ufffd""#),
            (r#""\uDE00x""#, r#""\ufffdx""#),
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""\ude00\ud83d""#, r#""\ufffd\ufffd""#),
            (r#""\ud83d\n\ude00""#, r#""\ufffd\n\ufffd""#),
            (r#""\ud83d😀""#, r#""\ufffd😀""#),
            (
                r#"{"\udfff":["\udbff",{"a":"\\ud83d"}]}"#,
                r#"{"\ufffd":["\ufffd",{"a":"\\ud83d"}]}"#,
            ),
            (r#""\\\ud83d""#, r#""\\\ufffd""#),
        ] {
            assert_eq!(whole_pairs(text), mended, "{text}");
            assert_eq!(text.len(), mended.len());
        }
        for whole in [
            r#""\ud83d\ude00""#,
            r#""\\ud83d""#,
            r#""\u00e9""#,
            r#""\ufffd""#,
            "1",
            "",
        ] {
            assert!(matches!(whole_pairs(whole), Cow::Borrowed(_)), "{whole}");
        }
    }

    #[test]
    fn numbers_beyond_a_double_become_null_and_endless_ones_the_nearest_double() {
        let (most, more) = (format!("1{}", "0".repeat(308)), format!("1{}", "0".repeat(309)));
        let third = format!("-0.{}", "3".repeat(5000));
        let moved = format!("1{}e-5000", "0".repeat(5000));
        for (number, shown) in [
            ("1e400", "null"),
            ("-1E+400", "null"),
            ("1e-400", "1e-400"),
            ("0e999", "0e999"),
            ("1.7976931348623157e308", "1.7976931348623157e308"),
            ("1.7976931348623159e308", "null"),
            ("12345678901234567890", "12345678901234567890"),
            (&most, &most),
            (&more, "null"),
            (&third, "-3.333333333333333e-1"),
            (&moved, "1e0"),
        ] {
            let text = format!(r#"{{"1e400":[{number},"\"1e400\\",true],"n":{number}}}"#);
            let expected = format!(r#"{{"1e400":[{shown},"\"1e400\\",true],"n":{shown}}}"#);
            assert_eq!(tame_numbers(&text), expected, "{number}");
        }
    }
}
