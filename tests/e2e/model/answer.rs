//! What each command must answer, and what it does to the model.

use super::command::{Choice, Command, Creation, Order};
use super::data::Data;
use super::database::Layout;
use super::listing::{page_of_ids, page_of_sessions};
use super::reading::{object, objects};
use super::session::{Form, Session};
use super::state::State;
use crate::harness::{Reply, is_token, slot};

type Verdict = Result<(), String>;

impl State {
    /// Takes a command over as of `now`; `Err` says why the reply can't be right then.
    pub(super) fn take(&mut self, command: &Command, now: i64, reply: &Reply) -> Verdict {
        match command {
            Command::Create { app, id, options } => self.create(app, id, options, now, reply),
            Command::Get { app, token, json } => self.get(app, token, *json, now, reply),
            Command::Peek { app, token, json } => {
                let form = Form {
                    json: *json,
                    token: false,
                    data: true,
                };
                self.shows(self.find_live(app, token, now), form, now, reply)
            }
            Command::Set { .. } => self.set(command, now, reply),
            Command::Incr { app, token, key, by } => self.incr(app, token, (key, by.unwrap_or(1)), now, reply),
            Command::Touch { app, token, ttl } => {
                let live = self.find_live(app, token, now).is_some();
                if live {
                    self.change(app, token, |session| {
                        let stepped = session.refresh(now);
                        session.ttl = ttl.unwrap_or(session.ttl);
                        stepped
                    });
                }
                same(reply, live)
            }
            Command::Exists { app, token } => same(reply, self.find_live(app, token, now).is_some()),
            Command::Rotate { app, token, id } => self.rotate(app, token, id.as_deref(), now, reply),
            Command::Kill { app, token } => {
                let killed = self.remove(now, |s| s.app == *app && s.token == *token);
                same(reply, killed as i64)
            }
            Command::KillSoid { app, id, choice } => self.kill_soid(app, id, choice, now, reply),
            Command::KillAll { app } => {
                let killed = self.remove(now, |session| session.app == *app);
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
                self.remove(now, |session| !session.is_live(now) && session.due() < now);
                same(reply, (wiped - self.sessions.len()) as i64)
            }
            Command::Refused { error, .. } => refused(reply, error),
        }
    }

    fn create(&mut self, app: &str, id: &str, options: &Creation, now: i64, reply: &Reply) -> Verdict {
        let data = options.data.as_ref().map_or(Data::None, Data::new);
        if !self.fits(&data, &Data::None) {
            return refused(reply, &self.too_large());
        }
        let token = self.new_token(id, reply)?;
        self.add(Session {
            app: app.to_owned(),
            token,
            id: id.to_owned(),
            r: 1,
            w: 1,
            ip: options.ip.clone().filter(|ip| !ip.is_empty()),
            ua: options.ua.as_deref().and_then(kept_of_user_agent),
            la: now,
            ttl: options.ttl.unwrap_or(7200),
            created: now,
            until: options.lifetime.map(|lifetime| now + lifetime),
            no_resave: options.no_resave,
            data,
            note: None,
            score: now,
        });
        Ok(())
    }

    fn new_token(&self, id: &str, reply: &Reply) -> Result<String, String> {
        let token = match reply {
            Reply::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            _ => return Err("a token was expected".into()),
        };
        let known = self.sessions.iter().any(|session| session.token == token)
            || self.dead.iter().any(|(_, dead)| *dead == token);
        if !is_token(&token) || known || slot(&token) != slot(id) {
            return Err(format!("{token:?} is no new token for {id:?}"));
        }
        Ok(token)
    }

    fn get(&mut self, app: &str, token: &str, json: bool, now: i64, reply: &Reply) -> Verdict {
        let form = Form {
            json,
            token: false,
            data: true,
        };
        let found = self.find_live(app, token, now);
        self.shows(found, form, now, reply)?;
        if found.is_some() {
            self.change(app, token, |session| {
                session.r += 1;
                session.refresh(now)
            });
        }
        Ok(())
    }

    fn set(&mut self, command: &Command, now: i64, reply: &Reply) -> Verdict {
        let Command::Set {
            app,
            token,
            changes,
            json,
        } = command
        else {
            return Err("no SET".into());
        };
        let Some(session) = self.find_live(app, token, now) else {
            return same(reply, Reply::Nil);
        };
        let Some(data) = session.data.merged(changes) else {
            return refused(reply, "ERR stored data is not a JSON object");
        };
        if !self.fits(&data, &session.data) {
            return refused(reply, &self.too_large());
        }
        let written = Session {
            w: session.w + 1,
            data,
            ..session.clone()
        };
        let form = Form {
            json: *json,
            token: false,
            data: true,
        };
        self.shows(Some(&written), form, now, reply)?;
        self.change(app, token, |session| {
            *session = written;
            session.refresh(now)
        });
        Ok(())
    }

