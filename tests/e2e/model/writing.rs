//! The commands that create sessions or change them.

use super::answer::{Verdict, refused, same, shows_by};
use super::command::{Command, Existence, Options, Owner};
use super::data::{Data, json_string};
use super::database::Layout;
use super::session::Session;
use super::state::State;
use crate::harness::{Reply, is_token, slot};

const CONFLICT: &str = "CONFLICT w is not the session's number of writes: read the session and try again";
const TOKEN: &str = "ERR invalid token: exactly 64 characters of A-Z a-z 0-9";

impl State {
    pub(super) fn take_writing(&mut self, command: &Command, now: i64, reply: &Reply) -> Verdict {
        match command {
            Command::Create { app, id, options } => self.create(app, id, options, now, reply),
            Command::Set { .. } => self.set(command, now, reply),
            Command::Save { .. } => self.save(command, now, reply),
            Command::Incr { app, token, key, by } => self.incr(app, token, key, by.unwrap_or(1), now, reply),
            Command::Rotate { app, token, options } => self.rotate(app, token, options, now, reply),
            other => Err(format!("{other:?} makes and changes nothing")),
        }
    }

    fn create(&mut self, app: &str, id: &str, options: &Options, now: i64, reply: &Reply) -> Verdict {
        let data = options.data.as_ref().map_or(Data::None, Data::new);
        if !self.fits(&data, &Data::None) {
            return refused(reply, &self.too_large());
        }
        if options.owner == Owner::Unnamed && self.is_full(app, id, options, now) {
            return self.refused_by_the_limit(reply);
        }
        // A visitor without a text that chooses the slot may be in any slot.
        let token = self.new_token(Some(id).filter(|id| !id.is_empty()), reply)?;
        let mut session = Session::new(app, &token, now, data);
        session.take_over(options, now);
        if options.owner == Owner::Unnamed {
            session.id = id.to_owned();
        }
        self.make_room(&session, options, now);
        self.make(session);
        Ok(())
    }

    fn make(&mut self, mut session: Session) {
        session.index_step = self.index_step;
        session.is_hashed = self.is_hashed;
        session.make_exact();
        self.told.count("created");
        self.told.event("create", &session.app, &session.token);
        self.add(session);
    }

    /// A token of the slot of an id or of another token.
    pub(super) fn new_token(&self, of: Option<&str>, reply: &Reply) -> Result<String, String> {
        let token = match reply {
            Reply::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            _ => return Err("a token was expected".into()),
        };
        let known = self.sessions.iter().any(|session| session.token == token)
            || self.dead.iter().any(|(_, dead)| *dead == token);
        if !is_token(&token) || known || of.is_some_and(|of| slot(&token) != slot(of)) {
            return Err(format!("{token:?} is no new token of the slot of {of:?}"));
        }
        Ok(token)
    }

    fn set(&mut self, command: &Command, now: i64, reply: &Reply) -> Verdict {
        let Command::Set {
            app,
            token,
            changes,
            terms,
            json,
        } = command
        else {
            return Err("no SET".into());
        };
        let Some(session) = self.ask_for(app, token, now) else {
            return same(reply, Reply::Nil);
        };
        if terms.if_id.as_ref().is_some_and(|id| *id != session.id) {
            return same(reply, Reply::Nil);
        }
        if terms.if_w.is_some_and(|w| w != session.w) {
            self.told.count("conflicts");
            return refused(reply, CONFLICT);
        }
        let mut written = session.clone();
        if !changes.is_empty() {
            match self.merged(&session, changes) {
                Ok(data) => written.data = data,
                Err(error) => return refused(reply, &error),
            }
            written.w += 1;
        }
        let mut shown = written.clone();
        shown.until = terms.lifetime.map(|lifetime| now + lifetime).or(shown.until);
        if let Some(ttl) = terms.ttl {
            // With NORESAVE the reply shows what is left, regardless of the idle time.
            shown.ttl = ttl + if shown.no_resave { shown.idle(now) } else { 0 };
        }
        shows_by(token, Some(&shown), *json, now, reply)?;
        self.write(written, now, |session| session.end_by(terms.ttl, terms.lifetime, now));
        Ok(())
    }

    /// Replaces an existing session by what is written.
    fn write(&mut self, written: Session, now: i64, then: impl FnOnce(&mut Session)) {
        let (app, token) = (written.app.clone(), written.token.clone());
        self.told.written(&app, &token);
        self.change(&app, &token, |session| {
            *session = written;
            let stepped = session.refresh(now);
            then(session);
            stepped
        });
    }

