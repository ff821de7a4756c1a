//! The live sessions of an app.

use std::collections::BTreeSet;

use super::super::candidate::Candidate;
use super::super::edge::edge;
use super::super::merged::Merged;
use super::super::outcome::{Detail, ListEntry};
use super::super::{Backend, Job, Progress, Store};
use super::{PORTION, Walk};
use sessions_model::error::Error;
use sessions_model::ident::{App, AppName};
use sessions_model::index::score;
use sessions_model::keys;
use sessions_model::number::{Limit, Window};
use sessions_model::session::Seconds;
use sessions_model::stored_name::StoredName;

/// The live sessions of an app, most recently active first, to a step.
#[derive(Debug)]
pub(crate) struct OfApp<B> {
    app: AppName,
    walk: Walk,
    detail: Detail,
    /// The new tokens of sessions that were rotated or got another id during that time. They may
    /// have been listed under the old token.
    rotated: BTreeSet<StoredName>,
    listed: Vec<ListEntry<B>>,
}

impl<B> OfApp<B> {
    pub(in crate::store) fn new(app: App<'_>, window: Window, limit: Limit, detail: Detail, now: Seconds) -> Self {
        Self {
            app: app.into(),
            walk: Walk::new(window, limit, now, Merged::new(|keys, app| keys.sessions(app))),
            detail,
            rotated: BTreeSet::new(),
            listed: Vec::new(),
        }
    }

    pub(in crate::store) fn is_same(&self, other: &Self) -> bool {
        self.app == other.app && self.detail == other.detail && self.walk.is_same(&other.walk)
    }

    pub(in crate::store) fn follow(&mut self, session: &Candidate<'_>, new: &StoredName) {
        if self.app.as_app() == session.app {
            self.rotated.insert(*new);
        }
    }

    pub(in crate::store) fn take(&mut self) -> Vec<ListEntry<B>> {
        std::mem::take(&mut self.listed)
    }
}

impl<K: Backend> Job<K> for OfApp<K::Bytes> {
    fn step(&mut self, store: &Store<'_, K>) -> Result<Progress, Error> {
        let app = self.app.as_app();
        let detail = self.detail;
        let Self {
            walk, listed, rotated, ..
        } = self;
        let step = store.rules.index_step;
        let parts = walk.ahead.next(store);
        for &part in &parts {
            let sessions = store.backend.sorted_set(&store.at(part).keys.sessions(app))?;
            let is_exact = edge(&sessions, walk.from, step, store.reads_in(part)).is_some();
            drop(sessions);
            let from = walk.from.map(|from| {
                if is_exact {
                    from.saturating_sub(step.seconds())
                } else {
                    from
                }
            });
            walk.merged.add(store, app, part, from.map(score))?;
        }
        if !parts.is_empty() {
            return Ok(Progress::Unfinished);
        }
        for _ in 0..PORTION {
            let next = if walk.is_complete() {
                None
            } else {
                walk.merged.next(store, app)?
            };
            let Some((part, member)) = next else {
                return Ok(Progress::Finished);
            };
            let member = keys::parse_session_member(&member).filter(|(name, _)| !rotated.contains(name));
            let Some((name, id)) = member else { continue };
            let (store, window) = (store.at(part), walk.window);
            if walk.skips_next() {
                // Only the life of a skipped session is read.
                walk.matching += usize::from(store.live_place(app, name, id, window).is_some());
            } else if let Some(found) = store.listed(app, name, id, window, detail) {
                walk.matching += 1;
                listed.push(found);
            }
        }
        Ok(Progress::Unfinished)
    }
}
