//! The timer that continues work in slices, and how it fires sooner than a timer can.
//!
//! The server's timers have a granularity of 1 ms. In a shorter pause, the server makes two turns
//! of its event loop: in the first it serves the clients that have sent commands during the slice,
//! and at the beginning of the second it sends their replies. A one-shot callback, which the server
//! calls in its next turn, replaces the timer by one that is due at once.
//!
//! The callback does no work itself: the server also calls it during a long script and while it
//! loads its data, when it lets no timer fire. It does not add another one-shot callback either,
//! because the server would call that in the same turn. A one-shot callback is only pending while a
//! timer is, and the server does not unload a module that has a timer.
//!
//! Timers follow the wall clock: if it is set back, a timer is delayed by the same amount. So the
//! server's cron, which is not delayed, checks whether a timer is overdue.

use std::os::raw::c_void;
use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use redis_module::raw::{RedisModuleCtx, RedisModuleTimerID};

use super::guard::guarded;
use super::pauses::Pause;
use super::{Context, api, log, slices};

/// A timer that is later than this is treated as delayed by a clock that was set back.
const OVERDUE: Duration = Duration::from_millis(500);
/// The turns of the event loop between two slices.
const TURNS: u8 = 2;
/// Milliseconds until the timer fires if the one-shot callback does not replace it.
const AT_LATEST: i64 = 1;

/// A timer that is pending.
struct Timer {
    id: RedisModuleTimerID,
    due: Instant,
    /// The turns of the event loop that are left; 0 if the pause has a length in milliseconds.
    turns: u8,
}

static TIMER: Mutex<Option<Timer>> = Mutex::new(None);

fn timer() -> MutexGuard<'static, Option<Timer>> {
    TIMER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sets the timer, unless it is set. It is only pending while work is running, because a module
/// that has a timer cannot be unloaded.
pub(super) fn set(context: Context<'_>, pause: Pause) {
    match pause {
        Pause::Turns => set_after_turns(context, TURNS),
        Pause::Milliseconds(milliseconds) => create(context, milliseconds, 0),
    }
}

fn set_after_turns(context: Context<'_>, turns: u8) {
    create(context, AT_LATEST, turns);
    detach(context);
    // SAFETY: the callback needs no data.
    unsafe { api!(RedisModule_EventLoopAddOneShot)(Some(on_turn), ptr::null_mut()) };
}

fn create(context: Context<'_>, milliseconds: i64, turns: u8) {
    let mut timer = timer();
    if timer.is_some() {
        return;
    }
    // SAFETY: the callback needs no data.
    let id = unsafe { api!(RedisModule_CreateTimer)(context.raw, milliseconds, Some(on_timer), ptr::null_mut()) };
    let due = Instant::now() + Duration::from_millis(milliseconds.unsigned_abs());
    *timer = Some(Timer { id, due, turns });
}

fn stop(context: Context<'_>, timer: &Timer) {
    // SAFETY: the timer is pending; it has no data to hand back.
    unsafe { api!(RedisModule_StopTimer)(context.raw, timer.id, ptr::null_mut()) };
}

/// Sets an overdue timer again. Called by the server's cron.
pub(super) fn mend(context: Context<'_>) {
    let overdue = timer().take_if(|timer| timer.due.elapsed() > OVERDUE);
    if let Some(overdue) = overdue {
        stop(context, &overdue);
        create(context, AT_LATEST, 0);
    }
}

unsafe extern "C" fn on_timer(raw: *mut RedisModuleCtx, _data: *mut c_void) {
    // SAFETY: valid for this call.
    let context = unsafe { Context::new(raw) };
    let turns = timer().take().map_or(0, |timer| timer.turns);
    let gone_on = guarded(|| match turns {
        0 | 1 => slices::next(context),
        _ => set_after_turns(context, turns - 1),
    });
    if gone_on.is_none() {
        log::warning(context, "internal error between two slices of background work");
    }
}

unsafe extern "C" fn on_turn(_data: *mut c_void) {
    guarded(|| {
        let waiting = timer().take_if(|timer| timer.turns > 0);
        if let (Some(waiting), Some(Detached(raw))) = (waiting, *detached()) {
            // SAFETY: the context is valid until the module is unloaded.
            let context = unsafe { Context::new(raw) };
            stop(context, &waiting);
            create(context, 0, waiting.turns);
        }
    });
}

/// A context for the one-shot callback, which gets none from the server.
#[derive(Clone, Copy)]
struct Detached(*mut RedisModuleCtx);

// SAFETY: the context is used under the server's global lock only.
unsafe impl Send for Detached {}

static DETACHED: Mutex<Option<Detached>> = Mutex::new(None);

fn detached() -> MutexGuard<'static, Option<Detached>> {
    DETACHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Creates the context of the one-shot callback, unless it exists.
fn detach(context: Context<'_>) {
    detached().get_or_insert_with(|| {
        // SAFETY: the context is valid.
        Detached(unsafe { api!(RedisModule_GetDetachedThreadSafeContext)(context.raw) })
    });
}

/// Frees all memory. No timer is pending: the server does not unload a module that has one.
pub(super) fn release() {
    if let Some(Detached(raw)) = detached().take() {
        // SAFETY: the context was created here and is not used any more.
        unsafe { api!(RedisModule_FreeThreadSafeContext)(raw) };
    }
}
