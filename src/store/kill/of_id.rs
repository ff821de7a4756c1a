//! KILLSOID.

use std::collections::BTreeSet;

use super::super::audit::Cause;
use super::super::candidate::Candidate;
use super::super::keyspace::SetKey;
use super::super::removal::{Target, Verdict};
use super::super::{Backend, Counted, Job, Progress, Store};
use super::{PORTION, is_younger};
use sessions_model::error::Error;
use sessions_model::ident::{App, AppName, Sid};
use sessions_model::session::Seconds;
use sessions_model::stored_name::{Storage, StoredName};

/// Which of an id's sessions are killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    All,
    /// All sessions except a live one.
    Except(StoredName),
    Only(Sid),
}

/// The job of KILLSOID: one pass over the id's tokens. A session that gets a new token during that
/// time is killed at that moment, except the one that is excepted, whose new token is excepted from
/// then on. A session that is assigned to the id during that time, by a log-in of a visitor, is
/// spared.
#[derive(Clone, Debug)]
pub(crate) struct KillOfId {
    app: AppName,
    id: Vec<u8>,
    which: Which,
    cause: Cause,
    began: Seconds,
    cursor: u64,
    /// Tokens that have been read but not checked: the server returns all members of a small set at
    /// once.
    ahead: Vec<StoredName>,
    /// The tokens of sessions that were assigned to the id during that time.
    arrived: BTreeSet<StoredName>,
    killed: u64,
}

impl KillOfId {
    pub(crate) fn new(app: App<'_>, id: &[u8], which: Which, cause: Cause, began: Seconds) -> Self {
        Self {
            app: app.into(),
            id: id.to_vec(),
            which,
            cause,
            began,
            cursor: 0,
            ahead: Vec::new(),
            arrived: BTreeSet::new(),
            killed: 0,
        }
    }

    /// Whether the job kills a live session of its id.
    fn kills(&self, name: &StoredName, storage: Storage, created: Option<Seconds>, now: Seconds) -> bool {
        let is_meant = match self.which {
            Which::All => true,
            Which::Except(kept) => *name != kept,
            Which::Only(sid) => name.sid(storage) == sid,
        };
        is_meant && !self.arrived.contains(name) && !is_younger(created, self.began, now)
    }

    fn spares(&self, verdict: &Verdict, now: Seconds) -> bool {
        let Target { name, storage, .. } = &verdict.target;
        match self.which {
            // A timed-out session is not kept.
            Which::Except(kept) if *name == kept => verdict.target.is_live(),
            _ => !self.kills(name, *storage, verdict.created, now),
        }
    }

    /// The next tokens to check. The set is read again when all tokens that were read have been
    /// checked.
    fn portion<K: Backend>(&mut self, store: &Store<'_, K>) -> Result<Vec<StoredName>, Error> {
        if self.ahead.is_empty() {
            let mut tokens = store.backend.set(&store.keys.tokens(self.app.as_app(), &self.id))?;
            let mut rubbish = Vec::new();
            let ahead = &mut self.ahead;
            self.cursor = tokens.visit_portion(self.cursor, &mut |member| match StoredName::parse(member) {
                Some(name) => ahead.push(name),
                None => rubbish.push(member.to_vec()),
            });
            tokens.remove(&rubbish);
            ahead.sort_unstable();
            ahead.dedup();
        }
        Ok(self.ahead.split_off(self.ahead.len().saturating_sub(PORTION)))
    }

    fn is_about(&self, session: &Candidate<'_>) -> bool {
        self.app.as_app() == session.app && self.id == session.id
    }

    pub(in crate::store) fn will_kill(&self, session: &Candidate<'_>) -> bool {
        self.is_about(session) && self.kills(session.name, session.storage, session.created, session.now)
    }

    /// Continues to spare a session that has got a new token, even if it had other ids in between.
    pub(in crate::store) fn follow(&mut self, session: &Candidate<'_>, new: &StoredName, new_id: &[u8]) {
        if self.app.as_app() != session.app {
            return;
        }
        if self.which == Which::Except(*session.name) {
            self.which = Which::Except(*new);
        }
        let had_arrived = self.arrived.remove(session.name);
        if self.id == new_id && (had_arrived || self.id != session.id) {
            self.arrived.insert(*new);
        }
    }
}

impl<K: Backend> Job<K> for KillOfId {
    fn step(&mut self, store: &Store<'_, K>) -> Result<Progress, Error> {
        let portion = self.portion(store)?;
        let app = self.app.as_app();
        let mut indexes = store.indexes(app)?;
        let mut due = store.backend.sorted_set(&store.keys.due())?;
        let targets: Vec<Target> = portion
            .into_iter()
            .map(|name| store.verdict(app, name, &self.id))
            .filter(|verdict| !self.spares(verdict, store.now))
            .map(|verdict| verdict.target)
            .collect();
        self.killed += store.remove(app, &targets, &mut indexes, &mut due, Some(self.cause));
        if self.cursor != 0 || !self.ahead.is_empty() {
            return Ok(Progress::Unfinished);
        }
        if store.backend.set(&store.keys.tokens(app, &self.id))?.len() == 0 {
            indexes.drop_user(&self.id);
        }
        Ok(Progress::Finished)
    }
}

impl Counted for KillOfId {
    fn count(&self) -> u64 {
        self.killed
    }
}
