//! What the program does in addition to serving. Because these tests are in this crate, `cargo
//! test` also builds the program, which the tests of the service start.

#![expect(clippy::expect_used, reason = "a test that fails ends by panicking")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use sessions_http::keys::KeyHash;

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sessions-http"));
    command.args(arguments).output().expect("the program can be started")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs `--check-config` with these lines in a file.
fn check(lines: &str) -> Output {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let file = folder.path().join("sessions-http.toml");
    fs::write(&file, lines).expect("the file can be written");
    run(&["--check-config", "--config", path(&file)])
}

fn path(file: &Path) -> &str {
    file.to_str().expect("a path in UTF-8")
}

#[test]
fn the_program_has_the_version_of_the_module() {
    let version = run(&["--version"]);
    let expected = concat!("sessions-http ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(text(&version.stdout), expected);
}

#[test]
fn new_key_prints_a_key_and_the_lines_that_let_it_in() {
    let printed = text(&run(&["new-key"]).stdout);
    let key = printed.lines().find(|line| line.starts_with("shk_")).expect("a key");
    let hash = KeyHash::of_key(key.as_bytes()).expect("the form of a key").hex();
    let start = printed.find("[[keys]]").expect("the lines");
    let lines = printed.get(start..).expect("the lines");
    assert!(lines.contains(&hash), "{printed}");
    assert!(!lines.contains(key), "{printed}");
    let checked = check(lines);
    assert!(checked.status.success(), "{}", text(&checked.stderr));
    assert_ne!(text(&run(&["new-key"]).stdout), printed);
}

#[test]
fn all_errors_in_a_configuration_are_reported_together() {
    let refused = check("listen = \"nowhere\"\n[limits]\nrequests = 0\n");
    assert!(!refused.status.success());
    let reasons = text(&refused.stderr);
    for reason in ["listen: ", "keys: ", "limits: "] {
        let line = format!("sessions-http: {reason}");
        assert!(reasons.lines().any(|reason| reason.starts_with(&line)), "{reasons}");
    }
}

#[test]
fn a_line_that_cannot_be_read_is_named_by_its_number_and_not_shown() {
    let refused = check("no-auth = true\npasword = \"secret\"\n");
    assert!(!refused.status.success());
    let reason = text(&refused.stderr);
    assert!(reason.contains("line 2") && !reason.contains("secret"), "{reason}");
}
