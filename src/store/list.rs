//! Lists and counts that are exact at the edge of a window although scores change in steps.

use super::edge::{AtEdge, Look};
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
    /// The live sessions of an id, exactly in the order of last activity, then of token.
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
        self.is_listed(&session, window).then_some(ListEntry {
            name,
            session,
            at: self.now,
        })
    }

    /// The fields of an index entry's session that decide its position in a list, if the session is
    /// live and in the window.
    pub(super) fn live_place(
        &self,
        app: App<'_>,
        name: StoredName,
        id: &[u8],
        window: Window,
    ) -> Option<Session<K::Bytes>> {
        self.life_of_indexed(app, name, id)
            .filter(|session| self.is_listed(session, window))
    }

    fn is_listed(&self, session: &Session<K::Bytes>, window: Window) -> bool {
        session.life().is_live(self.now) && window.contains(session.last_activity, self.now)
    }

    /// How many sessions were active in the window. Timed-out sessions count until the cleanup pass
    /// removes them. The result is an estimate if it would require reading too many hashes.
    pub(crate) fn count(&self, app: App<'_>, window: Window) -> Result<usize, Error> {
        let counts = self.of_all_parts(|store, reads| {
            let sessions = store.backend.sorted_set(&store.keys.sessions(app))?;
            if sessions.len() == 0 {
                return Ok(None);
            }
            let Some(from) = window.from(store.now) else {
                return Ok(Some((sessions.len(), AtEdge::default())));
            };
            let look = Look {
                set: &sessions,
                from,
                step: store.rules.index_step,
                reads: |_: &Position| 1,
                is_active: |position: &Position| {
                    keys::parse_session_member(&position.member)
                        .and_then(|(name, id)| store.life_of_indexed(app, name, id))
                        .is_some_and(|session| session.last_activity >= from)
                },
            };
            let at_edge = reads.map_or_else(AtEdge::default, |reads| look.at_edge(reads));
            Ok(Some((sessions.count_from(score(from)), at_edge)))
        })?;
        Ok(total(counts))
    }

    /// How many different ids were active in the window. The empty id, which redis-sessions adds
    /// when it uses an anonymous session, does not count.
    pub(crate) fn activity(&self, app: App<'_>, window: Window) -> Result<usize, Error> {
        let counts = self.of_all_parts(|store, reads| {
            let users = store.backend.sorted_set(&store.keys.users(app))?;
            if users.len() == 0 {
                return Ok(None);
            }
            let nobody = users.score_of(b"");
            let Some(from) = window.from(store.now) else {
                return Ok(Some((users.len() - usize::from(nobody.is_some()), AtEdge::default())));
            };
            let look = Look {
                set: &users,
                from,
                step: store.rules.index_step,
                reads: |id: &Position| store.sessions_of(app, id),
                is_active: |id: &Position| store.is_active(app, id, from),
            };
            let at_edge = reads.map_or_else(AtEdge::default, |reads| look.at_edge(reads));
            let nobody = nobody.is_some_and(|at| at >= score(from));
            let inside = users.count_from(score(from)) - usize::from(nobody);
            Ok(Some((inside, at_edge)))
        })?;
        Ok(total(counts))
    }

    /// How many sessions an id in `_users` has; 0 for the empty id.
    pub(super) fn sessions_of(&self, app: App<'_>, id: &Position) -> usize {
        if id.member.is_empty() {
            return 0;
        }
        let set = self.backend.set(&self.keys.tokens(app, &id.member)).ok();
        set.as_ref().map_or(0, SetKey::len)
    }

    /// Whether one of an id's sessions has been active since `from`, by its hash.
    fn is_active(&self, app: App<'_>, id: &Position, from: Seconds) -> bool {
        if id.member.is_empty() {
            return false;
        }
        let set = self.backend.set(&self.keys.tokens(app, &id.member)).ok();
        let tokens = set.map(|mut set| set.members()).unwrap_or_default();
        tokens.iter().filter_map(|name| StoredName::parse(name)).any(|name| {
            self.life_of_indexed(app, name, &id.member)
                .is_some_and(|session| session.last_activity >= from)
        })
    }

    /// How many hashes may be read in a part to be exact at the edge of a window; none in a part
    /// that is being moved, because they may be on the other node.
    pub(super) fn reads_in(&self, part: Part) -> usize {
        let is_stable = self.backend.parts().stable.contains(part);
        if is_stable { MAX_EDGE_READS } else { 0 }
    }

    /// The results of all parts. Each part gets the number of hashes that may still be read; `None`
    /// if only scores decide.
    fn of_all_parts<T>(
        &self,
        mut look: impl FnMut(&Self, Option<&mut usize>) -> Result<Option<T>, Error>,
    ) -> Result<Vec<T>, Error> {
        let parts = self.backend.parts();
        let mut seen = Vec::new();
        let mut reads = MAX_EDGE_READS;
        for part in parts.stable.iter() {
            seen.extend(look(&self.at(part), Some(&mut reads))?);
        }
        for part in parts.moving.iter() {
            seen.extend(look(&self.at(part), None)?);
        }
        Ok(seen)
    }
}

/// The members inside the windows of all parts, and the members at the edges of the windows.
fn total(counts: Vec<(usize, AtEdge)>) -> usize {
    let inside: usize = counts.iter().map(|(inside, _)| inside).sum();
    let at_edge = counts.into_iter().map(|(_, at_edge)| at_edge);
    inside + at_edge.fold(AtEdge::default(), AtEdge::and).total()
}
