//! Keeps a session and its indexes consistent: the only code that writes keys.
//!
//! Every operation first opens and type-checks all keys that it will write, then decides, then
//! writes. An error leaves everything unchanged.

mod audit;
mod candidate;
mod create;
mod edge;
mod find;
mod gather;
pub(crate) mod host;
pub(crate) mod keyspace;
mod kill;
mod limit;
mod list;
#[cfg(any(not(feature = "server"), test))]
pub(crate) mod memory;
mod merged;
mod outcome;
#[cfg(feature = "test-panic")]
pub(crate) mod panic_later;
mod relocation;
mod removal;
mod rename;
mod rotate;
mod save;
#[cfg(test)]
mod tests;
mod tour;
mod usage;
mod wipe;
mod work;

use host::{Event, Host};
use keyspace::Keyspace;
use sessions_model::error::Error;
use sessions_model::ident::{App, Token};
use sessions_model::index::Step;
use sessions_model::keys::{self, Keys};
use sessions_model::number::Ttl;
use sessions_model::parts::Part;
use sessions_model::session::{Seconds, Session};
use sessions_model::stored_name::{Storage, StoredName};

pub(crate) use audit::Cause;
pub(crate) use candidate::Candidate;
pub(crate) use create::{Draw, NewSession};
pub(crate) use find::By;
pub(crate) use kill::Which;
pub(crate) use limit::{Cap, WhenFull};
pub(crate) use outcome::{Detail, ListEntry, Listing, Outcome, Sorting};
pub(crate) use rotate::Rotatable;
pub(crate) use save::{Condition, Save, Saved};
pub(crate) use usage::{Client, Counts, Use};
pub(crate) use work::Work;

/// A database and its host.
pub(crate) trait Backend: Keyspace + Host {}

impl<T: Keyspace + Host> Backend for T {}

/// The settings that the rules depend on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules<'a> {
    pub(crate) namespace: &'a [u8],
    /// The timeout of a session that is created without one.
    pub(crate) ttl: Ttl,
    pub(crate) max_data_bytes: usize,
    pub(crate) publish_changes: bool,
    pub(crate) index_step: Step,
    /// How the tokens of new sessions are stored.
    pub(crate) storage: Storage,
    /// The approximate number of entries of an app's audit stream; `None`: nothing is recorded.
    pub(crate) audit_length: Option<u64>,
}

/// The sessions of one part of a database, at one moment. Commands and jobs about whole apps visit
/// all parts, regardless of which part this is.
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
    /// The session's present token.
    pub(crate) token: Token,
    pub(crate) name: StoredName,
    pub(crate) by: By,
    pub(crate) session: Session<K::Bytes>,
    key: keys::Name,
    hash: K::Hash,
}

impl<K: Backend> OpenSession<'_, K> {
    /// Closes the hash.
    pub(crate) fn close(self) -> Found<K::Bytes> {
        Found {
            new_token: self.by.old().map(|_| self.token),
            name: self.name,
            session: self.session,
        }
    }

    fn candidate(&self, now: Seconds) -> Candidate<'_> {
        Candidate::of(self.app, &self.name, &self.session, now)
    }
}

/// A session that was found by a token.
#[derive(Debug)]
pub(crate) struct Found<B> {
    pub(crate) name: StoredName,
    /// The present token, if the session was found by its old one.
    pub(crate) new_token: Option<Token>,
    pub(crate) session: Session<B>,
}

/// Progress of work that goes in steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    Unfinished,
    Finished,
}

/// Work in short steps, each of which is complete. Other clients may change anything between two
/// steps.
pub(crate) trait Job<K: Backend> {
    fn step(&mut self, store: &Store<'_, K>) -> Result<Progress, Error>;
}

/// Progress of work that changes data.
pub(crate) trait Counted {
    /// The count so far: killed or removed sessions.
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

    fn changed(&self, event: Event, app: App<'_>, name: &StoredName, key: &[u8]) {
        self.backend.notify(event, key);
        if event != Event::Create {
            self.publish(app, name);
        }
    }

    /// Tells client-side caches that their copy of a session is out of date.
    fn publish(&self, app: App<'_>, name: &StoredName) {
        if self.rules.publish_changes {
            let message = keys::cache_message(app, name);
            self.backend.publish(&self.keys.cache_channel(), &message);
        }
    }
}
