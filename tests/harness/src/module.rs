//! What the tests run: the `libsessions.so` that the servers load, and `sessions-to-cluster`.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The path in `SESSIONS_MODULE`, otherwise the newest `libsessions.so`.
pub fn module_path() -> PathBuf {
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
pub fn tool_path() -> PathBuf {
    let named = std::env::var_os("SESSIONS_TOOL").map(PathBuf::from);
    named.or_else(|| built("sessions-to-cluster")).unwrap_or_else(|| {
        panic!("no sessions-to-cluster next to the tests: run `cargo build --workspace`, or name one in SESSIONS_TOOL")
    })
}

/// The newest file of a name that cargo has built beside the tests.
fn built(name: &str) -> Option<PathBuf> {
    let files = program_folders().map(|folder| folder.join(name));
    let dated = files.into_iter().filter_map(|path| Some((modified(&path)?, path)));
    dated.max().map(|(_, path)| path)
}

/// `target/<profile>/deps/`, where the test executable is, and `target/<profile>/`.
pub(crate) fn program_folders() -> [PathBuf; 2] {
    let executable = std::env::current_exe().expect("the test executable has a path");
    let folder = |number| executable.ancestors().nth(number).map(Path::to_path_buf);
    [1, 2].map(|number| folder(number).expect("the test executable is in cargo's folder"))
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().ok()?.modified().ok()
}
