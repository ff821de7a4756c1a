//! Giving a session a new token, and with it maybe another id.

use super::candidate::Candidate;
use super::host::Event;
use super::keyspace::{HashKey, Name, SetKey, SortedSetKey, Value};
use super::{Backend, OpenSession, Store};
use sessions_model::error::Error;
use sessions_model::ident::{Id, Token};
use sessions_model::index;
use sessions_model::keys;
use sessions_model::session::{Field, Refresh};
use sessions_model::token;

impl<K: Backend> Store<'_, K> {
    /// Gives a session a new token, unless a KILLALL or KILLSOID under way is about to end it: under
    /// a new token it could slip away, so it is killed here and now, and there is no new token.
    pub(crate) fn rotate(&self, found: OpenSession<'_, K>, to: Option<Id<'_>>) -> Result<Option<Token>, Error> {
        let (app, token) = (found.app, found.token);
        let id = found.session.id.as_ref().to_vec();
        if to.is_some_and(|to| !self.part.holds(to.as_bytes())) {
            return Err(Error::CrossSlot);
        }
        let session = Candidate {
            app,
            id: &id,
            token: &token,
            created: found.session.created,
            now: self.now,
        };
        if self.backend.is_being_killed(&session) {
            drop(found);
            self.kill(app, token)?;
            return Ok(None);
        }
        let new_token = self.move_to_new_token(found, to)?;
        let new_id = to.map_or(id.as_slice(), Id::as_bytes);
        self.backend.rotated(&session, &new_token, new_id);
        Ok(Some(new_token))
    }

    /// Moves a session to a new token, unknown fields included; the old one is dead.
    /// A use: the life is refreshed and all scores become exact.
    fn move_to_new_token(&self, found: OpenSession<'_, K>, to: Option<Id<'_>>) -> Result<Token, Error> {
        let OpenSession {
            app,
            token: ref old_token,
            session: ref old,
            ref key,
            hash: old_hash,
        } = found;
        let old_id = old.id.as_ref();
        let new_id = to.map_or(old_id, Id::as_bytes);
        let new_token = token::draw(new_id)?;
        let new_key = self.keys.session(app, &new_token);
        let mut new_hash = self.backend.hash(&new_key)?;
        if !new_hash.is_empty() {
            return Err(Error::NoRandom);
        }
        let mut sessions = self.backend.sorted_set(&self.keys.sessions(app))?;
        let mut users = self.backend.sorted_set(&self.keys.users(app))?;
        let mut due = self.backend.sorted_set(&self.keys.due())?;
        let mut old_tokens = self.backend.set(&self.keys.tokens(app, old_id))?;
        let mut new_tokens = self.backend.set(&self.keys.tokens(app, new_id))?;

        let new = old.refreshed(self.now);
        copy(&old_hash, &mut new_hash, new_id, new);
        drop(old_hash);
        self.backend.unlink(std::slice::from_ref(key), Vec::new());
        sessions.remove(&[keys::session_member(old_token, old_id)]);
        sessions.add(&keys::session_member(&new_token, new_id), new.last_activity);
        due.remove(&[keys::due_member(app, old_token, old_id)]);
        let at = index::due(&new_token, &old.with(new));
        due.add(&keys::due_member(app, &new_token, new_id), at);
        new_tokens.add(new_token.as_bytes());
        old_tokens.remove(&[old_token.as_bytes().to_vec()]);
        users.raise(new_id, new.last_activity);
        if old_id != new_id {
            if old_tokens.len() == 0 {
                users.remove(&[old_id.to_vec()]);
            } else {
                users.raise(old_id, old.last_activity);
            }
        }
        self.changed(Event::Rotate, app, old_token, &new_key);
        Ok(new_token)
    }
}

fn copy<H: HashKey>(from: &H, to: &mut H, id: &[u8], refresh: Refresh) {
    let la = refresh.last_activity.to_string();
    let ttl = refresh.ttl.to_string();
    let fields = from.all_fields();
    let replaced = |name: &[u8]| -> Option<&[u8]> {
        [
            (Field::Id, id),
            (Field::La, la.as_bytes()),
            (Field::Ttl, ttl.as_bytes()),
        ]
        .into_iter()
        .find_map(|(field, value)| (field.name().as_bytes() == name).then_some(value))
    };
    let pairs: Vec<_> = fields
        .iter()
        .map(|(name, value)| (Name::Other(name), Value::Text(replaced(name).unwrap_or(value))))
        .collect();
    to.set(&pairs);
}
