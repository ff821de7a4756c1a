//! The reply that each command must return, and what the command changes in the model.

use super::command::{Choice, Command, Limit, Order};
use super::listing::{page_of_ids, page_of_sessions};
use super::reading::{object, objects};
use super::session::{Form, Session};
use super::state::State;
use crate::harness::Reply;

/// The error of WITHTOKENS if tokens are stored hashed.
pub(super) const HASHED: &str = "ERR tokens are hashed (sessions.hash-tokens): omit WITHTOKENS and use the sid";

pub(super) type Verdict = Result<(), String>;

impl State {
    /// Applies a command that ran at `now`; `Err` says why the reply cannot be right for that time.
    pub(super) fn take(&mut self, command: &Command, now: i64, reply: &Reply) -> Verdict {
        match command {
            Command::Create { .. }
            | Command::Set { .. }
            | Command::Save { .. }
            | Command::Incr { .. }
            | Command::Rotate { .. } => self.take_writing(command, now, reply),
            Command::Get { app, token, json } => {
                let found = self.ask_for(app, token, now);
                shows_by(token, found.as_ref(), *json, now, reply)?;
                if let Some(found) = found {
                    self.told.count("read");
                    self.change(app, &found.token, |session| {
                        session.r += 1;
                        session.refresh(now)
                    });
                }
                Ok(())
            }
            Command::Peek { app, token, json } => {
                shows_by(token, self.ask_for(app, token, now).as_ref(), *json, now, reply)
            }
            Command::Touch { app, token, ttl } => {
                let found = self.ask_for(app, token, now);
                if let Some(found) = &found {
                    self.change(app, &found.token, |session| {
                        let stepped = session.refresh(now);
                        session.end_by(*ttl, None, now);
                        stepped
                    });
                }
                same(reply, found.is_some())
            }
            Command::Exists { app, token } => {
                let live = self.ask_for(app, token, now).is_some();
                same(reply, live)
            }
            Command::Kill { app, token } => {
                let named = self.named(app, token, now);
                let token = named.map_or(token, |session| &session.token).clone();
                let killed = self.remove(now, |s| s.app == *app && s.token == token);
                same(reply, killed as i64)
            }
            Command::KillSoid { app, id, choice } => self.kill_soid(app, id, choice, now, reply),
            Command::KillAll { app } => {
                let killed = self.remove(now, |session| session.app == *app);
                self.strays.remove(app);
                same(reply, killed as i64)
            }
            Command::Soid { .. } => self.soid(command, now, reply),
            Command::Soapp { app, listing } => page_of_sessions(self, app, *listing, now, reply),
            Command::Activity { app, dt } => {
                let active = |id: &&str| self.activity(app, id) >= since(Some(*dt), now);
                same(reply, self.ids(app).filter(active).count() as i64)
            }
            Command::Count { app, dt } => {
                let active = self.of_app(app).filter(|session| session.la >= since(*dt, now));
                same(reply, active.count() as i64)
            }
            Command::CountSoid { app, id, dt } => {
                let active = |s: &&Session| s.is_live(now) && s.la >= since(*dt, now);
                same(reply, self.of_id(app, id).filter(active).count() as i64)
            }
            Command::Users { app, dt, limit } => page_of_ids(self, app, *dt, *limit, now, reply),
            Command::Wipe => {
                let wiped = self.sessions.len();
                self.remove(now, |session| !session.is_live(now) && session.due < now);
                let late = self.sessions.iter_mut().filter(|session| session.due < now);
                late.for_each(|session| session.due = session.exact_due());
                same(reply, (wiped - self.sessions.len()) as i64)
            }
            Command::Refused { error, .. } => refused(reply, error),
        }
    }

    fn kill_soid(&mut self, app: &str, id: &str, choice: &Choice, now: i64, reply: &Reply) -> Verdict {
        let kept = match choice {
            Choice::Except(token) => self.named(app, token, now).map(|session| session.token.clone()),
            Choice::All | Choice::Only(_) => None,
        };
        let killed = self.remove(now, |session| {
            session.app == app
                && session.id == id
                && match choice {
                    Choice::All => true,
                    Choice::Except(_) => kept.as_ref() != Some(&session.token),
                    Choice::Only(sid) => session.sid() == *sid,
                }
        });
        same(reply, killed as i64)
    }

    fn soid(&self, command: &Command, now: i64, reply: &Reply) -> Verdict {
        let Command::Soid {
            app,
            id,
            only,
            order,
            listing,
        } = command
        else {
            return Err("no SOID".into());
        };
        if self.is_hashed && listing.tokens {
            return refused(reply, HASHED);
        }
        let since = since(listing.dt, now);
        let mut sessions: Vec<&Session> = self
            .of_id(app, id)
            .filter(|s| s.is_live(now) && s.la >= since)
            .filter(|s| only.as_ref().is_none_or(|sid| s.sid() == *sid))
            .collect();
        let sign = if *order == Some(Order::Ascending) { 1 } else { -1 };
        sessions.sort_by_key(|session| (sign * session.la, session.name()));
        let (start, count) = Limit::page(listing.limit, sessions.len());
        let form = Form::of_list(*listing);
        let page = &sessions[start..start + count];
        let expected: Vec<_> = page.iter().map(|session| session.shown(now, form)).collect();
        let got = objects(reply, listing.json)?;
        (got == expected).then_some(()).ok_or(format!("expected {expected:?}"))
    }
}

/// The session that a command names by a token.
pub(super) fn shows_by(token: &str, session: Option<&Session>, json: bool, now: i64, reply: &Reply) -> Verdict {
    let form = session.map_or(Form::of_one(json), |session| Form::of_one(json).by(token, session));
    shows(session, form, now, reply)
}

pub(super) fn shows(session: Option<&Session>, form: Form, now: i64, reply: &Reply) -> Verdict {
    let Some(session) = session else {
        return same(reply, Reply::Nil);
    };
    let expected = session.shown(now, form);
    let got = object(reply, form.json)?;
    (got == expected).then_some(()).ok_or(format!("expected {expected:?}"))
}

/// The oldest second of a window.
pub(super) fn since(dt: Option<i64>, now: i64) -> i64 {
    match dt {
        None | Some(0) => i64::MIN,
        Some(dt) => now - dt,
    }
}

pub(super) fn same<T: Into<Expected>>(reply: &Reply, expected: T) -> Verdict {
    let Expected(expected) = expected.into();
    (*reply == expected)
        .then_some(())
        .ok_or(format!("expected {expected:?}"))
}

pub(super) fn refused(reply: &Reply, error: &str) -> Verdict {
    same(reply, Reply::Error(error.to_owned()))
}

pub(super) struct Expected(Reply);

impl From<bool> for Expected {
    fn from(yes: bool) -> Expected {
        Expected(Reply::Int(yes.into()))
    }
}

impl From<i64> for Expected {
    fn from(number: i64) -> Expected {
        Expected(Reply::Int(number))
    }
}

impl From<Reply> for Expected {
    fn from(reply: Reply) -> Expected {
        Expected(reply)
    }
}
