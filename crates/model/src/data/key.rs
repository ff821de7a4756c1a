//! The name of a top-level value as an argument of commands: without JSON's quotation marks and
//! escapes.

use crate::error::Error;
use crate::limits::MAX_KEY;

#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Key<'a>(&'a str);

impl<'a> Key<'a> {
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        let text = std::str::from_utf8(bytes).map_err(|_| Error::InvalidKey)?;
        if (1..=MAX_KEY).contains(&text.len()) {
            Ok(Self(text))
        } else {
            Err(Error::InvalidKey)
        }
    }

    pub const fn as_str(self) -> &'a str {
        self.0
    }
}

/// A key is part of the data, which must not get into a log through `{:?}`.
impl std::fmt::Debug for Key<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_1_to_256_bytes_of_any_utf_8() {
        for valid in ["a", "\0", "\"\\\n", "\u{85}", "日本", &"x".repeat(256)] {
            assert_eq!(Key::parse(valid.as_bytes()).map(Key::as_str), Ok(valid));
        }
        for invalid in [&b""[..], b"\xff", b"\xed\xa0\x80", &[b'x'; 257]] {
            assert_eq!(Key::parse(invalid), Err(Error::InvalidKey), "{invalid:?}");
        }
    }

    #[test]
    fn a_key_is_not_shown_by_debug() {
        assert_eq!(format!("{:?}", Key("secret")), "Key(6 bytes)");
    }
}
