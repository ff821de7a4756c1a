//! KILLALL.

use super::super::audit::Cause;
use super::super::candidate::Candidate;
use super::super::keyspace::{Position, Range, SetKey, SortedSetKey};
use super::super::removal::Indexes;
use super::super::{Backend, Counted, Job, Progress, Store};
use super::{KillOfId, PORTION, Which, is_younger};
use sessions_model::error::Error;
use sessions_model::ident::{App, AppName};
use sessions_model::index::score;
use sessions_model::keys;
use sessions_model::session::Seconds;
use sessions_model::stored_name::StoredName;

const CAUSE: Option<Cause> = Some(Cause::KillOfApp);
/// How many members of an index one read returns: many, because continuing among many members with
/// the same score requires a search.
const READ_AHEAD: usize = 64;
/// An id with more sessions is killed by a job of its own.
const FEW: usize = 16;

/// The job of KILLALL. A session that gets a new token or another id during that time is killed at
/// that moment.
#[derive(Clone, Debug)]
pub(crate) struct KillOfApp {
    app: AppName,
    began: Seconds,
    killed: u64,
    stage: Stage,
}

#[derive(Clone, Debug)]
enum Stage {
    /// Reads all of `_sessions`. Uses only raise a score, so no session moves behind the position
    /// of the pass.
    Sessions(Listed),
    /// Reads the scores that only sessions older than the call can have, and repeats this until a
    /// pass finds nothing to kill, because programs with another clock may lower a score.
    Remains { listed: Listed, found: bool },
    /// Reads `_users`, for sessions that are missing in `_sessions`.
    Users { after: Option<Position> },
    /// Kills the sessions of an id that has many; `at` is the id's position in `_users`.
    User { at: Position, sessions: KillOfId },
}

/// How far `_sessions` has been read and checked.
#[derive(Clone, Debug)]
struct Listed {
    range: Range,
    after: Option<Position>,
    /// The members that have been read but not checked, in reverse. A member that moves before it
    /// is checked is still found by its hash.
    ahead: Vec<Position>,
    is_read: bool,
}

impl Listed {
    const fn new(range: Range) -> Self {
        Self {
            range,
            after: None,
            ahead: Vec::new(),
            is_read: false,
        }
    }

    /// The next members to check.
    fn portion<S: SortedSetKey>(&mut self, indexes: &Indexes<S>) -> Vec<Position> {
        if self.ahead.is_empty() {
            self.ahead = indexes.sessions_after(self.range, self.after.as_ref(), READ_AHEAD);
            self.is_read = self.ahead.len() < READ_AHEAD;
            self.after = self.ahead.last().cloned();
            self.ahead.reverse();
        }
        self.ahead.split_off(self.ahead.len().saturating_sub(PORTION))
    }

    fn is_checked(&self) -> bool {
        self.is_read && self.ahead.is_empty()
    }
}

/// The result for an id that has few sessions.
#[derive(Clone, Copy, Debug, Default)]
struct Few {
    /// How many sessions were read.
    sessions: usize,
    killed: u64,
}

impl KillOfApp {
    pub(crate) fn new(app: App<'_>, began: Seconds) -> Self {
        Self {
            app: app.into(),
            began,
            killed: 0,
            stage: Stage::Sessions(Listed::new(Range::default())),
        }
    }

    fn remains(&self) -> Stage {
        let older = Range {
            min: None,
            below: Some(score(self.began.saturating_add(1))),
        };
        Stage::Remains {
            listed: Listed::new(older),
            found: false,
        }
    }

    pub(in crate::store) fn will_kill(&self, session: &Candidate<'_>) -> bool {
        self.app.as_app() == session.app && !is_younger(session.created, self.began, session.now)
    }

    /// Kills the sessions that a portion of `_sessions` lists; returns whether there were any to
    /// kill.
    fn kill_listed<K: Backend>(&mut self, store: &Store<'_, K>, listed: &mut Listed) -> Result<bool, Error> {
        let app = self.app.as_app();
        let mut indexes = store.indexes(app)?;
        let members = listed.portion(&indexes);
        let mut due = store.backend.sorted_set(&store.keys.due())?;
        let mut targets = Vec::with_capacity(members.len());
        let mut rubbish = Vec::new();
        for Position { member, .. } in members {
            match keys::parse_session_member(&member) {
                Some((name, id)) => {
                    let verdict = store.verdict(app, name, id);
                    if !is_younger(verdict.created, self.began, store.now) {
                        targets.push(verdict.target);
                    }
                }
                None => rubbish.push(member),
            }
        }
        indexes.drop_sessions(&rubbish);
        self.killed += store.remove(app, &targets, &mut indexes, &mut due, CAUSE);
        Ok(!targets.is_empty())
    }

