//! One session of the model, and the rules that decide when it ends.

use super::command::{Listing, Options, Owner};
use super::data::Data;
use super::json::Json;
use crate::harness::stored_name;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Session {
    pub(super) app: String,
    pub(super) token: String,
    /// Empty: anonymous.
    pub(super) id: String,
    pub(super) r: i64,
    pub(super) w: i64,
    pub(super) ip: Option<String>,
    pub(super) ua: Option<String>,
    pub(super) la: i64,
    pub(super) ttl: i64,
    pub(super) created: i64,
    pub(super) until: Option<i64>,
    pub(super) no_resave: bool,
    /// The last second of the grace of its old token.
    pub(super) graced: Option<i64>,
    pub(super) data: Data,
    /// A hash field that the module does not know.
    pub(super) note: Option<String>,
    /// Its score in `_sessions`.
    pub(super) score: i64,
    /// Its score in `SESSIONS`.
    pub(super) due: i64,
    /// The length of an index step.
    pub(super) index_step: i64,
    pub(super) is_hashed: bool,
}

/// How a reply shows a session.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    pub(super) json: bool,
    pub(super) token: bool,
    pub(super) no_data: bool,
}

impl Form {
    /// The form of a session that a command names.
    pub(super) fn of_one(json: bool) -> Form {
        Form {
            json,
            token: false,
            no_data: false,
        }
    }

    /// A session that is named by its old token shows the present one.
    pub(super) fn by(self, token: &str, session: &Session) -> Form {
        Form {
            token: token != session.token,
            ..self
        }
    }

    pub(super) fn of_list(listing: Listing) -> Form {
        Form {
            json: listing.json,
            token: listing.tokens,
            no_data: listing.no_data,
        }
    }
}

impl Session {
    /// An anonymous session that has just been created.
    pub(super) fn new(app: &str, token: &str, now: i64, data: Data) -> Session {
        Session {
            app: app.to_owned(),
            token: token.to_owned(),
            id: String::new(),
            r: 1,
            w: 1,
            ip: None,
            ua: None,
            la: now,
            ttl: 7200,
            created: now,
            until: None,
            no_resave: false,
            graced: None,
            data,
            note: None,
            score: now,
            due: now,
            index_step: 10,
            is_hashed: false,
        }
    }

    pub(super) fn idle(&self, now: i64) -> i64 {
        (now - self.la).max(0)
    }

    pub(super) fn is_live(&self, now: i64) -> bool {
        now - self.la <= self.ttl && self.until.is_none_or(|until| now <= until)
    }

    pub(super) fn ttl_shown(&self, now: i64) -> i64 {
        if self.no_resave {
            self.ttl - self.idle(now)
        } else {
            self.ttl
        }
    }

    /// Applies a use; returns whether it enters another index step.
    pub(super) fn refresh(&mut self, now: i64) -> bool {
        let before = self.step(self.la);
        self.ttl = self.ttl_shown(now);
        self.la = self.la.max(now);
        let stepped = self.step(self.la) != before;
        if stepped {
            self.score = self.la;
            // redis-sessions reads only that score; it may only share the data if steps are 10 s
            // long.
            if self.index_step == 10 {
                self.due = self.exact_due();
            }
        }
        stepped
    }

    /// Writes all scores.
    pub(super) fn make_exact(&mut self) {
        self.score = self.la;
        self.due = self.exact_due();
    }

    /// Applies the options, except data and counters.
    pub(super) fn take_over(&mut self, options: &Options, now: i64) {
        match &options.owner {
            Owner::Unnamed => {}
            Owner::Id(id) => self.id.clone_from(id),
            Owner::Nobody => self.id.clear(),
        }
        if let Some(ip) = &options.ip {
            self.ip = Some(ip.clone()).filter(|ip| !ip.is_empty());
        }
        if let Some(ua) = &options.ua {
            self.ua = user_agent(ua);
        }
        self.no_resave |= options.no_resave;
        self.end_by(options.ttl, options.lifetime, now);
    }

    /// Sets other timeouts from now on.
    pub(super) fn end_by(&mut self, ttl: Option<i64>, lifetime: Option<i64>, now: i64) {
        self.ttl = ttl.unwrap_or(self.ttl);
        self.until = lifetime.map(|lifetime| now + lifetime).or(self.until);
        if ttl.is_some() || lifetime.is_some() {
            self.due = self.exact_due();
        }
    }

    /// The name under which the session is stored.
    pub(super) fn name(&self) -> String {
        if self.is_hashed {
            stored_name(&self.token)
        } else {
            self.token.clone()
        }
    }

    pub(super) fn phase(&self) -> i64 {
        let name = self.name();
        let [first, second, third] = [0, 1, 2].map(|at| i64::from(name.as_bytes()[at]));
        (first + 10 * second + 100 * third) % self.index_step
    }

    fn step(&self, la: i64) -> i64 {
        (la + self.phase()).div_euclid(self.index_step)
    }

    /// The first second of `la`'s step.
    pub(super) fn step_start(&self) -> i64 {
        self.step(self.la) * self.index_step - self.phase()
    }

    /// The score that `SESSIONS` has when it is written.
    pub(super) fn exact_due(&self) -> i64 {
        let last_of_step = if self.no_resave {
            self.la
        } else {
            self.step_start() + self.index_step - 1
        };
        let end = last_of_step + self.ttl;
        self.until.map_or(end, |until| end.min(until))
    }

    pub(super) fn sid(&self) -> String {
        stored_name(&self.token)[..16].to_owned()
    }

    pub(super) fn shown(&self, now: i64, form: Form) -> Json {
        let mut fields = Vec::new();
        if form.token {
            fields.push(("token", Json::text(&self.token)));
        }
        fields.push(("sid", Json::text(&self.sid())));
        if !self.id.is_empty() {
            fields.push(("id", Json::text(&self.id)));
        }
        fields.push(("r", Json::number(self.r)));
        fields.push(("w", Json::number(self.w)));
        fields.push(("ttl", Json::number(self.ttl_shown(now))));
        fields.push(("idle", Json::number(self.idle(now))));
        fields.extend(self.ip.as_ref().map(|ip| ("ip", Json::text(ip))));
        fields.extend(self.ua.as_ref().map(|ua| ("ua", Json::text(ua))));
        fields.push(("created", Json::number(self.created)));
        fields.extend(self.until.map(|until| ("until", Json::number(until))));
        if self.no_resave {
            let yes = if form.json { Json::Bool(true) } else { Json::number(1) };
            fields.push(("no_resave", yes));
        }
        fields.extend(match form {
            Form { no_data: true, .. } => Vec::new(),
            Form { json: true, .. } => self.data.in_json(),
            Form { json: false, .. } => self.data.natively(),
        });
        Json::object(fields)
    }
}

/// A user agent as it is stored: control characters become blanks, and at most 512 bytes are kept.
fn user_agent(given: &str) -> Option<String> {
    let mut kept = String::new();
    for c in given.chars() {
        let c = if c.is_control() { ' ' } else { c };
        if kept.len() + c.len_utf8() > 512 {
            break;
        }
        kept.push(c);
    }
    Some(kept).filter(|kept| !kept.is_empty())
}
