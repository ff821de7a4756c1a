//! The ids of an app.

use super::super::keyspace::Position;
use super::super::merged::Merged;
use super::super::{Backend, Job, Progress, Store};
use super::{Ahead, PORTION, Walk};
use sessions_model::error::Error;
use sessions_model::ident::{App, AppName};
use sessions_model::index::{MAX_EDGE_READS, score};
use sessions_model::number::{Limit, Window};
use sessions_model::session::Seconds;

/// The ids that were active in a window, most recently active first, to a step.
#[derive(Debug)]
pub(crate) struct UsersOfApp {
    app: AppName,
    walk: Walk,
    /// Those just below the window by their score, one of whose sessions is in it by its hash.
    edges: Edges,
    ids: Vec<Vec<u8>>,
}

#[derive(Debug)]
struct Edges {
    ahead: Ahead,
    reads: usize,
    found: Vec<Position>,
}

impl UsersOfApp {
    pub(in crate::store) fn new(app: App<'_>, window: Window, limit: Limit, now: Seconds) -> Self {
        Self {
            app: app.into(),
            walk: Walk::new(window, limit, now, Merged::new(|keys, app| keys.users(app))),
            edges: Edges {
                ahead: Ahead::default(),
                reads: MAX_EDGE_READS,
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
        // Anonymous sessions, as redis-sessions enters them.
        if id.is_empty() {
            return;
        }
        if !self.walk.is_complete() && self.walk.shows_next() {
            self.ids.push(id);
        }
    }

    /// Looks at the edges of the next parts; whether these were all.
    fn look_at_edges<K: Backend>(&mut self, store: &Store<'_, K>, app: App<'_>) -> Result<Progress, Error> {
        let Edges { ahead, reads, found } = &mut self.edges;
        let parts = match self.walk.from {
            Some(_) if !self.walk.is_complete() => ahead.next(store),
            _ => Vec::new(),
        };
        for &part in &parts {
            let store = store.at(part);
            let users = store.backend.sorted_set(&store.keys.users(app))?;
            let mut allowed = store.reads_in(part).min(*reads);
            let before = allowed;
            let from = self.walk.from.unwrap_or(Seconds::MIN);
            found.extend(store.active_at_edge(app, &users, from, &mut allowed));
            *reads -= before - allowed;
        }
        if !parts.is_empty() {
            return Ok(Progress::Unfinished);
        }
        let mut found = std::mem::take(found);
        found.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| b.member.cmp(&a.member)));
        found.into_iter().for_each(|Position { member, .. }| self.put(member));
        Ok(Progress::Finished)
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
