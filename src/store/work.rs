//! The jobs that a command or the timer can start, as one type.

use super::keyspace::Keyspace;
use super::kill::{KillOfApp, KillOfId, Which};
#[cfg(feature = "test-panic")]
use super::panic::PanicLater;
use super::parts::Part;
use super::tour::Tour;
use super::wipe::Wipe;
use super::{Counted, Job, Progress, Store};
use crate::error::Error;
use crate::session::Seconds;
#[cfg(feature = "test-panic")]
use crate::session::ident::Token;
use crate::session::ident::{App, Id};

#[derive(Debug)]
pub(crate) enum Work {
    KillOfId(Part, KillOfId),
    KillOfApp(Box<Tour<KillOfApp>>),
    Wipe(Box<Tour<Wipe>>),
    #[cfg(feature = "test-panic")]
    Panic(PanicLater),
}

impl Work {
    pub(crate) fn kill_of_id(part: Part, app: App<'_>, id: Id<'_>, which: Which, began: Seconds) -> Self {
        Self::KillOfId(part, KillOfId::new(app, id, which, began))
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

    /// When it began, if it kills all sessions of this app.
    pub(crate) fn killing_since(&self, app: App<'_>) -> Option<Seconds> {
        match self {
            Self::KillOfApp(tour) => tour.fresh().began_for(app),
            _ => None,
        }
    }

    /// A wipe begins again, in another database; other work goes on.
    pub(crate) fn restart(&mut self, began: Seconds) {
        if let Self::Wipe(tour) = self {
            tour.restart(Wipe::new(began));
        }
    }

    /// The part that it is about right now, if any.
    pub(crate) fn part(&self) -> Option<Part> {
        match self {
            Self::KillOfId(part, _) => Some(*part),
            Self::KillOfApp(tour) => tour.part(),
            Self::Wipe(tour) => tour.part(),
            #[cfg(feature = "test-panic")]
            Self::Panic(_) => None,
        }
    }

    fn counted(&self) -> &dyn Counted {
        match self {
            Self::KillOfId(_, job) => job,
            Self::KillOfApp(tour) => tour.as_ref(),
            Self::Wipe(tour) => tour.as_ref(),
            #[cfg(feature = "test-panic")]
            Self::Panic(job) => job,
        }
    }
}

impl<K: Keyspace> Job<K> for Work {
    fn step(&mut self, store: &Store<'_, K>) -> Result<Progress, Error> {
        match self {
            Self::KillOfId(part, _) if !store.keyspace.is_stable(*part) => Err(Error::TryAgain),
            Self::KillOfId(part, job) => job.step(&store.at(*part)),
            Self::KillOfApp(tour) => tour.step(store),
            Self::Wipe(tour) => tour.step(store),
            #[cfg(feature = "test-panic")]
            Self::Panic(job) => job.step(store),
        }
    }
}

impl Counted for Work {
    fn count(&self) -> u64 {
        self.counted().count()
    }

    fn unreadable(&self) -> u64 {
        self.counted().unreadable()
    }
}
