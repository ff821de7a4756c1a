//! Work that is too long for one call: done in slices of about a millisecond, between which other
//! clients are served.
//!
//! A command starts its work at once and gets its reply at once if the work is done within a slice.
//! Otherwise its client is blocked, and a timer does the rest, alternating with the other work in
//! progress. Inside MULTI, a script or another module's call no client can be blocked, so there all
//! the work is done in the call.

use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use redis_module::raw::{
    REDISMODULE_CTX_FLAGS_DENY_BLOCKING, REDISMODULE_CTX_FLAGS_LOADING, REDISMODULE_CTX_FLAGS_LUA,
    REDISMODULE_CTX_FLAGS_MASTER, REDISMODULE_CTX_FLAGS_MULTI,
};

use super::guard::guarded;
use super::pauses::Pause;
use super::slice::{Beginning, slice, timed};
use super::text::Text;
use super::under_way::{Caller, Running, Waiting, Work, running};
use super::{Context, api, clock, log, pauses, timed_pass, timer};
use crate::commands::reply::{Reply, View};
use crate::store::{Outcome, Progress};
use sessions_model::error::Error;
use sessions_model::session::Seconds;

/// How often it is checked whether writes are allowed again.
const PAUSED_WRITES: Pause = Pause::Milliseconds(10);

/// Does a command's work, which began at `now`, or blocks its client and continues later. `None`:
/// the client gets its reply when the work is done.
pub(super) fn start(context: Context<'_>, work: Work, view: View, now: Seconds) -> Result<Option<Reply<Text>>, Error> {
    const CANNOT_BLOCK: u32 =
        REDISMODULE_CTX_FLAGS_LUA | REDISMODULE_CTX_FLAGS_MULTI | REDISMODULE_CTX_FLAGS_DENY_BLOCKING;
    let began = Instant::now();
    let in_one_go = context.flags() & CANNOT_BLOCK != 0;
    let work = if in_one_go {
        Some(work)
    } else {
        wait_with_same(context, work, view)
    };
    let Some(mut work) = work else { return Ok(None) };
    let beginning = if in_one_go {
        Beginning::InOneGo
    } else {
        Beginning::during(running().len())
    };
    let budget = beginning.budget();
    let first: Result<_, Error> = timed(|| match slice(context, &mut work, budget, now)? {
        Progress::Unfinished => Ok(Err(work)),
        Progress::Finished => {
            log_unreadable(context, &work);
            Ok(Ok(Reply::of(work.outcome(), view)))
        }
    });
    let work = match first? {
        Ok(reply) => return Ok(Some(reply)),
        Err(unfinished) => unfinished,
    };
    let client = Waiting::block(context);
    schedule(
        context,
        Running {
            work,
            view,
            database: context.selected(),
            began,
            slices: 1,
            caller: Caller::Clients(vec![client]),
        },
    );
    Ok(None)
}

/// Starts a timed pass over all databases, unless one is running.
pub(super) fn start_timed_pass(context: Context<'_>) {
    let under_way = |running: &Running| matches!(running.caller, Caller::Timed { .. });
    if running().iter().any(under_way) {
        return;
    }
    schedule(
        context,
        Running {
            work: Work::wipe(clock::now()),
            view: View::default(),
            database: 0,
            began: Instant::now(),
            slices: 0,
            caller: Caller::Timed { wiped: 0 },
        },
    );
}

fn schedule(context: Context<'_>, new: Running) {
    running().push(new);
    timer::set(context, pauses::TIMED);
}

/// The work that may continue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Allowed {
    All,
    /// Only read-only work, until writes are allowed again.
    Reading,
    /// No work, until the server has loaded its data.
    Nothing,
}

/// Work in slices writes and replicates outside of a command. It must not do that on a replica, nor
/// while writes are paused, which would crash the server.
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

/// Does the next slice, and sets the timer again if work is left.
pub(super) fn next(context: Context<'_>) {
    if context.flags() & REDISMODULE_CTX_FLAGS_MASTER == 0 {
        give_up_writing(context);
    }
    let allowed = allowed(context);
    // Taken out of the list, so that the lock is not held while other code may be called.
    if let Some(mut current) = first(allowed) {
        let budget = pauses::end();
        timed(|| {
            let sliced = guarded(|| current.slice(context, budget)).unwrap_or_else(|| {
                log::warning(context, "internal error in background work, which is cancelled");
                Err(Error::Internal)
            });
            match sliced {
                Ok(Progress::Unfinished) => running().push(current),
                Ok(Progress::Finished) => current.finish(context),
                Err(error) => current.answer(context, Err(error)),
            }
        });
    }
    let (any, may_go_on) = {
        let running = running();
        (
            !running.is_empty(),
            running.iter().any(|running| running.may_go_on(allowed)),
        )
    };
    if any {
        let pause = if may_go_on { pauses::next() } else { PAUSED_WRITES };
        pauses::begin(pause);
        timer::set(context, pause);
    } else {
        pauses::forget();
    }
}

