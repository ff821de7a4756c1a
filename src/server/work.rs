//! Work that is too long for one call: done in slices of at most a millisecond, with
//! everybody else served in between.
//!
//! A command starts its work at once and is answered at once if it gets done within a
//! slice. Otherwise its client is blocked, and a timer does the rest, in turn with the
//! other work under way. Inside MULTI, a script or another module's call no client can
//! be blocked: there the work is done in one go.
//!
//! The server's timers go by the wall clock: set back, it would hold up a timer for as long. So
//! the server's cron, which goes on, looks whether a timer is overdue.

use std::os::raw::{c_int, c_void};
use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use redis_module::raw::{
    REDISMODULE_CTX_FLAGS_DENY_BLOCKING, REDISMODULE_CTX_FLAGS_LOADING, REDISMODULE_CTX_FLAGS_LUA,
    REDISMODULE_CTX_FLAGS_MASTER, REDISMODULE_CTX_FLAGS_MULTI, REDISMODULE_OK, RedisModuleBlockedClient,
    RedisModuleCtx, RedisModuleString, RedisModuleTimerID,
};

use super::acl::Access;
use super::guard::guarded;
use super::keyspace::Database;
use super::text::Text;
use super::{Context, api, clock, config, failure, info, log, reply};
use crate::commands::reply::{Reply, View};
use crate::store::{self, Candidate, Job, Outcome, Progress, Store};
use sessions_model::error::Error;
use sessions_model::ident::Token;
use sessions_model::keys::Keys;
use sessions_model::parts::Part;
use sessions_model::session::Seconds;

/// The work of one slice.
const SLICE: Duration = Duration::from_millis(1);
/// Milliseconds between two slices.
const PAUSE: i64 = 1;
/// Milliseconds between two looks whether writes go on again.
const PAUSED_WRITES: i64 = 10;
/// How late a timer may be before the clock must have been set back.
const OVERDUE: Duration = Duration::from_millis(500);

type Work = store::Work<Text>;

/// Work under way.
struct Running {
    work: Work,
    database: c_int,
    began: Instant,
    slices: u64,
    caller: Caller,
}

enum Caller {
    /// Waits for the reply, which is written in this way.
    Client(*mut RedisModuleBlockedClient, View),
    /// Waited for something that changes nothing, and is gone.
    Gone(*mut RedisModuleBlockedClient),
    /// The timed pass, which goes on to the next database; wiped so far.
    Timed { wiped: u64 },
}

/// What a blocked client gets.
type Answer = Result<Reply<Text>, Error>;

/// A timer that is pending.
struct Timer {
    id: RedisModuleTimerID,
    due: Instant,
}

// SAFETY: the pointers and the strings are used under the server's global lock only.
unsafe impl Send for Running {}

static RUNNING: Mutex<Vec<Running>> = Mutex::new(Vec::new());
static TIMER: Mutex<Option<Timer>> = Mutex::new(None);

