//! Names in the arguments of commands: parsed once, valid from then on.

use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::limits::{MAX_APP, MAX_ID, MAX_IP};

pub use crate::user_agent::UserAgent;

/// The length of the tokens of redis-sessions.
pub const TOKEN_LENGTH: usize = 64;
const SID_LENGTH: usize = 16;

/// A namespace of sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct App<'a>(&'a [u8]);

impl<'a> App<'a> {
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        let allowed = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        if (1..=MAX_APP).contains(&bytes.len()) && bytes.iter().all(allowed) {
            Ok(Self(bytes))
        } else {
            Err(Error::InvalidApp)
        }
    }

    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }
}

/// An app with its own copy of the name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppName(Vec<u8>);

impl AppName {
    pub fn as_app(&self) -> App<'_> {
        App(&self.0)
    }
}

impl From<App<'_>> for AppName {
    fn from(app: App<'_>) -> Self {
        Self(app.0.to_vec())
    }
}

/// The user of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id<'a>(&'a [u8]);

impl<'a> Id<'a> {
    /// An id for a session.
    pub fn parse_new(bytes: &'a [u8]) -> Result<Self, Error> {
        if !bytes.is_empty() && is_text(bytes, MAX_ID) {
            Ok(Self(bytes))
        } else {
            Err(Error::InvalidId)
        }
    }

    /// An id whose sessions are looked up: any text that redis-sessions may have stored.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        if bytes.is_empty() {
            Err(Error::EmptyId)
        } else {
            Ok(Self(bytes))
        }
    }

    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }
}

/// The user of the session, if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner<'a> {
    /// The session is anonymous.
    Nobody,
    Id(Id<'a>),
}

impl<'a> Owner<'a> {
    /// An owner for a comparison; an empty text means anonymous.
    pub const fn of(bytes: &'a [u8]) -> Self {
        if bytes.is_empty() {
            Self::Nobody
        } else {
            Self::Id(Id(bytes))
        }
    }

    /// The form in hashes and index members: empty if anonymous.
    pub const fn as_bytes(self) -> &'a [u8] {
        match self {
            Self::Nobody => b"",
            Self::Id(id) => id.0,
        }
    }
}

/// The address of the client, in the form that a proxy passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ip<'a>(&'a [u8]);

impl<'a> Ip<'a> {
    /// `None`: the address is empty, so it is unknown.
    pub fn parse(bytes: &'a [u8]) -> Result<Option<Self>, Error> {
        if is_text(bytes, MAX_IP) {
            Ok(Some(Self(bytes)).filter(|ip| !ip.0.is_empty()))
        } else {
            Err(Error::InvalidIp)
        }
    }

    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }
}

/// The secret that names one session.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token([u8; TOKEN_LENGTH]);

impl Token {
    /// `None`: no session can have such a token. That is not an error, because a browser can send
    /// anything as a cookie.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let token = <[u8; TOKEN_LENGTH]>::try_from(bytes).ok()?;
        // The loop does not stop at the first bad byte, so the compiler can process many bytes at a
        // time.
        let valid = token.iter().fold(true, |valid, b| valid & b.is_ascii_alphanumeric());
        valid.then_some(Self(token))
    }

    /// A token for a new session.
    pub fn parse_new(bytes: &[u8]) -> Result<Self, Error> {
        Self::parse(bytes).ok_or(Error::InvalidToken)
    }

    /// The token for a session id of a web framework: the SHA-256 of that id, in lower-case
    /// hexadecimal digits.
    pub fn digest_of(name: &[u8]) -> Self {
        let mut token = [b'0'; TOKEN_LENGTH];
        write_hexadecimal(&mut token, Sha256::digest(name));
        Self(token)
    }

    pub(super) const fn from_alphanumerics(bytes: [u8; TOKEN_LENGTH]) -> Self {
        Self(bytes)
    }

    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) const fn to_bytes(self) -> [u8; TOKEN_LENGTH] {
        self.0
    }

    pub fn sid(&self) -> Sid {
        Sid::of_text(&self.0)
    }
}

/// A token must not get into a log through `{:?}`.
impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Token(sid {:?})", self.sid())
    }
}

/// A public identifier of a session, which does not open it: the first 16 hexadecimal digits of its
/// token's SHA-256.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Sid([u8; SID_LENGTH]);

