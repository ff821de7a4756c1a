//! What is stored for some seconds under the old token of a session that was rotated with a grace:
//! where the session is now.
//!
//! An alias has no field of a session, so nothing mistakes it for one, and it leads to a session
//! only by the token. If tokens are hashed, the new token is encrypted with the old one: neither
//! can be computed from what is stored.

use std::iter;

use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::ident::{TOKEN_LENGTH, Token};
use crate::session::{Seconds, Session, grace_left};
use crate::stored_name::Storage;
use crate::token;

const TO: &[u8] = b"to";
const SEALED: &[u8] = b"sealed";
const UNTIL: &[u8] = b"until";
const OF: &[u8] = b"of";
const SINCE: &[u8] = b"since";
const LOGIN: &[u8] = b"login";

/// More fields than any alias has, including fields that another program may have added.
pub const MAX_FIELDS: usize = 16;

const NONCE_LENGTH: usize = 16;

/// Names and values of hash fields.
pub type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// What an old token can be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Everything that the new token can be used for.
    Any,
    /// Only the repeat of the log-in that has replaced it.
    LogIn,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    target: Target,
    /// The last second in which the alias leads to the session.
    until: Seconds,
    /// The id of the session; empty if it is anonymous.
    of: Vec<u8>,
    /// When the session was created, if known.
    since: Option<Seconds>,
    pub purpose: Purpose,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Target {
    Token(Token),
    Sealed(Vec<u8>),
}

impl Alias {
    /// The alias of `old` for a session that has the token `new` and belongs to the id `of`. Fails
    /// if the operating system returns no random numbers.
    pub fn new(
        (old, new): (&Token, &Token),
        storage: Storage,
        of: &[u8],
        since: Option<Seconds>,
        until: Seconds,
        purpose: Purpose,
    ) -> Result<Self, Error> {
        let target = match storage {
            Storage::Plain => Target::Token(*new),
            Storage::Hashed => Target::Sealed(sealed(old, new, token::random_bytes()?)),
        };
        Ok(Self {
            target,
            until,
            of: of.to_vec(),
            since,
            purpose,
        })
    }

    /// `None`: the fields are not those of an alias.
    pub fn from_fields(fields: &[(Vec<u8>, Vec<u8>)]) -> Option<Self> {
        let field = |name: &[u8]| {
            fields
                .iter()
                .find(|(of, _)| of == name)
                .map(|(_, value)| value.as_slice())
        };
        let number = |text: &[u8]| std::str::from_utf8(text).ok()?.parse::<Seconds>().ok();
        let target = match (field(TO), field(SEALED)) {
            (Some(token), None) => Target::Token(Token::parse(token)?),
            (None, Some(sealed)) => Target::Sealed(sealed.to_vec()),
            _ => return None,
        };
        Some(Self {
            target,
            until: field(UNTIL).and_then(number)?,
            of: field(OF)?.to_vec(),
            since: match field(SINCE) {
                Some(since) => Some(number(since)?),
                None => None,
            },
            purpose: match field(LOGIN) {
                Some(_) => Purpose::LogIn,
                None => Purpose::Any,
            },
        })
    }

    pub fn to_fields(&self) -> Pairs {
        let number = |number: Seconds| number.to_string().into_bytes();
        let target = match &self.target {
            Target::Token(token) => (TO, token.as_bytes().to_vec()),
            Target::Sealed(sealed) => (SEALED, sealed.clone()),
        };
        let fields = [
            Some(target),
            Some((UNTIL, number(self.until))),
            Some((OF, self.of.clone())),
            self.since.map(|since| (SINCE, number(since))),
            (self.purpose == Purpose::LogIn).then(|| (LOGIN, b"1".to_vec())),
        ];
        let named = |(name, value): (&[u8], Vec<u8>)| (name.to_vec(), value);
        fields.into_iter().flatten().map(named).collect()
    }

    /// How the old token is stored; the alias has the new token in the same form.
    pub const fn storage(&self) -> Storage {
        match self.target {
            Target::Token(_) => Storage::Plain,
            Target::Sealed(_) => Storage::Hashed,
        }
    }

    /// The token that the session has now, decrypted with the old one. `None`: the grace is over.
    /// If the clock was set back, the grace lasts at most as long as the longest grace.
    pub fn token(&self, old: &Token, now: Seconds) -> Option<Token> {
        grace_left(self.until, now)?;
        match &self.target {
            Target::Token(token) => Some(*token),
            Target::Sealed(sealed) => unsealed(old, sealed),
        }
    }

