//! The replies of commands.

use crate::store::{Backend, Detail, Found, ListEntry, Outcome, Store, Work};
use sessions_model::data;
use sessions_model::error::Error;
use sessions_model::ident::{Sid, Token};
use sessions_model::number::Ttl;
use sessions_model::session::{Life, Seconds, Session};

#[derive(Debug)]
pub(crate) enum Reply<B> {
    Null,
    Integer(i64),
    Token(Token),
    Session(SessionView<B>, Format),
    Sessions(Vec<SessionView<B>>, Format),
    Ids(Vec<Vec<u8>>),
    Lines(Vec<String>),
}

/// The result of a command.
#[derive(Debug)]
pub(crate) enum Answer<B> {
    Reply(Reply<B>),
    /// Work that must be done first, and how its result is written.
    Work(Work<B>, View),
}

impl<B> From<Reply<B>> for Answer<B> {
    fn from(reply: Reply<B>) -> Self {
        Self::Reply(reply)
    }
}

/// How a list is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) detail: Detail,
    pub(crate) tokens: Tokens,
    pub(crate) format: Format,
}

impl View {
    /// Fails if the list requests tokens that are stored hashed.
    pub(crate) fn possible_in<K: Backend>(self, store: &Store<'_, K>) -> Result<Self, Error> {
        if self.tokens == Tokens::Shown && store.hashes_tokens() {
            return Err(Error::TokensHashed);
        }
        Ok(self)
    }
}

impl<B: AsRef<[u8]>> Reply<B> {
    /// The reply to finished work.
    pub(crate) fn of(outcome: Outcome<B>, view: View) -> Self {
        match outcome {
            Outcome::Count(count) => Self::Integer(i64::try_from(count).unwrap_or(i64::MAX)),
            Outcome::Ids(ids) => Self::Ids(ids),
            Outcome::Sessions(listed) => {
                let shown = listed.into_iter().map(|listed| SessionView::listed(listed, view));
                Self::Sessions(shown.collect(), view.format)
            }
        }
    }
}

/// How sessions are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Format {
    /// A map, or in RESP2 a flat array of names and values.
    #[default]
    Native,
    /// Everything in one bulk string.
    Json,
}

/// A session as clients see it.
#[derive(Debug)]
pub(crate) struct SessionView<B> {
    token: Option<Token>,
    sid: Sid,
    session: Session<B>,
    ttl: i64,
    idle: i64,
    data: ShownData,
}

/// The data in a session's reply.
#[derive(Debug)]
enum ShownData {
    Stored,
    /// The data that SET has just stored.
    Merged(Option<String>),
    Hidden,
}

/// Takes the fields of a session in their order.
pub(crate) trait FieldWriter {
    fn text(&mut self, name: &str, value: &[u8]);
    fn integer(&mut self, name: &str, value: i64);
    fn flag(&mut self, name: &str);
    fn data(&mut self, stored: Option<&[u8]>);
}

impl<B: AsRef<[u8]>> SessionView<B> {
    /// The session for the client that sent its token; a client that sent an old token gets the new
    /// one.
    pub(crate) fn new(found: Found<B>, now: Seconds) -> Self {
        let Found {
            name,
            new_token,
            session,
        } = found;
        Self {
            token: new_token,
            sid: name.sid(session.storage),
            ttl: session.life().ttl_shown(now),
            idle: session.life().idle(now),
            session,
            data: ShownData::Stored,
        }
    }

    /// The session as SET returns it: with the given timeouts, the counted write and the merged
    /// data. `data` is `None` if the data was not written.
    #[must_use]
    pub(crate) fn set(mut self, life: &Life, ttl: Option<Ttl>, data: Option<Option<String>>) -> Self {
        self.session.writes = self.session.writes.saturating_add(i64::from(data.is_some()));
        self.session.until = life.until;
        self.ttl = ttl.map_or(self.ttl, Ttl::seconds);
        if let Some(data) = data {
            self.data = ShownData::Merged(data);
        }
        self
    }

