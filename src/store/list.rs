//! Listing and counting, exact at the edge of a window although scores go in steps.

use super::edge::edge;
use super::gather::{OfApp, OfId, UsersOfApp};
use super::keyspace::{Position, SetKey, SortedSetKey};
use super::outcome::{Detail, ListEntry, Listing};
use super::{Backend, Store, Work};
use sessions_model::error::Error;
use sessions_model::ident::{App, Id};
use sessions_model::index::{MAX_EDGE_READS, score};
use sessions_model::keys;
use sessions_model::number::{Limit, Window};
use sessions_model::parts::Part;
use sessions_model::session::{Seconds, Session};
use sessions_model::stored_name::StoredName;

impl<K: Backend> Store<'_, K> {
    /// The live sessions of an id, exactly by last activity; equal ones by token.
    pub(crate) fn of_id(&self, app: App<'_>, id: Id<'_>, listing: Listing) -> Work<K::Bytes> {
        Work::OfId(self.part, Box::new(OfId::list(app, id, listing)))
    }

    pub(crate) fn count_of_id(&self, app: App<'_>, id: Id<'_>, window: Window) -> Work<K::Bytes> {
        Work::OfId(self.part, Box::new(OfId::count(app, id, window)))
    }

    /// The live sessions of an app, most recently active first, to a step.
    pub(crate) fn of_app(&self, app: App<'_>, window: Window, limit: Limit, detail: Detail) -> Work<K::Bytes> {
        Work::OfApp(Box::new(OfApp::new(app, window, limit, detail, self.now)))
    }

    /// The ids active in the window, most recently active first, to a step.
    pub(crate) fn users(&self, app: App<'_>, window: Window, limit: Limit) -> Work<K::Bytes> {
        Work::UsersOfApp(Box::new(UsersOfApp::new(app, window, limit, self.now)))
    }

    /// The session of an index entry, if it is live and in the window.
    pub(super) fn listed(
        &self,
        app: App<'_>,
        name: StoredName,
        id: &[u8],
        window: Window,
        detail: Detail,
    ) -> Option<ListEntry<K::Bytes>> {
        let session = self.find_indexed(app, name, id, detail)?;
        let is_listed = session.life().is_live(self.now) && window.contains(session.last_activity, self.now);
        is_listed.then_some(ListEntry {
            name,
            session,
            at: self.now,
        })
    }

    /// Of the session of an index entry what decides its place in a list, if it is live and in the window.
    pub(super) fn live_place(
        &self,
        app: App<'_>,
        name: StoredName,
        id: &[u8],
        window: Window,
    ) -> Option<Session<K::Bytes>> {
        let session = self.life_of_indexed(app, name, id)?;
        let is_listed = session.life().is_live(self.now) && window.contains(session.last_activity, self.now);
        is_listed.then_some(session)
    }

    /// How many sessions were active in the window; timed-out ones count until they are wiped.
    pub(crate) fn count(&self, app: App<'_>, window: Window) -> Result<usize, Error> {
        let counts = self.of_all_parts(|store, reads| {
            let sessions = store.backend.sorted_set(&store.keys.sessions(app))?;
            if sessions.len() == 0 {
                return Ok(None);
            }
            let Some(from) = window.from(store.now) else {
                return Ok(Some(sessions.len()));
            };
            let edge = edge(&sessions, Some(from), store.rules.index_step, *reads).unwrap_or_default();
            *reads -= edge.len();
            let active = edge.iter().filter(|position| {
                keys::parse_session_member(&position.member)
                    .and_then(|(name, id)| store.life_of_indexed(app, name, id))
                    .is_some_and(|session| session.last_activity >= from)
            });
            Ok(Some(sessions.count_from(score(from)) + active.count()))
        })?;
        Ok(counts.into_iter().sum())
    }

    /// How many different ids were active in the window. An empty one, which redis-sessions enters
    /// when it uses an anonymous session, is nobody.
    pub(crate) fn activity(&self, app: App<'_>, window: Window) -> Result<usize, Error> {
        let counts = self.of_all_parts(|store, reads| {
            let users = store.backend.sorted_set(&store.keys.users(app))?;
            if users.len() == 0 {
                return Ok(None);
            }
            let nobody = users.score_of(b"");
            let Some(from) = window.from(store.now) else {
                return Ok(Some(users.len() - usize::from(nobody.is_some())));
            };
            let at_edge = store.active_at_edge(app, &users, from, reads).len();
            let inside = users.count_from(score(from));
            let nobody = nobody.is_some_and(|at| at >= score(from));
            Ok(Some(inside - usize::from(nobody) + at_edge))
        })?;
        Ok(counts.into_iter().sum())
    }

    /// How many hashes may be read in a part to be exact at the edge of a window: none of one that
    /// is moving, as they may be on the other side.
    pub(super) fn reads_in(&self, part: Part) -> usize {
        let is_stable = self.backend.parts().stable.contains(part);
        if is_stable { MAX_EDGE_READS } else { 0 }
    }

    /// What is seen of each part, which gets to know how many hashes may still be read there.
    fn of_all_parts<T>(
        &self,
        mut look: impl FnMut(&Self, &mut usize) -> Result<Option<T>, Error>,
    ) -> Result<Vec<T>, Error> {
        let parts = self.backend.parts();
        let mut seen = Vec::new();
        let mut reads = MAX_EDGE_READS;
        for part in parts.stable.iter() {
            seen.extend(look(&self.at(part), &mut reads)?);
        }
        for part in parts.moving.iter() {
            seen.extend(look(&self.at(part), &mut self.reads_in(part))?);
        }
        Ok(seen)
    }

    /// The ids whose score lies just below a window, but one of whose sessions lies in
    /// it by its hash. None when deciding would mean too many reads.
    pub(super) fn active_at_edge(
        &self,
        app: App<'_>,
        users: &K::SortedSet,
        from: Seconds,
        reads: &mut usize,
    ) -> Vec<Position> {
        let mut ids = edge(users, Some(from), self.rules.index_step, *reads).unwrap_or_default();
        ids.retain(|id| !id.member.is_empty());
        let mut sets = Vec::with_capacity(ids.len());
        let mut wanted = 0;
        for id in &ids {
            let set = self.backend.set(&self.keys.tokens(app, &id.member)).ok();
            wanted += set.as_ref().map_or(0, SetKey::len);
            if wanted > *reads {
                return Vec::new();
            }
            sets.push(set);
        }
        *reads -= wanted;
        let mut sets = sets.into_iter();
        ids.retain(|id| {
            let tokens = sets.next().flatten().map(|mut set| set.members()).unwrap_or_default();
            tokens.iter().filter_map(|name| StoredName::parse(name)).any(|name| {
                self.life_of_indexed(app, name, &id.member)
                    .is_some_and(|session| session.last_activity >= from)
            })
        });
        ids
    }
}
