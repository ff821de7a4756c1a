//! Other programs write what the module never would: hashes that are not sessions, ids that differ
//! from the ids in the indexes, members without a session. After each act the database again holds
//! what the model holds.

use super::command::{Command, Existence, Limit, Listing, Options, Owner, Terms};
use super::sequence::Sequence;
use super::session::Session;
use crate::harness::now;

/// Fields and values that make a hash invalid as a session. With an empty value the field is
/// removed.
const BREAKING: &[(&str, &str)] = &[
    ("id", ""),
    ("la", ""),
    ("la", "soon"),
    ("la", "0x10"),
    ("ttl", ""),
    ("ttl", "nan"),
];

impl Sequence {
    /// One random act, which requires a session.
    pub(super) fn interfere(&mut self) {
        let at = self.dice.below(self.state.sessions.len());
        match self.dice.below(6) {
            0 => self.break_and_mend(at),
            1 => self.break_and_save(at),
            2 => self.name_by_another_id(at),
            3 => self.take_the_id_away(at),
            4 => self.delete_the_hash(at),
            _ => self.leave_an_empty_user(at),
        }
    }

    /// Breaks a session and mends it; commands find no session in between.
    fn break_and_mend(&mut self, at: usize) {
        let (session, _) = self.hide(at);
        let (app, token) = (session.app.clone(), session.token.clone());
        self.step(&Command::Peek {
            app: app.clone(),
            token: token.clone(),
            json: false,
        });
        self.step(&Command::Get {
            app: app.clone(),
            token: token.clone(),
            json: true,
        });
        self.step(&Command::Set {
            app: app.clone(),
            token: token.clone(),
            changes: vec![("\"a\"".into(), "1".into())],
            terms: Terms::default(),
            json: false,
        });
        self.step(&Command::Incr {
            app: app.clone(),
            token: token.clone(),
            key: "n".into(),
            by: None,
        });
        self.step(&Command::Rotate {
            app: app.clone(),
            token: token.clone(),
            options: Options::default(),
        });
        self.step(&saved(&session, Some(Existence::Live), None));
        self.step(&saved(&session, None, Some(session.w)));
        if !session.id.is_empty() {
            self.step(&Command::Soid {
                app: app.clone(),
                id: session.id.clone(),
                only: Some(session.sid()),
                order: None,
                listing: EVERYTHING,
            });
        }
        let key = self.key_of(&session);
        for (field, value) in [
            ("id", session.id.clone()),
            ("la", session.la.to_string()),
            ("ttl", session.ttl.to_string()),
        ] {
            self.write(&["HSET", &key, field, &value]);
        }
        self.state.sessions.insert(at, session);
    }

    /// A session that SAVE creates in the place of a broken one has no field of the broken one.
    fn break_and_save(&mut self, at: usize) {
        let (session, field) = self.hide(at);
        if field != "id" {
            self.forget(&session);
        }
        let key = self.key_of(&session);
        self.write(&["HSET", &key, "note", "not ours", "until", "1", "no_resave", "1"]);
        self.state.told.is_uncertain = true;
        self.step(&saved(&session, Some(Existence::New), None));
        self.settle_empty_user(&session.app);
    }

    /// Makes a hash invalid by one of its fields and removes the session from the model.
    fn hide(&mut self, at: usize) -> (Session, &'static str) {
        let session = self.state.sessions.remove(at);
        let key = self.key_of(&session);
        let (field, value) = BREAKING[self.dice.below(BREAKING.len())];
        if value.is_empty() {
            self.write(&["HDEL", &key, field]);
        } else {
            self.write(&["HSET", &key, field, value]);
        }
        (session, field)
    }

    /// An index entry with another id than the hash neither shows nor ends the session, and only
    /// the entry is removed.
    fn name_by_another_id(&mut self, at: usize) {
        let session = self.state.sessions[at].clone();
        let Session { app, token, id, .. } = &session;
        let other = if id.is_empty() || self.dice.chance(50) {
            // An id in the token's slot.
            format!("intruder {{{token}}}")
        } else {
            String::new()
        };
        let now = now(&mut self.reader).to_string();
        let sessions = self.layout.key(&format!("rs:{app}:_sessions"), token);
        let due = self.layout.key("rs:SESSIONS", token);
        self.write(&["ZADD", &sessions, &now, &format!("{token}:{other}")]);
        self.write(&["ZADD", &due, "1", &format!("{app}:{token}:{other}")]);
        self.state.told.is_uncertain = true;
        if !other.is_empty() {
            let tokens = format!("{}:{other}", self.layout.key(&format!("rs:{app}:us"), token));
            self.write(&["SADD", &tokens, token]);
            self.step(&Command::CountSoid {
                app: app.clone(),
                id: other.clone(),
                dt: None,
            });
            self.step(&Command::Soid {
                app: app.clone(),
                id: other.clone(),
                only: None,
                order: None,
                listing: EVERYTHING,
            });
            if self.dice.chance(50) {
                self.step(&Command::KillSoid {
                    app: app.clone(),
                    id: other,
                    choice: super::command::Choice::All,
                });
                return;
            }
        }
        self.step(&Command::Wipe);
        self.settle_empty_user(&session.app);
    }