/// While a list or count is gathered, all clients that request the same one wait for a second one,
/// which begins afterwards. Returns the work if the same list or count is not in progress.
///
/// Invariants: each list is being gathered at most once, and waits at most once. The waiting work
/// begins after the last command that it serves, so that its reply shows nothing older than that
/// command, and it has that command's window.
fn wait_with_same(context: Context<'_>, work: Work, view: View) -> Option<Work> {
    let database = context.selected();
    let is_same = |running: &Running| running.is_same_reading(database, &work, view);
    if !running().iter().any(is_same) {
        return Some(work);
    }
    let client = Waiting::block(context);
    let mut running = running();
    let waiting = running
        .iter_mut()
        .find(|running| running.slices == 0 && is_same(running));
    match waiting {
        Some(Running {
            work: waiting,
            caller: Caller::Clients(clients),
            ..
        }) => {
            clients.push(client);
            // A window begins when the command is received. The window of the last command is
            // inside the windows of all earlier commands, so no client gets a session that is older
            // than its window.
            *waiting = work;
        }
        _ => running.push(Running {
            work,
            view,
            database,
            began: Instant::now(),
            slices: 0,
            caller: Caller::Clients(vec![client]),
        }),
    }
    None
}

/// Whether the last slice was of work that writes.
static WROTE: AtomicBool = AtomicBool::new(false);

/// Chooses the next work: work that reads and work that writes alternate, so that any number of
/// lists delays a KILLSOID only as long as one list does. Within each kind, the work takes turns.
fn first(allowed: Allowed) -> Option<Running> {
    let mut running = running();
    let has_turn = |one: &Running| one.may_go_on(allowed) && !one.waits_for_same(&running);
    let other_kind = |one: &Running| one.work.writes() != WROTE.load(Relaxed) && has_turn(one);
    let at = running.iter().position(other_kind);
    let at = at.or_else(|| running.iter().position(has_turn))?;
    let next = running.remove(at);
    WROTE.store(next.work.writes(), Relaxed);
    Some(next)
}

impl Running {
    fn may_go_on(&self, allowed: Allowed) -> bool {
        match allowed {
            Allowed::All => true,
            Allowed::Reading => !self.work.writes(),
            Allowed::Nothing => false,
        }
    }

    fn slice(&mut self, context: Context<'_>, budget: Duration) -> Result<Progress, Error> {
        self.slices += 1;
        match self.caller {
            Caller::Clients(_) if self.is_forsaken() => Ok(Progress::Finished),
            Caller::Clients(_) if !context.select(self.database) => Err(Error::Internal),
            Caller::Clients(_) => slice(context, &mut self.work, budget, clock::now()),
            Caller::Timed { .. } => timed_pass::slice(context, self, budget),
            Caller::Served { .. } => Ok(self.serve_next()),
        }
    }

    /// Sends the reply to one of the waiting clients; `answer` has reversed their order.
    fn serve_next(&mut self) -> Progress {
        let Caller::Served { answer, clients } = &mut self.caller else {
            return Progress::Finished;
        };
        if let Some(waiting) = clients.pop() {
            waiting.serve(answer);
        }
        if clients.is_empty() {
            Progress::Finished
        } else {
            Progress::Unfinished
        }
    }

    fn finish(mut self, context: Context<'_>) {
        let outcome = self.work.outcome();
        self.answer(context, Ok(outcome));
    }

    /// Ends the work and replies to the clients that wait for it.
    fn answer(self, context: Context<'_>, result: Result<Outcome<Text>, Error>) {
        log_unreadable(context, &self.work);
        match self.caller {
            Caller::Clients(mut clients) => {
                let is_list = matches!(result, Ok(Outcome::Sessions(_) | Outcome::Ids(_)));
                let answer = Rc::new(result.map(|outcome| Reply::of(outcome, self.view)));
                if is_list && clients.len() > 1 {
                    // Long replies are written one per slice, so that other clients are served in
                    // between.
                    clients.reverse();
                    let caller = Caller::Served { answer, clients };
                    running().push(Self { caller, ..self });
                    return;
                }
                clients.into_iter().for_each(|waiting| waiting.serve(&answer));
            }
            Caller::Served { answer, clients } => clients.into_iter().for_each(|waiting| waiting.serve(&answer)),
            Caller::Timed { wiped } => {
                timed_pass::report(context, &self, wiped);
            }
        }
    }
}

/// Logs how many members were unreadable, but not their text, which may be a secret.
fn log_unreadable(context: Context<'_>, work: &Work) {
    let unreadable = work.unreadable();
    if unreadable > 0 {
        log::warning(
            context,
            &format!("removed {unreadable} unreadable members from the cleanup index"),
        );
    }
}

/// Ends all work that writes. Completed changes stay. The server has sent UNBLOCKED to most waiting
/// clients when it stopped being a primary, but a cluster's node may not do so.
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
