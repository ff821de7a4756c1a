//! No panic crosses into the server.

use std::panic::{self, AssertUnwindSafe, PanicHookInfo};

/// Runs `work`; `None` when it panicked.
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    panic::catch_unwind(AssertUnwindSafe(work)).ok()
}

/// Until the module is unloaded, a panic prints where it happened and not its
/// message, which may hold what a client sent.
pub(crate) fn install() {
    panic::set_hook(Box::new(print_place));
}

pub(crate) fn uninstall() {
    drop(panic::take_hook());
}

fn print_place(info: &PanicHookInfo<'_>) {
    if let Some(place) = info.location() {
        eprintln!("sessions: internal error at {}:{}", place.file(), place.line());
    }
}
