//! Gives a session a new token, and possibly another owner.

use std::iter;

use super::find::Named;
use super::host::Event;
use super::keyspace::{HashKey, Name, Value};
use super::usage::{Exact, Use, changed_fields};
use super::{Backend, OpenSession, Store};
use sessions_model::alias::{Alias, Purpose};
use sessions_model::error::Error;
use sessions_model::ident::{App, Owner, Token};
use sessions_model::number::Grace;
use sessions_model::parts::Part;
use sessions_model::session::{Field, Seconds};
use sessions_model::slot::Slot;
use sessions_model::token;

/// What a rotation finds under a token.
#[expect(clippy::large_enum_variant, reason = "nearly always a session, and moved once")]
pub(crate) enum Rotatable<'b, K: Backend> {
    Session(OpenSession<'b, K>),
    /// The log-in has already been done and this is the new token: the client repeats the log-in.
    Done(Token),
    Nothing,
}

impl<K: Backend> Store<'_, K> {
    /// Finds the session to rotate. An old token can be used to repeat the log-in that replaced it.
    pub(crate) fn find_to_rotate<'b>(
        &self,
        app: App<'b>,
        token: Option<Token>,
        owner: Option<Owner<'_>>,
    ) -> Result<Rotatable<'b, K>, Error> {
        let named = match token {
            Some(token) => self.look_up_live(app, token)?,
            None => Named::Nothing,
        };
        match (named, owner) {
            (Named::ByAlias(found, Purpose::LogIn), Some(Owner::Id(id)))
                if found.session.id.as_ref() == id.as_bytes() =>
            {
                Ok(self.unless_doomed(found)?.map_or(Rotatable::Nothing, |found| {
                    self.count_grace(&found);
                    Rotatable::Done(found.token)
                }))
            }
            (named, _) => Ok(self.counted(named).map_or(Rotatable::Nothing, Rotatable::Session)),
        }
    }

    /// Gives a session a new token and stores the changes of the use. With a grace the old token
    /// keeps working for a while; a session within a grace keeps its token if it does not get
    /// another owner. `None`: a running kill has ended the session instead.
    pub(crate) fn rotate(
        &self,
        found: OpenSession<'_, K>,
        usage: &Use<'_>,
        grace: Option<Grace>,
    ) -> Result<Option<Token>, Error> {
        self.check_slot(usage.owner)?;
        let Some(mut found) = self.unless_doomed(found)? else {
            return Ok(None);
        };
        let id = found.session.id.as_ref().to_vec();
        let new_id = usage.owner.map_or(id.as_slice(), Owner::as_bytes);
        let is_log_in = matches!(usage.owner, Some(Owner::Id(_)));
        let is_graced = found.session.is_graced(self.now);
        if grace.is_some() && is_graced && !is_log_in && *new_id == *id {
            self.apply_exactly(&mut found, usage, Exact::All)?;
            return Ok(Some(found.token));
        }
        let purpose = if is_log_in { Purpose::LogIn } else { Purpose::Any };
        let grace = grace.map(|grace| (grace.ends(self.now), purpose));
        self.move_to_new_token(found, new_id, usage, grace).map(Some)
    }

    /// In a cluster, a session is in the slot of its token, and its owner must be in the same slot.
    pub(super) fn check_slot(&self, owner: Option<Owner<'_>>) -> Result<(), Error> {
        match owner {
            Some(Owner::Id(id)) if !self.part.holds(id.as_bytes()) => Err(Error::CrossSlot),
            _ => Ok(()),
        }
    }

    /// Moves a session to a new token, including unknown fields; the old token stops working, or is
    /// an alias within the grace. This is a use: the life is refreshed and all scores become exact.
    fn move_to_new_token(
        &self,
        mut found: OpenSession<'_, K>,
        new_id: &[u8],
        usage: &Use<'_>,
        grace: Option<(Seconds, Purpose)>,
    ) -> Result<Token, Error> {
        let slot = match self.part {
            Part::Slot(slot) => slot,
            Part::Whole if new_id.is_empty() => Slot::of(found.token.as_bytes()),
            Part::Whole => Slot::of(new_id),
        };
        let token = token::draw(slot)?;
        let until = grace.map(|(until, _)| until);
        let mut aliases = Vec::new();
        if let Some((until, purpose)) = grace {
            // The token that the client has sent also gets an alias, because the client may have to
            // repeat the command.
            for old in iter::once(found.token).chain(found.by.old()) {
                let name = self.stored_name(&old);
                if name != found.name {
                    // A key of another type fails the command before anything is written.
                    self.backend.hash(&self.keys.session(found.app, &name))?;
                }
                let (tokens, since) = ((&old, &token), found.session.created);
                let alias = Alias::new(tokens, self.storage(), new_id, since, until, purpose)?;
                aliases.push((old, alias, until));
            }
        }
        let (app, old_token, old_name) = (found.app, found.token, found.name);
        self.check_audit(app, &[found.session.id.as_ref(), new_id])?;
        self.make_room_for(&found, &self.stored_name(&token), new_id, usage.cap)?;
        let life = found.session.life().used(self.now, &usage.terms);
        let mut changes: Vec<_> = changed_fields(&found.session, &life, usage).collect();
        changes.push((Field::Graced, until.map(Value::Integer)));
        self.rename(&mut found, token, new_id, &changes, &life)?;
        for (old, alias, until) in &aliases {
            self.put_alias(app, old, alias, *until)?;
        }
        self.audit_move(app, (&old_token, &found.session), &token, usage);
        self.changed(Event::Rotate, app, &old_name, &found.key);
        Ok(token)
    }

    /// Stores an alias under an old token, and replaces the alias that may be there.
    fn put_alias(&self, app: App<'_>, old: &Token, alias: &Alias, until: Seconds) -> Result<(), Error> {
        let key = self.keys.session(app, &self.stored_name(old));
        let mut hash = self.backend.hash(&key)?;
        if hash.life_fields().have_owner() {
            // The key belongs to another session, created manually or with another setting; then
            // there is no grace.
            return Ok(());
        }
        if !hash.is_empty() {
            drop(hash);
            self.backend.unlink(std::slice::from_ref(&key), Vec::new());
            hash = self.backend.hash(&key)?;
        }
        let fields = alias.to_fields();
        let pairs: Vec<_> = fields
            .iter()
            .map(|(name, value)| (Name::Other(name), Value::Text(value)))
            .collect();
        hash.set(&pairs);
        // The server may remove the key slightly early; the field decides whether the grace is
        // over.
        hash.expire_at(until.saturating_add(1));
        Ok(())
    }
}
