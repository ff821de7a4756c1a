//! Keeps a session and its indexes in step: the only code that writes keys.
//!
//! Every operation opens and type-checks all keys it will write, then decides, then
//! writes; an error leaves everything as it was.

mod candidate;
mod create;
mod edge;
mod gather;
pub(crate) mod host;
pub(crate) mod keyspace;
mod kill;
mod list;
#[cfg(any(not(feature = "server"), test))]
pub(crate) mod memory;
mod merged;
mod outcome;
#[cfg(feature = "test-panic")]
pub(crate) mod panic_later;
mod relocation;
mod removal;
mod rotate;
mod save;
#[cfg(test)]
mod tests;
mod tour;
mod usage;
mod wipe;
mod work;

use host::{Event, Host, Tally};
use keyspace::{HashKey, Keyspace};
use sessions_model::error::Error;
use sessions_model::ident::{App, Token};
use sessions_model::index::Step;
use sessions_model::keys::{self, Keys};
use sessions_model::number::Ttl;
use sessions_model::parts::Part;
use sessions_model::session::{Seconds, Session};

pub(crate) use candidate::Candidate;
pub(crate) use create::{Draw, NewSession};
pub(crate) use kill::Which;
pub(crate) use outcome::{Detail, ListEntry, Listing, Outcome, Sorting};
pub(crate) use save::{Condition, Save, Saved};
pub(crate) use usage::{Client, Counts, Use};
pub(crate) use work::Work;

/// A database with everything around it.
pub(crate) trait Backend: Keyspace + Host {}

impl<T: Keyspace + Host> Backend for T {}

/// The settings that the rules depend on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules<'a> {
    pub(crate) namespace: &'a [u8],
    /// Of a session that is created without a time-out.
    pub(crate) ttl: Ttl,
    pub(crate) max_data_bytes: usize,
    pub(crate) publish_changes: bool,
    pub(crate) index_step: Step,
}

/// The sessions of one part of a database, at one moment. Commands and jobs about whole
/// apps go over all parts, whichever this one is.
pub(crate) struct Store<'a, K> {
    backend: &'a K,
    part: Part,
    keys: Keys<'a>,
    rules: Rules<'a>,
    now: Seconds,
}

/// An existing session, live or timed out, with its hash open.
pub(crate) struct OpenSession<'a, K: Backend> {
    pub(crate) app: App<'a>,
    pub(crate) token: Token,
    pub(crate) session: Session<K::Bytes>,
    key: Vec<u8>,
    hash: K::Hash,
}

impl<K: Backend> OpenSession<'_, K> {
    /// Closes the hash.
    pub(crate) fn into_session(self) -> Session<K::Bytes> {
        self.session
    }
}

/// Progress of work that goes in steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    Unfinished,
    Finished,
}

/// Work that goes in steps of some hundred microseconds, each complete in itself.
/// Others may do anything between two steps.
pub(crate) trait Job<K: Backend> {
    fn step(&mut self, store: &Store<'_, K>) -> Result<Progress, Error>;
}

/// How much of the work that changes something is done.
pub(crate) trait Counted {
    /// What is counted so far: killed or wiped sessions.
    fn count(&self) -> u64;
    /// Members removed so far because they could not be parsed.
    fn unreadable(&self) -> u64 {
        0
    }
}

impl<'a, K: Backend> Store<'a, K> {
    pub(crate) fn new(backend: &'a K, rules: Rules<'a>, part: Part, now: Seconds) -> Self {
        Self {
            backend,
            part,
            keys: Keys::new(rules.namespace, part),
            rules,
            now,
        }
    }

    fn at(&self, part: Part) -> Self {
        Self::new(self.backend, self.rules, part, self.now)
    }

    pub(crate) const fn part(&self) -> Part {
        self.part
    }

    pub(crate) const fn now(&self) -> Seconds {
        self.now
    }

    /// The session of a token, timed out or not.
    fn find_any<'b>(&self, app: App<'b>, token: Token) -> Result<Option<OpenSession<'b, K>>, Error> {
        let key = self.keys.session(app, &token);
        let hash = self.backend.hash(&key)?;
        Ok(Session::from_fields(hash.fields()).map(|session| OpenSession {
            app,
            token,
            session,
            key,
            hash,
        }))
    }

    /// The live session of a token, if it is one.
    pub(crate) fn find<'b>(
        &self,
        app: App<'b>,
        token: impl Into<Option<Token>>,
    ) -> Result<Option<OpenSession<'b, K>>, Error> {
        let found = match token.into() {
            Some(token) => self.find_any(app, token)?,
            None => None,
        };
        let live = found.filter(|found| found.session.life().is_live(self.now));
        if live.is_none() {
            self.backend.tally(Tally::Missed);
        }
        Ok(live)
    }

    /// The session of a token that an index names under `id`, which is empty for an anonymous one. A hash of another type
    /// or of another id is not it.
    fn find_indexed(&self, app: App<'_>, token: Token, id: &[u8], detail: Detail) -> Option<Session<K::Bytes>> {
        let hash = self.backend.hash(&self.keys.session(app, &token)).ok()?;
        let fields = match detail {
            Detail::Full => hash.fields(),
            Detail::WithoutData => hash.fields_without_data(),
        };
        Session::from_fields(fields).filter(|session| session.id.as_ref() == id)
    }

    fn changed(&self, event: Event, app: App<'_>, token: &Token, key: &[u8]) {
        self.backend.notify(event, key);
        if event != Event::Create {
            self.publish(app, token);
        }
    }

    /// Tells client-side caches that what they hold of a token is out of date.
    fn publish(&self, app: App<'_>, token: &Token) {
        if self.rules.publish_changes {
            let message = keys::cache_message(app, token);
            self.backend.publish(&self.keys.cache_channel(), &message);
        }
    }
}
