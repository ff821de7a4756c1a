//! The work in progress: slices process it in turn, and a rotation checks it.

use std::os::raw::c_int;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use redis_module::raw::{RedisModuleBlockedClient, RedisModuleCtx};

use super::Context;
use super::blocked::{Answer, BlockedClient};
use super::guard::guarded;
use super::text::Text;
use crate::commands::reply::View;
use crate::store::{self, Candidate, Cause};
use sessions_model::stored_name::StoredName;

pub(super) type Work = store::Work<Text>;

/// Running work.
pub(super) struct Running {
    pub(super) work: Work,
    /// How the result is written.
    pub(super) view: View,
    pub(super) database: c_int,
    pub(super) began: Instant,
    pub(super) slices: u64,
    pub(super) caller: Caller,
}

pub(super) enum Caller {
    /// Clients that wait for the same list or count.
    Clients(Vec<Waiting>),
    /// The work is done, and the clients get the reply one after the other.
    Served { answer: Answer, clients: Vec<Waiting> },
    /// The timed pass, which continues with the next database, and the sessions that it has removed
    /// so far.
    Timed { wiped: u64 },
}

/// A client that waits for work.
pub(super) struct Waiting {
    pub(super) client: BlockedClient,
    pub(super) presence: Presence,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    Here,
    /// The client waited for work that changes nothing, and has disconnected.
    Gone,
}

impl Waiting {
    /// Blocks the client of a command.
    pub(super) fn block(context: Context<'_>) -> Self {
        Self {
            client: BlockedClient::block(context, Some(on_disconnect)),
            presence: Presence::Here,
        }
    }

    pub(super) fn serve(self, answer: &Answer) {
        match self.presence {
            Presence::Here => self.client.answer(answer),
            Presence::Gone => self.client.release(),
        }
    }
}

impl Running {
    /// Whether this is the same list or count of the same database, written in the same way.
    pub(super) fn is_same_reading(&self, database: c_int, work: &Work, view: View) -> bool {
        let is_served = matches!(self.caller, Caller::Served { .. });
        !is_served && self.database == database && self.view == view && self.work.is_same_reading(work)
    }

    /// Whether this work begins only after the same list or count, for which other clients wait, is
    /// done.
    pub(super) fn waits_for_same(&self, all: &[Self]) -> bool {
        let has_begun = |other: &Self| other.slices > 0 && other.is_same_reading(self.database, &self.work, self.view);
        self.slices == 0 && all.iter().any(has_begun)
    }

    /// Whether no client waits for the work any more.
    pub(super) fn is_forsaken(&self) -> bool {
        match &self.caller {
            Caller::Clients(clients) => clients.iter().all(|waiting| waiting.presence == Presence::Gone),
            Caller::Served { .. } | Caller::Timed { .. } => false,
        }
    }
}

// SAFETY: the pointers and the strings are used under the server's global lock only.
unsafe impl Send for Running {}

static RUNNING: Mutex<Vec<Running>> = Mutex::new(Vec::new());

pub(super) fn running() -> MutexGuard<'static, Vec<Running>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Which running KILLALL or KILLSOID in the selected database is going to kill a session, if any.
pub(super) fn killing(context: Context<'_>, session: &Candidate<'_>) -> Option<Cause> {
    let mut killing = None;
    for_each_here(context, |running| {
        killing = killing.or_else(|| running.work.killing(session))
    });
    killing
}

/// Informs the work in the selected database that a session has a new token. Work that has not
/// begun will find the session under it.
pub(super) fn rotated(context: Context<'_>, session: &Candidate<'_>, new: &StoredName, new_id: &[u8]) {
    for_each_here(context, |running| {
        if running.slices > 0 {
            running.work.follow(session, new, new_id);
        }
    });
}

fn for_each_here(context: Context<'_>, visit: impl FnMut(&mut Running)) {
    let mut running = running();
    if running.is_empty() {
        return;
    }
    let database = context.selected();
    let here = running.iter_mut().filter(|running| running.database == database);
    here.for_each(visit);
}

/// Frees all memory. No work is running: the server does not unload a module that holds a
/// timer or has blocked a client.
pub(super) fn release() {
    *running() = Vec::new();
}

/// If the client has disconnected, a list is dropped, but work that changes data continues.
unsafe extern "C" fn on_disconnect(_raw: *mut RedisModuleCtx, client: *mut RedisModuleBlockedClient) {
    guarded(|| {
        for running in running().iter_mut().filter(|running| !running.work.writes()) {
            if let Caller::Clients(clients) | Caller::Served { clients, .. } = &mut running.caller {
                let gone = clients.iter_mut().filter(|waiting| waiting.client.is(client));
                gone.for_each(|waiting| waiting.presence = Presence::Gone);
            }
        }
    });
}
