//! The layout of the product, written by plain commands: the compact layout is compared with it.

use crate::recorder::{Recorder, list, number};
use crate::session::{Layout, NAMESPACE, STEP, Session, Use, steps};

pub(crate) struct Today {
    recorder: Recorder,
}

const DUE: &[u8] = b"rs:SESSIONS";
/// The members that one step of the cleanup pass reads.
const PORTION: &str = "128";

struct Names {
    key: String,
    sessions: String,
    users: String,
    tokens: String,
    member: String,
    due: String,
}

fn names(token: &str, id: &str) -> Names {
    Names {
        key: format!("{NAMESPACE}:{token}"),
        sessions: format!("{NAMESPACE}:_sessions"),
        users: format!("{NAMESPACE}:_users"),
        tokens: format!("{NAMESPACE}:us:{id}"),
        member: format!("{token}:{id}"),
        due: format!("webapp:{token}:{id}"),
    }
}

fn phase(token: &str) -> u8 {
    token.as_bytes()[0]
}

/// The last second of the step plus the TTL, as in the product.
fn due(token: &str, session: &Session) -> String {
    let into = (session.la + u64::from(phase(token) % 10)) % STEP;
    (session.la + STEP - 1 - into + u64::from(session.ttl)).to_string()
}

impl Today {
    pub(crate) fn new(recorder: Recorder) -> Self {
        Self { recorder }
    }

    fn load(&mut self, token: &str) -> Option<Session> {
        let key = format!("{NAMESPACE}:{token}");
        let fields = list(self.recorder.read(&[b"HGETALL", key.as_bytes()]));
        let text = |name: &str| {
            let found = fields
                .chunks(2)
                .find(|pair| pair[0].as_deref() == Some(name.as_bytes()))?;
            Some(String::from_utf8(found[1].clone()?).unwrap())
        };
        let count = |name: &str| text(name).unwrap().parse().unwrap();
        Some(Session {
            id: text("id")?,
            reads: count("r"),
            writes: count("w"),
            la: u64::from(count("la")),
            ttl: count("ttl"),
            created: u64::from(count("created")),
            ip: text("ip").unwrap(),
            data: text("d").unwrap_or_default().into_bytes(),
        })
    }

    fn enter(&mut self, token: &str, session: &Session) {
        let (names, la) = (names(token, &session.id), session.la.to_string());
        let la = la.as_bytes();
        self.recorder
            .write(&[b"ZADD", names.sessions.as_bytes(), la, names.member.as_bytes()]);
        self.recorder
            .write(&[b"ZADD", names.users.as_bytes(), b"GT", la, session.id.as_bytes()]);
        self.recorder
            .write(&[b"ZADD", DUE, due(token, session).as_bytes(), names.due.as_bytes()]);
    }

    /// Removes the session and its entries. With the last session of an id it also removes the
    /// entry of the id.
    fn remove(&mut self, token: &str, id: &str) {
        let names = names(token, id);
        self.recorder.write(&[b"UNLINK", names.key.as_bytes()]);
        self.recorder
            .write(&[b"ZREM", names.sessions.as_bytes(), names.member.as_bytes()]);
        self.recorder.write(&[b"ZREM", DUE, names.due.as_bytes()]);
        self.recorder
            .write(&[b"SREM", names.tokens.as_bytes(), token.as_bytes()]);
        if number(&self.recorder.read(&[b"SCARD", names.tokens.as_bytes()])) == 0 {
            self.recorder.write(&[b"ZREM", names.users.as_bytes(), id.as_bytes()]);
        }
    }
}

impl Layout for Today {
    fn create(&mut self, token: &str, session: &Session) {
        let names = names(token, &session.id);
        let numbers = [
            u64::from(session.reads),
            u64::from(session.writes),
            session.la,
            u64::from(session.ttl),
            session.created,
        ];
        let numbers = numbers.map(|number| number.to_string());
        let mut words: Vec<&[u8]> = vec![b"HSET", names.key.as_bytes()];
        if !session.data.is_empty() {
            words.extend([b"d", session.data.as_slice()]);
        }
        words.extend([&b"id"[..], session.id.as_bytes(), b"ip", session.ip.as_bytes()]);
        for (field, value) in ["r", "w", "la", "ttl", "created"].iter().zip(&numbers) {
            words.extend([field.as_bytes(), value.as_bytes()]);
        }
        self.recorder.write(&words);
        self.enter(token, session);
        self.recorder
            .write(&[b"SADD", names.tokens.as_bytes(), token.as_bytes()]);
        self.recorder.end();
    }

