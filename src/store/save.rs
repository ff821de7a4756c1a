//! Saves a whole session under a token that the client generates.

use super::candidate::Candidate;
use super::create::NewSession;
use super::find::{Named, alias_of};
use super::host::{Event, Tally};
use super::keyspace::{HashKey, Value};
use super::relocation::Entry;
use super::rename::slot_field;
use super::usage::{Change, Client, Counts, Exact, Use, changed_fields, store_fields};
use super::{Backend, Cap, OpenSession, Store};
use sessions_model::alias::Purpose;
use sessions_model::data::{self, Data};
use sessions_model::error::Error;
use sessions_model::ident::{App, Owner, Token};
use sessions_model::session::{Field, Session, Terms};
use sessions_model::stored_name::{Storage, StoredName};

/// What is saved.
#[derive(Debug)]
pub(crate) struct Save<'a> {
    pub(crate) app: App<'a>,
    pub(crate) token: Token,
    /// Replaces the stored data.
    pub(crate) data: Data<'a>,
    pub(crate) condition: Condition,
    /// The write counter that a live session must have.
    pub(crate) writes: Option<i64>,
    /// `None`: a live session keeps its owner, a new one is anonymous.
    pub(crate) owner: Option<Owner<'a>>,
    pub(crate) client: Client<'a>,
    pub(crate) terms: Terms,
    /// How many sessions a new owner may have.
    pub(crate) cap: Option<Cap>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    None,
    /// There is no live session.
    New,
    /// There is a live session.
    Live,
}

/// The result of saving a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Saved {
    /// Nothing changed: forbidden by the condition, or a running kill ended the session.
    Not,
    Written,
    Made,
}

/// What exists under a stored name of a token.
enum Place {
    Free,
    /// Leftovers of the token: of a session, with its id, or of another kind.
    Own(Option<Vec<u8>>),
    /// The hash belongs to another token, which is stored in the other form.
    Anothers,
}

