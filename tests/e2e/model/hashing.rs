//! Under `sessions.hash-tokens` the model still names sessions by their tokens. This file
//! translates the tokens in the model's commands and messages into stored names, and stored names
//! back into tokens.

use super::database::{Keys, Stored};
use super::state::State;
use crate::harness::{Client, Reply, is_token, slot, stored_name};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::ops::{Deref, DerefMut};

/// A prefix that marks a token that should have been hashed.
const STRAY: &str = "not hashed: ";

/// A client whose commands may name tokens. The tokens are replaced by stored names if the server
/// stores these.
pub(super) struct Hand {
    client: Client,
    is_hashed: bool,
}

impl Hand {
    pub(super) fn new(mut client: Client) -> Hand {
        let setting = client.line("CONFIG GET sessions.hash-tokens");
        let is_hashed = setting.texts()[1] == "yes";
        Hand { client, is_hashed }
    }

    pub(super) fn is_hashed(&self) -> bool {
        self.is_hashed
    }

    #[track_caller]
    pub(super) fn run(&mut self, words: &[&str]) -> Reply {
        if !self.is_hashed {
            return self.client.run(words);
        }
        let is_of_hash = ["HSET", "HDEL"].contains(&words[0]);
        let hashed = words.iter().map(|word| match *word {
            "id" if is_of_hash => "hashed".to_owned(),
            word => in_stored_names(word),
        });
        self.client.run(&hashed.collect::<Vec<_>>())
    }
}

impl Deref for Hand {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl DerefMut for Hand {
    fn deref_mut(&mut self) -> &mut Client {
        &mut self.client
    }
}

/// A key, a member or a message in which each token is replaced by its stored name.
pub(super) fn in_stored_names(text: &str) -> String {
    let hashed = |part: &str| {
        if is_token(part) {
            stored_name(part)
        } else {
            part.to_owned()
        }
    };
    text.split(':').map(hashed).collect::<Vec<_>>().join(":")
}

impl State {
    /// The stored keys, with stored names replaced by tokens. A token that should have been hashed
    /// gets a prefix, so that it differs from what the model expects.
    pub(super) fn in_tokens(&self, keys: Keys) -> Keys {
        if !self.is_hashed {
            return keys;
        }
        let live = self.sessions.iter().map(|session| &session.token);
        let old = self.aliases.iter().map(|alias| &alias.old);
        let dead = self.dead.iter().map(|(_, token)| token);
        let names: HashMap<String, &String> = live
            .chain(old)
            .chain(dead)
            .map(|token| (stored_name(token), token))
            .collect();
        let named = |text: &String| {
            let token = |part: &str| match names.get(part) {
                Some(token) => (*token).clone(),
                None if is_token(part) => format!("{STRAY}{part}"),
                None => part.to_owned(),
            };
            text.split(':').map(token).collect::<Vec<_>>().join(":")
        };
        let in_tokens = |(name, stored): (String, Stored)| {
            let name = named(&name);
            let stored = match stored {
                Stored::Hash(fields) => Stored::Hash(plain_fields(fields, &name)),
                Stored::Scores(scores) => {
                    Stored::Scores(scores.iter().map(|(member, score)| (named(member), *score)).collect())
                }
                Stored::Set(members) => Stored::Set(members.iter().map(named).collect()),
            };
            (name, stored)
        };
        keys.into_iter().map(in_tokens).collect()
    }
}

/// The fields that a hash would have without the setting.
fn plain_fields(mut fields: BTreeMap<String, String>, name: &str) -> BTreeMap<String, String> {
    let token = name.rsplit(':').next().unwrap_or_default();
    for plain in ["id", "to"] {
        if let Some(value) = fields.remove(plain) {
            fields.insert(format!("{STRAY}{plain}"), value);
        }
    }
    if let Some(id) = fields.remove("hashed") {
        let is_told = !id.is_empty() && slot(&id) == slot(token);
        let number = (!is_told).then(|| slot(token).to_string());
        let found = fields.remove("slot");
        if found != number {
            fields.insert("slot".into(), format!("{found:?}, expected {number:?}"));
        }
        fields.insert("id".into(), id);
    }
    if let Some(sealed) = fields.remove("sealed") {
        fields.insert("to".into(), unsealed(&sealed, token));
    }
    fields
}

/// Decrypts the present token with the old one. Each character is a byte.
fn unsealed(sealed: &str, old: &str) -> String {
    let bytes: Vec<u8> = sealed.chars().map(|c| u8::try_from(c).expect("a byte")).collect();
    let (nonce, token) = bytes.split_at(16);
    let half = |number: u8| Sha256::digest([nonce, &[number], old.as_bytes()].concat());
    let pad = [half(1), half(2)].concat();
    token
        .iter()
        .zip(pad)
        .map(|(byte, pad)| char::from(byte ^ pad))
        .collect()
}
