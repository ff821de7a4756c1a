//! The jobs that a command or the timer can start, as one type.

use super::keyspace::Keyspace;
use super::kill::{KillOfApp, KillOfId, Which};
#[cfg(feature = "test-panic")]
use super::panic::PanicLater;
use super::wipe::Wipe;
use super::{Job, Progress, Store};
use crate::error::Error;
use crate::session::Seconds;
#[cfg(feature = "test-panic")]
use crate::session::ident::Token;
use crate::session::ident::{App, Id};

#[derive(Debug)]
pub(crate) enum Work {
    KillOfId(KillOfId),
    KillOfApp(KillOfApp),
    Wipe(Wipe),
    #[cfg(feature = "test-panic")]
    Panic(PanicLater),
}

impl Work {
    pub(crate) fn kill_of_id(app: App<'_>, id: Id<'_>, which: Which, began: Seconds) -> Self {
        Self::KillOfId(KillOfId::new(app, id, which, began))
    }

    pub(crate) fn kill_of_app(app: App<'_>, began: Seconds) -> Self {
        Self::KillOfApp(KillOfApp::new(app, began))
    }

    pub(crate) const fn wipe(began: Seconds) -> Self {
        Self::Wipe(Wipe::new(began))
    }

    #[cfg(feature = "test-panic")]
    pub(crate) fn panic(token: &Token) -> Self {
        Self::Panic(PanicLater::new(token))
    }

    /// When it began, if it kills all sessions of this app.
    pub(crate) fn killing_since(&self, app: App<'_>) -> Option<Seconds> {
        match self {
            Self::KillOfApp(job) => job.began_for(app),
            _ => None,
        }
    }

    /// A wipe begins again, in another database; other work goes on.
    pub(crate) fn restart(&mut self, began: Seconds) {
        if let Self::Wipe(wipe) = self {
            wipe.restart(began);
        }
    }

    /// Members removed because they could not be parsed.
    pub(crate) const fn unreadable(&self) -> u64 {
        match self {
            Self::Wipe(wipe) => wipe.unreadable(),
            _ => 0,
        }
    }
}

impl<K: Keyspace> Job<K> for Work {
    fn step(&mut self, store: &Store<'_, K>) -> Result<Progress, Error> {
        match self {
            Self::KillOfId(job) => job.step(store),
            Self::KillOfApp(job) => job.step(store),
            Self::Wipe(job) => job.step(store),
            #[cfg(feature = "test-panic")]
            Self::Panic(job) => job.step(store),
        }
    }

    fn count(&self) -> u64 {
        match self {
            Self::KillOfId(job) => Job::<K>::count(job),
            Self::KillOfApp(job) => Job::<K>::count(job),
            Self::Wipe(job) => Job::<K>::count(job),
            #[cfg(feature = "test-panic")]
            Self::Panic(job) => Job::<K>::count(job),
        }
    }
}