    fn incr(&mut self, app: &str, token: &str, (key, by): (&str, i64), now: i64, reply: &Reply) -> Verdict {
        let Some(session) = self.find_live(app, token, now) else {
            return same(reply, Reply::Nil);
        };
        let (sum, data) = match session.data.incremented(key, by) {
            Ok(sum) => sum,
            Err(error) => return refused(reply, error),
        };
        if !self.fits(&data, &session.data) {
            return refused(reply, &self.too_large());
        }
        same(reply, sum)?;
        self.change(app, token, |session| {
            session.w += 1;
            session.data = data;
            session.refresh(now)
        });
        Ok(())
    }

    fn too_large(&self) -> String {
        let most = self.max_data_bytes;
        format!("ERR data too large: at most {most} bytes of JSON after merging (sessions.max-data-bytes)")
    }

    fn rotate(&mut self, app: &str, token: &str, id: Option<&str>, now: i64, reply: &Reply) -> Verdict {
        let Some(old) = self.find_live(app, token, now).cloned() else {
            return same(reply, Reply::Nil);
        };
        let mut new = old.clone();
        new.id = id.map_or(old.id, ToOwned::to_owned);
        if self.layout == Layout::Cluster && slot(&new.id) != slot(token) {
            let refused = "CROSSSLOT the new id's hash slot is another: create a session for it and kill this one";
            return same(reply, Reply::Error(refused.to_owned()));
        }
        new.token = self.new_token(&new.id, reply)?;
        new.refresh(now);
        new.score = new.la;
        self.add(new);
        self.remove(now, |session| session.app == app && session.token == token);
        Ok(())
    }

    fn kill_soid(&mut self, app: &str, id: &str, choice: &Choice, now: i64, reply: &Reply) -> Verdict {
        let killed = self.remove(now, |session| {
            session.app == app
                && session.id == id
                && match choice {
                    Choice::All => true,
                    Choice::Except(token) => session.token != *token || !session.is_live(now),
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
        let since = since(listing.dt, now);
        let is_named = |session: &Session| only.as_ref().is_none_or(|sid| session.sid() == *sid);
        let in_window = |session: &Session| session.is_live(now) && session.la >= since;
        let matching = self.of_id(app, id).filter(|s| is_named(s) && in_window(s));
        let mut sessions: Vec<&Session> = matching.collect();
        let sign = if *order == Some(Order::Ascending) { 1 } else { -1 };
        sessions.sort_by_key(|session| (sign * session.la, session.token.clone()));
        let (start, count) = super::command::Limit::page(listing.limit, sessions.len());
        let form = Form {
            json: listing.json,
            token: listing.tokens,
            data: listing.data,
        };
        let page = &sessions[start..start + count];
        let expected: Vec<_> = page.iter().map(|session| session.shown(now, form)).collect();
        let got = objects(reply, listing.json)?;
        (got == expected).then_some(()).ok_or(format!("expected {expected:?}"))
    }

    fn shows(&self, session: Option<&Session>, form: Form, now: i64, reply: &Reply) -> Verdict {
        let Some(session) = session else {
            return same(reply, Reply::Nil);
        };
        let expected = session.shown(now, form);
        let got = object(reply, form.json)?;
        (got == expected).then_some(()).ok_or(format!("expected {expected:?}"))
    }
}

/// What is stored of a user agent that is valid UTF-8.
fn kept_of_user_agent(given: &str) -> Option<String> {
    let mut text = given.replace(char::is_control, " ");
    text.truncate(text.floor_char_boundary(512));
    (!text.is_empty()).then_some(text)
}

/// The oldest second of a window.
pub(super) fn since(dt: Option<i64>, now: i64) -> i64 {
    match dt {
        None | Some(0) => i64::MIN,
        Some(dt) => now - dt,
    }
}

fn same<T: Into<Expected>>(reply: &Reply, expected: T) -> Verdict {
    let Expected(expected) = expected.into();
    (*reply == expected)
        .then_some(())
        .ok_or(format!("expected {expected:?}"))
}

fn refused(reply: &Reply, error: &str) -> Verdict {
    same(reply, Reply::Error(error.to_owned()))
}

struct Expected(Reply);

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