fn running() -> MutexGuard<'static, Vec<Running>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn timer() -> MutexGuard<'static, Option<Timer>> {
    TIMER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does a command's work, which began at `now`, or blocks its client and goes on later. `None`: the client is
/// answered when it is done.
pub(super) fn start(
    context: Context<'_>,
    mut work: Work,
    view: View,
    now: Seconds,
) -> Result<Option<Reply<Text>>, Error> {
    const CANNOT_BLOCK: u32 =
        REDISMODULE_CTX_FLAGS_LUA | REDISMODULE_CTX_FLAGS_MULTI | REDISMODULE_CTX_FLAGS_DENY_BLOCKING;
    let began = Instant::now();
    let in_one_go = context.flags() & CANNOT_BLOCK != 0;
    let budget = if in_one_go { Duration::MAX } else { SLICE };
    if slice(context, &mut work, budget, now)? == Progress::Finished {
        log_unreadable(context, &work);
        return Ok(Some(Reply::of(work.outcome(), view)));
    }
    // SAFETY: the context is a client's that may be blocked; the callbacks fit the
    // private data that `answer` hands over.
    let (client, database) = unsafe {
        let client = api!(RedisModule_BlockClient)(context.raw, Some(write_answer), None, Some(free_answer), 0);
        api!(RedisModule_SetDisconnectCallback)(client, Some(on_disconnect));
        (client, api!(RedisModule_GetSelectedDb)(context.raw))
    };
    schedule(
        context,
        Running {
            work,
            database,
            began,
            slices: 1,
            caller: Caller::Client(client, view),
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

/// Whether a KILLALL or KILLSOID under way in the selected database is going to kill a session.
pub(super) fn is_being_killed(context: Context<'_>, session: &Candidate<'_>) -> bool {
    let mut will_kill = false;
    for_each_here(context, |work| will_kill |= work.will_kill(session));
    will_kill
}

/// Tells the work under way in the selected database that a session has a new token.
pub(super) fn rotated(context: Context<'_>, session: &Candidate<'_>, new: &Token) {
    for_each_here(context, |work| work.follow(session, new));
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

fn schedule(context: Context<'_>, new: Running) {
    running().push(new);
    set_timer(context, PAUSE);
}

/// Sets the timer, unless it is. It is pending only while something is under way: a
/// module that holds a timer can't be unloaded.
fn set_timer(context: Context<'_>, milliseconds: i64) {
    let mut timer = timer();
    if timer.is_some() {
        return;
    }
    // SAFETY: the callback needs no data.
    let id = unsafe { api!(RedisModule_CreateTimer)(context.raw, milliseconds, Some(on_timer), ptr::null_mut()) };
    let due = Instant::now() + Duration::from_millis(milliseconds.unsigned_abs());
    *timer = Some(Timer { id, due });
}

/// Sets an overdue timer again. Called by the server's cron.
pub(super) fn mend_timer(context: Context<'_>) {
    let overdue = timer().take_if(|timer| timer.due.elapsed() > OVERDUE);
    if let Some(Timer { id, .. }) = overdue {
        // SAFETY: the timer is pending; it has no data to hand back.
        unsafe { api!(RedisModule_StopTimer)(context.raw, id, ptr::null_mut()) };
        set_timer(context, PAUSE);
    }
}

unsafe extern "C" fn on_timer(raw: *mut RedisModuleCtx, _data: *mut c_void) {
    // SAFETY: valid for this call.
    let context = unsafe { Context::new(raw) };
    *timer() = None;
    if guarded(|| next_slice(context)).is_none() {
        log::warning(context, "internal error between two slices of background work");
    }
}

/// What work may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Allowed {
    All,
    /// What changes nothing, until writes go on.
    Reading,
    /// None, until the server has loaded its data.
    Nothing,
}

/// Work in slices writes and replicates on its own account: not where the server is
/// a replica, and not while writes are paused, which would kill the server.
fn allowed(context: Context<'_>) -> Allowed {
    let flags = context.flags();
    if flags & REDISMODULE_CTX_FLAGS_LOADING != 0 {
        return Allowed::Nothing;
    }
    // SAFETY: takes nothing.
    let paused = unsafe { api!(RedisModule_AvoidReplicaTraffic)() } != 0;
    if paused || flags & REDISMODULE_CTX_FLAGS_MASTER == 0 {
        Allowed::Reading
    } else {
        Allowed::All
    }
}

fn next_slice(context: Context<'_>) {
    if context.flags() & REDISMODULE_CTX_FLAGS_MASTER == 0 {
        give_up_writing(context);
    }
    let allowed = allowed(context);
    // Taken out, so that nothing is locked while others may be called.
    if let Some(mut current) = first(allowed) {
        let sliced = guarded(|| current.slice(context)).unwrap_or_else(|| {
            log::warning(context, "internal error in background work, which is given up");
            Err(Error::Internal)
        });
        match sliced {
            Ok(Progress::Unfinished) => running().push(current),
            Ok(Progress::Finished) => current.finish(context),
            Err(error) => current.answer(context, Err(error)),
        }
    }
    let (any, may_go_on) = {
        let running = running();
        (
            !running.is_empty(),
            running.iter().any(|running| running.may_go_on(allowed)),
        )
    };
    if any {
        set_timer(context, if may_go_on { PAUSE } else { PAUSED_WRITES });
    }
}

fn first(allowed: Allowed) -> Option<Running> {
    let mut running = running();
    let at = running.iter().position(|running| running.may_go_on(allowed))?;
    Some(running.remove(at))
}

/// Works until the budget is used up; all of it happens at one moment.
fn slice(context: Context<'_>, work: &mut Work, budget: Duration, now: Seconds) -> Result<Progress, Error> {
    let began = Instant::now();
    let access = if work.writes() { Access::ReadWrite } else { Access::Read };
    let keyspace = Database::new(context, access);
    let rules = config::settings(context).rules;
    let (mut elapsed, mut longest_step) = (Duration::ZERO, Duration::ZERO);
    let store = Store::new(&keyspace, rules, Part::Whole, now);
    let progress = loop {
        if failure::watched(context, "work in slices", || work.step(&store))? == Progress::Finished {
            break Progress::Finished;
        }
        let before = std::mem::replace(&mut elapsed, began.elapsed());
        longest_step = longest_step.max(elapsed.saturating_sub(before));
        // Stops while another step still fits.
        if elapsed.saturating_add(longest_step) >= budget {
            break Progress::Unfinished;
        }
    };
    info::sliced(began.elapsed());
    Ok(progress)
}

impl Running {
    fn may_go_on(&self, allowed: Allowed) -> bool {
        match allowed {
            Allowed::All => true,
            Allowed::Reading => !self.work.writes(),
            Allowed::Nothing => false,
        }
    }

    fn slice(&mut self, context: Context<'_>) -> Result<Progress, Error> {
        self.slices += 1;
        match self.caller {
            Caller::Gone(_) => Ok(Progress::Finished),
            Caller::Client(..) if !context.select(self.database) => Err(Error::Internal),
            Caller::Client(..) => slice(context, &mut self.work, SLICE, clock::now()),
            Caller::Timed { .. } => self.slice_of_pass(context),
        }
    }

    /// A part or a database where something is in the way never keeps the pass from the others:
    /// what is being moved is left to the next pass, or to the next server's.
    fn slice_of_pass(&mut self, context: Context<'_>) -> Result<Progress, Error> {
        if !context.select(self.database) {
            return Ok(Progress::Finished);
        }
        match guarded(|| slice(context, &mut self.work, SLICE, clock::now())) {
            Some(Ok(Progress::Unfinished)) => {
                if let Some(part) = self.work.part() {
                    let keys = Keys::new(config::settings(context).rules.namespace, part);
                    let database = Database::new(context, Access::ReadWrite);
                    info::set_backlog(database.count_below(&keys.due(), clock::now()));
                }
                return Ok(Progress::Unfinished);
            }
            Some(Ok(Progress::Finished) | Err(Error::TryAgain | Error::WrongType)) => {}
            Some(Err(error)) => {
                let database = self.database;
                log::warning(context, &format!("the cleanup pass left database {database}: {error}"));
            }
            None => {
                let database = self.database;
                log::warning(
                    context,
                    &format!("internal error: the cleanup pass left database {database}"),
                );
            }
        }
        if let Caller::Timed { wiped } = &mut self.caller {
            *wiped += self.work.count();
        }
        info::set_backlog(0);
        self.database += 1;
        if context.select(self.database) {
            self.work.restart(clock::now());
            Ok(Progress::Unfinished)
        } else {
            Ok(Progress::Finished)
        }
    }

    fn finish(mut self, context: Context<'_>) {
        let outcome = self.work.outcome();
        self.answer(context, Ok(outcome));
    }

    /// Ends the work and answers who waits for it.
    fn answer(self, context: Context<'_>, result: Result<Outcome<Text>, Error>) {
        log_unreadable(context, &self.work);
        match self.caller {
            Caller::Client(client, view) => {
                let answer: Answer = result.map(|outcome| Reply::of(outcome, view));
                let answer = Box::into_raw(Box::new(answer));
                // SAFETY: blocked by us and answered once; `free_answer` frees the answer.
                unsafe { api!(RedisModule_UnblockClient)(client, answer.cast()) };
            }
            Caller::Gone(client) => {
                // SAFETY: blocked by us; nobody is answered.
                unsafe { api!(RedisModule_UnblockClient)(client, ptr::null_mut()) };
            }
            Caller::Timed { wiped } => {
                let skipped = self.work.skipped();
                info::passed(self.began.elapsed(), self.slices, skipped);
                if skipped > 0 {
                    let text = format!("the cleanup pass skipped {skipped} keys of a wrong type named SESSIONS");
                    log::warning(context, &text);
                }
                if wiped > 0 {
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

/// Ends all work that writes. What is done stays done. Most clients that wait were sent the server's
/// UNBLOCKED when it stopped being a primary; a cluster's node may forget to.
fn give_up_writing(context: Context<'_>) {
    let all = std::mem::take(&mut *running());
    let (writing, reading): (Vec<_>, Vec<_>) = all.into_iter().partition(|running| running.work.writes());
    running().extend(reading);
    for gone in writing {
        if !matches!(gone.caller, Caller::Timed { .. }) {
            gone.answer(context, Err(Error::Unblocked));
        }
    }
}

/// Frees what is kept. Nothing is under way: the server unloads no module that holds a
/// timer or has blocked a client.
pub(super) fn release() {
    *running() = Vec::new();
}

/// A caller that is gone needs no list; what changes something goes on.
unsafe extern "C" fn on_disconnect(_raw: *mut RedisModuleCtx, client: *mut RedisModuleBlockedClient) {
    guarded(|| {
        for running in running().iter_mut().filter(|running| !running.work.writes()) {
            if matches!(running.caller, Caller::Client(waiting, _) if waiting == client) {
                running.caller = Caller::Gone(client);
            }
        }
    });
}

unsafe extern "C" fn write_answer(raw: *mut RedisModuleCtx, _argv: *mut *mut RedisModuleString, _argc: c_int) -> c_int {
    // SAFETY: valid for this call; the private data is what `answer` handed over.
    let (context, answer) = unsafe {
        let data = api!(RedisModule_GetBlockedClientPrivateData)(raw);
        (Context::new(raw), data.cast::<Answer>().as_ref())
    };
    let written = guarded(|| match answer {
        Some(Ok(done)) => reply::write(context, done),
        Some(Err(error)) => reply::error(context, error),
        None => reply::error(context, &Error::Internal),
    });
    if written.is_none() {
        reply::error(context, &Error::Internal);
    }
    REDISMODULE_OK as c_int
}

unsafe extern "C" fn free_answer(_raw: *mut RedisModuleCtx, data: *mut c_void) {
    if !data.is_null() {
        // SAFETY: made by `answer`, and freed once.
        drop(unsafe { Box::from_raw(data.cast::<Answer>()) });
    }
}
