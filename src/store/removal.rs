//! Removes sessions and everything that points to them.

use super::audit::Cause;
use super::find::alias_of;
use super::host::Event;
use super::keyspace::{HashKey, Order, Position, Range, SetKey, SortedSetKey};
use super::{Backend, Store};
use sessions_model::error::Error;
use sessions_model::ident::App;
use sessions_model::keys::{self, Name};
use sessions_model::session::{Fields, Seconds, Session};
use sessions_model::stored_name::{Storage, StoredName};
use smallvec::SmallVec;

/// The sorted sets of an app. `None`: the key has another type,
/// which is left alone.
pub(super) struct Indexes<S> {
    sessions: Option<S>,
    users: Option<S>,
}

impl<S: SortedSetKey> Indexes<S> {
    /// Up to `count` members of `_sessions` in the range, after a position.
    pub(super) fn sessions_after(&self, range: Range, after: Option<&Position>, count: usize) -> Vec<Position> {
        let sessions = self.sessions.as_ref();
        sessions.map_or_else(Vec::new, |set| set.page(range, Order::Ascending, after, count))
    }

    /// Up to `count` ids of `_users`, after a position.
    pub(super) fn users_after(&self, after: Option<&Position>, count: usize) -> Vec<Position> {
        let users = self.users.as_ref();
        users.map_or_else(Vec::new, |set| {
            set.page(Range::default(), Order::Ascending, after, count)
        })
    }

    pub(super) fn drop_sessions(&mut self, members: &[Vec<u8>]) {
        if let Some(sessions) = &mut self.sessions {
            sessions.remove(members);
        }
    }

    pub(super) fn drop_user(&mut self, id: &[u8]) {
        if let Some(users) = &mut self.users {
            users.remove(&[id.to_vec()]);
        }
    }
}

/// A session to remove, or only its index entries.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) name: StoredName,
    pub(super) storage: Storage,
    pub(super) id: Vec<u8>,
    pub(super) hash: Hash,
    /// The address from which the session was last used; only read if events are recorded.
    pub(super) ip: Option<Vec<u8>>,
    pub(super) user_agent: Option<Vec<u8>>,
}

/// The hash of an index entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    /// There is no hash, or a hash of another id: only the entries are removed.
    NotIts,
    /// A hash that is not a session is removed with its entries.
    Broken,
    Session {
        last_activity: Seconds,
        live: bool,
    },
}

/// An index entry and its session.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) target: Target,
    pub(super) created: Option<Seconds>,
    /// When the cleanup pass should check the session.
    pub(super) due: Option<Seconds>,
}

impl Target {
    pub(super) fn last_activity(&self) -> Option<Seconds> {
        match self.hash {
            Hash::Session { last_activity, .. } => Some(last_activity),
            Hash::NotIts | Hash::Broken => None,
        }
    }

    pub(super) fn is_session(&self) -> bool {
        matches!(self.hash, Hash::Session { .. })
    }

    pub(super) fn is_live(&self) -> bool {
        matches!(self.hash, Hash::Session { live: true, .. })
    }
}

/// What remains of an id.
enum Rest<S> {
    /// No sessions; the set is removed.
    Gone(Option<S>),
    Sessions,
}

