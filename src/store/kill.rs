//! Killing sessions: one, those of an id, those of an app.
//!
//! The last two are jobs in steps. Sessions created after such a job began live on,
//! as far as their `created` field tells.

use super::keyspace::{HashKey, Keyspace, Position, Range, SetKey};
use super::removal::{Doomed, Judged};
use super::{Counted, Job, Progress, Store};
use sessions_model::error::Error;
use sessions_model::ident::{App, Sid, Token};
use sessions_model::index::score;
use sessions_model::keys;
use sessions_model::session::Seconds;

/// Sessions a step looks at: a few hundred microseconds of work.
pub(super) const PORTION: usize = 16;

impl<K: Keyspace> Store<'_, K> {
    /// Kills the session of a token, if it is one; whether it was live. One that had timed out is
    /// removed all the same: a clock set back must not bring it to life again.
    pub(crate) fn kill(&self, app: App<'_>, token: impl Into<Option<Token>>) -> Result<bool, Error> {
        let Some(token) = token.into() else { return Ok(false) };
        let fields = self.keyspace.hash(&self.keys.session(app, &token))?.life_fields();
        let [Some(id), ..] = &fields else { return Ok(false) };
        let id = id.as_ref().to_vec();
        if id.is_empty() {
            return Ok(false);
        }
        let mut indexes = self.indexes(app)?;
        let mut due = self.keyspace.sorted_set(&self.keys.due())?;
        self.keyspace.set(&self.keys.tokens(app, &id))?;
        let Judged { doomed, .. } = self.judged(token, id, Some(fields));
        Ok(self.remove(app, &[doomed], &mut indexes, &mut due) > 0)
    }
}

/// Whether a session was made after killing `began`. One from the future was made
/// before the clock went back.
fn is_younger(created: Option<Seconds>, began: Seconds, now: Seconds) -> bool {
    created.is_some_and(|created| created > began && created <= now)
}

/// A live session that is about to get a new token or another id: what decides whether killing
/// that is under way kills it first. Otherwise it could slip away from under the killing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate<'a> {
    pub(super) app: App<'a>,
    pub(super) id: &'a [u8],
    pub(super) token: &'a Token,
    pub(super) created: Option<Seconds>,
    pub(super) now: Seconds,
}

/// Which of an id's sessions are killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    All,
    /// All but a live one.
    Except(Token),
    Only(Sid),
}

/// KILLSOID: one pass over the id's tokens. A session that others give a new token meanwhile is
/// killed at that moment, except the one that is excepted, whose new token is excepted from then on.
#[derive(Clone, Debug)]
pub(crate) struct KillOfId {
    app: Vec<u8>,
    id: Vec<u8>,
    which: Which,
    began: Seconds,
    cursor: u64,
    killed: u64,
}

impl KillOfId {
    pub(crate) fn new(app: App<'_>, id: &[u8], which: Which, began: Seconds) -> Self {
        Self {
            app: app.as_bytes().to_vec(),
            id: id.to_vec(),
            which,
            began,
            cursor: 0,
            killed: 0,
        }
    }

    /// Whether it kills a live session of its id.
    fn kills(&self, token: &Token, created: Option<Seconds>, now: Seconds) -> bool {
        let is_meant = match self.which {
            Which::All => true,
            Which::Except(kept) => *token != kept,
            Which::Only(sid) => token.sid() == sid,
        };
        is_meant && !is_younger(created, self.began, now)
    }

    fn spares(&self, judged: &Judged, now: Seconds) -> bool {
        let Doomed { token, .. } = &judged.doomed;
        match self.which {
            // One that has timed out is not kept.
            Which::Except(kept) if *token == kept => judged.doomed.is_live(),
            _ => !self.kills(token, judged.created, now),
        }
    }

    fn is_about(&self, session: &Candidate<'_>) -> bool {
        self.app == session.app.as_bytes() && self.id == session.id
    }

    pub(super) fn will_kill(&self, session: &Candidate<'_>) -> bool {
        self.is_about(session) && self.kills(session.token, session.created, session.now)
    }

