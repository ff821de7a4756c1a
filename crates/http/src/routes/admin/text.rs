//! Foreign text on a page: ids, addresses and user agents that a visitor may have chosen. The
//! templates escape HTML; here characters that show nothing, or that change how their neighbours
//! are shown, become visible.

/// Replaces each control character and each invisible formatting character by its code point. Then
/// texts that differ only in these characters look different, and no text runs backwards.
pub(super) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() || is_invisible(character) {
            shown.push_str(&format!("[U+{:04X}]", u32::from(character)));
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Direction marks, joiners, separators, blanks without width, the byte order mark, tags.
const fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// A whole number with a comma between thousands.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// `1 session`, `1,234 sessions`.
pub(super) fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", number(count))
}

/// A number of bytes, in the unit that leaves one to three digits before the point.
pub(super) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KB", "MB", "GB", "TB", "PB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut tenths = bytes.saturating_mul(10);
    let mut unit = "B";
    for name in UNITS {
        if tenths < 10_240 {
            break;
        }
        tenths /= 1024;
        unit = name;
    }
    format!("{}.{} {unit}", number(tenths / 10), tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_show_nothing_are_made_visible() {
        for (text, expected) in [
            ("ann@example.org", "ann@example.org"),
            ("Zoë 北京 👍", "Zoë 北京 👍"),
            (
                "a\0b\r\nc\td\x1b[0m\x7f",
                "a[U+0000]b[U+000D][U+000A]c[U+0009]d[U+001B][0m[U+007F]",
            ),
            ("\u{85}", "[U+0085]"),
            ("\u{202e}gpj.exe", "[U+202E]gpj.exe"),
            ("a\u{200b}b\u{feff}", "a[U+200B]b[U+FEFF]"),
            ("\u{e0041}", "[U+E0041]"),
        ] {
            assert_eq!(visible(text), expected, "{text:?}");
        }
    }

    #[test]
    fn numbers_have_a_comma_between_thousands() {
        for (given, expected) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (12_345, "12,345"),
            (1_234_567, "1,234,567"),
            (u64::MAX, "18,446,744,073,709,551,615"),
        ] {
            assert_eq!(number(given), expected);
        }
        assert_eq!(counted(1, "session"), "1 session");
        assert_eq!(counted(0, "session"), "0 sessions");
        assert_eq!(counted(1_000, "user"), "1,000 users");
    }

    #[test]
    fn bytes_are_shown_in_the_unit_that_fits() {
        for (given, expected) in [
            (0, "0 B"),
            (1_023, "1023 B"),
            (1_024, "1.0 KB"),
            (1_536, "1.5 KB"),
            (1_048_576, "1.0 MB"),
            (13_421_773, "12.8 MB"),
            (5_368_709_120, "5.0 GB"),
        ] {
            assert_eq!(bytes(given), expected, "{given}");
        }
    }
}
