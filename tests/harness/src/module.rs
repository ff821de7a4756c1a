//! Finds the `libsessions.so` that the servers load, and the programs of the workspace.

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

/// The path in `SESSIONS_TOOL`, otherwise the newest `sessions-to-cluster`.
pub fn tool_path() -> PathBuf {
    program("SESSIONS_TOOL", "sessions-to-cluster")
}

/// The path in `SESSIONS_SERVICE`, otherwise the newest `sessions-http`.
pub fn service_path() -> PathBuf {
    program("SESSIONS_SERVICE", "sessions-http")
}

/// A program of the workspace. `cargo test` of the whole workspace builds it; building a single
/// test target does not.
fn program(variable: &str, name: &str) -> PathBuf {
    let named = std::env::var_os(variable).map(PathBuf::from);
    named.or_else(|| built(name)).unwrap_or_else(|| {
        panic!("no {name} next to the tests: run `cargo build --workspace`, or name one in {variable}")
    })
}

/// The newest file of a name that cargo has built next to the tests.
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
