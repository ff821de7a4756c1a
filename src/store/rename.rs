//! Moves a session to another key, if it gets a new token or its token is stored in another form.

use super::host::Tally;
use super::keyspace::{HashKey, Name, Value};
use super::relocation::Entry;
use super::usage::Change;
use super::{Backend, Candidate, OpenSession, Store};
use sessions_model::error::Error;
use sessions_model::ident::{App, Token};
use sessions_model::keys;
use sessions_model::session::{Field, Life, Seconds};
use sessions_model::slot::Slot;
use sessions_model::stored_name::{Storage, StoredName};

impl<K: Backend> Store<'_, K> {
    /// Moves a session, unknown fields included, to the key that a token has now. All scores become
    /// exact. Afterwards the new hash is open; `found.session` is unchanged.
    pub(super) fn rename(
        &self,
        found: &mut OpenSession<'_, K>,
        token: Token,
        new_id: &[u8],
        changes: &[Change<'_>],
        life: &Life,
    ) -> Result<(), Error> {
        let (app, storage) = (found.app, self.rules.storage);
        let name = StoredName::of(&token, storage);
        let (key, mut hash) = self.free_hash(app, &name)?;
        let (old_name, old) = (found.name, &found.session);
        let from = Entry {
            name: &old_name,
            id: old.id.as_ref(),
        };
        let to = Entry {
            name: &name,
            id: new_id,
        };
        let relocation = self.relocation(app, from, to)?;

        let slot = slot_field(storage, &token, new_id);
        let mut all = identity(storage, new_id, slot).to_vec();
        all.extend_from_slice(changes);
        copy(&found.hash, &mut hash, &all);
        found.hash = hash;
        let old_key = std::mem::replace(&mut found.key, key);
        self.backend.unlink(&[old_key], Vec::new());
        relocation.carry_out(old.last_activity, life);
        let session = Candidate::of(app, &old_name, old, self.now);
        self.backend.rotated(&session, &name, new_id);
        (found.token, found.name) = (token, name);
        Ok(())
    }

    /// Opens the hash of a stored name and returns it with its key. Fails if the key exists.
    pub(super) fn free_hash(&self, app: App<'_>, name: &StoredName) -> Result<(keys::Name, K::Hash), Error> {
        let key = self.keys.session(app, name);
        let hash = self.backend.hash(&key)?;
        if hash.is_empty() {
            Ok((key, hash))
        } else {
            // There are 62^61 tokens: if an existing one is generated, the source is not random.
            Err(Error::NoRandom)
        }
    }

    /// Whether a use moves a session that is stored under its token to the token's hash. It does
    /// not while memory is full, while a running kill is about to end the session, or if a key with
    /// that name exists.
    pub(super) fn is_to_be_hashed(&self, found: &OpenSession<'_, K>) -> bool {
        (self.rules.storage, found.session.storage) == (Storage::Hashed, Storage::Plain)
            && !self.backend.is_memory_full()
            && self.backend.killing(&found.candidate(self.now)).is_none()
            && self.free_hash(found.app, &self.stored_name(&found.token)).is_ok()
    }

    /// Moves a session that is to be stored hashed.
    pub(super) fn hash_stored_token(&self, found: &mut OpenSession<'_, K>) -> Result<(), Error> {
        if self.is_to_be_hashed(found) {
            self.hash_token(found)?;
        }
        Ok(())
    }

    pub(super) fn hash_token(&self, found: &mut OpenSession<'_, K>) -> Result<(), Error> {
        let old_name = found.name;
        let (id, life) = (found.session.id.as_ref().to_vec(), found.session.life());
        self.rename(found, found.token, &id, &[], &life)?;
        found.session.storage = Storage::Hashed;
        self.backend.tally(Tally::Moved);
        self.publish(found.app, &old_name);
        Ok(())
    }
}

/// The hash slot of a token for the field `slot`, which is needed if the slot follows neither from
/// the stored name nor from the id.
pub(super) fn slot_field(storage: Storage, token: &Token, id: &[u8]) -> Option<Seconds> {
    if storage == Storage::Plain {
        return None;
    }
    let slot = Slot::of(token.as_bytes());
    let is_told = !id.is_empty() && Slot::of(id) == slot;
    (!is_told).then(|| slot.number().into())
}

/// The fields that decide to whom a session belongs and how its token is stored.
fn identity(storage: Storage, id: &[u8], slot: Option<Seconds>) -> [Change<'_>; 3] {
    let id = Some(Value::Text(id));
    let (plain, hashed) = match storage {
        Storage::Plain => (id, None),
        Storage::Hashed => (None, id),
    };
    [
        (Field::Id, plain),
        (Field::Hashed, hashed),
        (Field::Slot, slot.map(Value::Integer)),
    ]
}

/// Copies all fields, with the changes.
fn copy<H: HashKey>(from: &H, to: &mut H, changes: &[Change<'_>]) {
    let fields = from.all_fields();
    let change = |name: &[u8]| changes.iter().find(|(field, _)| field.name().as_bytes() == name);
    let is_new = |change: &&Change<'_>| !fields.iter().any(|(name, _)| change.0.name().as_bytes() == name);
    let kept = fields.iter().filter_map(|(name, value)| match change(name) {
        Some((_, value)) => Some((Name::Other(name), (*value)?)),
        None => Some((Name::Other(name), Value::Text(value))),
    });
    let added = changes
        .iter()
        .filter(is_new)
        .filter_map(|(field, value)| Some((Name::Known(*field), (*value)?)));
    let pairs: Vec<_> = kept.chain(added).collect();
    to.set(&pairs);
}
