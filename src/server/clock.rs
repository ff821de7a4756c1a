//! The server's clock.

use super::api;
use sessions_model::session::Seconds;

/// Whole Unix seconds.
pub(crate) fn now() -> Seconds {
    // SAFETY: takes nothing, reads a clock.
    let milliseconds = unsafe { api!(RedisModule_Milliseconds)() };
    milliseconds.div_euclid(1000)
}
