//! The reason why a file does not have the types of [`File`](super::file::File). The reason does
//! not contain values, because a value may be a password and the reason is logged.

use std::path::Path;

/// The line and the reason.
pub(super) fn trouble(error: &toml::de::Error, path: Option<&Path>, text: &str) -> String {
    let name = path.map(|path| path.display().to_string()).unwrap_or_default();
    let words = without_values(error.message());
    match error.span() {
        Some(span) => {
            let before = text.bytes().take(span.start);
            let line = before.filter(|&b| b == b'\n').count() + 1;
            format!("{name}, line {line}: {words}")
        }
        None => format!("{name}: {words}"),
    }
}

/// The value comes before the last "expected".
fn without_values(words: &str) -> String {
    let forms = ["invalid type", "invalid value", "invalid length", "unknown variant"];
    let Some(form) = forms.into_iter().find(|form| words.starts_with(form)) else {
        return words.to_owned();
    };
    let expected = words
        .rsplit_once("expected ")
        .map_or("another one", |(_, expected)| expected);
    // serde names the program's type.
    let expected = match expected.strip_prefix("struct ") {
        Some(_) => "a table",
        None => expected,
    };
    format!("{form}: expected {expected}")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test ends by panicking")]
mod tests {
    use super::super::file::File;

    #[test]
    fn the_reason_contains_no_value_of_the_file() {
        for (text, expected) in [
            (
                "redis = \"redis://:s3cret@host\"",
                "line 1: invalid type: expected a table",
            ),
            (
                "\n[redis]\nurl = { s3cret = 1 }",
                "line 3: expected a string or a list of strings",
            ),
            (
                "listen = [\"s3cret\", 5]",
                "line 1: expected a string or a list of strings",
            ),
            ("[redis]\nusername = 4711", "line 2: invalid type: expected a string"),
            (
                "[log]\nlevel = \"s3cret, expected s3cret\"",
                "line 2: unknown variant: expected one of `error`, `warn`, `info`, `debug`",
            ),
            (
                "[redis]\nusername = \"s3cret",
                "line 2: invalid basic string, expected `\"`",
            ),
        ] {
            let error = toml::from_str::<File>(text).unwrap_err();
            let trouble = super::trouble(&error, None, text);
            assert_eq!(trouble, format!(", {expected}"));
        }
    }
}
