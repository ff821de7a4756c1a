//! What happens to sessions between the commands of a sequence.

use super::command::{Command, Options};
use super::data::{Data, Entries, object_text};
use super::draw::{APPS, IDS};
use super::sequence::{Sequence, USUAL_MAX_DATA};
use crate::harness::{Reply, now};

impl Sequence {
    /// Lets time pass, or changes keys as another program would.
    pub(super) fn tamper(&mut self) {
        match self.dice.below(100) {
            0..40 if !self.state.sessions.is_empty() => self.age_one(),
            40..45 if !self.state.sessions.is_empty() => self.interfere(),
            45..48 if !self.state.sessions.is_empty() => self.spoil(),
            48..50 => {
                let sizes = [2, 40, 100, USUAL_MAX_DATA];
                let size = sizes[self.dice.below(sizes.len())];
                self.set_max_data(size);
            }
            50 if self.state.sessions.len() < 100 && self.dice.chance(10) => self.crowd(),
            51..56 => self.end_a_grace(),
            _ => {}
        }
    }

    /// Adds more sessions than fit into one slice, of one id or of many.
    fn crowd(&mut self) {
        let app = self.dice.pick(APPS).to_owned();
        let one_id = self.dice.chance(50).then(|| self.dice.pick(IDS).to_owned());
        let timed_out = self.dice.chance(50);
        for number in 0..self.dice.between(70, 140) {
            let id = one_id.clone().unwrap_or_else(|| format!("guest {number}"));
            let options = Options {
                ttl: Some(60),
                ..Options::default()
            };
            let app = app.clone();
            self.step(&Command::Create { app, id, options });
            if timed_out {
                let seconds = self.dice.between(55, 75);
                self.age(self.state.sessions.len() - 1, seconds);
            }
        }
    }

    fn age_one(&mut self) {
        let at = self.dice.below(self.state.sessions.len());
        let session = &self.state.sessions[at];
        let now = now(&mut self.reader);
        let seconds = match self.dice.below(10) {
            0 if !session.no_resave => session.la - now - self.dice.between(1, 15),
            1 | 2 => session.la - now + session.ttl + self.dice.between(-2, 12),
            4 if session.until.is_some() => session.until.map_or(0, |until| until - now + self.dice.between(-2, 3)),
            _ => self.dice.between(1, 15),
        };
        let seconds = if self.dice.chance(30) && !session.no_resave {
            let into_step = (session.la - seconds + session.phase()).rem_euclid(session.index_step);
            seconds - (session.index_step - 1 - into_step)
        } else {
            seconds
        };
        self.age(at, seconds);
    }

    fn age(&mut self, at: usize, seconds: i64) {
        let most = self.state.index_step - 1;
        let late = [0, most, self.dice.between(0, most)][self.dice.below(3)];
        let unmoved = match self.dice.between(0, 100) {
            unmoved if most != 9 && !self.state.sessions[at].no_resave => unmoved,
            _ => 0,
        };
        self.state.age(at, seconds, late, unmoved, self.dice.chance(50));
        let session = &self.state.sessions[at];
        self.journal.line(format!("age by {seconds}, late {late}: {session:?}"));
        let (app, token, id) = (&session.app, &session.token, &session.id);
        let named = |name: &str| self.layout.key(name, token);
        let key = named(&format!("rs:{app}:{token}"));
        let member = format!("{token}:{id}");
        let client = &mut self.reader;
        client.run(&["HSET", &key, "la", &session.la.to_string()]);
        client.run(&["HSET", &key, "created", &session.created.to_string()]);
        for alias in self
            .state
            .aliases
            .iter()
            .filter(|alias| (&alias.app, &alias.to) == (app, token))
        {
            let key = self.layout.key(&format!("rs:{app}:{}", alias.old), &alias.old);
            // The server may have removed the alias already.
            if client.run(&["EXISTS", &key]) == Reply::Int(1) {
                client.run(&["HSET", &key, "since", &alias.since.to_string()]);
            }
        }
        if let Some(until) = session.until {
            client.run(&["HSET", &key, "until", &until.to_string()]);
        }
        client.run(&[
            "ZADD",
            &named(&format!("rs:{app}:_sessions")),
            &session.score.to_string(),
            &member,
        ]);
        if let Some(user) = self.state.users.get(&(app.clone(), id.clone())) {
            client.run(&["ZADD", &named(&format!("rs:{app}:_users")), &user.to_string(), id]);
        }
        client.run(&[
            "ZADD",
            &named("rs:SESSIONS"),
            &session.due.to_string(),
            &format!("{app}:{member}"),
        ]);
    }

