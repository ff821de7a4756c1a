//! MAX: how many sessions an id may have when it gets another one.
//!
//! The limit is applied within the command that brings the new session, after everything that can
//! fail and before any part of the new session is written. So a refused command changes nothing, a
//! command that fails kills no session, and no race leaves one session too many.

use super::audit::Cause;
use super::host::Tally;
use super::keyspace::SetKey;
use super::relocation::Entry;
use super::removal::{Target, Verdict};
use super::{Backend, OpenSession, Store};
use sessions_model::error::Error;
use sessions_model::ident::App;
use sessions_model::number::Max;
use sessions_model::session::Seconds;
use sessions_model::stored_name::StoredName;

/// The maximum number of members of an id's set that one command reads; to kill all of them takes
/// some milliseconds.
const MOST_READ: usize = 200;

/// The maximum number of portions of an id's set that one command visits; a set that has shrunk may
/// have very many empty portions.
const MOST_PORTIONS: usize = 1000;

/// How many live sessions an id may have, the new one included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cap {
    pub(crate) max: Max,
    pub(crate) when_full: WhenFull,
}

/// What happens if the id already has the maximum number of sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WhenFull {
    KillLeastActive,
    Refuse,
}

/// The contents of an id's set.
#[derive(Default)]
struct Found {
    /// The sessions and leftovers of the members that were read.
    verdicts: Vec<Verdict>,
    /// Members that are not stored names.
    rubbish: Vec<Vec<u8>>,
    /// How many members were not read.
    unread: usize,
}

impl<K: Backend> Store<'_, K> {
    /// Makes room for a session that gets another owner and possibly another stored name. Fails if
    /// storing it there would fail.
    pub(super) fn make_room_for(
        &self,
        found: &OpenSession<'_, K>,
        name: &StoredName,
        id: &[u8],
        cap: Option<Cap>,
    ) -> Result<(), Error> {
        let from = Entry {
            name: &found.name,
            id: found.session.id.as_ref(),
        };
        if cap.is_none() || from.id == id {
            return Ok(());
        }
        // Checked before any session is killed, and closed again, because killing may delete these
        // keys.
        drop(self.relocation(found.app, from, Entry { name, id })?);
        if *name != found.name {
            self.free_hash(found.app, name)?;
        }
        self.make_room(found.app, id, cap)
    }

    /// Makes room for one more session of an id. No key of the app's indexes or of the id may be
    /// open. Fails when the id has too many sessions and none may be killed, or when a key has
    /// another type: then nothing has changed.
    pub(super) fn make_room(&self, app: App<'_>, id: &[u8], cap: Option<Cap>) -> Result<(), Error> {
        let Some(Cap { max, when_full }) = cap.filter(|_| !id.is_empty()) else {
            return Ok(());
        };
        let mut indexes = self.indexes(app)?;
        let mut due = self.backend.sorted_set(&self.keys.due())?;
        let mut tokens = self.backend.set(&self.keys.tokens(app, id))?;
        if tokens.len() < max.sessions() {
            return Ok(());
        }
        let found = self.read(app, id, &mut tokens);
        let (mut live, mut gone): (Vec<_>, Vec<_>) =
            found.verdicts.into_iter().partition(|verdict| verdict.target.is_live());
        if when_full == WhenFull::Refuse && (live.len() >= max.sessions() || found.unread > 0) {
            self.backend.tally(Tally::Refused);
            return Err(Error::TooManySessions);
        }
        // If some of the read sessions have ended, all unread ones may have ended too: no session
        // is killed for them.
        let all_live = gone.is_empty() && found.rubbish.is_empty();
        let others = live.len() + if all_live { found.unread } else { 0 };
        let excess = (others + 1).saturating_sub(max.sessions());
        live.sort_unstable_by_key(seniority);
        live.truncate(excess);
        gone.append(&mut live);
        tokens.remove(&found.rubbish);
        drop(tokens);
        let targets: Vec<Target> = gone.into_iter().map(|verdict| verdict.target).collect();
        let killed = self.remove(app, &targets, &mut indexes, &mut due, Some(Cause::Max));
        (0..killed).for_each(|_| self.backend.tally(Tally::Limited));
        Ok(())
    }

    /// Reads up to [`MOST_READ`] members of an id's set.
    fn read(&self, app: App<'_>, id: &[u8], tokens: &mut K::Set) -> Found {
        let mut members: Vec<Vec<u8>> = Vec::new();
        let mut cursor = 0;
        for _ in 0..MOST_PORTIONS {
            cursor = tokens.visit_portion(cursor, &mut |member| members.push(member.to_vec()));
            members.sort_unstable();
            members.dedup();
            if cursor == 0 || members.len() >= MOST_READ {
                break;
            }
        }
        members.truncate(MOST_READ);
        let mut found = Found {
            unread: tokens.len().saturating_sub(members.len()),
            ..Found::default()
        };
        for member in members {
            match StoredName::parse(&member) {
                Some(name) => found.verdicts.push(self.verdict(app, name, id)),
                None => found.rubbish.push(member),
            }
        }
        found
    }
}

/// The order in which sessions are killed, lower values first: by last use, then by creation, then
/// by stored name.
fn seniority(verdict: &Verdict) -> (Option<Seconds>, Option<Seconds>, StoredName) {
    let target = &verdict.target;
    (target.last_activity(), verdict.created, target.name)
}