    /// A user's session becomes anonymous, and its index entries leftovers.
    fn take_the_id_away(&mut self, at: usize) {
        let session = self.state.sessions[at].clone();
        if session.id.is_empty() {
            return;
        }
        let key = self.key_of(&session);
        self.write(&["HSET", &key, "id", ""]);
        self.state.sessions[at].id.clear();
        let (app, token, id) = (session.app.clone(), session.token.clone(), session.id.clone());
        self.step(&Command::Peek {
            app: app.clone(),
            token: token.clone(),
            json: true,
        });
        self.step(&Command::CountSoid {
            app: app.clone(),
            id: id.clone(),
            dt: None,
        });
        if self.dice.chance(50) {
            self.write(&["HSET", &key, "id", &id]);
            self.state.sessions[at].id = id;
            return;
        }
        self.step(&Command::Kill { app, token });
        self.wipe_leftovers_of(&session);
    }

    fn delete_the_hash(&mut self, at: usize) {
        let session = self.state.sessions.remove(at);
        let key = self.key_of(&session);
        self.write(&["DEL", &key]);
        self.step(&Command::Exists {
            app: session.app.clone(),
            token: session.token.clone(),
        });
        self.wipe_leftovers_of(&session);
    }

    fn wipe_leftovers_of(&mut self, session: &Session) {
        let Session { app, token, id, .. } = session;
        let due = self.layout.key("rs:SESSIONS", token);
        self.write(&["ZADD", &due, "1", &format!("{app}:{token}:{id}")]);
        self.state.told.is_uncertain = true;
        self.step(&Command::Wipe);
        self.settle_empty_user(app);
        self.forget(session);
    }

    /// Removes the activity of a session's id if the id has no session left.
    fn forget(&mut self, Session { app, id, .. }: &Session) {
        if self.state.of_id(app, id).next().is_none() {
            self.state.users.remove(&(app.clone(), id.clone()));
        }
    }

    /// What redis-sessions does when it reads an anonymous session. redis-sessions does not support
    /// clusters.
    fn leave_an_empty_user(&mut self, at: usize) {
        let session = &self.state.sessions[at];
        if !session.id.is_empty() || self.layout == super::database::Layout::Cluster {
            return;
        }
        let app = session.app.clone();
        let score = now(&mut self.reader);
        self.write(&["ZADD", &format!("rs:{app}:_users"), &score.to_string(), ""]);
        self.state.strays.insert(app, score);
    }

    /// Where leftovers of an anonymous session are removed, the empty member may be removed or
    /// stay.
    fn settle_empty_user(&mut self, app: &str) {
        let score = self.reader.run(&["ZSCORE", &format!("rs:{app}:_users"), ""]);
        if score.is_nil() {
            self.state.strays.remove(app);
        }
    }

    fn key_of(&self, session: &Session) -> String {
        let Session { app, token, .. } = session;
        self.layout.key(&format!("rs:{app}:{token}"), token)
    }

    fn write(&mut self, words: &[&str]) {
        self.journal.line(format!("{words:?}"));
        self.reader.run(words);
    }
}

const EVERYTHING: Listing = Listing {
    dt: None,
    limit: None::<Limit>,
    no_data: false,
    tokens: true,
    json: false,
};

/// A SAVE with the session's own id.
fn saved(session: &Session, only: Option<Existence>, if_w: Option<i64>) -> Command {
    let owner = if session.id.is_empty() {
        Owner::Nobody
    } else {
        Owner::Id(session.id.clone())
    };
    Command::Save {
        app: session.app.clone(),
        token: session.token.clone(),
        data: Vec::new(),
        only,
        if_w,
        options: Options {
            owner,
            ..Options::default()
        },
    }
}
