//! The ids of an app.

use super::super::edge::edge;
use super::super::keyspace::Position;
use super::super::merged::Merged;
use super::super::{Backend, Job, Progress, Store};
use super::{Ahead, PORTION, Walk};
use sessions_model::error::Error;
use sessions_model::ident::{App, AppName};
use sessions_model::index::{MAX_EDGE_READS, score};
use sessions_model::number::{Limit, Window};
use sessions_model::parts::Part;
use sessions_model::session::Seconds;
use sessions_model::stored_name::StoredName;

/// The ids that were active in a window, most recently active first, to a step.
#[derive(Debug)]
pub(crate) struct UsersOfApp {
    app: AppName,
    walk: Walk,
    /// The ids whose score is just below the window, but one of whose sessions is in it by its
    /// hash.
    edges: Edges,
    ids: Vec<Vec<u8>>,
}

#[derive(Debug)]
struct Edges {
    ahead: Ahead,
    /// How many more hashes may be read.
    reads: usize,
    /// Ids that have sessions to be checked.
    candidates: Vec<(Part, Position)>,
    checked: Option<Checked>,
    found: Vec<Position>,
}

/// The id whose sessions are being checked, until one is active.
#[derive(Debug)]
struct Checked {
    part: Part,
    id: Position,
    names: Vec<StoredName>,
}

impl UsersOfApp {
    pub(in crate::store) fn new(app: App<'_>, window: Window, limit: Limit, now: Seconds) -> Self {
        Self {
            app: app.into(),
            walk: Walk::new(window, limit, now, Merged::new(|keys, app| keys.users(app))),
            edges: Edges {
                ahead: Ahead::default(),
                reads: MAX_EDGE_READS,
                candidates: Vec::new(),
                checked: None,
                found: Vec::new(),
            },
            ids: Vec::new(),
        }
    }

    pub(in crate::store) fn is_same(&self, other: &Self) -> bool {
        self.app == other.app && self.walk.is_same(&other.walk)
    }

    pub(in crate::store) fn take(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.ids)
    }

    fn put(&mut self, id: Vec<u8>) {
        // The empty id of anonymous sessions, which redis-sessions adds.
        if id.is_empty() {
            return;
        }
        if !self.walk.is_complete() && self.walk.shows_next() {
            self.ids.push(id);
        }
    }

    /// Reads the edges of the next parts, then checks the sessions of the ids there.
    fn look_at_edges<K: Backend>(&mut self, store: &Store<'_, K>, app: App<'_>) -> Result<Progress, Error> {
        let Edges {
            ahead,
            reads,
            candidates,
            ..
        } = &mut self.edges;
        let parts = match self.walk.from {
            Some(_) if !self.walk.is_complete() => ahead.next(store),
            _ => Vec::new(),
        };
        for &part in &parts {
            let store = store.at(part);
            let users = store.backend.sorted_set(&store.keys.users(app))?;
            let allowed = store.reads_in(part).min(*reads);
            let mut ids = edge(&users, self.walk.from, store.rules.index_step, allowed).unwrap_or_default();
            ids.retain(|id| !id.member.is_empty());
            let needed: usize = ids.iter().map(|id| store.sessions_of(app, id)).sum();
            if needed <= allowed {
                *reads -= needed;
                candidates.extend(ids.into_iter().map(|id| (part, id)));
            }
        }
        if !parts.is_empty() || self.edges.check_next(store, app, self.walk.from) == Progress::Unfinished {
            return Ok(Progress::Unfinished);
        }
        let mut found = std::mem::take(&mut self.edges.found);
        found.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| b.member.cmp(&a.member)));
        found.into_iter().for_each(|Position { member, .. }| self.put(member));
        Ok(Progress::Finished)
    }
}

impl Edges {
    /// Checks the next sessions of the candidates.
    fn check_next<K: Backend>(&mut self, store: &Store<'_, K>, app: App<'_>, from: Option<Seconds>) -> Progress {
        let from = from.unwrap_or(Seconds::MIN);
        for _ in 0..PORTION {
            let Some(Checked { part, id, mut names }) = self.checked.take() else {
                let Some((part, id)) = self.candidates.pop() else {
                    return Progress::Finished;
                };
                let names = store.at(part).names_of(app, &id.member);
                self.checked = Some(Checked { part, id, names });
                continue;
            };
            let Some(name) = names.pop() else { continue };
            if store.at(part).is_session_active(app, name, &id.member, from) {
                self.found.push(id);
            } else {
                self.checked = Some(Checked { part, id, names });
            }
        }
        Progress::Unfinished
    }
}

impl<K: Backend> Job<K> for UsersOfApp {
    fn step(&mut self, store: &Store<'_, K>) -> Result<Progress, Error> {
        let app = self.app.clone();
        let app = app.as_app();
        let parts = self.walk.ahead.next(store);
        for &part in &parts {
            self.walk.merged.add(store, app, part, self.walk.from.map(score))?;
        }
        if !parts.is_empty() {
            return Ok(Progress::Unfinished);
        }
        for _ in 0..PORTION {
            let next = if self.walk.is_complete() {
                None
            } else {
                self.walk.merged.next(store, app)?
            };
            match next {
                Some((_, id)) => self.put(id),
                None => return self.look_at_edges(store, app),
            }
        }
        Ok(Progress::Unfinished)
    }
}
