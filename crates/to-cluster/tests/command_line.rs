//! What the program prints before it connects to a server.

#![expect(clippy::expect_used, reason = "a test that fails ends by panicking")]

use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sessions-to-cluster"));
    command.args(arguments).output().expect("the program can be started")
}

#[test]
fn help_and_version_are_printed() {
    let help = run(&["--help"]);
    assert!(help.status.success());
    let text = String::from_utf8_lossy(&help.stdout).into_owned();
    assert!(
        text.contains("sessions-to-cluster") && text.contains("--dry-run"),
        "{text}"
    );
    let version = run(&["--version"]);
    let expected = concat!("sessions-to-cluster ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(String::from_utf8_lossy(&version.stdout), expected);
}

#[test]
fn an_unknown_option_is_refused_without_repeating_it() {
    let refused = run(&["--from", "redis://127.0.0.1:1", "--password=secret"]);
    assert!(!refused.status.success());
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(text.trim_end(), "sessions-to-cluster: unknown option; see --help");
}
