//! What the tests need in C: `tests/testmodule/`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;

/// Builds `tests/testmodule/{name}.c` beside the test executable, once.
#[track_caller]
pub(super) fn library(name: &'static str) -> PathBuf {
    static BUILT: Mutex<BTreeMap<&str, PathBuf>> = Mutex::new(BTreeMap::new());
    let mut built = BUILT.lock().expect("no other build has failed");
    built.entry(name).or_insert_with(|| build(name)).clone()
}

fn build(name: &str) -> PathBuf {
    let source = format!("{}/tests/testmodule/{name}.c", env!("CARGO_MANIFEST_DIR"));
    let mut library = std::env::current_exe().expect("the test executable has a path");
    library.set_file_name(format!("{name}-{}.so", std::process::id()));
    let built = Command::new(std::env::var("CC").unwrap_or_else(|_| "cc".into()))
        .args(["-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o"])
        .args([library.as_os_str(), source.as_ref()])
        .output()
        .expect("a C compiler is there");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    library
}
