//! JSON text with one line per member, for people. Numbers and strings keep their stored text.

use super::text::visible;

const STEP: &str = "  ";

/// `json` is valid JSON.
pub(super) fn indented(json: &str) -> String {
    let mut shown = String::with_capacity(json.len() * 2);
    let mut depth = 0_usize;
    let mut rest = json.trim_ascii();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => length_of_string(rest),
            _ => first.len_utf8(),
        };
        let (piece, behind) = rest.split_at_checked(length).unwrap_or((rest, ""));
        rest = behind.trim_ascii_start();
        match first {
            '{' | '[' => {
                shown.push(first);
                // An empty object or array stays on its line.
                if !rest.starts_with(['}', ']']) {
                    depth += 1;
                    begin_line(&mut shown, depth);
                }
            }
            '}' | ']' => {
                if !shown.ends_with(['{', '[']) {
                    depth = depth.saturating_sub(1);
                    begin_line(&mut shown, depth);
                }
                shown.push(first);
            }
            ',' => {
                shown.push(',');
                begin_line(&mut shown, depth);
            }
            ':' => shown.push_str(": "),
            _ => shown.push_str(&visible(piece)),
        }
    }
    shown
}

/// Bytes of the string at the beginning, quotes included.
fn length_of_string(text: &str) -> usize {
    let mut escaped = false;
    for (position, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return position + 1,
            _ => {}
        }
    }
    text.len()
}

fn begin_line(shown: &mut String, depth: usize) {
    shown.push('\n');
    for _ in 0..depth {
        shown.push_str(STEP);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_member_has_a_line_and_texts_are_unchanged() {
        for (json, expected) in [
            ("{}", "{}"),
            (" { \n } ", "{}"),
            (
                r#"{"a":1.0,"b":12345678901234567890}"#,
                "{\n  \"a\": 1.0,\n  \"b\": 12345678901234567890\n}",
            ),
            (
                r#"{"a":[],"b":[1,{"c":null}]}"#,
                "{\n  \"a\": [],\n  \"b\": [\n    1,\n    {\n      \"c\": null\n    }\n  ]\n}",
            ),
            (r#"{"a,{\"]\\":"x:y, z"}"#, "{\n  \"a,{\\\"]\\\\\": \"x:y, z\"\n}"),
            (r#"{"{":"["}"#, "{\n  \"{\": \"[\"\n}"),
            ("{\"\u{202e}\":\"é\"}", "{\n  \"[U+202E]\": \"é\"\n}"),
        ] {
            assert_eq!(indented(json), expected, "{json}");
        }
    }
}