    pub(super) fn merged(&self, session: &Session, changes: &super::data::Entries) -> Result<Data, String> {
        let data = session.data.merged(changes);
        let data = data.ok_or("ERR stored data is not a JSON object of at most 32 levels: replace it with SAVE")?;
        if self.fits(&data, &session.data) {
            Ok(data)
        } else {
            Err(self.too_large())
        }
    }

    fn too_large(&self) -> String {
        let most = self.max_data_bytes;
        format!("ERR data too large: at most {most} bytes of JSON (sessions.max-data-bytes)")
    }

    fn save(&mut self, command: &Command, now: i64, reply: &Reply) -> Verdict {
        let Command::Save {
            app,
            token,
            data,
            only,
            if_w,
            options,
        } = command
        else {
            return Err("no SAVE".into());
        };
        if !is_token(token) {
            return refused(reply, TOKEN);
        }
        let found = self.named(app, token, now).cloned();
        let is_by_old = found.as_ref().is_some_and(|found| found.token != *token);
        let data = Data::saved(data);
        // If there are several reasons to do nothing, the reply may name any of them.
        let is_forbidden = match (&found, only) {
            (Some(_), Some(Existence::New)) | (None, Some(Existence::Live)) => true,
            // The log-in may have to be repeated.
            (None, Some(Existence::New)) => self.logged_in(app, token, now).is_some(),
            (None, _) => if_w.is_some(),
            (Some(_), _) => false,
        };
        let conflicts = found.as_ref().is_some_and(|found| if_w.is_some_and(|w| w != found.w));
        let is_elsewhere =
            self.layout == Layout::Cluster && matches!(&options.owner, Owner::Id(id) if slot(id) != slot(token));
        let is_too_large = data.size() > self.max_data_bytes;
        // Errors that are found before the token is looked up.
        let is_looked_up = !matches!(reply, Reply::Error(error)
            if error.starts_with("CROSSSLOT ") || *error == self.too_large());
        if is_by_old && is_looked_up {
            self.told.count("graced");
        }
        match reply {
            Reply::Int(0) if is_forbidden => return Ok(()),
            Reply::Error(error) if error == CONFLICT && conflicts => {
                self.told.count("conflicts");
                return Ok(());
            }
            Reply::Error(error) if error.starts_with("CROSSSLOT ") && is_elsewhere => return Ok(()),
            Reply::Error(error) if *error == self.too_large() && is_too_large => return Ok(()),
            _ if is_forbidden || conflicts || is_elsewhere || is_too_large => {
                return Err(format!(
                    "expected nothing to be done: forbidden {is_forbidden}, conflict {conflicts}, \
                     other slot {is_elsewhere}, too large {is_too_large}"
                ));
            }
            _ => {}
        }
        if let Owner::Id(id) = &options.owner
            && found.as_ref().is_none_or(|found| found.id != *id)
            && self.is_full(app, id, options, now)
        {
            return self.refused_by_the_limit(reply);
        }
        match found {
            None => {
                let mut session = Session::new(app, token, now, data);
                session.take_over(options, now);
                self.make_room(&session, options, now);
                self.remove(now, |session| session.app == *app && session.token == *token);
                self.drop_alias(app, token);
                self.make(session);
                same(reply, 2)
            }
            Some(old) => {
                self.overwrite(&old, data, options, now);
                same(reply, 1)
            }
        }
    }

    fn overwrite(&mut self, old: &Session, data: Data, options: &Options, now: i64) {
        self.told.written(&old.app, &old.token);
        let mut new = old.clone();
        new.refresh(now);
        new.take_over(options, now);
        new.w += 1;
        new.data = data;
        let is_exact = new.id != old.id || options.ttl.is_some() || options.lifetime.is_some() || options.no_resave;
        if is_exact {
            new.make_exact();
        }
        if new.id != old.id {
            new.graced = None;
            self.make_room(&new, options, now);
        }
        self.replace(old, new);
    }

    fn incr(&mut self, app: &str, token: &str, key: &str, by: i64, now: i64, reply: &Reply) -> Verdict {
        let Some(session) = self.ask_for(app, token, now) else {
            return same(reply, Reply::Nil);
        };
        let number = match session.data.number(key) {
            Ok(number) => number,
            Err(error) => return refused(reply, error),
        };
        let Some(sum) = number.checked_add(by) else {
            return refused(reply, "ERR out of range: the result must be a 64-bit integer");
        };
        let data = match self.merged(&session, &vec![(json_string(key), sum.to_string())]) {
            Ok(data) => data,
            Err(error) => return refused(reply, &error),
        };
        let written = Session {
            w: session.w + 1,
            data,
            ..session
        };
        self.write(written, now, |_| {});
        same(reply, sum)
    }
}
