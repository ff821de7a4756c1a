//! Which `libsessions.so` the servers load.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The path in `SESSIONS_MODULE`, else the newest `libsessions.so` in `target/<profile>/` or
/// `target/<profile>/deps/`, found from where the test executable lies.
pub(crate) fn module_path() -> PathBuf {
    if let Some(path) = std::env::var_os("SESSIONS_MODULE") {
        let path = PathBuf::from(path);
        return path
            .canonicalize()
            .unwrap_or_else(|error| panic!("SESSIONS_MODULE names {}, but: {error}", path.display()));
    }
    let executable = std::env::current_exe().expect("the test executable has a path");
    let folders: Vec<PathBuf> = executable.ancestors().skip(1).take(2).map(PathBuf::from).collect();
    folders
        .iter()
        .map(|folder| folder.join("libsessions.so"))
        .filter_map(|path| Some((modified(&path)?, path)))
        .max()
        .map(|(_, path)| path)
        .unwrap_or_else(|| {
            panic!("no libsessions.so in {folders:?}: run `cargo build`, or name one in SESSIONS_MODULE")
        })
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().ok()?.modified().ok()
}
