//! The time of this machine, in the unit in which the module counts.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970, UTC.
pub type Unix = i64;

pub fn now() -> Unix {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(Unix::MAX)
}
