//! The model: all sessions and users of one database, and what changes them.

use super::alias::Alias;
use super::data::Data;
use super::database::Layout;
use super::session::Session;
use super::told::Told;
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct State {
    pub(super) sessions: Vec<Session>,
    /// The aliases of old tokens, including those that no longer lead to a session.
    pub(super) aliases: Vec<Alias>,
    /// Scores of `_users`, by app and id.
    pub(super) users: BTreeMap<(String, String), i64>,
    /// Scores of the empty member that redis-sessions leaves in an app's `_users` when it reads an
    /// anonymous session.
    pub(super) strays: BTreeMap<String, i64>,
    /// Apps and tokens of sessions that have ended.
    pub(super) dead: Vec<(String, String)>,
    pub(super) told: Told,
    pub(super) max_data_bytes: usize,
    pub(super) layout: Layout,
    pub(super) index_step: i64,
    /// Whether tokens are stored hashed.
    pub(super) is_hashed: bool,
}

impl State {
    pub(super) fn new(max_data_bytes: usize, layout: Layout, index_step: i64) -> State {
        State {
            sessions: Vec::new(),
            aliases: Vec::new(),
            users: BTreeMap::new(),
            strays: BTreeMap::new(),
            dead: Vec::new(),
            told: Told::default(),
            max_data_bytes,
            layout,
            index_step,
            is_hashed: false,
        }
    }

    pub(super) fn find(&self, app: &str, token: &str) -> Option<&Session> {
        self.sessions.iter().find(|s| s.app == app && s.token == token)
    }

    pub(super) fn find_live(&self, app: &str, token: &str, now: i64) -> Option<&Session> {
        self.find(app, token).filter(|session| session.is_live(now))
    }

    /// The live session that a command asks for, possibly by its old token. Counts a miss if there
    /// is none.
    pub(super) fn ask_for(&mut self, app: &str, token: &str, now: i64) -> Option<Session> {
        let found = self.named(app, token, now).cloned();
        self.told.count(match &found {
            None => "missed",
            Some(found) if found.token != token => "graced",
            Some(_) => return found,
        });
        found
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
        if id.is_empty() {
            return;
        }
        let entry = self.users.entry((app.to_owned(), id.to_owned())).or_insert(score);
        *entry = score.max(*entry);
    }

    /// Changes an existing session; `change` returns whether the session entered another index
    /// step.
    pub(super) fn change(&mut self, app: &str, token: &str, change: impl FnOnce(&mut Session) -> bool) {
        let found = self.sessions.iter_mut().find(|s| s.app == app && s.token == token);
        let session = found.expect("the session is there");
        if change(session) {
            let (id, score) = (session.id.clone(), session.score);
            self.raise(app, &id, score);
        }
    }

    /// Ends the sessions for which `goes` is true; returns how many of them were live.
    pub(super) fn remove(&mut self, now: i64, goes: impl Fn(&Session) -> bool) -> usize {
        let gone = self.take_out(goes);
        for Session { app, token, id, .. } in &gone {
            self.dead.push((app.clone(), token.clone()));
            self.told.publish(app, token);
            if id.is_empty() {
                self.strays.remove(app);
            }
        }
        for session in &gone {
            let (counter, event) = if session.is_live(now) {
                ("killed", "kill")
            } else {
                ("wiped", "expire")
            };
            self.told.count(counter);
            self.told.event(event, &session.app, &session.token);
        }
        gone.iter().filter(|session| session.is_live(now)).count()
    }

    /// Replaces a session by another one, possibly with another token or id.
    pub(super) fn replace(&mut self, old: &Session, new: Session) {
        let place = |s: &Session| s.app == old.app && s.token == old.token;
        let place = self.sessions.iter().position(place).expect("the session is there");
        self.sessions.remove(place);
        if old.token != new.token {
            self.dead.push((old.app.clone(), old.token.clone()));
        }
        let stays = old.token == new.token && old.id == new.id;
        self.add(new);
        if !stays {
            self.settle(old);
        }
    }

    fn take_out(&mut self, goes: impl Fn(&Session) -> bool) -> Vec<Session> {
        let (gone, left) = std::mem::take(&mut self.sessions).into_iter().partition(|s| goes(s));
        self.sessions = left;
        let gone: Vec<Session> = gone;
        gone.iter().for_each(|session| self.settle(session));
        gone
    }

    /// Updates the id that a session had.
    fn settle(&mut self, gone: &Session) {
        if self.of_id(&gone.app, &gone.id).next().is_some() {
            self.raise(&gone.app, &gone.id, gone.la);
        } else {
            self.users.remove(&(gone.app.clone(), gone.id.clone()));
        }
    }

    /// When an id was last active, as far as the model knows.
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

    /// Whether data may be stored in the place of `old`.
    pub(super) fn fits(&self, new: &Data, old: &Data) -> bool {
        new.size() <= self.max_data_bytes || new.size() < old.size()
    }

    /// Makes a session older by so many seconds (younger if negative), with its scores as the
    /// module would have written them for it `late` seconds ago within the same step.
    /// Uses leave its score in `SESSIONS` `unmoved` seconds behind.
    pub(super) fn age(&mut self, at: usize, seconds: i64, late: i64, unmoved: i64, lower_user: bool) {
        if seconds > 0 {
            let session = self.sessions[at].clone();
            self.aliases_to(&session).for_each(|alias| alias.since -= seconds);
        }
        let session = &mut self.sessions[at];
        session.la -= seconds;
        if seconds > 0 {
            session.created -= seconds;
            session.until = session.until.map(|until| until - seconds);
        }
        session.score = (session.la - late).max(session.step_start());
        session.due = session.exact_due() - unmoved;
        let (app, id) = (session.app.clone(), session.id.clone());
        let of_sessions = self.of_id(&app, &id).map(|session| session.score).max();
        if lower_user {
            self.users.remove(&(app.clone(), id.clone()));
        }
        self.raise(&app, &id, of_sessions.expect("the session is there"));
    }
}
