//! Making a session.

use super::index::{self, score};
use super::keyspace::{Event, HashKey, Keyspace, Name, SetKey, SortedSetKey};
use super::{Store, keys, raise};
use crate::error::Error;
use crate::session::data::{self, Data};
use crate::session::ident::{App, Id, Ip, Lifetime, Token, Ttl};
use crate::session::{Field, Session, token};

/// What a session starts with.
#[derive(Debug)]
pub(crate) struct NewSession<'a> {
    pub(crate) app: App<'a>,
    pub(crate) id: Id<'a>,
    pub(crate) ip: Option<Ip<'a>>,
    pub(crate) ttl: Ttl,
    pub(crate) no_resave: bool,
    pub(crate) lifetime: Option<Lifetime>,
    pub(crate) data: Option<Data<'a>>,
}

impl<K: Keyspace> Store<'_, K> {
    /// Makes a session and enters it into all indexes. Fails when the data is too large,
    /// a key has the wrong type or the operating system gives no random numbers.
    pub(crate) fn create(&self, new: NewSession<'_>) -> Result<Token, Error> {
        let (app, id, now) = (new.app, new.id.as_bytes(), self.now);
        let data = match new.data {
            Some(data) => data::created(data, self.rules.max_data_bytes)?,
            None => None,
        };
        let token = token::draw(id)?;
        let key = self.keys.session(app, &token);
        let mut hash = self.keyspace.hash(&key)?;
        if !hash.is_empty() {
            // Of 62^61 tokens one that exists was drawn: the source is not random.
            return Err(Error::NoRandom);
        }
        let mut sessions = self.keyspace.sorted_set(&self.keys.sessions(app))?;
        let mut users = self.keyspace.sorted_set(&self.keys.users(app))?;
        let mut due = self.keyspace.sorted_set(&self.keys.due())?;
        let mut tokens = self.keyspace.set(&self.keys.tokens(app, id))?;

        let session = Session {
            id,
            reads: 1,
            writes: 1,
            ip: new.ip.map(Ip::as_bytes),
            last_activity: now,
            ttl: new.ttl.seconds(),
            data: data.as_ref().map(String::as_bytes),
            no_resave: new.no_resave,
            created: Some(now),
            until: new.lifetime.map(|lifetime| lifetime.ends(now)),
        };
        write_all(&mut hash, &session);
        sessions.add(&keys::session_member(&token, id), score(now));
        raise(&mut users, id, now);
        due.add(&keys::due_member(app, &token, id), score(index::due(&token, &session)));
        tokens.add(token.as_bytes());
        self.changed(Event::Create, app, &token, &key);
        Ok(token)
    }
}

fn write_all<H: HashKey>(hash: &mut H, session: &Session<&[u8]>) {
    let number = |n: i64| Some(n.to_string());
    let numbers = [
        number(session.reads),
        number(session.writes),
        number(session.last_activity),
        number(session.ttl),
        session.created.and_then(number),
        session.until.and_then(number),
    ];
    let [reads, writes, la, ttl, created, until] = numbers.each_ref().map(|text| text.as_ref().map(String::as_bytes));
    let values = [
        Some(session.id),
        reads,
        writes,
        session.ip,
        la,
        ttl,
        session.data,
        session.no_resave.then_some(&b"1"[..]),
        created,
        until,
    ];
    let pairs: Vec<_> = Field::ALL
        .into_iter()
        .zip(values)
        .filter_map(|(field, value)| Some((Name::Known(field), value?)))
        .collect();
    hash.set(&pairs);
}