    /// Reads ids of `_users` until their sessions are enough for a step. Most ids only have spared
    /// sessions that were created during that time. They cost little more than reading their
    /// hashes, so the job is faster than any log-ins.
    fn kill_of_users<K: Backend>(
        &mut self,
        store: &Store<'_, K>,
        after: Option<&Position>,
    ) -> Result<Option<Stage>, Error> {
        let app = self.app.as_app();
        let users = store.indexes(app)?.users_after(after, FEW);
        let (mut done, mut sessions_read) = (None, 0);
        for at in users {
            if sessions_read >= FEW {
                break;
            }
            match self.kill_few(store, &at.member)? {
                Some(Few { sessions, killed }) => {
                    sessions_read += sessions;
                    self.killed += killed;
                }
                None => {
                    let sessions = KillOfId::new(app, &at.member, Which::All, Cause::KillOfApp, self.began);
                    return Ok(Some(Stage::User { at, sessions }));
                }
            }
            done = Some(at);
        }
        Ok(done.map(|at| Stage::Users { after: Some(at) }))
    }

    /// Kills the sessions of an id that has few; `None`: the id has many, or a member that is not a
    /// token.
    fn kill_few<K: Backend>(&self, store: &Store<'_, K>, id: &[u8]) -> Result<Option<Few>, Error> {
        let app = self.app.as_app();
        let mut tokens = Vec::new();
        let mut is_readable = true;
        match store.backend.set(&store.keys.tokens(app, id)) {
            Ok(set) if set.len() > FEW => return Ok(None),
            Ok(mut set) if set.len() > 0 => {
                let next = set.visit_portion(0, &mut |member| match StoredName::parse(member) {
                    Some(name) => tokens.push(name),
                    None => is_readable = false,
                });
                if next != 0 || !is_readable {
                    return Ok(None);
                }
            }
            // There are no sessions, or the key has another type and is not changed.
            _ => {
                store.indexes(app)?.drop_user(id);
                return Ok(Some(Few::default()));
            }
        }
        let sessions = tokens.len();
        let verdicts = tokens.into_iter().map(|name| store.verdict(app, name, id));
        let old = verdicts.filter(|verdict| !is_younger(verdict.created, self.began, store.now));
        let targets: Vec<_> = old.map(|verdict| verdict.target).collect();
        if targets.is_empty() {
            return Ok(Some(Few { sessions, killed: 0 }));
        }
        let mut due = store.backend.sorted_set(&store.keys.due())?;
        let mut indexes = store.indexes(app)?;
        let killed = store.remove(app, &targets, &mut indexes, &mut due, CAUSE);
        Ok(Some(Few { sessions, killed }))
    }
}

impl<K: Backend> Job<K> for KillOfApp {
    fn step(&mut self, store: &Store<'_, K>) -> Result<Progress, Error> {
        let stage = std::mem::replace(&mut self.stage, Stage::Users { after: None });
        let next = match stage {
            Stage::Sessions(mut listed) => {
                self.kill_listed(store, &mut listed)?;
                Some(if listed.is_checked() {
                    self.remains()
                } else {
                    Stage::Sessions(listed)
                })
            }
            Stage::Remains { mut listed, found } => {
                let found = self.kill_listed(store, &mut listed)? || found;
                Some(match (listed.is_checked(), found) {
                    (false, _) => Stage::Remains { listed, found },
                    (true, true) => self.remains(),
                    (true, false) => Stage::Users { after: None },
                })
            }
            Stage::Users { after } => self.kill_of_users(store, after.as_ref())?,
            Stage::User { at, mut sessions } => match sessions.step(store) {
                Ok(Progress::Unfinished) => Some(Stage::User { at, sessions }),
                Ok(Progress::Finished) => {
                    self.killed += sessions.count();
                    Some(Stage::Users { after: Some(at) })
                }
                // The id's key has another type and is not changed.
                Err(_) => {
                    store.indexes(self.app.as_app())?.drop_user(&at.member);
                    Some(Stage::Users { after: Some(at) })
                }
            },
        };
        let Some(next) = next else {
            return Ok(Progress::Finished);
        };
        self.stage = next;
        Ok(Progress::Unfinished)
    }
}

impl Counted for KillOfApp {
    fn count(&self) -> u64 {
        self.killed
    }
}
