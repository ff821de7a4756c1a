//! The clocks of the server and of its thread.

use std::time::Duration;

use super::api;
use sessions_model::session::Seconds;

/// Whole Unix seconds.
pub(crate) fn now() -> Seconds {
    // SAFETY: takes nothing, reads a clock.
    let milliseconds = unsafe { api!(RedisModule_Milliseconds)() };
    milliseconds.div_euclid(1000)
}

/// The CPU time of the calling thread; 0 if the system does not return it.
pub(super) fn thread_cpu() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is valid for the call.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    let nanoseconds = u32::try_from(time.tv_nsec).unwrap_or(0);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), nanoseconds)
}