    /// The session as lists show it.
    pub(crate) fn listed(listed: ListEntry<B>, view: View) -> Self {
        let ListEntry { name, session, at } = listed;
        let token = match view.tokens {
            Tokens::Shown => name.token(session.storage),
            Tokens::Hidden => None,
        };
        let found = Found {
            name,
            new_token: token,
            session,
        };
        Self {
            data: match view.detail {
                Detail::Full => ShownData::Stored,
                Detail::WithoutData => ShownData::Hidden,
            },
            ..Self::new(found, at)
        }
    }

    fn stored_data(&self) -> Option<&[u8]> {
        match &self.data {
            ShownData::Stored => self.session.data.as_ref().map(AsRef::as_ref),
            ShownData::Merged(merged) => merged.as_ref().map(String::as_bytes),
            ShownData::Hidden => None,
        }
    }

    /// How many fields of a native reply [`Self::write`] writes.
    pub(crate) fn field_count(&self) -> usize {
        let session = &self.session;
        let optional = [
            self.token.is_some(),
            !session.is_anonymous(),
            session.ip.is_some(),
            session.user_agent.is_some(),
            session.created.is_some(),
            session.until.is_some(),
            session.no_resave,
            self.stored_data().is_some(),
        ];
        5 + optional.into_iter().filter(|&there| there).count()
    }

    pub(crate) fn write(&self, to: &mut impl FieldWriter) {
        let session = &self.session;
        if let Some(token) = &self.token {
            to.text("token", token.as_bytes());
        }
        to.text("sid", self.sid.as_bytes());
        if !session.is_anonymous() {
            to.text("id", session.id.as_ref());
        }
        to.integer("r", session.reads);
        to.integer("w", session.writes);
        to.integer("ttl", self.ttl);
        to.integer("idle", self.idle);
        if let Some(ip) = &session.ip {
            to.text("ip", ip.as_ref());
        }
        if let Some(user_agent) = &session.user_agent {
            to.text("ua", user_agent.as_ref());
        }
        if let Some(created) = session.created {
            to.integer("created", created);
        }
        if let Some(until) = session.until {
            to.integer("until", until);
        }
        if session.no_resave {
            to.flag("no_resave");
        }
        if !matches!(self.data, ShownData::Hidden) {
            to.data(self.stored_data());
        }
    }

    pub(crate) fn write_json(&self, to: &mut String) {
        let mut json = Json { to, separator: '{' };
        self.write(&mut json);
        to.push('}');
    }
}

/// Whether a list shows the tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tokens {
    #[default]
    Hidden,
    Shown,
}

struct Json<'a> {
    to: &'a mut String,
    separator: char,
}

impl Json<'_> {
    fn name(&mut self, name: &str) {
        self.to.push(self.separator);
        self.separator = ',';
        self.string(name);
        self.to.push(':');
    }

    fn string(&mut self, text: &str) {
        if let Ok(json) = serde_json::to_string(text) {
            self.to.push_str(&json);
        }
    }
}

impl FieldWriter for Json<'_> {
    fn text(&mut self, name: &str, value: &[u8]) {
        self.name(name);
        self.string(&String::from_utf8_lossy(value));
    }

    fn integer(&mut self, name: &str, value: i64) {
        self.name(name);
        self.to.push_str(&value.to_string());
    }

    fn flag(&mut self, name: &str) {
        self.name(name);
        self.to.push_str("true");
    }

    /// `d` is always an object, so that clients can read its keys without a check. Other stored
    /// text is in a separate field.
    fn data(&mut self, stored: Option<&[u8]>) {
        self.name("d");
        let text = String::from_utf8_lossy(stored.unwrap_or(b"{}"));
        if let Some(object) = data::readable(&text) {
            self.to.push_str(&object);
        } else {
            self.to.push_str("{}");
            self.name("d_text");
            self.string(&text);
        }
    }
}
