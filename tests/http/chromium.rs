//! Chromium, driven by scripts in Node.js.

use crate::harness::{chromium, client_folder, repository};
use serde_json::{Value, json};
use std::process::Command;

/// Runs a script of `tests/http`, which must end without an error. Its arguments are `words`, then
/// `facts` with the path of the browser, as JSON. Skips the test and returns false if Chromium or
/// the packages are missing.
#[track_caller]
pub(crate) fn run_in_chromium(script: &str, words: &[&str], mut facts: Value) -> bool {
    let (Some(packages), Some(chromium)) = (client_folder("admin", "node_modules/axe-core"), chromium()) else {
        return false;
    };
    facts["chromium"] = json!(chromium);
    let output = Command::new("node")
        .arg(repository("tests/http").join(script))
        .args(words)
        .arg(facts.to_string())
        .env("NODE_PATH", packages.join("node_modules"))
        .output()
        .expect("node can be run");
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
    true
}
