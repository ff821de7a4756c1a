//! Looks up the session of a token that a client sends.
//!
//! A token is stored plain or hashed, and a session is found by its token only in the form in which
//! the session is stored: a stored hash that is sent as a token opens no session. An old token
//! within its grace leads to the session by its alias; aliases are only read if there is no
//! session.

use super::host::Tally;
use super::keyspace::HashKey;
use super::outcome::Detail;
use super::{Backend, OpenSession, Store};
use sessions_model::alias::{self, Alias, Purpose};
use sessions_model::error::Error;
use sessions_model::ident::{App, Token};
use sessions_model::session::{Fields, Session};
use sessions_model::stored_name::{Storage, StoredName};

/// What a token names.
pub(super) enum Named<'b, K: Backend> {
    /// A session, live or timed out.
    Session(OpenSession<'b, K>),
    /// A live session, by an old token.
    ByAlias(OpenSession<'b, K>, Purpose),
    Nothing,
}

impl<'b, K: Backend> Named<'b, K> {
    /// The session, unless its old token can only be used to repeat a log-in.
    pub(super) fn usable(self) -> Option<OpenSession<'b, K>> {
        match self {
            Self::Session(found) | Self::ByAlias(found, Purpose::Any) => Some(found),
            Self::ByAlias(_, Purpose::LogIn) | Self::Nothing => None,
        }
    }
}

/// The token by which a session was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Present,
    /// This previous token, within its grace.
    Old(Box<Token>),
}

impl By {
    pub(super) fn old(&self) -> Option<Token> {
        match self {
            Self::Present => None,
            Self::Old(token) => Some(**token),
        }
    }
}

impl<K: Backend> Store<'_, K> {
    /// The form in which new tokens are stored.
    pub(super) const fn storage(&self) -> Storage {
        self.rules.storage
    }

    /// Both forms, in the order in which they are looked up.
    pub(super) const fn storages(&self) -> [Storage; 2] {
        match self.rules.storage {
            Storage::Plain => [Storage::Plain, Storage::Hashed],
            Storage::Hashed => [Storage::Hashed, Storage::Plain],
        }
    }

    pub(crate) fn hashes_tokens(&self) -> bool {
        self.storage() == Storage::Hashed
    }

    pub(super) fn stored_name(&self, token: &Token) -> StoredName {
        StoredName::of(token, self.storage())
    }

    /// The live session of a token, if it has one.
    pub(crate) fn find<'b>(
        &self,
        app: App<'b>,
        token: impl Into<Option<Token>>,
    ) -> Result<Option<OpenSession<'b, K>>, Error> {
        let named = match token.into() {
            Some(token) => self.look_up_live(app, token)?,
            None => Named::Nothing,
        };
        Ok(self.counted(named))
    }

    /// The session of a token that commands may use. Counts sessions that were found by an old
    /// token, and misses.
    pub(super) fn counted<'b>(&self, named: Named<'b, K>) -> Option<OpenSession<'b, K>> {
        let found = named.usable();
        match &found {
            Some(found) => self.count_grace(found),
            None => self.backend.tally(Tally::Missed),
        }
        found
    }

    pub(super) fn count_grace(&self, found: &OpenSession<'_, K>) {
        if found.by.old().is_some() {
            self.backend.tally(Tally::Graced);
        }
    }

    /// The same as [`Self::look_up`], but ignores a session that has timed out.
    pub(super) fn look_up_live<'b>(&self, app: App<'b>, token: Token) -> Result<Named<'b, K>, Error> {
        Ok(match self.look_up(app, token)? {
            Named::Session(found) if !found.session.life().is_live(self.now) => Named::Nothing,
            named => named,
        })
    }

    pub(super) fn look_up<'b>(&self, app: App<'b>, token: Token) -> Result<Named<'b, K>, Error> {
        for storage in self.storages() {
            match self.look_up_stored(app, token, storage)? {
                Named::Nothing => {}
                found => return Ok(found),
            }
        }
        Ok(Named::Nothing)
    }

    /// What a token names in one form.
    fn look_up_stored<'b>(&self, app: App<'b>, token: Token, storage: Storage) -> Result<Named<'b, K>, Error> {
        let name = StoredName::of(&token, storage);
        let key = self.keys.session(app, &name);
        let hash = self.backend.hash(&key)?;
        let fields = hash.fields();
        if !fields.have_owner() {
            let Some(alias) = alias_of(&hash).filter(|alias| alias.storage() == storage) else {
                return Ok(Named::Nothing);
            };
            drop(hash);
            return self.follow(app, &token, &alias);
        }
        let session = Session::from_fields(fields).filter(|session| session.storage == storage);
        Ok(session.map_or(Named::Nothing, |session| {
            Named::Session(OpenSession {
                app,
                token,
                name,
                by: By::Present,
                session,
                key,
                hash,
            })
        }))
    }

    /// The live session that an alias leads to. An alias never leads to another alias.
    fn follow<'b>(&self, app: App<'b>, old: &Token, alias: &Alias) -> Result<Named<'b, K>, Error> {
        let Some(token) = alias.token(old, self.now) else {
            return Ok(Named::Nothing);
        };
        for storage in self.storages() {
            let name = StoredName::of(&token, storage);
            let key = self.keys.session(app, &name);
            let hash = self.backend.hash(&key)?;
            let session = Session::from_fields(hash.fields()).filter(|session| session.storage == storage);
            let Some(session) = session else { continue };
            if !alias.leads_to(&session) || !session.life().is_live(self.now) {
                break;
            }
            let found = OpenSession {
                app,
                token,
                name,
                by: By::Old(Box::new(*old)),
                session,
                key,
                hash,
            };
            return Ok(Named::ByAlias(found, alias.purpose));
        }
        Ok(Named::Nothing)
    }

    /// The stored name of a live session that a token names.
    pub(crate) fn name_of(&self, app: App<'_>, token: Token) -> Result<Option<StoredName>, Error> {
        Ok(self.look_up_live(app, token)?.usable().map(|found| found.name))
    }

    /// The session of a stored name that an index lists under `id`, which is empty for an anonymous
    /// session. A key of another type or a hash of another id is not that session.
    pub(super) fn find_indexed(
        &self,
        app: App<'_>,
        name: StoredName,
        id: &[u8],
        detail: Detail,
    ) -> Option<Session<K::Bytes>> {
        self.indexed(app, name, id, |hash| match detail {
            Detail::Full => hash.fields(),
            Detail::WithoutData => hash.fields_without_data(),
        })
    }

    /// The same, but reads only the owner and the life.
    pub(super) fn life_of_indexed(&self, app: App<'_>, name: StoredName, id: &[u8]) -> Option<Session<K::Bytes>> {
        self.indexed(app, name, id, HashKey::life_fields)
    }

    fn indexed(
        &self,
        app: App<'_>,
        name: StoredName,
        id: &[u8],
        read: impl FnOnce(&K::Hash) -> Fields<K::Bytes>,
    ) -> Option<Session<K::Bytes>> {
        let hash = self.backend.hash(&self.keys.session(app, &name)).ok()?;
        Session::from_fields(read(&hash)).filter(|session| session.id.as_ref() == id)
    }
}

/// Reads a hash without an owner as an alias, if it is one.
pub(super) fn alias_of(hash: &impl HashKey) -> Option<Alias> {
    if hash.is_empty() || hash.len() > alias::MAX_FIELDS {
        return None;
    }
    Alias::from_fields(&hash.all_fields())
}
