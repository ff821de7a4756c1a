//! Kills sessions: one session, all sessions of an id, all sessions of an app.
//!
//! The last two are jobs in steps. Sessions that were created after such a job began, according to
//! their field `created`, stay live.

mod of_app;
mod of_id;

use super::audit::Cause;
use super::find::Named;
use super::removal::Verdict;
use super::{Backend, OpenSession, Store};
use sessions_model::alias::Purpose;
use sessions_model::error::Error;
use sessions_model::ident::{App, Token};
use sessions_model::session::{Fields, Seconds};
use sessions_model::stored_name::StoredName;

pub(crate) use of_app::KillOfApp;
pub(crate) use of_id::{KillOfId, Which};

/// How many sessions a step checks: few, because a slice ends early if another step may not fit.
pub(super) const PORTION: usize = 8;

impl<K: Backend> Store<'_, K> {
    /// Kills the session of a token; returns whether it was live. A timed-out session is also
    /// removed, because a clock that is set back must not make it live again.
    pub(crate) fn kill(&self, app: App<'_>, token: impl Into<Option<Token>>) -> Result<bool, Error> {
        let Some(token) = token.into() else { return Ok(false) };
        for storage in self.storages() {
            let name = StoredName::of(&token, storage);
            let fields = self.fields_of_end(&self.backend.hash(&self.keys.session(app, &name))?);
            if fields.have_owner() && fields.storage() == storage {
                return Ok(self.remove_found(app, name, fields, Some(Cause::Kill))? > 0);
            }
        }
        match self.look_up(app, token)? {
            Named::ByAlias(found, Purpose::Any) => {
                let name = found.name;
                drop(found);
                self.kill_stored(app, name, Cause::Kill)
            }
            _ => Ok(false),
        }
    }

    /// Kills a session by its stored name, with a cause.
    pub(super) fn kill_stored(&self, app: App<'_>, name: StoredName, cause: Cause) -> Result<bool, Error> {
        let fields = self.fields_of_end(&self.backend.hash(&self.keys.session(app, &name))?);
        Ok(fields.have_owner() && self.remove_found(app, name, fields, Some(cause))? > 0)
    }

    /// The session, unless a running kill is about to end it. Such a session is ended immediately,
    /// because it could escape under another token or id.
    pub(super) fn unless_doomed<'b>(&self, found: OpenSession<'b, K>) -> Result<Option<OpenSession<'b, K>>, Error> {
        let Some(cause) = self.backend.killing(&found.candidate(self.now)) else {
            return Ok(Some(found));
        };
        let (app, name) = (found.app, found.name);
        drop(found);
        self.kill_stored(app, name, cause)?;
        Ok(None)
    }

    /// Removes the session of a token, or an invalid hash that has an id, with its index entries.
    /// Returns how many of these sessions were live.
    pub(super) fn remove_found(
        &self,
        app: App<'_>,
        name: StoredName,
        fields: Fields<K::Bytes>,
        cause: Option<Cause>,
    ) -> Result<u64, Error> {
        let id = fields.owner().map_or_else(Vec::new, |id| id.as_ref().to_vec());
        let mut indexes = self.indexes(app)?;
        let mut due = self.backend.sorted_set(&self.keys.due())?;
        let tokens = self.tokens_of(app, &id)?;
        let Verdict { target, .. } = self.verdict_of(name, id, Some(fields));
        Ok(self.remove_with(app, &[target], (&mut indexes, &mut due), tokens, cause))
    }
}

/// Whether a session was created after the kill `began`. A session from the future was created
/// before the clock was set back.
fn is_younger(created: Option<Seconds>, began: Seconds, now: Seconds) -> bool {
    created.is_some_and(|created| created > began && created <= now)
}
