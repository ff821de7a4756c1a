//! The work that is under way: what the slices do in turn, and what a rotation asks.

use std::os::raw::c_int;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use redis_module::raw::{RedisModuleBlockedClient, RedisModuleCtx};

use super::blocked::BlockedClient;
use super::guard::guarded;
use super::text::Text;
use super::{Context, api};
use crate::store::{self, Candidate, Cause};
use sessions_model::stored_name::StoredName;

pub(super) type Work = store::Work<Text>;

/// Work under way.
pub(super) struct Running {
    pub(super) work: Work,
    pub(super) database: c_int,
    pub(super) began: Instant,
    pub(super) slices: u64,
    pub(super) caller: Caller,
}

pub(super) enum Caller {
    Client(BlockedClient),
    /// Waited for something that changes nothing, and is gone.
    Gone(BlockedClient),
    /// The timed pass, which goes on to the next database; wiped so far.
    Timed {
        wiped: u64,
    },
}

// SAFETY: the pointers and the strings are used under the server's global lock only.
unsafe impl Send for Running {}

static RUNNING: Mutex<Vec<Running>> = Mutex::new(Vec::new());

pub(super) fn running() -> MutexGuard<'static, Vec<Running>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Which KILLALL or KILLSOID under way in the selected database is going to kill a session, if any.
pub(super) fn killing(context: Context<'_>, session: &Candidate<'_>) -> Option<Cause> {
    let mut killing = None;
    for_each_here(context, |work| killing = killing.or_else(|| work.killing(session)));
    killing
}

/// Tells the work under way in the selected database that a session has a new token.
pub(super) fn rotated(context: Context<'_>, session: &Candidate<'_>, new: &StoredName, new_id: &[u8]) {
    for_each_here(context, |work| work.follow(session, new, new_id));
}

fn for_each_here(context: Context<'_>, mut visit: impl FnMut(&mut Work)) {
    let mut running = running();
    if running.is_empty() {
        return;
    }
    // SAFETY: the context is valid.
    let database = unsafe { api!(RedisModule_GetSelectedDb)(context.raw) };
    let here = running.iter_mut().filter(|running| running.database == database);
    here.for_each(|running| visit(&mut running.work));
}

/// Frees what is kept. Nothing is under way: the server unloads no module that holds a
/// timer or has blocked a client.
pub(super) fn release() {
    *running() = Vec::new();
}

/// A caller that is gone needs no list; what changes something goes on.
pub(super) unsafe extern "C" fn on_disconnect(_raw: *mut RedisModuleCtx, client: *mut RedisModuleBlockedClient) {
    guarded(|| {
        for running in running().iter_mut().filter(|running| !running.work.writes()) {
            if let Caller::Client(waiting) = running.caller
                && waiting.is(client)
            {
                running.caller = Caller::Gone(waiting);
            }
        }
    });
}
