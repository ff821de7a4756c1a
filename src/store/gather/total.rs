//! The number of an app's sessions, or ids, that were active in a window.

use super::super::edge::{AtEdge, Look};
use super::super::keyspace::{Position, SetKey, SortedSetKey};
use super::super::{Backend, Job, Progress, Store};
use super::{Ahead, PARTS};
use sessions_model::error::Error;
use sessions_model::ident::{App, AppName};
use sessions_model::index::{MAX_EDGE_READS, score};
use sessions_model::keys;
use sessions_model::number::Window;
use sessions_model::parts::Part;
use sessions_model::session::Seconds;
use sessions_model::stored_name::StoredName;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Members {
    /// Timed-out sessions too, until the cleanup pass removes them.
    Sessions,
    /// Different ids. The empty id, which redis-sessions adds when it uses an anonymous session, does
    /// not count.
    Ids,
}

/// Counts the sessions or ids in all parts. The result is an estimate if it would require reading
/// too many hashes.
#[derive(Debug)]
pub(crate) struct Total {
    app: AppName,
    members: Members,
    window: Window,
    /// The first second of the window when the count began.
    from: Option<Seconds>,
    ahead: Ahead,
    /// How many more hashes may be read.
    reads: usize,
    /// Members that are inside the window by their scores.
    inside: usize,
    at_edge: AtEdge,
}

/// The members of one part that are inside the window, and those at its edge.
type InPart = (usize, AtEdge);

impl Total {
    pub(in crate::store) fn new(app: App<'_>, members: Members, window: Window, now: Seconds) -> Self {
        Self {
            app: app.into(),
            members,
            window,
            from: window.from(now),
            ahead: Ahead::default(),
            reads: MAX_EDGE_READS,
            inside: 0,
            at_edge: AtEdge::default(),
        }
    }

    pub(in crate::store) fn is_same(&self, other: &Self) -> bool {
        (&self.app, self.members, self.window) == (&other.app, other.members, other.window)
    }

    pub(in crate::store) fn total(&self) -> u64 {
        (self.inside + self.at_edge.total()) as u64
    }

    /// `reads`: how many more hashes may be read; `None` if only scores decide.
    fn sessions_in<K: Backend>(&self, store: &Store<'_, K>, reads: Option<&mut usize>) -> Result<InPart, Error> {
        let app = self.app.as_app();
        let sessions = store.backend.sorted_set(&store.keys.sessions(app))?;
        let Some(from) = self.from.filter(|_| sessions.len() > 0) else {
            return Ok((sessions.len(), AtEdge::default()));
        };
        let look = Look {
            set: &sessions,
            from,
            step: store.rules.index_step,
            reads: |_: &Position| 1,
            is_active: |position: &Position| {
                keys::parse_session_member(&position.member)
                    .is_some_and(|(name, id)| store.is_session_active(app, name, id, from))
            },
        };
        let at_edge = reads.map_or_else(AtEdge::default, |reads| look.at_edge(reads));
        Ok((sessions.count_from(score(from)), at_edge))
    }

    fn ids_in<K: Backend>(&self, store: &Store<'_, K>, reads: Option<&mut usize>) -> Result<InPart, Error> {
        let app = self.app.as_app();
        let users = store.backend.sorted_set(&store.keys.users(app))?;
        if users.len() == 0 {
            return Ok(InPart::default());
        }
        let nobody = users.score_of(b"");
        let Some(from) = self.from else {
            return Ok((users.len() - usize::from(nobody.is_some()), AtEdge::default()));
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
        Ok((users.count_from(score(from)) - usize::from(nobody), at_edge))
    }

    fn count_part<K: Backend>(&mut self, store: &Store<'_, K>, part: Part) -> Result<(), Error> {
        let mut left = self.reads;
        let is_stable = store.reads_in(part) > 0;
        let reads = is_stable.then_some(&mut left);
        let (inside, at_edge) = match self.members {
            Members::Sessions => self.sessions_in(&store.at(part), reads)?,
            Members::Ids => self.ids_in(&store.at(part), reads)?,
        };
        self.reads = left;
        self.inside += inside;
        self.at_edge = self.at_edge.and(at_edge);
        Ok(())
    }
}

impl<K: Backend> Job<K> for Total {
    fn step(&mut self, store: &Store<'_, K>) -> Result<Progress, Error> {
        let parts = self.ahead.next(store);
        for &part in &parts {
            self.count_part(store, part)?;
        }
        Ok(if parts.len() < PARTS {
            Progress::Finished
        } else {
            Progress::Unfinished
        })
    }
}

impl<K: Backend> Store<'_, K> {
    /// How many sessions an id in `_users` has; 0 for the empty id.
    pub(super) fn sessions_of(&self, app: App<'_>, id: &Position) -> usize {
        if id.member.is_empty() {
            return 0;
        }
        let set = self.backend.set(&self.keys.tokens(app, &id.member)).ok();
        set.as_ref().map_or(0, SetKey::len)
    }

    /// The stored names in the set of an id; none if the key has another type.
    pub(super) fn names_of(&self, app: App<'_>, id: &[u8]) -> Vec<StoredName> {
        let set = self.backend.set(&self.keys.tokens(app, id)).ok();
        let members = set.map(|mut set| set.members()).unwrap_or_default();
        members.iter().filter_map(|name| StoredName::parse(name)).collect()
    }

    /// Whether a session of an id has been active since `from`, by its hash.
    pub(super) fn is_session_active(&self, app: App<'_>, name: StoredName, id: &[u8], from: Seconds) -> bool {
        self.life_of_indexed(app, name, id)
            .is_some_and(|session| session.last_activity >= from)
    }

    /// Whether one of an id's sessions has been active since `from`, by its hash.
    fn is_active(&self, app: App<'_>, id: &Position, from: Seconds) -> bool {
        if id.member.is_empty() {
            return false;
        }
        let mut names = self.names_of(app, &id.member).into_iter();
        names.any(|name| self.is_session_active(app, name, &id.member, from))
    }
}
