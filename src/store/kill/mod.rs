//! Killing sessions: one, those of an id, those of an app.
//!
//! The last two are jobs in steps. Sessions created after such a job began live on,
//! as far as their `created` field tells.

mod of_app;
mod of_id;

use super::keyspace::HashKey;
use super::removal::Verdict;
use super::{Backend, Store};
use sessions_model::error::Error;
use sessions_model::ident::{App, Token};
use sessions_model::session::Seconds;

pub(crate) use of_app::KillOfApp;
pub(crate) use of_id::{KillOfId, Which};

/// Sessions a step looks at: a few hundred microseconds of work.
pub(super) const PORTION: usize = 16;

impl<K: Backend> Store<'_, K> {
    /// Kills the session of a token, if it is one; whether it was live. One that had timed out is
    /// removed all the same: a clock set back must not bring it to life again.
    pub(crate) fn kill(&self, app: App<'_>, token: impl Into<Option<Token>>) -> Result<bool, Error> {
        let Some(token) = token.into() else { return Ok(false) };
        let fields = self.backend.hash(&self.keys.session(app, &token))?.life_fields();
        let Some(id) = fields.id.as_ref().filter(|id| !id.as_ref().is_empty()) else {
            return Ok(false);
        };
        let id = id.as_ref().to_vec();
        let mut indexes = self.indexes(app)?;
        let mut due = self.backend.sorted_set(&self.keys.due())?;
        self.backend.set(&self.keys.tokens(app, &id))?;
        let Verdict { target, .. } = self.verdict_of(token, id, Some(fields));
        Ok(self.remove(app, &[target], &mut indexes, &mut due) > 0)
    }
}

/// Whether a session was made after killing `began`. One from the future was made
/// before the clock went back.
fn is_younger(created: Option<Seconds>, began: Seconds, now: Seconds) -> bool {
    created.is_some_and(|created| created > began && created <= now)
}