    /// Whether this is still the same session with the same owner and in the same grace. So an
    /// alias does not lead to another session that gets the token.
    pub fn leads_to<B: AsRef<[u8]>>(&self, session: &Session<B>) -> bool {
        session.id.as_ref() == self.of && session.created == self.since && session.graced == Some(self.until)
    }
}

/// A nonce, and the new token combined with a pad of the nonce and the old token.
fn sealed(old: &Token, new: &Token, nonce: [u8; NONCE_LENGTH]) -> Vec<u8> {
    let token = new
        .as_bytes()
        .iter()
        .zip(pad(&nonce, old))
        .map(|(byte, pad)| byte ^ pad);
    nonce.into_iter().chain(token).collect()
}

fn unsealed(old: &Token, sealed: &[u8]) -> Option<Token> {
    let (nonce, token) = sealed.split_at_checked(NONCE_LENGTH)?;
    let token: Vec<u8> = token
        .iter()
        .zip(pad(nonce, old))
        .map(|(byte, pad)| byte ^ pad)
        .collect();
    Token::parse(&token)
}

/// A pad as long as a token: two SHA-256 hashes of what only the holder of the old token knows.
fn pad(nonce: &[u8], old: &Token) -> impl Iterator<Item = u8> {
    const { assert!(TOKEN_LENGTH == 2 * 32) };
    let half = |number: u8| {
        let hash = Sha256::new().chain_update(nonce).chain_update([number]);
        hash.chain_update(old.as_bytes()).finalize()
    };
    iter::empty().chain(half(1)).chain(half(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(letter: u8) -> Token {
        Token::parse(&[letter; TOKEN_LENGTH]).unwrap()
    }

    fn alias(storage: Storage) -> Alias {
        let tokens = (&token(b'a'), &token(b'b'));
        Alias::new(tokens, storage, b"bob", Some(50), 110, Purpose::LogIn).unwrap()
    }

    #[test]
    fn an_alias_leads_to_the_new_token_until_its_last_second() {
        for storage in [Storage::Plain, Storage::Hashed] {
            for (now, leads) in [(49, false), (50, true), (110, true), (111, false)] {
                let expected = leads.then(|| token(b'b'));
                assert_eq!(alias(storage).token(&token(b'a'), now), expected, "{storage:?} {now}");
            }
        }
    }

    #[test]
    fn a_stored_alias_can_be_read_and_contains_no_token_when_tokens_are_hashed() {
        for storage in [Storage::Plain, Storage::Hashed] {
            let fields = alias(storage).to_fields();
            assert_eq!(Alias::from_fields(&fields), Some(alias_of(&fields)));
            let holds = fields.iter().any(|(_, value)| value == token(b'b').as_bytes());
            assert_eq!(holds, storage == Storage::Plain);
        }
    }

    /// Sealing generates a nonce, so two aliases are never equal.
    fn alias_of(fields: &Pairs) -> Alias {
        let target = match fields.first() {
            Some((name, value)) if name == TO => Target::Token(Token::parse(value).unwrap()),
            Some((_, value)) => Target::Sealed(value.clone()),
            None => panic!("no fields"),
        };
        Alias {
            target,
            ..alias(Storage::Plain)
        }
    }

    #[test]
    fn another_token_does_not_open_the_seal() {
        let sealed = alias(Storage::Hashed);
        assert_ne!(sealed.token(&token(b'c'), 100), Some(token(b'b')));
    }

    #[test]
    fn incomplete_or_unreadable_fields_are_not_an_alias() {
        let complete = alias(Storage::Plain).to_fields();
        assert!(Alias::from_fields(&complete).is_some());
        for name in [TO, UNTIL, OF] {
            let without: Pairs = complete.iter().filter(|(of, _)| of != name).cloned().collect();
            assert_eq!(
                Alias::from_fields(&without),
                None,
                "without {}",
                String::from_utf8_lossy(name)
            );
        }
        for (name, value) in [(TO, "short"), (UNTIL, ""), (UNTIL, "soon"), (SINCE, "x"), (SEALED, "x")] {
            let mut fields = complete.clone();
            fields.retain(|(of, _)| of != name);
            fields.push((name.to_vec(), value.into()));
            assert_eq!(Alias::from_fields(&fields), None, "{value:?}");
        }
        for sealed in ["", "short", &"x".repeat(79), &"x".repeat(81)] {
            let target = Target::Sealed(sealed.into());
            let alias = Alias {
                target,
                ..alias(Storage::Hashed)
            };
            assert_eq!(alias.token(&token(b'a'), 100), None, "{sealed:?}");
        }
    }
}
