//! Using a session: what GET, SET, INCR and TOUCH store.

use super::host::{Event, Tally};
use super::keyspace::{HashKey, Name, SortedSetKey, Value};
use super::{Backend, OpenSession, Store};
use sessions_model::data::{self, Data, Key};
use sessions_model::error::Error;
use sessions_model::index;
use sessions_model::keys;
use sessions_model::number::{Increment, Ttl};
use sessions_model::session::{Field, Refresh, Session};

/// A use and what it stores beside the refresh.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Use<'a> {
    /// Counts a read.
    Read,
    /// Counts a write and replaces the data; `None` removes it.
    Write { data: Option<&'a str> },
    /// Counts nothing; with a time-out, that one holds from now on.
    Touch(Option<Ttl>),
}

impl<K: Backend> Store<'_, K> {
    /// The text of a session's data after `changes`. Fails when what is stored is not
    /// an object or the result would be too large.
    pub(crate) fn merged(&self, session: &Session<K::Bytes>, changes: &Data<'_>) -> Result<Option<String>, Error> {
        let stored = session.data.as_ref().map(AsRef::as_ref);
        data::merged(stored, changes, self.rules.max_data_bytes)
    }

    /// The number at `key` after the addition, and the text of the session's data with it. Fails
    /// as [`Self::merged`] does, and where there is no number or none of 64 bits comes out.
    pub(crate) fn incremented(
        &self,
        session: &Session<K::Bytes>,
        key: Key<'_>,
        by: Increment,
    ) -> Result<(i64, Option<String>), Error> {
        let stored = session.data.as_ref().map(AsRef::as_ref);
        data::incremented(stored, key, by, self.rules.max_data_bytes)
    }

    /// Stores a use: the hash always, the scores when they step or the time-out changes.
    /// `found.session` stays as it was before.
    pub(crate) fn apply(&self, found: &mut OpenSession<'_, K>, usage: Use<'_>) -> Result<(), Error> {
        let (token, old) = (&found.token, &found.session);
        let new = match usage {
            Use::Touch(Some(ttl)) => old.refreshed_with(self.now, ttl),
            _ => old.refreshed(self.now),
        };
        let stepping = index::steps(token, old.last_activity, new.last_activity);
        let mut steps = if stepping {
            let sessions = self.backend.sorted_set(&self.keys.sessions(found.app))?;
            Some((sessions, self.backend.sorted_set(&self.keys.users(found.app))?))
        } else {
            None
        };
        let mut due = if stepping || matches!(usage, Use::Touch(Some(_))) {
            Some(self.backend.sorted_set(&self.keys.due())?)
        } else {
            None
        };

        write_use(&mut found.hash, old, new, usage);
        let id = old.id.as_ref();
        if let Some((sessions, users)) = &mut steps {
            sessions.add(&keys::session_member(token, id), new.last_activity);
            users.raise(id, new.last_activity);
        }
        if let Some(due) = &mut due {
            let at = index::due(token, &old.with(new));
            due.add(&keys::due_member(found.app, token, id), at);
        }
        match usage {
            Use::Read => self.backend.tally(Tally::Read),
            Use::Write { .. } => self.changed(Event::Set, found.app, token, &found.key),
            Use::Touch(_) => {}
        }
        Ok(())
    }
}

fn write_use<B>(hash: &mut impl HashKey, old: &Session<B>, new: Refresh, usage: Use<'_>) {
    let counter = match usage {
        Use::Read => Some((Field::R, old.reads.saturating_add(1))),
        Use::Write { .. } => Some((Field::W, old.writes.saturating_add(1))),
        Use::Touch(_) => None,
    };
    let la = (new.last_activity != old.last_activity).then_some((Field::La, new.last_activity));
    let ttl = (new.ttl != old.ttl).then_some((Field::Ttl, new.ttl));
    let mut fields = Vec::with_capacity(4);
    fields.extend(
        [counter, la, ttl]
            .into_iter()
            .flatten()
            .map(|(field, number)| (Name::Known(field), Value::Integer(number))),
    );
    if let Use::Write { data: Some(data) } = usage {
        fields.push((Name::Known(Field::D), Value::Text(data.as_bytes())));
    }
    if !fields.is_empty() {
        hash.set(&fields);
    }
    if matches!(usage, Use::Write { data: None }) && old.data.is_some() {
        hash.delete(Field::D);
    }
}
