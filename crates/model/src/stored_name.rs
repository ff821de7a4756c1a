//! The form in which a token is stored in key names, index members and sets.

use crate::ident::{Sid, TOKEN_LENGTH, Token};

/// How a session's token is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Storage {
    /// The token itself.
    #[default]
    Plain,
    /// As its SHA-256 in 64 lower-case hexadecimal digits.
    Hashed,
}

/// The stored form of a token: 64 alphanumerics in both cases.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoredName([u8; TOKEN_LENGTH]);

impl StoredName {
    pub fn of(token: &Token, storage: Storage) -> Self {
        match storage {
            Storage::Plain => Self(token.to_bytes()),
            Storage::Hashed => Self(Token::digest_of(token.as_bytes()).to_bytes()),
        }
    }

    /// `None`: no session has such a stored name.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        Token::parse(bytes).map(|token| Self(token.to_bytes()))
    }

    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The token, if it is not hashed.
    pub const fn token(&self, storage: Storage) -> Option<Token> {
        match storage {
            Storage::Plain => Some(Token::from_alphanumerics(self.0)),
            Storage::Hashed => None,
        }
    }

    /// How many seconds this session's index steps are shifted, so that sessions do not all enter a
    /// step in the same second. It is used modulo the length of a step.
    pub const fn phase(&self) -> i64 {
        let [first, second, third, ..] = self.0;
        first as i64 + 10 * second as i64 + 100 * third as i64
    }

    /// The first 16 hexadecimal digits of the token's SHA-256.
    pub fn sid(&self, storage: Storage) -> Sid {
        match storage {
            Storage::Plain => Sid::of_text(&self.0),
            Storage::Hashed => Sid::first_of(&self.0),
        }
    }
}

/// A stored name may be a token, which must not get into a log through `{:?}`.
impl std::fmt::Debug for StoredName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StoredName(sid {:?})", self.sid(Storage::Plain))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hashed_token_is_stored_as_its_sha_256_and_both_have_the_same_sid() {
        let token = Token::parse(&[b'a'; 64]).unwrap();
        let (plain, hashed) = (
            StoredName::of(&token, Storage::Plain),
            StoredName::of(&token, Storage::Hashed),
        );
        assert_eq!(plain.as_bytes(), token.as_bytes());
        // printf 'a%.0s' {1..64} | sha256sum
        let expected = b"ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb";
        assert_eq!(hashed.as_bytes(), expected);
        assert_eq!(plain.sid(Storage::Plain), token.sid());
        assert_eq!(hashed.sid(Storage::Hashed), token.sid());
        assert_eq!(plain.token(Storage::Plain), Some(token));
        assert_eq!(hashed.token(Storage::Hashed), None);
    }
}
