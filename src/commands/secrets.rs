//! The arguments of a call that MONITOR and SLOWLOG must not show.
//!
//! These are the arguments that the table marks, and all arguments that look like a token or like
//! data: a missing or repeated argument moves the others to positions where the table has no
//! secret.

use std::iter;

use super::table::Table;
use sessions_model::ident::TOKEN_LENGTH;

/// A part of a token, alone or within a longer text such as a signed cookie, is treated as a secret
/// from this length on. Of a shorter part, more than 16 characters are missing, which cannot be
/// guessed. Ids of 40 hexadecimal digits are shorter.
const TELLING_LENGTH: usize = TOKEN_LENGTH * 3 / 4;

/// Whether an argument in a wrong position may be a secret without a recognizable form: the key of
/// INCR, at any position except the app's.
fn may_be_a_key(table: &Table, position: usize, argument: &[u8]) -> bool {
    let has_a_key = || table.positional().iter().any(|argument| argument.name == "key");
    let is_number = || std::str::from_utf8(argument).is_ok_and(|text| text.parse::<i64>().is_ok());
    position > 1 && has_a_key() && table.option(argument).is_none() && !is_number()
}

/// The positions of the secrets, counted from 1 after the command's name. `arguments` may
/// be too few, too many, in any order and malformed.
pub(crate) fn positions(table: &Table, arguments: &[&[u8]]) -> impl Iterator<Item = usize> {
    let marked = table
        .positional()
        .iter()
        .map(|argument| argument.secret)
        .chain(iter::repeat(false));
    let before = iter::once(&b""[..]).chain(arguments.iter().copied());
    let placed = arguments.iter().zip(before).zip(marked).zip(1..);
    placed.filter_map(move |(((argument, before), is_marked), position)| {
        let is_secret = is_marked
            || reveals(table, before)
            || holds_token(argument)
            || holds_data(argument)
            || may_be_a_key(table, position, argument);
        is_secret.then_some(position)
    })
}

/// Whether a secret follows the word.
fn reveals(table: &Table, word: &[u8]) -> bool {
    table.option(word).is_some_and(|option| option.secret)
}

/// Whether the argument contains a token or most of one.
pub(crate) fn holds_token(argument: &[u8]) -> bool {
    argument.len() >= TELLING_LENGTH
        && argument
            .split(|byte| !byte.is_ascii_alphanumeric())
            .any(|run| run.len() >= TELLING_LENGTH)
}

/// Whether an argument begins like a JSON object or list, or contains the beginning of one, as in
/// `DATA={"a":1}` and `DATA=["a"]`.
fn holds_data(argument: &[u8]) -> bool {
    const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
    let text = argument.strip_prefix(BYTE_ORDER_MARK).unwrap_or(argument);
    matches!(text.trim_ascii_start(), [b'{' | b'[', ..]) || holds_a_beginning(text)
}

