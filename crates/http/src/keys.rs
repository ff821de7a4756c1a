//! Keys, which a client sends as `Authorization: Bearer`, and their hashes in the configuration.
//!
//! A key is `shk_` and 43 characters of base64url: 32 bytes of the operating system's random
//! numbers. The configuration contains only its SHA-256. The hash requires no salt, because 256
//! random bits cannot be guessed.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::TryRng;
use rand::rngs::SysRng;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

use crate::digest::hexadecimal;

pub const PREFIX: &str = "shk_";
/// Characters after the prefix.
const LENGTH: usize = 43;

/// The rights of a key. No right includes another.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub enum Right {
    Read,
    Write,
    Admin,
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        })
    }
}

/// The apps of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Apps {
    /// All apps except the app of the admin page.
    All,
    Listed(BTreeSet<String>),
}

/// The SHA-256 of a key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyHash([u8; 32]);

impl KeyHash {
    /// `None`: the text is not 64 lower-case hex digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits: Vec<u8> = text
            .bytes()
            .map(|b| match b {
                b'0'..=b'9' => Some(b - b'0'),
                b'a'..=b'f' => Some(b - b'a' + 10),
                _ => None,
            })
            .collect::<Option<_>>()?;
        let bytes: Vec<u8> = digits
            .chunks(2)
            .map(|pair| pair.iter().fold(0, |sum, d| sum << 4 | d))
            .collect();
        (text.len() == 64).then(|| bytes.try_into().ok().map(Self)).flatten()
    }

    /// `None`: the text does not have the form of a key.
    pub fn of_key(text: &[u8]) -> Option<Self> {
        let secret = text.strip_prefix(PREFIX.as_bytes())?;
        let allowed = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        (secret.len() == LENGTH && secret.iter().all(allowed)).then(|| Self(Sha256::digest(text).into()))
    }

    pub fn hex(&self) -> String {
        hexadecimal(&self.0)
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hex())
    }
}

/// A key that the configuration lists.
#[derive(Debug)]
pub struct Key {
    pub name: String,
    pub hash: KeyHash,
    pub apps: Apps,
    pub rights: BTreeSet<Right>,
}

impl Key {
    pub fn covers(&self, app: &str) -> bool {
        match &self.apps {
            Apps::All => true,
            Apps::Listed(apps) => apps.contains(app),
        }
    }

    pub fn has(&self, right: Right) -> bool {
        self.rights.contains(&right)
    }
}

/// All keys of the configuration. A request refers to its key while it runs, without copying it.
#[derive(Clone, Debug)]
pub struct Keyring(Vec<Arc<Key>>);

impl Keyring {
    pub fn new(keys: Vec<Key>) -> Self {
        Self(keys.into_iter().map(Arc::new).collect())
    }

    pub fn iter(&self) -> impl Iterator<Item = &Arc<Key>> {
        self.0.iter()
    }

    /// The key that has this text. Each look-up compares with every key, in a time that does not
    /// depend on how many bytes of two hashes agree.
    pub fn find(&self, text: &[u8]) -> Option<&Arc<Key>> {
        let hash = KeyHash::of_key(text)?;
        let mut found = u64::MAX;
        for (position, key) in (0_u64..).zip(&self.0) {
            let same: Choice = key.hash.0.ct_eq(&hash.0);
            found = u64::conditional_select(&found, &position, same);
        }
        self.0.get(usize::try_from(found).ok()?)
    }
}

/// A new key. `None`: the operating system returned no random numbers.
pub fn draw() -> Option<String> {
    let mut bytes = [0_u8; 32];
    SysRng.try_fill_bytes(&mut bytes).ok()?;
    Some(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test ends by panicking")]
mod tests {
    use super::*;

    fn keyring(texts: &[&str]) -> Keyring {
        let key = |text: &&str| Key {
            name: "k".into(),
            hash: KeyHash::of_key(text.as_bytes()).unwrap(),
            apps: Apps::All,
            rights: BTreeSet::new(),
        };
        Keyring::new(texts.iter().map(key).collect())
    }

    #[test]
    fn a_drawn_key_has_the_form_that_is_looked_up() {
        let key = draw().unwrap();
        assert_eq!(key.len(), 47);
        assert!(KeyHash::of_key(key.as_bytes()).is_some());
        assert_ne!(key, draw().unwrap());
    }

    #[test]
    fn a_key_is_found_only_by_its_whole_text() {
        let (one, two, other) = (draw().unwrap(), draw().unwrap(), draw().unwrap());
        let ring = keyring(&[&one, &two]);
        for text in [&one, &two] {
            assert_eq!(
                ring.find(text.as_bytes()).unwrap().hash,
                KeyHash::of_key(text.as_bytes()).unwrap()
            );
        }
        for text in [
            other.as_str(),
            "",
            "shk_",
            &one[..46],
            &format!("{one}A"),
            &one.replace("shk_", "shx_"),
        ] {
            assert!(ring.find(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn a_hash_is_64_lower_case_hex_digits() {
        let hash = KeyHash::of_key(draw().unwrap().as_bytes()).unwrap();
        assert_eq!(KeyHash::from_hex(&hash.hex()), Some(hash));
        for text in [
            "",
            "0",
            &"0".repeat(63),
            &"0".repeat(65),
            &"A".repeat(64),
            &"g".repeat(64),
        ] {
            assert!(KeyHash::from_hex(text).is_none(), "{text}");
        }
    }
}
