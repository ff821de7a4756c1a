//! Giving a session a new token, and with it maybe another owner.

use super::candidate::Candidate;
use super::host::Event;
use super::keyspace::{HashKey, Name, Value};
use super::relocation::Entry;
use super::usage::{Change, Use, changed_fields};
use super::{Backend, OpenSession, Store};
use sessions_model::error::Error;
use sessions_model::ident::{Owner, Token};
use sessions_model::parts::Part;
use sessions_model::slot::Slot;
use sessions_model::token;

impl<K: Backend> Store<'_, K> {
    /// Gives a session a new token and stores what the use changes. `None`: killing under way
    /// has ended the session instead.
    pub(crate) fn rotate(&self, found: OpenSession<'_, K>, usage: &Use<'_>) -> Result<Option<Token>, Error> {
        let (app, token) = (found.app, found.token);
        let id = found.session.id.as_ref().to_vec();
        self.check_slot(usage.owner)?;
        let session = Candidate {
            app,
            id: &id,
            token: &token,
            created: found.session.created,
            now: self.now,
        };
        let new_id = usage.owner.map_or(id.as_slice(), Owner::as_bytes);
        if self.backend.is_being_killed(&session) {
            drop(found);
            self.kill(app, token)?;
            return Ok(None);
        }
        let new_token = self.move_to_new_token(found, new_id, usage)?;
        self.backend.rotated(&session, &new_token, new_id);
        Ok(Some(new_token))
    }

    /// In a cluster, a session is in the slot of its token, and so must be its owner.
    pub(super) fn check_slot(&self, owner: Option<Owner<'_>>) -> Result<(), Error> {
        match owner {
            Some(Owner::Id(id)) if !self.part.holds(id.as_bytes()) => Err(Error::CrossSlot),
            _ => Ok(()),
        }
    }

    /// Moves a session to a new token, unknown fields included; the old one is dead.
    /// A use: the life is refreshed and all scores become exact.
    fn move_to_new_token(&self, found: OpenSession<'_, K>, new_id: &[u8], usage: &Use<'_>) -> Result<Token, Error> {
        let OpenSession {
            app,
            token: ref old_token,
            session: ref old,
            ref key,
            hash: old_hash,
        } = found;
        let slot = match self.part {
            Part::Slot(slot) => slot,
            Part::Whole if new_id.is_empty() => Slot::of(old_token.as_bytes()),
            Part::Whole => Slot::of(new_id),
        };
        let new_token = token::draw(slot)?;
        let new_key = self.keys.session(app, &new_token);
        let mut new_hash = self.backend.hash(&new_key)?;
        if !new_hash.is_empty() {
            return Err(Error::NoRandom);
        }
        let from = Entry {
            token: old_token,
            id: old.id.as_ref(),
        };
        let to = Entry {
            token: &new_token,
            id: new_id,
        };
        let relocation = self.relocation(app, from, to)?;

        let life = old.life().used(self.now, &usage.terms);
        copy(&old_hash, &mut new_hash, &changed_fields(old, &life, usage));
        drop(old_hash);
        self.backend.unlink(std::slice::from_ref(key), Vec::new());
        relocation.carry_out(old.last_activity, &life);
        self.changed(Event::Rotate, app, old_token, &new_key);
        Ok(new_token)
    }
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
