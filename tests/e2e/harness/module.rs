//! What the tests run: the `libsessions.so` that the servers load, and `sessions-to-cluster`.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The path in `SESSIONS_MODULE`, otherwise the newest `libsessions.so`.
pub(crate) fn module_path() -> PathBuf {
    if let Some(path) = std::env::var_os("SESSIONS_MODULE") {
        let path = PathBuf::from(path);
        return path
            .canonicalize()
            .unwrap_or_else(|error| panic!("SESSIONS_MODULE names {}, but: {error}", path.display()));
    }
    built("libsessions.so").unwrap_or_else(|| {
        panic!("no libsessions.so next to the tests: run `cargo build`, or name one in SESSIONS_MODULE")
    })
}

/// The path in `SESSIONS_TOOL`, otherwise the newest `sessions-to-cluster`, which `cargo test` of the whole
/// workspace builds.
pub(crate) fn tool_path() -> PathBuf {
    let named = std::env::var_os("SESSIONS_TOOL").map(PathBuf::from);
    named.or_else(|| built("sessions-to-cluster")).unwrap_or_else(|| {
        panic!("no sessions-to-cluster next to the tests: run `cargo build --workspace`, or name one in SESSIONS_TOOL")
    })
}

/// The newest file of a name in `target/<profile>/` or `target/<profile>/deps/`, found from where the
/// test executable is.
fn built(name: &str) -> Option<PathBuf> {
    let executable = std::env::current_exe().expect("the test executable has a path");
    let folders = executable.ancestors().skip(1).take(2);
    let files = folders.map(|folder| folder.join(name));
    let dated = files.filter_map(|path| Some((modified(&path)?, path)));
    dated.max().map(|(_, path)| path)
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().ok()?.modified().ok()
}
