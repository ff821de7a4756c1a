//! The audit streams to which events could not be added. They are remembered so that each is logged
//! once.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Context, log};
use crate::commands::secrets;

/// The keys that the log has named since the setting was last changed.
static NAMED: Mutex<BTreeSet<Vec<u8>>> = Mutex::new(BTreeSet::new());

fn named() -> MutexGuard<'static, BTreeSet<Vec<u8>>> {
    NAMED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Logs, once for each key, that events are missing from its stream.
pub(super) fn report(context: Context<'_>, key: &[u8]) {
    if !named().insert(key.to_vec()) {
        return;
    }
    // With swapped arguments, the name of the app is a token.
    let shown = if secrets::holds_token(key) {
        "the audit stream of an app".into()
    } else {
        String::from_utf8_lossy(key)
    };
    log::warning(
        context,
        &format!(
            "{shown} does not accept entries: the key is not a stream, or the stream has no IDs left. Its events are not recorded"
        ),
    );
}

/// Lets the log name every key again.
pub(super) fn forget() {
    named().clear();
}
