//! When the timed cleanup pass begins: on the server's cron event, so that no timer is held
//! between two passes.

use std::os::raw::c_void;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use redis_module::raw::{self, REDISMODULE_CTX_FLAGS_LOADING, REDISMODULE_CTX_FLAGS_MASTER, RedisModuleCtx};

use super::guard::guarded;
use super::{Context, api, config, slices, timer};

/// When the last pass began; at load, when the module was loaded.
static LAST_PASS: Mutex<Option<Instant>> = Mutex::new(None);

/// Subscribes to the server's cron; returns whether the server accepted it.
pub(super) fn register(context: Context<'_>) -> bool {
    *LAST_PASS.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    // `RedisModuleEvent_CronLoop`, which has no symbol to link with.
    let cron_loop = raw::RedisModuleEvent {
        id: raw::REDISMODULE_EVENT_CRON_LOOP,
        dataver: u64::from(raw::REDISMODULE_CRON_LOOP_VERSION),
    };
    // SAFETY: the callback fits the event.
    let status = unsafe { api!(RedisModule_SubscribeToServerEvent)(context.raw, cron_loop, Some(on_cron)) };
    status == raw::REDISMODULE_OK as i32
}

unsafe extern "C" fn on_cron(
    raw: *mut RedisModuleCtx,
    _event: raw::RedisModuleEvent,
    _subevent: u64,
    _data: *mut c_void,
) {
    // SAFETY: valid for this call.
    let context = unsafe { Context::new(raw) };
    guarded(|| {
        timer::mend(context);
        let server = Server {
            flags: context.flags(),
            // SAFETY: takes nothing.
            writes_are_paused: unsafe { api!(RedisModule_AvoidReplicaTraffic)() } != 0,
        };
        let last = *LAST_PASS.lock().unwrap_or_else(PoisonError::into_inner);
        let interval = config::wipe_interval().map(Duration::from_secs);
        if starts(last.map(|last| last.elapsed()), interval, server) {
            *LAST_PASS.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
            slices::start_timed_pass(context);
        }
    });
}

/// The conditions under which the server may write on its own.
#[derive(Clone, Copy, Debug)]
struct Server {
    /// `REDISMODULE_CTX_FLAGS_*`
    flags: u32,
    writes_are_paused: bool,
}

/// Whether a pass begins. `since_last`: the time since the last pass began or the module was
/// loaded; `interval`: `None` is off.
///
/// No pass begins while the server may not write. So a server that becomes a primary does not wait
/// for another interval.
fn starts(since_last: Option<Duration>, interval: Option<Duration>, server: Server) -> bool {
    let is_due = interval.is_some_and(|interval| since_last.is_none_or(|since| since >= interval));
    let may_write = server.flags & REDISMODULE_CTX_FLAGS_MASTER != 0
        && server.flags & REDISMODULE_CTX_FLAGS_LOADING == 0
        && !server.writes_are_paused;
    is_due && may_write
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRIMARY: Server = Server {
        flags: REDISMODULE_CTX_FLAGS_MASTER,
        writes_are_paused: false,
    };
    const MINUTE: Option<Duration> = Some(Duration::from_secs(60));

    #[test]
    fn a_pass_is_due_an_interval_after_the_last_one_began() {
        let after = |seconds| Some(Duration::from_secs(seconds));
        for (since_last, interval, due) in [
            (None, MINUTE, true),
            (after(0), MINUTE, false),
            (after(59), MINUTE, false),
            (after(60), MINUTE, true),
            (after(600), MINUTE, true),
            (after(600), None, false),
            (None, None, false),
        ] {
            let case = format!("{since_last:?} of {interval:?}");
            assert_eq!(starts(since_last, interval, PRIMARY), due, "{case}");
        }
    }

    #[test]
    fn a_pass_begins_only_on_a_primary_that_may_write() {
        let other = raw::REDISMODULE_CTX_FLAGS_IS_CHILD;
        for (flags, writes_are_paused, begins) in [
            (REDISMODULE_CTX_FLAGS_MASTER, false, true),
            (REDISMODULE_CTX_FLAGS_MASTER | other, false, true),
            (REDISMODULE_CTX_FLAGS_MASTER, true, false),
            (
                REDISMODULE_CTX_FLAGS_MASTER | REDISMODULE_CTX_FLAGS_LOADING,
                false,
                false,
            ),
            (other, false, false),
            (REDISMODULE_CTX_FLAGS_LOADING, false, false),
        ] {
            let server = Server {
                flags,
                writes_are_paused,
            };
            assert_eq!(starts(None, MINUTE, server), begins, "{server:?}");
        }
    }
}