    /// Lets the grace of a session end about now.
    fn end_a_grace(&mut self) {
        let graced: Vec<usize> = (0..self.state.sessions.len())
            .filter(|&at| self.state.sessions[at].graced.is_some())
            .collect();
        if graced.is_empty() {
            return;
        }
        let at = graced[self.dice.below(graced.len())];
        let until = now(&mut self.reader) + self.dice.between(-3, 2);
        // Never later than before, because the server removes the old token at the first expiry
        // time.
        let until = self.state.sessions[at].graced.map_or(until, |graced| until.min(graced));
        self.state.sessions[at].graced = Some(until);
        let session = self.state.sessions[at].clone();
        let mut keys = vec![(session.token.clone(), "graced")];
        for alias in self.state.aliases_to(&session) {
            alias.until = until;
            keys.push((alias.old.clone(), "until"));
        }
        for (token, field) in keys {
            let key = self.layout.key(&format!("rs:{}:{token}", session.app), &token);
            self.journal.line(format!("HSET {key} {field} {until}"));
            if self.reader.run(&["EXISTS", &key]) == Reply::Int(1) {
                self.reader.run(&["HSET", &key, field, &until.to_string()]);
            }
        }
    }

    /// Another program writes into a session's hash.
    fn spoil(&mut self) {
        let at = self.dice.below(self.state.sessions.len());
        let session = &mut self.state.sessions[at];
        let key = self
            .layout
            .key(&format!("rs:{}:{}", session.app, session.token), &session.token);
        let deep = format!("{}1{}", "{\"a\":".repeat(33), "}".repeat(33));
        let broken = ["no JSON", "[1,2]", "\"{}\"", "{\"a\":", "{\"a\":1} x", &deep];
        let objects: [&[(&str, &str)]; 3] = [
            &[("\"n\"", "{\"deep\":[1,{}]}")],
            &[
                ("\"\\ud83d\"", "1"),
                ("\"b\"", "null"),
                ("\"\\ude00\"", "[\"x\\ud83d\"]"),
            ],
            &[("\"a\"", "[-1e400,{\"\\ude00\":1E+999}]")],
        ];
        let (field, value) = match self.dice.below(3) {
            0 => {
                session.note = Some("not ours".into());
                ("note", "not ours".to_owned())
            }
            1 => {
                let drawn = objects[self.dice.below(objects.len())].iter();
                let entries: Entries = drawn.map(|&(name, value)| (name.into(), value.into())).collect();
                let text = object_text(&entries);
                session.data = Data::Object(entries);
                ("d", text)
            }
            _ => {
                let text = broken[self.dice.below(broken.len())].to_owned();
                session.data = Data::Broken(text.clone());
                ("d", text)
            }
        };
        self.journal.line(format!("HSET {key} {field} {value:?}"));
        self.reader.run(&["HSET", &key, field, &value]);
    }

    pub(super) fn set_max_data(&mut self, bytes: usize) {
        self.journal.line(format!("CONFIG SET sessions.max-data-bytes {bytes}"));
        let reply = self
            .reader
            .run(&["CONFIG", "SET", "sessions.max-data-bytes", &bytes.to_string()]);
        assert_eq!(reply, "OK".into());
        self.state.max_data_bytes = bytes;
    }
}
