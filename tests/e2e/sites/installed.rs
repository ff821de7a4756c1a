//! Which packages and programs the sites need that are installed here: by `scripts/clients.sh` beside
//! the clients of other languages, Chromium by the system.

use std::path::{Path, PathBuf};

use crate::clients::skip;

/// A folder that `scripts/clients.sh` makes, or a test that is skipped.
#[track_caller]
pub(super) fn folder(name: &str, holds: &str) -> Option<PathBuf> {
    let path = clients().join(name);
    found_or_skipped(path.join(holds).exists(), name, path)
}

#[track_caller]
pub(super) fn chromium() -> Option<PathBuf> {
    let path = std::env::var_os("CHROMIUM").map_or_else(|| "/usr/bin/chromium".into(), PathBuf::from);
    found_or_skipped(path.exists(), "chromium", path)
}

/// A file or folder of the repository, by its path from the top.
pub(super) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn clients() -> PathBuf {
    std::env::var_os("SESSIONS_CLIENTS").map_or_else(|| repository("target/clients"), PathBuf::from)
}

#[track_caller]
fn found_or_skipped(found: bool, name: &str, path: PathBuf) -> Option<PathBuf> {
    if !found {
        skip(name);
    }
    found.then_some(path)
}