impl Sid {
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        match <[u8; SID_LENGTH]>::try_from(bytes) {
            Ok(sid) if sid.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) => Ok(Self(sid)),
            _ => Err(Error::InvalidSid),
        }
    }

    /// The first digits of a text's SHA-256.
    pub(super) fn of_text(text: &[u8]) -> Self {
        let mut sid = [b'0'; SID_LENGTH];
        write_hexadecimal(&mut sid, Sha256::digest(text));
        Self(sid)
    }

    /// The first digits of a SHA-256 that is written in hexadecimal.
    pub(super) fn first_of(digits: &[u8; TOKEN_LENGTH]) -> Self {
        let mut sid = [b'0'; SID_LENGTH];
        for (to, from) in sid.iter_mut().zip(digits) {
            *to = *from;
        }
        Self(sid)
    }

    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Fills a text with the first hexadecimal digits of `bytes`, in lower case.
pub(super) fn write_hexadecimal(text: &mut [u8], bytes: impl IntoIterator<Item = u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        for (digit, half) in pair.iter_mut().zip([byte >> 4, byte & 15]) {
            *digit = DIGITS.get(usize::from(half)).copied().unwrap_or(b'0');
        }
    }
}

impl std::fmt::Debug for Sid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

/// At most `max` bytes of UTF-8 without control characters (Unicode's Cc).
fn is_text(bytes: &[u8], max: usize) -> bool {
    bytes.len() <= max && std::str::from_utf8(bytes).is_ok_and(|text| !text.chars().any(char::is_control))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_is_1_to_64_of_its_characters() {
        for valid in ["a", "web-app_2", &"x".repeat(64)] {
            assert!(App::parse(valid.as_bytes()).is_ok(), "{valid:?}");
        }
        for invalid in ["", "a b", "a:b", "ä", "a\n", &"x".repeat(65)] {
            assert_eq!(App::parse(invalid.as_bytes()), Err(Error::InvalidApp), "{invalid:?}");
        }
    }

    #[test]
    fn a_session_gets_an_id_of_text_without_control_characters() {
        for valid in ["a", "a:b c@d", "Zoë", "日本", &"x".repeat(512)] {
            assert!(Id::parse_new(valid.as_bytes()).is_ok(), "{valid:?}");
        }
        for invalid in ["", "a\nb", "a\0", "\u{7f}", "\u{85}", &"x".repeat(513)] {
            assert_eq!(Id::parse_new(invalid.as_bytes()), Err(Error::InvalidId), "{invalid:?}");
        }
        assert_eq!(Id::parse_new(b"\xff"), Err(Error::InvalidId));
    }

    #[test]
    fn an_id_that_is_looked_up_is_anything_but_empty() {
        for valid in [&b"a\tb"[..], b"\0", b"\xff", &[b'x'; 100_000]] {
            assert_eq!(Id::parse(valid).map(Id::as_bytes), Ok(valid));
        }
        assert_eq!(Id::parse(b""), Err(Error::EmptyId));
    }

    #[test]
    fn an_ip_is_any_text_and_unknown_when_it_is_empty() {
        for known in ["::1", "10.0.0.1, proxy", &"1".repeat(256)] {
            assert_eq!(Ip::parse(known.as_bytes()), Ok(Some(Ip(known.as_bytes()))));
        }
        assert_eq!(Ip::parse(b""), Ok(None));
        for invalid in [&b"1\n"[..], b"\xfe", &[b'1'; 257]] {
            assert_eq!(Ip::parse(invalid), Err(Error::InvalidIp), "{invalid:?}");
        }
    }

    #[test]
    fn a_token_is_exactly_64_alphanumerics() {
        assert!(Token::parse(&[b'Z'; 64]).is_some());
        for invalid in [&[b'a'; 63][..], &[b'a'; 65], &[b'-'; 64], b""] {
            assert_eq!(Token::parse(invalid), None, "{invalid:?}");
        }
    }

    #[test]
    fn a_sid_is_the_start_of_the_tokens_sha_256() {
        // printf 'a%.0s' {1..64} | sha256sum
        let sid = Token::parse(&[b'a'; 64]).unwrap().sid();
        assert_eq!(sid.as_bytes(), b"ffe054fe7ae0cb6d");
        assert_eq!(Sid::parse(b"ffe054fe7ae0cb6d"), Ok(sid));
        for invalid in ["", "FFE054FE7AE0CB6D", "ffe054fe7ae0cb6", "ffe054fe7ae0cb6dd"] {
            assert_eq!(Sid::parse(invalid.as_bytes()), Err(Error::InvalidSid), "{invalid:?}");
        }
    }
}
