//! Killing sessions: one, those of an id, those of an app.
//!
//! The last two are jobs in steps. Sessions created after such a job began live on,
//! as far as their `created` field tells.

use super::keyspace::{HashKey, Keyspace, SetKey};
use super::removal::{Doomed, Judged, Position};
use super::{Counted, Job, Progress, Store, keys};
use crate::error::Error;
use crate::session::Seconds;
use crate::session::ident::{App, Id, Sid, Token};

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
pub(super) fn is_younger(created: Option<Seconds>, began: Seconds, now: Seconds) -> bool {
    created.is_some_and(|created| created > began && created <= now)
}

/// Which of an id's sessions are killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    All,
    /// All but a live one.
    Except(Token),
    Only(Sid),
}

/// KILLSOID. If others can act between its steps, it goes over the id's tokens again and
/// again until it finds nothing to kill: a session may have been given a new token.
#[derive(Clone, Debug)]
pub(crate) struct KillOfId {
    app: Vec<u8>,
    id: Vec<u8>,
    which: Which,
    began: Seconds,
    pass: Pass,
    killed: u64,
}

/// One pass over the tokens of an id.
#[derive(Clone, Debug, Default)]
struct Pass {
    cursor: u64,
    portions: u64,
    found: bool,
}

impl KillOfId {
    pub(crate) fn new(app: App<'_>, id: Id<'_>, which: Which, began: Seconds) -> Self {
        Self {
            app: app.as_bytes().to_vec(),
            id: id.as_bytes().to_vec(),
            which,
            began,
            pass: Pass::default(),
            killed: 0,
        }
    }

    fn spares(&self, judged: &Judged, now: Seconds) -> bool {
        let token = &judged.doomed.token;
        is_younger(judged.created, self.began, now)
            || match self.which {
                Which::All => false,
                Which::Except(kept) => *token == kept && judged.doomed.is_live(),
                Which::Only(sid) => token.sid() != sid,
            }
    }
}

impl<K: Keyspace> Job<K> for KillOfId {
    fn step(&mut self, store: &Store<'_, K>) -> Result<Progress, Error> {
        let app = App::parse(&self.app)?;
        let mut indexes = store.indexes(app)?;
        let mut due = store.keyspace.sorted_set(&store.keys.due())?;
        let mut tokens = store.keyspace.set(&store.keys.tokens(app, &self.id))?;

        let mut doomed = Vec::new();
        let mut rubbish = Vec::new();
        self.pass.cursor = tokens.visit_portion(self.pass.cursor, &mut |member| match Token::parse(member) {
            Some(token) => doomed.push(token),
            None => rubbish.push(member.to_vec()),
        });
        tokens.remove(&rubbish);
        drop(tokens);
        doomed.sort_unstable();
        doomed.dedup();
        let doomed: Vec<Doomed> = doomed
            .into_iter()
            .map(|token| store.judge(app, token, &self.id))
            .filter(|judged| !self.spares(judged, store.now))
            .map(|judged| judged.doomed)
            .collect();
        self.killed += store.remove(app, &doomed, &mut indexes, &mut due);
        self.pass.portions += 1;
        self.pass.found |= !doomed.is_empty();
        if self.pass.cursor != 0 {
            return Ok(Progress::Unfinished);
        }
        if store.keyspace.set(&store.keys.tokens(app, &self.id))?.len() == 0 {
            indexes.drop_user(&self.id);
            return Ok(Progress::Finished);
        }
        let pass = std::mem::take(&mut self.pass);
        if pass.portions == 1 || !pass.found {
            Ok(Progress::Finished)
        } else {
            Ok(Progress::Unfinished)
        }
    }
}

impl Counted for KillOfId {
    fn count(&self) -> u64 {
        self.killed
    }
}

/// KILLALL.
#[derive(Clone, Debug)]
pub(crate) struct KillOfApp {
    app: Vec<u8>,
    began: Seconds,
    killed: u64,
    stage: Stage,
}

#[derive(Clone, Debug)]
enum Stage {
    /// Goes over `_sessions`, again and again until a pass finds nothing to kill.
    Sessions { after: Option<Position>, found: bool },
    /// Goes over `_users`, for sessions that `_sessions` has lost.
    Users { after: Option<Position> },
    /// Over the sessions of one of them, `at` its place in `_users`.
    User { at: Position, sessions: KillOfId },
}

impl KillOfApp {
    pub(crate) fn new(app: App<'_>, began: Seconds) -> Self {
        Self {
            app: app.as_bytes().to_vec(),
            began,
            killed: 0,
            stage: Stage::Sessions {
                after: None,
                found: false,
            },
        }
    }

    /// Kills what a portion of `_sessions` lists; what comes next in it, `None`: it is done.
    fn kill_listed<K: Keyspace>(
        &mut self,
        store: &Store<'_, K>,
        after: Option<&Position>,
        found: bool,
    ) -> Result<Option<Stage>, Error> {
        let app = App::parse(&self.app)?;
        let mut indexes = store.indexes(app)?;
        let members = indexes.sessions_after(after, PORTION);
        let Some(last) = members.last().cloned() else {
            return Ok(found.then_some(Stage::Sessions {
                after: None,
                found: false,
            }));
        };
        let are_all = after.is_none() && members.len() < PORTION;
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
        Ok((!are_all).then_some(Stage::Sessions {
            after: Some(last),
            found: found || !doomed.is_empty(),
        }))
    }

    /// When it began, if it kills this app's sessions.
    pub(crate) fn began_for(&self, app: App<'_>) -> Option<Seconds> {
        (self.app == app.as_bytes()).then_some(self.began)
    }

    fn next_user<K: Keyspace>(&self, store: &Store<'_, K>, after: Option<&Position>) -> Result<Option<Stage>, Error> {
        let app = App::parse(&self.app)?;
        let indexes = store.indexes(app)?;
        Ok(indexes.users_after(after, 1).pop().map(|at| Stage::User {
            sessions: KillOfId {
                app: self.app.clone(),
                id: at.member.clone(),
                which: Which::All,
                began: self.began,
                pass: Pass::default(),
                killed: 0,
            },
            at,
        }))
    }
}

impl<K: Keyspace> Job<K> for KillOfApp {
    fn step(&mut self, store: &Store<'_, K>) -> Result<Progress, Error> {
        let stage = std::mem::replace(&mut self.stage, Stage::Users { after: None });
        let next = match stage {
            Stage::Sessions { after, found } => match self.kill_listed(store, after.as_ref(), found)? {
                Some(more) => Some(more),
                None => self.next_user(store, None)?,
            },
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