impl<K: Backend> Store<'_, K> {
    /// Opens an app's indexes; fails when a key has another type.
    pub(super) fn indexes(&self, app: App<'_>) -> Result<Indexes<K::SortedSet>, Error> {
        Ok(Indexes {
            sessions: Some(self.backend.sorted_set(&self.keys.sessions(app))?),
            users: Some(self.backend.sorted_set(&self.keys.users(app))?),
        })
    }

    /// Opens the indexes that have the right type.
    pub(super) fn readable_indexes(&self, app: App<'_>) -> Indexes<K::SortedSet> {
        Indexes {
            sessions: self.backend.sorted_set(&self.keys.sessions(app)).ok(),
            users: self.backend.sorted_set(&self.keys.users(app)).ok(),
        }
    }

    /// Removes hashes and index entries; returns how many of the sessions were live and so ended
    /// for the cause. A key of another type in the place of an id's tokens is not changed.
    pub(super) fn remove(
        &self,
        app: App<'_>,
        targets: &[Target],
        indexes: &mut Indexes<K::SortedSet>,
        due: &mut K::SortedSet,
        cause: Option<Cause>,
    ) -> u64 {
        self.remove_with(app, targets, (indexes, due), None, cause)
    }

    /// The same, but the tokens of the targets' only id may already be open.
    pub(super) fn remove_with(
        &self,
        app: App<'_>,
        targets: &[Target],
        (indexes, due): (&mut Indexes<K::SortedSet>, &mut K::SortedSet),
        mut tokens: Option<K::Set>,
        cause: Option<Cause>,
    ) -> u64 {
        let with_hash = || targets.iter().filter(|gone| gone.hash != Hash::NotIts);
        let hashes: SmallVec<[_; 1]> = with_hash().map(|gone| self.keys.session(app, &gone.name)).collect();
        let mut by_id: SmallVec<[&Target; 1]> = targets.iter().collect();
        by_id.sort_by(|one, other| one.id.cmp(&other.id));
        let mut without_sessions: SmallVec<[&[u8]; 1]> = SmallVec::new();
        let mut emptied = Vec::new();
        for gone in by_id.chunk_by(|one, other| one.id == other.id) {
            let Some(id) = gone.first().map(|first| first.id.as_slice()) else {
                continue;
            };
            if id.is_empty() {
                // redis-sessions adds the id of each session that it uses, even an empty one.
                without_sessions.push(id);
                continue;
            }
            match self.remove_of_id(app, id, gone, indexes, tokens.take()) {
                Rest::Sessions => continue,
                Rest::Gone(set) => emptied.extend(set),
            }
            without_sessions.push(id);
        }
        self.backend.unlink(&hashes, emptied);

        let members =
            |member: &dyn Fn(&Target) -> Name| -> SmallVec<[Name; 1]> { targets.iter().map(member).collect() };
        if let Some(sessions) = &mut indexes.sessions {
            sessions.remove(&members(&|gone| keys::session_member(&gone.name, &gone.id)));
        }
        due.remove(&members(&|gone| keys::due_member(app, &gone.name, &gone.id)));
        if let Some(users) = &mut indexes.users {
            users.remove(&without_sessions);
        }
        self.audit_ends(app, targets, cause);
        for (gone, key) in with_hash().zip(&hashes) {
            match gone.hash {
                Hash::Session { live: true, .. } => self.changed(Event::Kill, app, &gone.name, key),
                Hash::Session { live: false, .. } => self.changed(Event::Expire, app, &gone.name, key),
                Hash::Broken | Hash::NotIts => self.publish(app, &gone.name),
            }
        }
        targets.iter().map(|gone| u64::from(gone.is_live())).sum()
    }

    /// Removes tokens from an id's set; if the set has no other tokens, returns the whole set. If
    /// other tokens stay, the id's score is raised to the last use of the removed sessions.
    fn remove_of_id(
        &self,
        app: App<'_>,
        id: &[u8],
        gone: &[&Target],
        indexes: &mut Indexes<K::SortedSet>,
        tokens: Option<K::Set>,
    ) -> Rest<K::Set> {
        let Ok(mut tokens) = tokens.map_or_else(|| self.backend.set(&self.keys.tokens(app, id)), Ok) else {
            // It is unknown whether the id has other sessions. The next use of one adds the id
            // again.
            return Rest::Gone(None);
        };
        let members: SmallVec<[_; 1]> = gone.iter().map(|gone| gone.name.as_bytes()).collect();
        if tokens.holds_only(&members) {
            return Rest::Gone(Some(tokens));
        }
        tokens.remove(&members);
        if tokens.len() == 0 {
            return Rest::Gone(None);
        }
        let last_activity = gone.iter().filter_map(|gone| gone.last_activity()).max();
        if let (Some(users), Some(last_activity)) = (&mut indexes.users, last_activity) {
            users.raise(id, last_activity);
        }
        Rest::Sessions
    }

    /// The fields of a session that may be ended.
    pub(super) fn fields_of_end(&self, hash: &K::Hash) -> Fields<K::Bytes> {
        if self.is_audited() {
            hash.fields_without_data()
        } else {
            hash.life_fields()
        }
    }

    /// Decides about an index entry of `id` by the hash that it names.
    pub(super) fn verdict(&self, app: App<'_>, name: StoredName, id: &[u8]) -> Verdict {
        let fields = self
            .backend
            .hash(&self.keys.session(app, &name))
            .ok()
            .filter(|hash| !hash.is_empty())
            .map(|hash| (self.fields_of_end(&hash), hash))
            // An alias stays: the entry is a leftover of a session that was rotated.
            .filter(|(fields, hash)| fields.have_owner() || alias_of(hash).is_none())
            .map(|(fields, _)| fields);
        self.verdict_of(name, id.to_vec(), fields)
    }

    /// The same with the fields of the hash; `None`: there is no hash.
    pub(super) fn verdict_of(&self, name: StoredName, id: Vec<u8>, fields: Option<Fields<K::Bytes>>) -> Verdict {
        let owner = fields.as_ref().and_then(Fields::owner).map(AsRef::as_ref);
        let storage = fields.as_ref().map_or(Storage::Plain, Fields::storage);
        let is_its = fields.is_some() && owner.is_none_or(|owner| *owner == *id);
        let session = fields.filter(|_| is_its).and_then(Session::from_fields);
        let created = session.as_ref().and_then(|session| session.created);
        let step = self.rules.index_step;
        let due = session.as_ref().map(|session| step.due(&name, &session.life()));
        let owned = |text: Option<&K::Bytes>| text.map(|text| text.as_ref().to_vec());
        let ip = session.as_ref().and_then(|session| owned(session.ip.as_ref()));
        let user_agent = session.as_ref().and_then(|session| owned(session.user_agent.as_ref()));
        let hash = match session {
            Some(session) => Hash::Session {
                last_activity: session.last_activity,
                live: session.life().is_live(self.now),
            },
            None if is_its => Hash::Broken,
            None => Hash::NotIts,
        };
        Verdict {
            target: Target {
                name,
                storage,
                id,
                hash,
                ip,
                user_agent,
            },
            created,
            due,
        }
    }
}