    /// Goes on excepting a session that has a new token.
    pub(super) fn follow(&mut self, session: &Candidate<'_>, new: &Token) {
        if self.is_about(session) && self.which == Which::Except(*session.token) {
            self.which = Which::Except(*new);
        }
    }
}

impl<K: Keyspace> Job<K> for KillOfId {
    fn step(&mut self, store: &Store<'_, K>) -> Result<Progress, Error> {
        let app = App::parse(&self.app)?;
        let mut indexes = store.indexes(app)?;
        let mut due = store.keyspace.sorted_set(&store.keys.due())?;
        let mut tokens = store.keyspace.set(&store.keys.tokens(app, &self.id))?;

        let mut found = Vec::new();
        let mut rubbish = Vec::new();
        self.cursor = tokens.visit_portion(self.cursor, &mut |member| match Token::parse(member) {
            Some(token) => found.push(token),
            None => rubbish.push(member.to_vec()),
        });
        tokens.remove(&rubbish);
        drop(tokens);
        found.sort_unstable();
        found.dedup();
        let doomed: Vec<Doomed> = found
            .into_iter()
            .map(|token| store.judge(app, token, &self.id))
            .filter(|judged| !self.spares(judged, store.now))
            .map(|judged| judged.doomed)
            .collect();
        self.killed += store.remove(app, &doomed, &mut indexes, &mut due);
        if self.cursor != 0 {
            return Ok(Progress::Unfinished);
        }
        if store.keyspace.set(&store.keys.tokens(app, &self.id))?.len() == 0 {
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

/// KILLALL. A session that others give a new token or another id meanwhile is killed at that moment.
#[derive(Clone, Debug)]
pub(crate) struct KillOfApp {
    app: Vec<u8>,
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
            app: app.as_bytes().to_vec(),
            began,
            killed: 0,
            stage: Stage::Sessions { after: None },
        }
    }

    pub(super) fn will_kill(&self, session: &Candidate<'_>) -> bool {
        self.app == session.app.as_bytes() && !is_younger(session.created, self.began, session.now)
    }

    /// Kills what a portion of `_sessions` lists.
    fn kill_listed<K: Keyspace>(
        &mut self,
        store: &Store<'_, K>,
        range: Range,
        after: Option<&Position>,
    ) -> Result<Portion, Error> {
        let app = App::parse(&self.app)?;
        let mut indexes = store.indexes(app)?;
        let members = indexes.sessions_after(range, after, PORTION);
        let last = members.last().cloned().filter(|_| members.len() == PORTION);
        let mut due = store.keyspace.sorted_set(&store.keys.due())?;
        let mut doomed = Vec::with_capacity(members.len());
        let mut rubbish = Vec::new();
        for Position { member, .. } in members {
            match keys::parse_session_member(&member) {
                Some((token, id)) => {
                    let judged = store.judge(app, token, id);
                    if !is_younger(judged.created, self.began, store.now) {
                        doomed.push(judged.doomed);
                    }
                }
                None => rubbish.push(member),
            }
        }
        indexes.drop_sessions(&rubbish);
        self.killed += store.remove(app, &doomed, &mut indexes, &mut due);
        Ok(Portion {
            last,
            found: !doomed.is_empty(),
        })
    }

    fn next_user<K: Keyspace>(&self, store: &Store<'_, K>, after: Option<&Position>) -> Result<Option<Stage>, Error> {
        let app = App::parse(&self.app)?;
        let indexes = store.indexes(app)?;
        Ok(indexes.users_after(after, 1).pop().map(|at| Stage::User {
            sessions: KillOfId::new(app, &at.member, Which::All, self.began),
            at,
        }))
    }
}

impl<K: Keyspace> Job<K> for KillOfApp {
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
                    self.killed += sessions.killed;
                    Some(Stage::Users { after: Some(at) })
                }
                // The id's set has another type: it is left alone.
                Err(_) => {
                    store.indexes(App::parse(&self.app)?)?.drop_user(&at.member);
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
