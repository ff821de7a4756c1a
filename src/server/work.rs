//! Work that is too long for one call: done in slices of at most a millisecond, with
//! everybody else served in between.
//!
//! A command starts its work at once and is answered at once if it gets done within a
//! slice. Otherwise its client is blocked, and a timer does the rest, in turn with the
//! other work under way. Inside MULTI, a script or another module's call no client can
//! be blocked: there the work is done in one go.

use std::os::raw::{c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use redis_module::raw::{
    REDISMODULE_CTX_FLAGS_DENY_BLOCKING, REDISMODULE_CTX_FLAGS_LOADING, REDISMODULE_CTX_FLAGS_LUA,
    REDISMODULE_CTX_FLAGS_MASTER, REDISMODULE_CTX_FLAGS_MULTI, REDISMODULE_OK, RedisModuleBlockedClient,
    RedisModuleCtx, RedisModuleString,
};

use super::guard::guarded;
use super::keyspace::Database;
use super::{Context, api, clock, config, failure, info, log, reply};
use crate::error::Error;
use crate::session::Seconds;
use crate::session::ident::App;
use crate::store::keys::Keys;
use crate::store::parts::Part;
use crate::store::{Counted, Job, Progress, Store, Work};

/// The work of one slice.
const SLICE: Duration = Duration::from_millis(1);
/// Milliseconds between two slices.
const PAUSE: i64 = 1;
/// Milliseconds between two looks whether writes go on again.
const PAUSED_WRITES: i64 = 10;

/// Work under way.
struct Running {
    work: Work,
    database: c_int,
    began: Instant,
    slices: u64,
    caller: Caller,
}

enum Caller {
    /// Waits for the count.
    Client(*mut RedisModuleBlockedClient),
    /// The timed pass, which goes on to the next database; wiped so far.
    Timed { wiped: u64 },
}

// SAFETY: the pointer is used under the server's global lock only.
unsafe impl Send for Caller {}

static RUNNING: Mutex<Vec<Running>> = Mutex::new(Vec::new());
static TIMER_PENDING: AtomicBool = AtomicBool::new(false);

fn running() -> MutexGuard<'static, Vec<Running>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How far a slice got.
enum Outcome {
    Finished(u64),
    OutOfTime,
}

/// Does a command's work, or blocks its client and goes on later. `None`: the client is
/// answered when it is done.
pub(super) fn start(context: Context<'_>, mut work: Work) -> Result<Option<u64>, Error> {
    const CANNOT_BLOCK: u32 =
        REDISMODULE_CTX_FLAGS_LUA | REDISMODULE_CTX_FLAGS_MULTI | REDISMODULE_CTX_FLAGS_DENY_BLOCKING;
    let began = Instant::now();
    let in_one_go = context.flags() & CANNOT_BLOCK != 0;
    let budget = if in_one_go { Duration::MAX } else { SLICE };
    if let Outcome::Finished(count) = slice(context, &mut work, budget)? {
        log_unreadable(context, &work);
        return Ok(Some(count));
    }
    // SAFETY: the context is a client's that may be blocked; the callbacks fit the
    // private data that `answer` hands over.
    let (client, database) = unsafe {
        let client = api!(RedisModule_BlockClient)(context.raw, Some(reply_count), None, Some(free_count), 0);
        (client, api!(RedisModule_GetSelectedDb)(context.raw))
    };
    schedule(
        context,
        Running {
            work,
            database,
            began,
            slices: 1,
            caller: Caller::Client(client),
        },
    );
    Ok(None)
}

/// Starts a timed pass over all databases, unless one is under way.
pub(super) fn start_timed_pass(context: Context<'_>) {
    let under_way = |running: &Running| matches!(running.caller, Caller::Timed { .. });
    if running().iter().any(under_way) {
        return;
    }
    schedule(
        context,
        Running {
            work: Work::wipe(clock::now()),
            database: 0,
            began: Instant::now(),
            slices: 0,
            caller: Caller::Timed { wiped: 0 },
        },
    );
}

/// When a KILLALL of this app that is under way in the selected database began.
pub(super) fn killing_since(context: Context<'_>, app: App<'_>) -> Option<Seconds> {
    let running = running();
    if running.is_empty() {
        return None;
    }
    // SAFETY: the context is valid.
    let database = unsafe { api!(RedisModule_GetSelectedDb)(context.raw) };
    let here = running.iter().filter(|running| running.database == database);
    here.filter_map(|running| running.work.killing_since(app)).max()
}

fn schedule(context: Context<'_>, new: Running) {
    running().push(new);
    set_timer(context, PAUSE);
}

/// Sets the timer, unless it is. It is pending only while something is under way: a
/// module that holds a timer can't be unloaded.
fn set_timer(context: Context<'_>, milliseconds: i64) {
    if !TIMER_PENDING.swap(true, Relaxed) {
        // SAFETY: the callback needs no data.
        unsafe { api!(RedisModule_CreateTimer)(context.raw, milliseconds, Some(on_timer), ptr::null_mut()) };
    }
}

unsafe extern "C" fn on_timer(raw: *mut RedisModuleCtx, _data: *mut c_void) {
    // SAFETY: valid for this call.
    let context = unsafe { Context::new(raw) };
    TIMER_PENDING.store(false, Relaxed);
    if guarded(|| next_slice(context)).is_none() {
        log::warning(context, "internal error between two slices of background work");
    }
}

fn next_slice(context: Context<'_>) {
    // Work in slices writes and replicates on its own account: not where the server is
    // a replica, and not while writes are paused, which would kill the server.
    let flags = context.flags();
    if flags & REDISMODULE_CTX_FLAGS_MASTER == 0 {
        give_up(context);
        return;
    }
    // SAFETY: takes nothing.
    let paused = unsafe { api!(RedisModule_AvoidReplicaTraffic)() } != 0;
    if paused || flags & REDISMODULE_CTX_FLAGS_LOADING != 0 {
        set_timer(context, PAUSED_WRITES);
        return;
    }
    // Taken out, so that nothing is locked while others may be called.
    let Some(mut current) = first() else { return };
    let sliced = guarded(|| current.slice(context)).unwrap_or_else(|| {
        log::warning(context, "internal error in background work, which is given up");
        Err(Error::Internal)
    });
    match sliced {
        Ok(Outcome::OutOfTime) => running().push(current),
        Ok(Outcome::Finished(count)) => current.answer(context, Ok(count)),
        Err(error) => current.answer(context, Err(error)),
    }
    if !running().is_empty() {
        set_timer(context, PAUSE);
    }
}

fn first() -> Option<Running> {
    let mut running = running();
    (!running.is_empty()).then(|| running.remove(0))
}

fn slice(context: Context<'_>, work: &mut Work, budget: Duration) -> Result<Outcome, Error> {
    let began = Instant::now();
    let keyspace = Database::new(context);
    let rules = config::settings(context).rules;
    let (mut elapsed, mut longest_step) = (Duration::ZERO, Duration::ZERO);
    let result = loop {
        let store = Store::new(&keyspace, rules, Part::Whole, clock::now());
        if failure::watched(context, "work in slices", || work.step(&store))? == Progress::Finished {
            break Outcome::Finished(work.count());
        }
        let before = std::mem::replace(&mut elapsed, began.elapsed());
        longest_step = longest_step.max(elapsed.saturating_sub(before));
        // Stops while another step still fits.
        if elapsed.saturating_add(longest_step) >= budget {
            break Outcome::OutOfTime;
        }
    };
    info::sliced(began.elapsed());
    Ok(result)
}

impl Running {
    fn slice(&mut self, context: Context<'_>) -> Result<Outcome, Error> {
        self.slices += 1;
        if !context.select(self.database) {
            return Ok(Outcome::Finished(self.work.count()));
        }
        let outcome = match (&self.caller, slice(context, &mut self.work, SLICE)) {
            // What is being moved is left to the next pass, or to the next server's.
            (Caller::Timed { .. }, Err(Error::TryAgain)) => Outcome::Finished(self.work.count()),
            (_, outcome) => outcome?,
        };
        match (&mut self.caller, outcome) {
            (Caller::Timed { wiped }, Outcome::Finished(count)) => {
                *wiped += count;
                info::set_backlog(0);
                self.next_database(context)
            }
            (Caller::Timed { .. }, outcome) => {
                if let Some(part) = self.work.part() {
                    let keys = Keys::new(config::settings(context).rules.namespace, part);
                    info::set_backlog(Database::new(context).count_below(&keys.due(), clock::now()));
                }
                Ok(outcome)
            }
            (Caller::Client(_), outcome) => Ok(outcome),
        }
    }

    fn next_database(&mut self, context: Context<'_>) -> Result<Outcome, Error> {
        self.database += 1;
        if context.select(self.database) {
            self.work.restart(clock::now());
            return Ok(Outcome::OutOfTime);
        }
        match self.caller {
            Caller::Timed { wiped } => Ok(Outcome::Finished(wiped)),
            Caller::Client(_) => Err(Error::Internal),
        }
    }

    /// Ends the work and answers who waits for it.
    fn answer(self, context: Context<'_>, result: Result<u64, Error>) {
        log_unreadable(context, &self.work);
        match self.caller {
            Caller::Client(client) => {
                let result = Box::into_raw(Box::new(result));
                // SAFETY: blocked by us and answered once; `free_count` frees the result.
                unsafe { api!(RedisModule_UnblockClient)(client, result.cast()) };
            }
            Caller::Timed { wiped } => {
                info::passed(self.began.elapsed(), self.slices);
                if let Err(error) = result {
                    log::warning(context, &format!("the timed wipe stopped: {error}"));
                } else if wiped > 0 {
                    log::notice(context, &format!("wiped {wiped} timed-out sessions"));
                }
            }
        }
    }
}

/// Says how many, never what: it may be a secret.
fn log_unreadable(context: Context<'_>, work: &Work) {
    let unreadable = work.unreadable();
    if unreadable > 0 {
        log::warning(
            context,
            &format!("removed {unreadable} unreadable members from the wipe's set"),
        );
    }
}

/// Ends all work. What is done stays done. Most clients that wait were sent the server's
/// UNBLOCKED when it stopped being a primary; a cluster's node may forget to.
fn give_up(context: Context<'_>) {
    for gone in std::mem::take(&mut *running()) {
        if let Caller::Client(_) = gone.caller {
            gone.answer(context, Err(Error::Unblocked));
        }
    }
}

/// Frees what is kept. Nothing is under way: the server unloads no module that holds a
/// timer or has blocked a client.
pub(super) fn release() {
    *running() = Vec::new();
}

unsafe extern "C" fn reply_count(raw: *mut RedisModuleCtx, _argv: *mut *mut RedisModuleString, _argc: c_int) -> c_int {
    // SAFETY: valid for this call; the private data is what `answer` handed over.
    let (context, result) = unsafe {
        let data = api!(RedisModule_GetBlockedClientPrivateData)(raw);
        (Context::new(raw), data.cast::<Result<u64, Error>>().as_ref())
    };
    match result {
        Some(Ok(count)) => reply::integer(context, i64::try_from(*count).unwrap_or(i64::MAX)),
        Some(Err(error)) => reply::error(context, error),
        None => reply::error(context, &Error::Internal),
    }
    REDISMODULE_OK as c_int
}

unsafe extern "C" fn free_count(_raw: *mut RedisModuleCtx, data: *mut c_void) {
    if !data.is_null() {
        // SAFETY: made by `answer`, and freed once.
        drop(unsafe { Box::from_raw(data.cast::<Result<u64, Error>>()) });
    }
}
