//! What a newcomer does first: `make run`. Without a terminal it plays the README's first session
//! with redis.conf.example and compares.

use crate::harness::module_path;
use std::path::Path;
use std::process::{Command, Stdio};

#[test]
fn the_readmes_first_session_answers_as_printed() {
    let output = Command::new("scripts/run.sh")
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .env("SESSIONS_MODULE", module_path())
        .stdin(Stdio::null())
        .output()
        .expect("scripts/run.sh can be run");
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{}\n{out}\n{err}", output.status);
    for command in ["CREATE", "GET", "SET", "SOID", "KILLSOID"] {
        assert!(
            out.contains(&format!("redis> SESSIONS.{command} ")),
            "{command} is missing in:\n{out}"
        );
    }
}
