//! What the tests need in C: `tests/testmodule/`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// Builds `tests/testmodule/{name}.c` once, into cargo's folder for the files of tests. The library is
/// put there whole: another test process may have the same one loaded.
#[track_caller]
pub(crate) fn library(name: &'static str) -> PathBuf {
    static BUILT: Mutex<BTreeMap<&str, PathBuf>> = Mutex::new(BTreeMap::new());
    let mut built = BUILT.lock().expect("no other build has failed");
    built.entry(name).or_insert_with(|| build(name)).clone()
}

fn build(name: &str) -> PathBuf {
    let source = format!("{}/tests/testmodule/{name}.c", env!("CARGO_MANIFEST_DIR"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let new = tempfile::NamedTempFile::new_in(folder).expect("a file can be made");
    let output = Command::new(std::env::var("CC").unwrap_or_else(|_| "cc".into()))
        .args(["-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o"])
        .args([new.path().as_os_str(), source.as_ref()])
        .output()
        .expect("a C compiler is there");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let library = folder.join(format!("{name}.so"));
    new.persist(&library).expect("the library can be named");
    library
}
