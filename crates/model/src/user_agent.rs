//! The user agent of a session: any bytes from a client, converted to text.

use std::borrow::Cow;

use crate::limits::MAX_USER_AGENT;

/// The client's description of itself when a session was created. A client can send any bytes, and
/// no log-in may fail because of them, so they are converted to text instead of refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserAgent<'a>(Cow<'a, str>);

impl<'a> UserAgent<'a> {
    /// `None`: the user agent is empty, so it is unknown.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        if bytes.is_empty() {
            return None;
        }
        match std::str::from_utf8(bytes) {
            Ok(text) if text.len() <= MAX_USER_AGENT && !text.chars().any(char::is_control) => {
                Some(Self(Cow::Borrowed(text)))
            }
            _ => Some(Self(Cow::Owned(readable_start(bytes)))),
        }
    }

    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// The first characters that fit into the limit, with U+FFFD for invalid bytes and spaces for
/// control characters.
fn readable_start(bytes: &[u8]) -> String {
    // No character becomes shorter than half of its length, so everything after this would be cut
    // anyway; a cut here can only break the last character.
    const LOOKED_AT: usize = 2 * MAX_USER_AGENT + 4;
    let start = bytes.get(..LOOKED_AT).unwrap_or(bytes);
    let mut text = String::with_capacity(MAX_USER_AGENT);
    for char in String::from_utf8_lossy(start).chars() {
        let char = if char.is_control() { ' ' } else { char };
        if text.len() + char.len_utf8() > MAX_USER_AGENT {
            break;
        }
        text.push(char);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_agent_is_any_bytes_converted_to_text_and_cut_between_characters() {
        let long = "é".repeat(300);
        let controls = "\u{85}".repeat(600);
        let cases: [(&[u8], &str); 9] = [
            (b"curl/8.5.0", "curl/8.5.0"),
            ("Zoë's browser 日本".as_bytes(), "Zoë's browser 日本"),
            (b"a\r\nb\0\x7f\xc2\x85", "a  b   "),
            (b"a\xffb\xc3", "a\u{fffd}b\u{fffd}"),
            (&[b'x'; 100_000], &"x".repeat(512)),
            (&[b'x'; 512], &"x".repeat(512)),
            (long.as_bytes(), &"é".repeat(256)),
            (&[0xff; 600], &"\u{fffd}".repeat(170)),
            (controls.as_bytes(), &" ".repeat(512)),
        ];
        for (bytes, kept) in cases {
            let user_agent = UserAgent::parse(bytes).unwrap();
            assert_eq!(
                user_agent.as_bytes(),
                kept.as_bytes(),
                "{}",
                String::from_utf8_lossy(bytes)
            );
        }
        assert_eq!(UserAgent::parse(b""), None);
    }

    #[test]
    fn a_user_agents_last_character_is_whole_or_omitted() {
        for before in 505..=512 {
            for char in ["é", "日", "😀"] {
                let text = format!("{}{}", "x".repeat(before), char.repeat(300));
                let kept = text.floor_char_boundary(512);
                let user_agent = UserAgent::parse(text.as_bytes()).unwrap();
                assert_eq!(user_agent.as_bytes(), &text.as_bytes()[..kept], "{before} {char}");
            }
        }
    }
}
