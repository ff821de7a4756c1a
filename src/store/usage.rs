//! Uses of a session: what GET, SET, INCR, TOUCH and SAVE store under the session's present token.

use super::host::{Event, Tally};
use super::keyspace::{HashKey, Name, SortedSetKey, Value};
use super::{Backend, Cap, OpenSession, Store};
use sessions_model::data::{self, Data, Key};
use sessions_model::error::Error;
use sessions_model::ident::{Ip, Owner, UserAgent};
use sessions_model::keys;
use sessions_model::number::Increment;
use sessions_model::session::{Field, Life, Session, Terms};
use smallvec::SmallVec;

/// What a use counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Counts {
    Read,
    Write,
    /// A SET that only changes timeouts: an event, but not a write.
    Setting,
    #[default]
    Nothing,
}

/// A use and what it stores in addition to the refresh. `None` leaves a value unchanged.
#[derive(Clone, Debug, Default)]
pub(crate) struct Use<'a> {
    pub(crate) counts: Counts,
    /// The text that replaces the data; an inner `None` removes it.
    pub(crate) data: Option<Option<&'a str>>,
    pub(crate) terms: Terms,
    pub(crate) client: Client<'a>,
    pub(crate) owner: Option<Owner<'a>>,
    /// How many sessions a new owner may have.
    pub(crate) cap: Option<Cap>,
}

/// The address and user agent of a use. An inner `None`: the value is unknown from now on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Client<'a> {
    pub(crate) ip: Option<Option<Ip<'a>>>,
    pub(crate) user_agent: Option<Option<UserAgent<'a>>>,
}

impl Use<'_> {
    /// Counts a read.
    pub(crate) fn read() -> Self {
        Self {
            counts: Counts::Read,
            ..Self::default()
        }
    }
}

/// The scores that a use rewrites even within a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Exact {
    None,
    /// When the cleanup pass checks the session.
    Due,
    All,
}

impl<K: Backend> Store<'_, K> {
    /// The text of a session's data after `changes`. Fails if the stored data is not an object or
    /// the result would be too large.
    pub(crate) fn merged(&self, session: &Session<K::Bytes>, changes: &Data<'_>) -> Result<Option<String>, Error> {
        let stored = session.data.as_ref().map(AsRef::as_ref);
        data::merged(stored, changes, self.rules.max_data_bytes)
    }

    /// The number at `key` after the addition, and the text of the session's data with it. Fails as
    /// [`Self::merged`] does, and if the value or the sum is not a 64-bit integer.
    pub(crate) fn incremented(
        &self,
        session: &Session<K::Bytes>,
        key: Key<'_>,
        by: Increment,
    ) -> Result<(i64, Option<String>), Error> {
        let stored = session.data.as_ref().map(AsRef::as_ref);
        data::incremented(stored, key, by, self.rules.max_data_bytes)
    }

    /// Stores a use that keeps the session's owner: always the hash, and the scores if the use
    /// enters another step or changes the timeouts. `found.session` keeps the values before the
    /// use. Returns the life after the use.
    pub(crate) fn apply(&self, found: &mut OpenSession<'_, K>, usage: &Use<'_>) -> Result<Life, Error> {
        let exact = if usage.terms.is_empty() {
            Exact::None
        } else {
            Exact::Due
        };
        self.apply_exactly(found, usage, exact)
    }

    pub(super) fn apply_exactly(
        &self,
        found: &mut OpenSession<'_, K>,
        usage: &Use<'_>,
        exact: Exact,
    ) -> Result<Life, Error> {
        self.hash_stored_token(found)?;
        let (app, name, old) = (found.app, &found.name, &found.session);
        let life = old.life().used(self.now, &usage.terms);
        let step = self.rules.index_step;
        let is_stepping = step.is_left(name, old.last_activity, life.last_activity) || exact == Exact::All;
        let mut steps = if is_stepping {
            let sessions = self.backend.sorted_set(&self.keys.sessions(app))?;
            Some((sessions, self.users_for(app, old.id.as_ref())?))
        } else {
            None
        };
        let mut due = if exact >= Exact::Due || (is_stepping && step.moves_due()) {
            Some(self.backend.sorted_set(&self.keys.due())?)
        } else {
            None
        };

        store_fields(&mut found.hash, changed_fields(old, &life, usage));
        let id = old.id.as_ref();
        if let Some((sessions, users)) = &mut steps {
            sessions.add(&keys::session_member(name, id), life.last_activity);
            if let Some(users) = users {
                users.raise(id, life.last_activity);
            }
        }
        if let Some(due) = &mut due {
            due.add(&keys::due_member(app, name, id), step.due(name, &life));
        }
        match usage.counts {
            Counts::Read => self.backend.tally(Tally::Read),
            Counts::Write | Counts::Setting => self.changed(Event::Set, app, name, &found.key),
            Counts::Nothing => {}
        }
        Ok(life)
    }
}

/// The new value of a field; `None`: the field is removed.
pub(super) type Change<'v> = (Field, Option<Value<'v>>);

/// The fields that a use changes.
pub(super) fn changed_fields<'v, B: AsRef<[u8]>>(
    old: &Session<B>,
    life: &Life,
    usage: &'v Use<'_>,
) -> impl Iterator<Item = Change<'v>> + use<'v, B> {
    let integer = |field, number, changed: bool| changed.then_some((field, Some(Value::Integer(number))));
    let counter = match usage.counts {
        Counts::Read => Some((Field::R, Some(Value::Integer(old.reads.saturating_add(1))))),
        Counts::Write => Some((Field::W, Some(Value::Integer(old.writes.saturating_add(1))))),
        Counts::Setting | Counts::Nothing => None,
    };
    let (ip, ua) = (usage.client.ip, usage.client.user_agent.as_ref().map(Option::as_ref));
    let until = life.until.filter(|_| life.until != old.until);
    [
        counter,
        integer(Field::La, life.last_activity, life.last_activity != old.last_activity),
        integer(Field::Ttl, life.ttl, life.ttl != old.ttl),
        integer(Field::NoResave, 1, life.no_resave != old.no_resave),
        until.map(|until| (Field::Until, Some(Value::Integer(until)))),
        changed_text(Field::Ip, old.ip.as_ref(), ip.map(|ip| ip.map(Ip::as_bytes))),
        changed_text(
            Field::Ua,
            old.user_agent.as_ref(),
            ua.map(|ua| ua.map(UserAgent::as_bytes)),
        ),
        usage.data.and_then(|data| match data {
            Some(text) => Some((Field::D, Some(Value::Text(text.as_bytes())))),
            None => old.data.is_some().then_some((Field::D, None)),
        }),
    ]
    .into_iter()
    .flatten()
}

fn changed_text<'v, B: AsRef<[u8]>>(
    field: Field,
    old: Option<&B>,
    new: Option<Option<&'v [u8]>>,
) -> Option<Change<'v>> {
    let (old, new) = (old.map(AsRef::as_ref), new?);
    (old != new).then_some((field, new.map(Value::Text)))
}

pub(super) fn store_fields<'v>(hash: &mut impl HashKey, changes: impl Iterator<Item = Change<'v>>) {
    let mut stored: SmallVec<[_; 8]> = SmallVec::new();
    let mut removed: SmallVec<[_; 8]> = SmallVec::new();
    for (field, value) in changes {
        match value {
            Some(value) => stored.push((Name::Known(field), value)),
            None => removed.push(field),
        }
    }
    if !stored.is_empty() {
        hash.set(&stored);
    }
    if !removed.is_empty() {
        hash.delete(&removed);
    }
}