/// Whether a quotation mark follows a brace or a bracket, possibly after blanks.
fn holds_a_beginning(text: &[u8]) -> bool {
    text.iter().zip(1..).any(|(&byte, next)| {
        let rest = text.get(next..).unwrap_or_default();
        matches!(byte, b'{' | b'[') && rest.trim_ascii_start().starts_with(b"\"")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::SPECS;

    /// The arguments of a call with the secret ones replaced.
    fn shown(command: &str, arguments: &[&str]) -> String {
        let spec = SPECS.iter().find(|spec| spec.name == format!("SESSIONS.{command}"));
        let given: Vec<&[u8]> = arguments.iter().map(|argument| argument.as_bytes()).collect();
        let secret: Vec<usize> = positions(&spec.unwrap().table(), &given).collect();
        let words = arguments.iter().zip(1..).map(
            |(argument, position)| {
                if secret.contains(&position) { "*" } else { argument }
            },
        );
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_secrets_of_the_table_are_hidden_and_nothing_else() {
        let token = "a".repeat(64);
        for (command, arguments, expected) in [
            (
                "CREATE",
                vec!["web", "u1", "IP", "::1", "TTL", "60"],
                "web u1 IP ::1 TTL 60",
            ),
            (
                "CREATE",
                vec!["web", "u1", "DATA", "no JSON", "TTL", "60"],
                "web u1 DATA * TTL 60",
            ),
            ("GET", vec!["web", &token, "JSON"], "web * JSON"),
            ("SET", vec!["web", &token, "{}", "JSON"], "web * * JSON"),
            ("INCR", vec!["web", &token, "failed", "BY", "5"], "web * * BY 5"),
            ("ROTATE", vec!["web", &token, "ID", "u2"], "web * ID u2"),
            ("KILLSOID", vec!["web", "u1", "EXCEPT", "cut"], "web u1 EXCEPT *"),
            (
                "KILLSOID",
                vec!["web", "u1", "ONLY", "0123456789abcdef"],
                "web u1 ONLY 0123456789abcdef",
            ),
            ("SOAPP", vec!["web", "600", "LIMIT", "0", "10"], "web 600 LIMIT 0 10"),
            ("WIPE", vec![], ""),
        ] {
            assert_eq!(shown(command, &arguments), expected);
        }
    }

    #[test]
    fn the_words_before_secrets_are_found_in_any_case() {
        for word in ["data", "Data", "DATA", "dAtA"] {
            assert_eq!(shown("CREATE", &["web", "u1", word, "pin"]), format!("web u1 {word} *"));
        }
        assert_eq!(shown("KILLSOID", &["web", "u1", "except", "cut"]), "web u1 except *");
    }

    #[test]
    fn a_malformed_token_in_its_position_is_hidden() {
        for token in ["", "undefined", "eyJ1c2VyIjoxfQ.ZQ.abc", &"a".repeat(63)] {
            for command in ["GET", "PEEK", "SET", "INCR", "TOUCH", "EXISTS", "ROTATE", "KILL"] {
                assert_eq!(shown(command, &["web", token]), "web *", "{command} {token}");
            }
        }
    }

    #[test]
    fn a_token_in_any_other_position_is_hidden() {
        let token = "a1B2".repeat(16);
        for misplaced in [
            token.clone(),
            token[..48].to_owned(),
            format!("{token}x"),
            format!(" {token}\n"),
            format!("s:{token}.c2lnbmF0dXJl"),
            format!("session={token}; path=/"),
        ] {
            for (command, arguments, expected) in [
                ("GET", vec![misplaced.as_str(), "web"], "* *"),
                ("CREATE", vec!["web", &misplaced], "web *"),
                ("KILLSOID", vec!["web", "u1", &misplaced], "web u1 *"),
                ("COUNT", vec!["web", "DT", &misplaced], "web DT *"),
                ("WIPE", vec![&misplaced], "*"),
            ] {
                assert_eq!(shown(command, &arguments), expected, "{misplaced}");
            }
        }
    }

    #[test]
    fn data_in_any_other_position_is_hidden() {
        for misplaced in [
            r#"{"secret":1}"#,
            "{",
            "[1]",
            " \t\r\n{}",
            "\u{feff}{\"secret\":1}",
            r#"DATA={"secret":1}"#,
        ] {
            for (command, arguments, expected) in [
                ("CREATE", vec!["web", "u1", misplaced], "web u1 *"),
                ("CREATE", vec!["web", misplaced], "web *"),
                ("SET", vec!["web", "T", "JSON", misplaced], "web * * *"),
                ("GET", vec!["web", "T", misplaced], "web * *"),
                ("HELP", vec![misplaced], "*"),
            ] {
                assert_eq!(shown(command, &arguments), expected, "{misplaced}");
            }
        }
    }

    #[test]
    fn a_key_of_incr_is_hidden_in_a_wrong_position_too() {
        let token = "a".repeat(64);
        for (arguments, expected) in [
            (vec!["web", &token, "pin", "BY", "3"], "web * * BY 3"),
            (vec!["web", &token, "BY", "3", "pin"], "web * * 3 *"),
            (vec!["web", "pin", &token], "web * *"),
            (vec!["web", &token, "", "pin"], "web * * *"),
        ] {
            assert_eq!(shown("INCR", &arguments), expected);
        }
    }

    #[test]
    fn ids_stay_readable() {
        for id in [
            "u1",
            "me@example.org",
            "{tag}:7",
            "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
            "507f1f77bcf86cd799439011",
            "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        ] {
            let hidden = id.starts_with('{');
            let expected = format!("web {}", if hidden { "*" } else { id });
            assert_eq!(shown("SOID", &["web", id]), expected);
        }
    }
}
