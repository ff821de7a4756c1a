//! Saving a session whole, under a token that the client draws.

use super::candidate::Candidate;
use super::create::NewSession;
use super::host::{Event, Tally};
use super::keyspace::HashKey;
use super::relocation::Entry;
use super::usage::{Client, Counts, Exact, Use, changed_fields, store_fields};
use super::{Backend, OpenSession, Store};
use sessions_model::data::{self, Data};
use sessions_model::error::Error;
use sessions_model::ident::{App, Owner, Token};
use sessions_model::session::Terms;

/// What is saved.
#[derive(Debug)]
pub(crate) struct Save<'a> {
    pub(crate) app: App<'a>,
    pub(crate) token: Token,
    /// Replaces what is stored.
    pub(crate) data: Data<'a>,
    pub(crate) condition: Condition,
    /// The write counter that a live session must have.
    pub(crate) writes: Option<i64>,
    /// `None`: of a live session it stays, a new one is anonymous.
    pub(crate) owner: Option<Owner<'a>>,
    pub(crate) client: Client<'a>,
    pub(crate) terms: Terms,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    None,
    /// There is no live session.
    New,
    /// There is a live session.
    Live,
}

/// What became of a session that was to be saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Saved {
    /// Nothing changed: forbidden by the condition, or the session was ended by killing under way.
    Not,
    Written,
    Made,
}

impl<K: Backend> Store<'_, K> {
    /// Writes the live session of a token, or makes one. Fails when the data is too large or the
    /// write counter is another.
    pub(crate) fn save(&self, save: &Save<'_>) -> Result<Saved, Error> {
        self.check_slot(save.owner)?;
        let data = data::saved(&save.data, self.rules.max_data_bytes)?;
        let found = self.find_any(save.app, save.token)?;
        match found.filter(|found| found.session.life().is_live(self.now)) {
            Some(_) if save.condition == Condition::New => Ok(Saved::Not),
            Some(found) => self.save_live(found, save, data.as_deref()),
            None if save.condition == Condition::Live || save.writes.is_some() => Ok(Saved::Not),
            None => self.save_new(save, data.as_deref()),
        }
    }

    fn save_live(&self, mut found: OpenSession<'_, K>, save: &Save<'_>, data: Option<&str>) -> Result<Saved, Error> {
        self.check_writes(&found, save.writes)?;
        let usage = Use {
            counts: Counts::Write,
            data: Some(data),
            terms: save.terms,
            client: save.client.clone(),
            owner: save.owner,
        };
        let owner = save.owner.filter(|owner| owner.as_bytes() != found.session.id.as_ref());
        if let Some(owner) = owner {
            return self.save_for(found, owner, &usage);
        }
        let exact = if usage.terms.is_empty() {
            Exact::None
        } else {
            Exact::All
        };
        self.apply_exactly(&mut found, &usage, exact)?;
        Ok(Saved::Written)
    }

    /// Fails when a session's write counter is not the one that the client has seen.
    pub(crate) fn check_writes(&self, found: &OpenSession<'_, K>, writes: Option<i64>) -> Result<(), Error> {
        if writes.is_some_and(|writes| writes != found.session.writes) {
            self.backend.tally(Tally::Conflict);
            return Err(Error::Conflict);
        }
        Ok(())
    }

    /// Writes a live session that gets another owner.
    fn save_for(&self, found: OpenSession<'_, K>, owner: Owner<'_>, usage: &Use<'_>) -> Result<Saved, Error> {
        let OpenSession {
            app,
            ref token,
            session: ref old,
            ref key,
            mut hash,
        } = found;
        let id = old.id.as_ref();
        let session = Candidate {
            app,
            id,
            token,
            created: old.created,
            now: self.now,
        };
        if self.backend.is_being_killed(&session) {
            drop(hash);
            self.kill(app, *token)?;
            return Ok(Saved::Not);
        }
        let to = Entry {
            token,
            id: owner.as_bytes(),
        };
        let relocation = self.relocation(app, Entry { token, id }, to)?;
        let life = old.life().used(self.now, &usage.terms);
        store_fields(&mut hash, &changed_fields(old, &life, usage));
        relocation.carry_out(old.last_activity, &life);
        self.changed(Event::Set, app, token, key);
        self.backend.rotated(&session, token, owner.as_bytes());
        Ok(Saved::Written)
    }

    fn save_new(&self, save: &Save<'_>, data: Option<&str>) -> Result<Saved, Error> {
        let (app, token) = (save.app, &save.token);
        let new = NewSession {
            app,
            owner: save.owner.unwrap_or(Owner::Nobody),
            client: save.client.clone(),
            ttl: save.terms.ttl,
            no_resave: save.terms.no_resave,
            lifetime: save.terms.lifetime,
        };
        // Before what has timed out is removed: the command fails as a whole.
        self.tokens_of(app, new.owner.as_bytes())?;
        self.clear(app, token)?;
        self.make(&new, token, data)?;
        Ok(Saved::Made)
    }

    /// Removes what has a token's key and is no live session: one that has timed out, or a hash that
    /// is no session.
    fn clear(&self, app: App<'_>, token: &Token) -> Result<(), Error> {
        let key = self.keys.session(app, token);
        let hash = self.backend.hash(&key)?;
        if hash.is_empty() {
            return Ok(());
        }
        let fields = hash.life_fields();
        drop(hash);
        if fields.id.is_some() {
            self.remove_found(app, *token, fields)?;
        } else {
            self.backend.unlink(&[key], Vec::new());
        }
        Ok(())
    }
}
