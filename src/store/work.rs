//! The jobs that a command or the timer can start, as one type.

use super::audit::Cause;
use super::candidate::Candidate;
use super::gather::{OfApp, OfId, Total, UsersOfApp};
use super::kill::{KillOfApp, KillOfId, Which};
use super::outcome::Outcome;
#[cfg(feature = "test-panic")]
use super::panic_later::PanicLater;
use super::tour::Tour;
use super::wipe::Wipe;
use super::{Backend, Counted, Job, Progress, Store};
use sessions_model::error::Error;
#[cfg(feature = "test-panic")]
use sessions_model::ident::Token;
use sessions_model::ident::{App, Id};
use sessions_model::parts::Part;
use sessions_model::session::Seconds;
use sessions_model::stored_name::StoredName;

/// A job and its progress. `B` is the type of a field's bytes.
#[derive(Debug)]
pub(crate) enum Work<B> {
    KillOfId(Part, KillOfId),
    KillOfApp(Box<Tour<KillOfApp>>),
    Wipe(Box<Tour<Wipe>>),
    OfId(Part, Box<OfId<B>>),
    OfApp(Box<OfApp<B>>),
    UsersOfApp(Box<UsersOfApp>),
    Total(Box<Total>),
    #[cfg(feature = "test-panic")]
    Panic(PanicLater),
}

impl<B> Work<B> {
    pub(crate) fn kill_of_id(part: Part, app: App<'_>, id: Id<'_>, which: Which, began: Seconds) -> Self {
        Self::KillOfId(part, KillOfId::new(app, id.as_bytes(), which, Cause::KillOfId, began))
    }

    pub(crate) fn kill_of_app(app: App<'_>, began: Seconds) -> Self {
        Self::KillOfApp(Box::new(Tour::new(KillOfApp::new(app, began))))
    }

    pub(crate) fn wipe(began: Seconds) -> Self {
        Self::Wipe(Box::new(Tour::new(Wipe::new(began))))
    }

    #[cfg(feature = "test-panic")]
    pub(crate) fn panic(token: &Token) -> Self {
        Self::Panic(PanicLater::new(token))
    }

    /// Whether the work changes data: read-only work continues while writes are not allowed.
    pub(crate) const fn writes(&self) -> bool {
        !matches!(
            self,
            Self::OfId(..) | Self::OfApp(_) | Self::UsersOfApp(_) | Self::Total(_)
        )
    }

    /// Whether this is the same list or count.
    pub(crate) fn is_same_reading(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::OfId(part, job), Self::OfId(other_part, other)) => part == other_part && job.is_same(other),
            (Self::OfApp(job), Self::OfApp(other)) => job.is_same(other),
            (Self::UsersOfApp(job), Self::UsersOfApp(other)) => job.is_same(other),
            (Self::Total(job), Self::Total(other)) => job.is_same(other),
            _ => false,
        }
    }

    /// The cause for which the work is going to kill a session, if any.
    pub(crate) fn killing(&self, session: &Candidate<'_>) -> Option<Cause> {
        match self {
            Self::KillOfId(_, job) => job.will_kill(session).then_some(Cause::KillOfId),
            Self::KillOfApp(tour) => tour.fresh().will_kill(session).then_some(Cause::KillOfApp),
            _ => None,
        }
    }

    /// Records that a session has a new token, and its id from now on.
    pub(crate) fn follow(&mut self, session: &Candidate<'_>, new: &StoredName, new_id: &[u8]) {
        match self {
            Self::KillOfId(_, job) => job.follow(session, new, new_id),
            Self::OfId(_, job) => job.follow(session, new, new_id),
            Self::OfApp(job) => job.follow(session, new),
            _ => {}
        }
    }

    /// A cleanup pass starts again in another database; other work continues.
    pub(crate) fn restart(&mut self, began: Seconds) {
        if let Self::Wipe(tour) = self {
            tour.restart(Wipe::new(began));
        }
    }

    /// The part that the work is processing, if any.
    pub(crate) fn part(&self) -> Option<Part> {
        match self {
            Self::KillOfId(part, _) | Self::OfId(part, _) => Some(*part),
            Self::KillOfApp(tour) => tour.part(),
            Self::Wipe(tour) => tour.part(),
            _ => None,
        }
    }

    /// Members removed so far because they could not be parsed.
    pub(crate) fn unreadable(&self) -> u64 {
        match self {
            Self::Wipe(tour) => tour.unreadable(),
            _ => 0,
        }
    }

    /// Parts omitted so far because a key has another type.
    pub(crate) fn skipped(&self) -> u64 {
        match self {
            Self::KillOfApp(tour) => tour.skipped(),
            Self::Wipe(tour) => tour.skipped(),
            _ => 0,
        }
    }

    /// How many sessions are killed or removed so far.
    pub(crate) fn count(&self) -> u64 {
        match self {
            Self::KillOfId(_, job) => job.count(),
            Self::KillOfApp(tour) => tour.count(),
            Self::Wipe(tour) => tour.count(),
            _ => 0,
        }
    }

    /// Takes the result of a finished job.
    pub(crate) fn outcome(&mut self) -> Outcome<B> {
        match self {
            Self::OfId(_, job) => job.outcome(),
            Self::OfApp(job) => Outcome::Sessions(job.take()),
            Self::UsersOfApp(job) => Outcome::Ids(job.take()),
            Self::Total(job) => Outcome::Count(job.total()),
            _ => Outcome::Count(self.count()),
        }
    }
}

impl<K: Backend> Job<K> for Work<K::Bytes> {
    fn step(&mut self, store: &Store<'_, K>) -> Result<Progress, Error> {
        match self {
            Self::KillOfId(part, _) | Self::OfId(part, _) if !store.backend.is_stable(*part) => Err(Error::TryAgain),
            Self::KillOfId(part, job) => job.step(&store.at(*part)),
            Self::OfId(part, job) => job.step(&store.at(*part)),
            Self::KillOfApp(tour) => tour.step(store),
            Self::Wipe(tour) => tour.step(store),
            Self::OfApp(job) => job.step(store),
            Self::UsersOfApp(job) => job.step(store),
            Self::Total(job) => job.step(store),
            #[cfg(feature = "test-panic")]
            Self::Panic(job) => job.step(store),
        }
    }
}
