//! KILLALL.

use super::super::candidate::Candidate;
use super::super::keyspace::{Position, Range};
use super::super::{Backend, Counted, Job, Progress, Store};
use super::{KillOfId, PORTION, Which, is_younger};
use sessions_model::error::Error;
use sessions_model::ident::{App, AppName};
use sessions_model::index::score;
use sessions_model::keys;
use sessions_model::session::Seconds;

/// KILLALL. A session that others give a new token or another id meanwhile is killed at that moment.
#[derive(Clone, Debug)]
pub(crate) struct KillOfApp {
    app: AppName,
    began: Seconds,
    killed: u64,
    stage: Stage,
}

#[derive(Clone, Debug)]
enum Stage {
    /// Goes over all of `_sessions`. Use only raises a score, so no session gets behind the pass.
    Sessions { after: Option<Position> },
    /// Goes over the scores that only sessions older than the call have, again and again until
    /// a pass finds nothing to kill: programs with another clock may lower a score.
    Remains { after: Option<Position>, found: bool },
    /// Goes over `_users`, for sessions that `_sessions` has lost.
    Users { after: Option<Position> },
    /// Over the sessions of one of them, `at` its place in `_users`.
    User { at: Position, sessions: KillOfId },
}

/// What a portion of `_sessions` held.
struct Portion {
    /// `None`: there are no more behind it.
    last: Option<Position>,
    found: bool,
}

impl KillOfApp {
    pub(crate) fn new(app: App<'_>, began: Seconds) -> Self {
        Self {
            app: app.into(),
            began,
            killed: 0,
            stage: Stage::Sessions { after: None },
        }
    }

    pub(in crate::store) fn will_kill(&self, session: &Candidate<'_>) -> bool {
        self.app.as_app() == session.app && !is_younger(session.created, self.began, session.now)
    }

    /// Kills what a portion of `_sessions` lists.
    fn kill_listed<K: Backend>(
        &mut self,
        store: &Store<'_, K>,
        range: Range,
        after: Option<&Position>,
    ) -> Result<Portion, Error> {
        let app = self.app.as_app();
        let mut indexes = store.indexes(app)?;
        let members = indexes.sessions_after(range, after, PORTION);
        let last = members.last().cloned().filter(|_| members.len() == PORTION);
        let mut due = store.backend.sorted_set(&store.keys.due())?;
        let mut targets = Vec::with_capacity(members.len());
        let mut rubbish = Vec::new();
        for Position { member, .. } in members {
            match keys::parse_session_member(&member) {
                Some((token, id)) => {
                    let verdict = store.verdict(app, token, id);
                    if !is_younger(verdict.created, self.began, store.now) {
                        targets.push(verdict.target);
                    }
                }
                None => rubbish.push(member),
            }
        }
        indexes.drop_sessions(&rubbish);
        self.killed += store.remove(app, &targets, &mut indexes, &mut due);
        Ok(Portion {
            last,
            found: !targets.is_empty(),
        })
    }

    fn next_user<K: Backend>(&self, store: &Store<'_, K>, after: Option<&Position>) -> Result<Option<Stage>, Error> {
        let app = self.app.as_app();
        let indexes = store.indexes(app)?;
        Ok(indexes.users_after(after, 1).pop().map(|at| Stage::User {
            sessions: KillOfId::new(app, &at.member, Which::All, self.began),
            at,
        }))
    }
}

impl<K: Backend> Job<K> for KillOfApp {
    fn step(&mut self, store: &Store<'_, K>) -> Result<Progress, Error> {
        let stage = std::mem::replace(&mut self.stage, Stage::Users { after: None });
        let next = match stage {
            Stage::Sessions { after } => {
                let Portion { last, .. } = self.kill_listed(store, Range::default(), after.as_ref())?;
                Some(match last {
                    Some(_) => Stage::Sessions { after: last },
                    None => Stage::Remains {
                        after: None,
                        found: false,
                    },
                })
            }
            Stage::Remains { after, found } => {
                let older = Range {
                    min: None,
                    below: Some(score(self.began.saturating_add(1))),
                };
                let portion = self.kill_listed(store, older, after.as_ref())?;
                let found = found || portion.found;
                match portion.last {
                    Some(_) => Some(Stage::Remains {
                        after: portion.last,
                        found,
                    }),
                    None if found => Some(Stage::Remains {
                        after: None,
                        found: false,
                    }),
                    None => self.next_user(store, None)?,
                }
            }
            Stage::Users { after } => self.next_user(store, after.as_ref())?,
            Stage::User { at, mut sessions } => match sessions.step(store) {
                Ok(Progress::Unfinished) => Some(Stage::User { at, sessions }),
                Ok(Progress::Finished) => {
                    self.killed += sessions.count();
                    Some(Stage::Users { after: Some(at) })
                }
                // The id's set has another type: it is left alone.
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
