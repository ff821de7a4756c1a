//! Stops every panic before it reaches the server.

use std::ffi::CString;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::ptr;

use redis_module::raw;

/// Runs `work`; `None` when it panicked.
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    panic::catch_unwind(AssertUnwindSafe(work)).ok()
}

/// Until the module is unloaded, the log shows where a panic happened, but not its message, which
/// may contain what a client sent.
pub(crate) fn install() {
    panic::set_hook(Box::new(log_place));
}

pub(crate) fn uninstall() {
    drop(panic::take_hook());
}

/// A panic in this function would end the server. So it does not print: standard error may be full
/// or closed, or its number may be another file by now.
fn log_place(info: &PanicHookInfo<'_>) {
    let place = info
        .location()
        .and_then(|place| CString::new(format!("internal error at {}:{}", place.file(), place.line())).ok());
    // SAFETY: only reads the pointer.
    let log = unsafe { raw::RedisModule_Log };
    if let (Some(place), Some(log)) = (place, log) {
        // SAFETY: the format takes one C string; without a context the line is a module's.
        unsafe {
            log(
                ptr::null_mut(),
                c"warning".as_ptr(),
                c"sessions: %s".as_ptr(),
                place.as_ptr(),
            )
        }
    }
}