    fn touch(&mut self, token: &str, usage: Use<'_>, now: u64) -> bool {
        let Some(old) = self.load(token).filter(|session| session.is_live(now)) else {
            self.recorder.end();
            return false;
        };
        let mut new = old.clone();
        usage.apply(&mut new, now);
        let (key, la) = (format!("{NAMESPACE}:{token}"), new.la.to_string());
        let (reads, writes) = (new.reads.to_string(), new.writes.to_string());
        let mut words: Vec<&[u8]> = vec![b"HSET", key.as_bytes(), b"la", la.as_bytes()];
        match usage {
            Use::Read => words.extend([&b"r"[..], reads.as_bytes()]),
            Use::Write(data) => words.extend([&b"w"[..], writes.as_bytes(), b"d", data]),
        }
        self.recorder.write(&words);
        if steps(phase(token), old.la, new.la) {
            self.enter(token, &new);
        }
        self.recorder.end();
        true
    }

    fn kill(&mut self, token: &str, now: u64) -> bool {
        let key = format!("{NAMESPACE}:{token}");
        let fields = list(self.recorder.read(&[b"HMGET", key.as_bytes(), b"id", b"la", b"ttl"]));
        let Some(id) = fields[0].clone() else {
            self.recorder.end();
            return false;
        };
        self.remove(token, &String::from_utf8(id).unwrap());
        self.recorder.end();
        let value = |field: usize| {
            String::from_utf8(fields[field].clone().unwrap())
                .unwrap()
                .parse::<u64>()
                .unwrap()
        };
        now.saturating_sub(value(1)) <= value(2)
    }

    fn clean(&mut self, now: u64) -> usize {
        let mut removed = 0;
        loop {
            let below = format!("({now}");
            let due = self.recorder.read(&[
                b"ZRANGE",
                DUE,
                b"-inf",
                below.as_bytes(),
                b"BYSCORE",
                b"LIMIT",
                b"0",
                PORTION.as_bytes(),
            ]);
            let due = list(due);
            if due.is_empty() {
                self.recorder.end();
                return removed;
            }
            for member in due.into_iter().flatten() {
                let member = String::from_utf8(member).unwrap();
                let mut parts = member.splitn(3, ':').skip(1);
                let (token, id) = (parts.next().unwrap(), parts.next().unwrap());
                let key = format!("{NAMESPACE}:{token}");
                let life = list(self.recorder.read(&[b"HMGET", key.as_bytes(), b"id", b"la", b"ttl"]));
                assert_eq!(
                    life[0].as_deref(),
                    Some(id.as_bytes()),
                    "an entry leads to another session"
                );
                self.remove(token, id);
                removed += 1;
            }
            self.recorder.end();
        }
    }

    fn peek(&mut self, token: &str, now: u64) -> Option<Session> {
        let found = self.load(token).filter(|session| session.is_live(now));
        self.recorder.end();
        found
    }

    fn page(&mut self, id: &str, count: usize) -> usize {
        let tokens = format!("{NAMESPACE}:us:{id}");
        let tokens = list(self.recorder.read(&[b"SMEMBERS", tokens.as_bytes()]));
        let mut found: Vec<(u64, String)> = Vec::new();
        for token in tokens.into_iter().flatten() {
            let token = String::from_utf8(token).unwrap();
            let key = format!("{NAMESPACE}:{token}");
            let life = list(self.recorder.read(&[b"HMGET", key.as_bytes(), b"id", b"la", b"ttl"]));
            let la = life[1]
                .as_deref()
                .map(|la| String::from_utf8_lossy(la).parse().unwrap());
            found.push((la.unwrap_or(0), token));
        }
        found.sort_unstable_by(|a, b| b.cmp(a));
        found.truncate(count);
        let shown = found.iter().filter(|(_, token)| self.load(token).is_some()).count();
        self.recorder.end();
        shown
    }

    fn recorder(&mut self) -> &mut Recorder {
        &mut self.recorder
    }
}
