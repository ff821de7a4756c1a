//! Creating sessions.

use super::host::Event;
use super::keyspace::{HashKey, Name, SetKey, SortedSetKey, Value};
use super::rename::slot_field;
use super::{Backend, Cap, Client, Store};
use sessions_model::data::{self, Data};
use sessions_model::error::Error;
use sessions_model::ident::{App, Id, Ip, Owner, Token, UserAgent};
use sessions_model::keys;
use sessions_model::number::{Lifetime, Ttl};
use sessions_model::parts::Part;
use sessions_model::session::{Field, Seconds, Session};
use sessions_model::slot::Slot;
use sessions_model::token;
use smallvec::SmallVec;

/// What a session starts with.
#[derive(Debug)]
pub(crate) struct NewSession<'a> {
    pub(crate) app: App<'a>,
    pub(crate) owner: Owner<'a>,
    pub(crate) client: Client<'a>,
    /// `None`: the default timeout in the rules.
    pub(crate) ttl: Option<Ttl>,
    pub(crate) no_resave: bool,
    pub(crate) lifetime: Option<Lifetime>,
    /// How many sessions the owner may have.
    pub(crate) cap: Option<Cap>,
}

/// The slot in which a token is generated.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Draw<'a> {
    /// In the hash slot of an id.
    Near(Id<'a>),
    Anywhere,
}

impl<K: Backend> Store<'_, K> {
    /// Creates a session under a new token. Fails when the data is too large, a key has the wrong
    /// type, the owner has too many sessions or the operating system returned no random numbers.
    pub(crate) fn create(&self, new: &NewSession<'_>, draw: Draw<'_>, data: Option<&Data<'_>>) -> Result<Token, Error> {
        let data = match data {
            Some(data) => data::created(data, self.rules.max_data_bytes)?,
            None => None,
        };
        let token = match draw {
            Draw::Near(id) => token::draw(Slot::of(id.as_bytes()))?,
            // In a cluster the empty id would send all anonymous sessions to one node.
            Draw::Anywhere if self.part != Part::Whole => return Err(Error::InvalidId),
            Draw::Anywhere => token::draw_anywhere()?,
        };
        self.make(new, &token, data.as_deref())?;
        Ok(token)
    }

    /// Creates a session under a token that no key has, and adds it to all indexes.
    pub(super) fn make(&self, new: &NewSession<'_>, token: &Token, data: Option<&str>) -> Result<(), Error> {
        let (app, id, now) = (new.app, new.owner.as_bytes(), self.now);
        let name = &self.stored_name(token);
        let (key, mut hash) = self.free_hash(app, name)?;
        self.check_audit(app, &[id])?;
        self.make_room(app, id, new.cap)?;
        let mut sessions = self.backend.sorted_set(&self.keys.sessions(app))?;
        let mut users = self.users_for(app, id)?;
        let mut due = self.backend.sorted_set(&self.keys.due())?;
        let mut tokens = self.tokens_of(app, id)?;

        let user_agent = new.client.user_agent.as_ref().and_then(Option::as_ref);
        let session = Session {
            id,
            reads: 1,
            writes: 1,
            ip: new.client.ip.flatten().map(Ip::as_bytes),
            user_agent: user_agent.map(UserAgent::as_bytes),
            last_activity: now,
            ttl: new.ttl.unwrap_or(self.rules.ttl).seconds(),
            data: data.map(str::as_bytes),
            no_resave: new.no_resave,
            created: Some(now),
            until: new.lifetime.map(|lifetime| lifetime.ends(now)),
            graced: None,
            storage: self.rules.storage,
        };
        write_all(&mut hash, &session, slot_field(session.storage, token, id));
        sessions.add(&keys::session_member(name, id), now);
        if let Some(users) = &mut users {
            users.raise(id, now);
        }
        let due_at = self.rules.index_step.due(name, &session.life());
        due.add(&keys::due_member(app, name, id), due_at);
        if let Some(tokens) = &mut tokens {
            tokens.add(name.as_bytes());
        }
        self.audit_creation(app, token, &session);
        self.changed(Event::Create, app, name, &key);
        Ok(())
    }
}

fn write_all<H: HashKey>(hash: &mut H, session: &Session<&[u8]>, slot: Option<Seconds>) {
    // These fields come first: a long value converts the hash to its large form, which is cheapest
    // while the hash is empty.
    let values = [
        (Field::D, session.data.map(Value::Text)),
        (Field::Ua, session.user_agent.map(Value::Text)),
        (Field::of_owner(session.storage), Some(Value::Text(session.id))),
        (Field::R, Some(Value::Integer(session.reads))),
        (Field::W, Some(Value::Integer(session.writes))),
        (Field::Ip, session.ip.map(Value::Text)),
        (Field::La, Some(Value::Integer(session.last_activity))),
        (Field::Ttl, Some(Value::Integer(session.ttl))),
        (Field::NoResave, session.no_resave.then_some(Value::Integer(1))),
        (Field::Created, session.created.map(Value::Integer)),
        (Field::Until, session.until.map(Value::Integer)),
        (Field::Slot, slot.map(Value::Integer)),
    ];
    let mut pairs: SmallVec<[_; Field::COUNT]> = SmallVec::new();
    pairs.extend(
        values
            .into_iter()
            .filter_map(|(field, value)| Some((Name::Known(field), value?))),
    );
    hash.set(&pairs);
}
