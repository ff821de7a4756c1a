//! Builds the tests' C code in `tests/testmodule/`.

use crate::module::program_folders;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;

/// Builds `tests/testmodule/{name}.c` once, into cargo's folder for files of tests. The finished
/// library is moved there in one step, because another test process may have the same one loaded.
#[track_caller]
pub fn library(name: &'static str) -> PathBuf {
    static BUILT: Mutex<BTreeMap<&str, PathBuf>> = Mutex::new(BTreeMap::new());
    let mut built = BUILT.lock().expect("no other build has failed");
    built.entry(name).or_insert_with(|| build(name)).clone()
}

fn build(name: &str) -> PathBuf {
    let source = format!("{}/../testmodule/{name}.c", env!("CARGO_MANIFEST_DIR"));
    // Cargo passes the folder's path only to test targets. The folder is next to the profile's
    // folder.
    let [.., profile] = program_folders();
    let folder = profile.with_file_name("tmp");
    fs::create_dir_all(&folder).expect("the folder can be made");
    let new = tempfile::NamedTempFile::new_in(&folder).expect("a file can be made");
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
