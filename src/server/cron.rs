//! When the timed wipe begins: on the server's cron event, so that no timer is held
//! between two passes.

use std::os::raw::c_void;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use redis_module::raw::{self, REDISMODULE_CTX_FLAGS_LOADING, REDISMODULE_CTX_FLAGS_MASTER, RedisModuleCtx};

use super::guard::guarded;
use super::{Context, api, config, work};

/// When the last pass began; at load, when the module was loaded.
static LAST_PASS: Mutex<Option<Instant>> = Mutex::new(None);

/// Subscribes to the server's cron; whether it let us.
pub(super) fn register(context: Context<'_>) -> bool {
    *LAST_PASS.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    // `RedisModuleEvent_CronLoop`, which the header defines static and bindgen only declares.
    let cron_loop = raw::RedisModuleEvent {
        id: raw::REDISMODULE_EVENT_CRON_LOOP,
        dataver: 1,
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
        if is_due() && may_write(context) {
            *LAST_PASS.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
            work::start_timed_pass(context);
        }
    });
}

fn is_due() -> bool {
    let last = *LAST_PASS.lock().unwrap_or_else(PoisonError::into_inner);
    let interval = config::wipe_interval().map(Duration::from_secs);
    interval.is_some_and(|interval| last.is_none_or(|last| last.elapsed() >= interval))
}

/// A primary, not loading, whose writes are not paused.
fn may_write(context: Context<'_>) -> bool {
    let flags = context.flags();
    flags & REDISMODULE_CTX_FLAGS_MASTER != 0
        && flags & REDISMODULE_CTX_FLAGS_LOADING == 0
        // SAFETY: takes nothing.
        && unsafe { api!(RedisModule_AvoidReplicaTraffic)() } == 0
}
