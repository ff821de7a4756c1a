//! The model: all sessions and users of one database, and what changes them.

use super::data::Data;
use super::database::Layout;
use super::session::Session;
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct State {
    /// In the order of creation.
    pub(super) sessions: Vec<Session>,
    /// Scores of `_users`, by app and id.
    pub(super) users: BTreeMap<(String, String), i64>,
    /// Apps and tokens of sessions that are gone.
    pub(super) dead: Vec<(String, String)>,
    pub(super) max_data_bytes: usize,
    pub(super) layout: Layout,
}

impl State {
    pub(super) fn new(max_data_bytes: usize, layout: Layout) -> State {
        State {
            sessions: Vec::new(),
            users: BTreeMap::new(),
            dead: Vec::new(),
            max_data_bytes,
            layout,
        }
    }

    pub(super) fn find(&self, app: &str, token: &str) -> Option<&Session> {
        self.sessions.iter().find(|s| s.app == app && s.token == token)
    }

    pub(super) fn find_live(&self, app: &str, token: &str, now: i64) -> Option<&Session> {
        self.find(app, token).filter(|session| session.is_live(now))
    }

    pub(super) fn of_app<'a>(&'a self, app: &'a str) -> impl Iterator<Item = &'a Session> {
        self.sessions.iter().filter(move |session| session.app == app)
    }

    pub(super) fn of_id<'a>(&'a self, app: &'a str, id: &'a str) -> impl Iterator<Item = &'a Session> {
        self.of_app(app).filter(move |session| session.id == id)
    }

    pub(super) fn add(&mut self, session: Session) {
        self.raise(&session.app, &session.id, session.score);
        self.sessions.push(session);
    }

    fn raise(&mut self, app: &str, id: &str, score: i64) {
        let entry = self.users.entry((app.to_owned(), id.to_owned())).or_insert(score);
        *entry = score.max(*entry);
    }

    /// Changes a session that is there; `change` tells whether it entered another index step.
    pub(super) fn change(&mut self, app: &str, token: &str, change: impl FnOnce(&mut Session) -> bool) {
        let found = self.sessions.iter_mut().find(|s| s.app == app && s.token == token);
        let session = found.expect("the session is there");
        if change(session) {
            let (id, score) = (session.id.clone(), session.score);
            self.raise(app, &id, score);
        }
    }

    /// Removes the sessions that `goes` names; how many of them were alive.
    pub(super) fn remove(&mut self, now: i64, goes: impl Fn(&Session) -> bool) -> usize {
        let (gone, left) = std::mem::take(&mut self.sessions).into_iter().partition(|s| goes(s));
        self.sessions = left;
        let gone: Vec<Session> = gone;
        for session in &gone {
            self.dead.push((session.app.clone(), session.token.clone()));
            if self.of_id(&session.app, &session.id).next().is_some() {
                self.raise(&session.app, &session.id, session.la);
            } else {
                self.users.remove(&(session.app.clone(), session.id.clone()));
            }
        }
        gone.iter().filter(|session| session.is_live(now)).count()
    }

    /// When an id was last active, as far as is known.
    pub(super) fn activity(&self, app: &str, id: &str) -> i64 {
        let score = self.users[&(app.to_owned(), id.to_owned())];
        self.of_id(app, id).fold(score, |last, session| last.max(session.la))
    }

    pub(super) fn ids<'a>(&'a self, app: &'a str) -> impl Iterator<Item = &'a str> {
        self.users
            .keys()
            .filter(move |(of, _)| of == app)
            .map(|(_, id)| id.as_str())
    }

    /// Whether data may be stored in place of `old`.
    pub(super) fn fits(&self, new: &Data, old: &Data) -> bool {
        new.size() <= self.max_data_bytes || new.size() < old.size()
    }

    /// Makes a session older by so many seconds (younger if negative), with its scores as the
    /// module would have written them for it `late` seconds ago within the same step.
    pub(super) fn age(&mut self, at: usize, seconds: i64, late: i64, lower_user: bool) {
        let session = &mut self.sessions[at];
        session.la -= seconds;
        if seconds > 0 {
            session.created -= seconds;
            session.until = session.until.map(|until| until - seconds);
        }
        session.score = (session.la - late).max(session.step_start());
        let (app, id) = (session.app.clone(), session.id.clone());
        let of_sessions = self.of_id(&app, &id).map(|session| session.score).max();
        if lower_user {
            self.users.remove(&(app.clone(), id.clone()));
        }
        self.raise(&app, &id, of_sessions.expect("the session is there"));
    }
}
