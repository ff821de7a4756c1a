//! Moves a session within the indexes: to another token, another owner, or both.

use super::keyspace::{SetKey, SortedSetKey};
use super::{Backend, Store};
use sessions_model::error::Error;
use sessions_model::ident::App;
use sessions_model::index::Step;
use sessions_model::keys;
use sessions_model::session::{Life, Seconds};
use sessions_model::stored_name::StoredName;

/// The token and the id under which the indexes list a session.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'e> {
    pub(super) name: &'e StoredName,
    /// Empty: the session is anonymous.
    pub(super) id: &'e [u8],
}

/// The open indexes that a move changes. `None`: an anonymous session has no such entry.
pub(super) struct Relocation<'e, K: Backend> {
    app: App<'e>,
    from: Entry<'e>,
    to: Entry<'e>,
    step: Step,
    sessions: K::SortedSet,
    users: Option<K::SortedSet>,
    due: K::SortedSet,
    old_tokens: Option<K::Set>,
    new_tokens: Option<K::Set>,
}

impl<K: Backend> Store<'_, K> {
    /// Opens the indexes that a move changes; fails if a key has another type.
    pub(super) fn relocation<'e>(
        &self,
        app: App<'e>,
        from: Entry<'e>,
        to: Entry<'e>,
    ) -> Result<Relocation<'e, K>, Error> {
        let sessions = self.backend.sorted_set(&self.keys.sessions(app))?;
        let users = if from.id.is_empty() && to.id.is_empty() {
            None
        } else {
            Some(self.backend.sorted_set(&self.keys.users(app))?)
        };
        let due = self.backend.sorted_set(&self.keys.due())?;
        Ok(Relocation {
            app,
            from,
            to,
            step: self.rules.index_step,
            sessions,
            users,
            due,
            old_tokens: self.tokens_of(app, from.id)?,
            new_tokens: self.tokens_of(app, to.id)?,
        })
    }

    /// Opens the tokens of an id; `None` for anonymous sessions.
    pub(super) fn tokens_of(&self, app: App<'_>, id: &[u8]) -> Result<Option<K::Set>, Error> {
        if id.is_empty() {
            return Ok(None);
        }
        Ok(Some(self.backend.set(&self.keys.tokens(app, id))?))
    }

    /// Opens the ids of an app to add a session of `id`; `None` for an anonymous session.
    pub(super) fn users_for(&self, app: App<'_>, id: &[u8]) -> Result<Option<K::SortedSet>, Error> {
        if id.is_empty() {
            return Ok(None);
        }
        Ok(Some(self.backend.sorted_set(&self.keys.users(app))?))
    }
}

impl<K: Backend> Relocation<'_, K> {
    /// Moves the entries; all scores become exact. `last_activity` is the value before the move.
    pub(super) fn carry_out(mut self, last_activity: Seconds, life: &Life) {
        let (from, to) = (self.from, self.to);
        self.sessions.remove(&[keys::session_member(from.name, from.id)]);
        self.sessions
            .add(&keys::session_member(to.name, to.id), life.last_activity);
        self.due.remove(&[keys::due_member(self.app, from.name, from.id)]);
        let at = self.step.due(to.name, life);
        self.due.add(&keys::due_member(self.app, to.name, to.id), at);
        if let Some(tokens) = &mut self.new_tokens {
            tokens.add(to.name.as_bytes());
        }
        if let Some(tokens) = &mut self.old_tokens {
            tokens.remove(&[from.name.as_bytes()]);
        }
        let Some(users) = &mut self.users else { return };
        if !to.id.is_empty() {
            users.raise(to.id, life.last_activity);
        }
        if let Some(tokens) = self.old_tokens.filter(|_| from.id != to.id) {
            if tokens.len() == 0 {
                users.remove(&[from.id]);
            } else {
                users.raise(from.id, last_activity);
            }
        }
    }
}
