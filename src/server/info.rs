//! `INFO sessions`: which build this is, and what it has done since it was loaded.

use std::ffi::{CStr, CString};
use std::os::raw::c_int;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use redis_module::raw::{REDISMODULE_OK, RedisModuleInfoCtx};

use super::{Context, api};

pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");
pub(crate) const COMMIT: &str = env!("SESSIONS_COMMIT");

/// The counters; INFO shows their names after `sessions_`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Counter {
    Created,
    Read,
    Missed,
    Written,
    Rotated,
    Killed,
    Limited,
    Refused,
    Conflicts,
    Graced,
    Moved,
    Audited,
    Wiped,
    Passes,
    LastPassMicroseconds,
    LastPassSlices,
    LastPassBacklog,
    LastPassSkipped,
    LongestSliceMicroseconds,
    LongestSliceCpuMicroseconds,
}

const NAMES: [(Counter, &CStr); 20] = [
    (Counter::Created, c"created"),
    (Counter::Read, c"read"),
    (Counter::Missed, c"missed"),
    (Counter::Written, c"written"),
    (Counter::Rotated, c"rotated"),
    (Counter::Killed, c"killed"),
    (Counter::Limited, c"limited"),
    (Counter::Refused, c"refused"),
    (Counter::Conflicts, c"conflicts"),
    (Counter::Graced, c"graced"),
    (Counter::Moved, c"moved"),
    (Counter::Audited, c"audited"),
    (Counter::Wiped, c"wiped"),
    (Counter::Passes, c"passes"),
    (Counter::LastPassMicroseconds, c"last_pass_usec"),
    (Counter::LastPassSlices, c"last_pass_slices"),
    (Counter::LastPassBacklog, c"last_pass_backlog"),
    (Counter::LastPassSkipped, c"last_pass_skipped"),
    (Counter::LongestSliceMicroseconds, c"longest_slice_usec"),
    (Counter::LongestSliceCpuMicroseconds, c"longest_slice_cpu_usec"),
];

static VALUES: [AtomicU64; NAMES.len()] = [const { AtomicU64::new(0) }; NAMES.len()];

fn value(counter: Counter) -> Option<&'static AtomicU64> {
    VALUES.get(counter as usize)
}

pub(super) fn add(counter: Counter, count: u64) {
    if let Some(value) = value(counter) {
        // One thread writes: no locked instruction is needed.
        value.store(value.load(Relaxed).wrapping_add(count), Relaxed);
    }
}

fn set(counter: Counter, to: u64) {
    if let Some(value) = value(counter) {
        value.store(to, Relaxed);
    }
}

/// Counts a slice of background work, with its time by the clock and on a CPU.
pub(super) fn sliced(took: Duration, cpu: Duration) {
    for (counter, took) in [
        (Counter::LongestSliceMicroseconds, took),
        (Counter::LongestSliceCpuMicroseconds, cpu),
    ] {
        if let Some(longest) = value(counter) {
            longest.fetch_max(microseconds(took), Relaxed);
        }
    }
}

/// Counts a complete timed cleanup pass, and the sets that it skipped because of their type.
pub(super) fn passed(took: Duration, slices: u64, skipped: u64) {
    add(Counter::Passes, 1);
    set(Counter::LastPassMicroseconds, microseconds(took));
    set(Counter::LastPassSlices, slices);
    set(Counter::LastPassSkipped, skipped);
}

/// Sets the number of members that a pass still has to check in its present database, or that a
/// stopped pass has left behind.
pub(super) fn set_backlog(members: u64) {
    set(Counter::LastPassBacklog, members);
}

fn microseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Sets the counters to zero, even if the library was loaded before; returns whether the server
/// accepted the section.
pub(super) fn register(context: Context<'_>) -> bool {
    for (counter, _) in NAMES {
        set(counter, 0);
    }
    // SAFETY: the callback fits.
    let status = unsafe { api!(RedisModule_RegisterInfoFunc)(context.raw, Some(on_info)) };
    status == REDISMODULE_OK as c_int
}

unsafe extern "C" fn on_info(info: *mut RedisModuleInfoCtx, _for_crash_report: c_int) {
    let field = |name: &CStr, text: &str| {
        if let Ok(text) = CString::new(text) {
            // SAFETY: the server copies name and text.
            unsafe { api!(RedisModule_InfoAddFieldCString)(info, name.as_ptr(), text.as_ptr()) };
        }
    };
    // SAFETY: without a name the section is called after the module.
    unsafe { api!(RedisModule_InfoAddSection)(info, c"".as_ptr()) };
    field(c"version", VERSION);
    field(c"commit", COMMIT);
    for ((_, name), value) in NAMES.iter().zip(&VALUES) {
        // SAFETY: the server copies the name.
        unsafe { api!(RedisModule_InfoAddFieldULongLong)(info, name.as_ptr(), value.load(Relaxed)) };
    }
}
