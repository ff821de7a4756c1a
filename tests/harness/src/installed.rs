//! Optional requirements of tests: the packages that `scripts/clients.sh` installs in
//! `target/clients`, and programs of the system. If a requirement is missing, the test is skipped
//! and says so. With `SESSIONS_NO_SKIP`, a skipped test fails unless `.ci/allowed-skips` names it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file or folder of the repository, by its path from the top.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// The folder in which `scripts/clients.sh` installs.
pub fn clients() -> PathBuf {
    std::env::var_os("SESSIONS_CLIENTS").map_or_else(|| repository("target/clients"), PathBuf::from)
}

/// A folder that `scripts/clients.sh` creates, if it is complete; otherwise the test is skipped.
#[track_caller]
pub fn client_folder(name: &str, holds: &str) -> Option<PathBuf> {
    let path = clients().join(name);
    found_or_skipped(path.join(holds).exists(), name, path)
}

/// The browser. The test is skipped without it.
#[track_caller]
pub fn chromium() -> Option<PathBuf> {
    let path = std::env::var_os("CHROMIUM").map_or_else(|| "/usr/bin/chromium".into(), PathBuf::from);
    found_or_skipped(path.exists(), "chromium", path)
}

/// Node.js 20 or newer, from the system or installed by `scripts/clients.sh`. The test is skipped
/// without it.
#[track_caller]
pub fn node_20() -> Option<PathBuf> {
    let programs = [PathBuf::from("node"), clients().join("node-22/bin/node")];
    let found = programs.into_iter().find(|program| major_version(program) >= Some(20));
    if found.is_none() {
        skip("node-20");
    }
    found
}

/// Python with the package in clients/python, as `scripts/clients.sh` has installed it. The test is
/// skipped without it.
#[track_caller]
pub fn python_with_package() -> Option<PathBuf> {
    let path = clients().with_file_name("python-package").join("venv/bin/python");
    found_or_skipped(path.exists(), "python-package", path)
}

/// A program of the system, under the first of these names that exists. The test is skipped without
/// it.
#[track_caller]
pub fn installed(names: &[&str]) -> Option<PathBuf> {
    // Debian's nginx and php-fpm are in a folder that is only in root's PATH.
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin")])
        .collect();
    let mut paths = names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    let found = paths.find(|path| path.is_file());
    if found.is_none() {
        skip(names.first().unwrap_or(&"a program"));
    }
    found
}

/// The first number that a program prints for `--version`, if the program exists.
fn major_version(program: &Path) -> Option<u32> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.trim_start_matches('v').split('.').next()?.parse().ok()
}

#[track_caller]
fn found_or_skipped(found: bool, name: &str, path: PathBuf) -> Option<PathBuf> {
    if !found {
        skip(name);
    }
    found.then_some(path)
}

/// Reports that a test which needs `name` is skipped, although the test runner captures output.
#[track_caller]
pub fn skip(name: &str) {
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    let allowed = std::fs::read_to_string(repository(".ci/allowed-skips")).unwrap_or_default();
    let listed = allowed.lines().any(|line| line.split(':').next() == Some(name));
    let forbidden = std::env::var_os("SESSIONS_NO_SKIP").is_some();
    assert!(listed || !forbidden, "{name}is missing, and no test may be skipped");
    let line = format!("{name}: {test}\n");
    let _ = std::io::stderr().write_all(format!("skipped, {line}").as_bytes());
    let log = clients().join("skipped");
    if let Ok(mut log) = std::fs::OpenOptions::new().create(true).append(true).open(log) {
        let _ = log.write_all(line.as_bytes());
    }
}