impl<K: Backend> Store<'_, K> {
    /// Writes the live session of a token, or creates one. Fails if the data is too large or the
    /// write counter differs.
    pub(crate) fn save(&self, save: &Save<'_>) -> Result<Saved, Error> {
        self.check_slot(save.owner)?;
        let data = data::saved(&save.data, self.rules.max_data_bytes)?;
        let named = self.look_up_live(save.app, save.token)?;
        // The token is in use as long as it can repeat a log-in.
        if save.condition == Condition::New && matches!(named, Named::ByAlias(_, Purpose::LogIn)) {
            return Ok(Saved::Not);
        }
        let found = named.usable();
        found.iter().for_each(|found| self.count_grace(found));
        match found {
            Some(_) if save.condition == Condition::New => Ok(Saved::Not),
            Some(found) => self.save_live(found, save, data.as_deref()),
            None if self.is_stored_name(save.app, &save.token)? => Err(Error::InvalidToken),
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
            cap: save.cap,
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

    /// Fails if a session's write counter is not the one that the client has seen.
    pub(crate) fn check_writes(&self, found: &OpenSession<'_, K>, writes: Option<i64>) -> Result<(), Error> {
        if writes.is_some_and(|writes| writes != found.session.writes) {
            self.backend.tally(Tally::Conflict);
            return Err(Error::Conflict);
        }
        Ok(())
    }

    /// Writes a live session that gets another owner, which ends a grace.
    fn save_for(&self, found: OpenSession<'_, K>, owner: Owner<'_>, usage: &Use<'_>) -> Result<Saved, Error> {
        let Some(mut found) = self.unless_doomed(found)? else {
            return Ok(Saved::Not);
        };
        self.check_audit(found.app, &[found.session.id.as_ref(), owner.as_bytes()])?;
        let is_to_be_hashed = self.is_to_be_hashed(&found);
        let new_name = if is_to_be_hashed {
            self.stored_name(&found.token)
        } else {
            found.name
        };
        self.make_room_for(&found, &new_name, owner.as_bytes(), usage.cap)?;
        if new_name != found.name {
            // Checked before the session is moved to its hash, so that the command fails as a
            // whole.
            let (name, id) = (&found.name, found.session.id.as_ref());
            let to = Entry {
                name: &new_name,
                id: owner.as_bytes(),
            };
            drop(self.relocation(found.app, Entry { name, id }, to)?);
        }
        if is_to_be_hashed {
            self.hash_token(&mut found)?;
        }
        let OpenSession {
            app,
            token,
            ref name,
            session: ref old,
            ref key,
            mut hash,
            ..
        } = found;
        let (id, new_id) = (old.id.as_ref(), owner.as_bytes());
        let relocation = self.relocation(app, Entry { name, id }, Entry { name, id: new_id })?;
        let life = old.life().used(self.now, &usage.terms);
        let mut changes: Vec<_> = changed_fields(old, &life, usage).collect();
        changes.extend(changed_owner(old, &token, new_id));
        if old.graced.is_some() {
            changes.push((Field::Graced, None));
        }
        store_fields(&mut hash, changes.into_iter());
        relocation.carry_out(old.last_activity, &life);
        self.audit_move(app, (&token, old), &token, usage);
        self.changed(Event::Set, app, name, key);
        self.backend
            .rotated(&Candidate::of(app, name, old, self.now), name, new_id);
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
            // Room is made below, before the timed-out session is removed.
            cap: None,
        };
        // Checked before any session is killed or removed, so that the command fails as a whole.
        self.check_types(app, new.owner.as_bytes())?;
        self.check_audit(app, &[new.owner.as_bytes()])?;
        let mut in_place = Vec::new();
        for storage in [Storage::Plain, Storage::Hashed] {
            let name = StoredName::of(token, storage);
            match self.place(app, &name, storage)? {
                // The name belongs to another session, whose token is the hash of this token.
                Place::Anothers if storage == self.storage() => return Err(Error::InvalidToken),
                Place::Free | Place::Anothers => continue,
                Place::Own(Some(id)) => {
                    self.indexes(app)?;
                    self.tokens_of(app, &id)?;
                }
                Place::Own(None) => {}
            }
            in_place.push(name);
        }
        self.make_room(app, new.owner.as_bytes(), save.cap)?;
        for name in in_place {
            self.clear(app, name)?;
        }
        self.make(&new, token, data)?;
        Ok(Saved::Made)
    }

    /// Opens the indexes for a new session of an id; fails if a key has another type.
    fn check_types(&self, app: App<'_>, id: &[u8]) -> Result<(), Error> {
        self.backend.sorted_set(&self.keys.sessions(app))?;
        self.users_for(app, id)?;
        self.backend.sorted_set(&self.keys.due())?;
        self.tokens_of(app, id)?;
        Ok(())
    }

    /// Whether a token is the stored name of a session, or of an alias, whose token is hashed.
    fn is_stored_name(&self, app: App<'_>, token: &Token) -> Result<bool, Error> {
        let name = StoredName::of(token, Storage::Plain);
        Ok(matches!(self.place(app, &name, Storage::Plain)?, Place::Anothers))
    }

    /// What exists under a stored name of a token that has no live session.
    fn place(&self, app: App<'_>, name: &StoredName, storage: Storage) -> Result<Place, Error> {
        let hash = self.backend.hash(&self.keys.session(app, name))?;
        if hash.is_empty() {
            return Ok(Place::Free);
        }
        let fields = hash.life_fields();
        let owner = fields.owner().map(|id| id.as_ref().to_vec());
        let form = match &owner {
            Some(_) => Some(fields.storage()),
            None => alias_of(&hash).map(|alias| alias.storage()),
        };
        Ok(match form {
            Some(form) if form != storage => Place::Anothers,
            // Leftovers of another kind only matter under the name of the new session.
            None if storage != self.storage() => Place::Free,
            _ => Place::Own(owner),
        })
    }

    /// Removes what exists under a stored name and is not a live session: a timed-out session, an
    /// alias, or a foreign hash.
    fn clear(&self, app: App<'_>, name: StoredName) -> Result<(), Error> {
        let key = self.keys.session(app, &name);
        let hash = self.backend.hash(&key)?;
        if hash.is_empty() {
            return Ok(());
        }
        let fields = self.fields_of_end(&hash);
        drop(hash);
        if fields.have_owner() {
            self.remove_found(app, name, fields, None)?;
        } else {
            self.backend.unlink(&[key], Vec::new());
        }
        Ok(())
    }
}

/// The fields of a session's owner that change.
fn changed_owner<'v, B: AsRef<[u8]>>(old: &Session<B>, token: &Token, new_id: &'v [u8]) -> Vec<Change<'v>> {
    let slot = |id: &[u8]| slot_field(old.storage, token, id);
    let (old_slot, slot) = (slot(old.id.as_ref()), slot(new_id));
    let mut changes = vec![(Field::of_owner(old.storage), Some(Value::Text(new_id)))];
    if old_slot != slot {
        changes.push((Field::Slot, slot.map(Value::Integer)));
    }
    changes
}
