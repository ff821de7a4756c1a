//! `make http`, the first steps of a newcomer. Without a terminal it sends the first requests of
//! docs/http.md and compares the responses.

use crate::harness::{Endpoint, Folder, GENEROUS, free_port, module_path, service_path, wait_until};
use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

/// The script keeps its files in `folder` and must leave the folder empty.
fn script(program: &str, folder: &Folder) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .env("SESSIONS_MODULE", module_path())
        .env("SESSIONS_SERVICE", service_path())
        .env("TMPDIR", folder.path());
    command
}

fn files(folder: &Folder) -> usize {
    fs::read_dir(folder.path()).expect("the folder is there").count()
}

#[test]
fn the_first_requests_of_the_page_return_what_is_printed() {
    let folder = Folder::new();
    let output = script("scripts/http.sh", &folder).stdin(Stdio::null()).output();
    let output = output.expect("scripts/http.sh can be run");
    let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    assert!(output.status.success(), "{}\n{out}\n{err}", output.status);
    assert!(
        out.contains("$ curl ") && out.contains("/v1/apps/webapp/sessions"),
        "{out}"
    );
    assert_eq!(files(&folder), 0);
}

#[test]
fn a_port_that_is_taken_is_not_used_unless_it_was_asked_for() {
    let (folder, taken) = (Folder::new(), std::net::TcpListener::bind("127.0.0.1:0").unwrap());
    let port = taken.local_addr().unwrap().port().to_string();
    let output = script("scripts/http.sh", &folder)
        .env("PORT", &port)
        .stdin(Stdio::null())
        .output();
    let output = output.expect("scripts/http.sh can be run");
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && err.contains("Address already in use"),
        "{err}"
    );
    assert_eq!(files(&folder), 0);
}

/// At a terminal, which `script` provides, everything runs until Ctrl-C and is then gone.
#[test]
fn it_serves_until_ctrl_c_and_shows_how_to_begin() {
    let (folder, port) = (Folder::new(), free_port());
    let mut command = script("script", &folder);
    command.args([
        "--quiet",
        "--flush",
        "--return",
        "--command",
        "scripts/http.sh",
        "/dev/null",
    ]);
    let mut child = Ended(
        command
            .env("PORT", port.to_string())
            .env("TERM", "xterm")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("script can be run"),
    );
    let shown = Arc::new(Mutex::new(String::new()));
    let (mut output, reader) = (child.0.stdout.take().unwrap(), Arc::clone(&shown));
    std::thread::spawn(move || {
        let mut bytes = [0; 1024];
        while let Ok(count @ 1..) = output.read(&mut bytes) {
            reader
                .lock()
                .unwrap()
                .push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
    });
    let all = format!("http://127.0.0.1:{port}/v1/apps/webapp/sessions");
    wait_until(GENEROUS, "the first request is shown", || {
        shown.lock().unwrap().contains(&all)
    });
    let text = shown.lock().unwrap().replace('\r', "");
    assert!(text.contains(&format!("http://127.0.0.1:{port}/admin\n")), "{text}");
    let key = text
        .split_whitespace()
        .find(|word| word.starts_with("shk_"))
        .expect("a key");
    assert!(text.contains(&format!("\n  KEY={key}\n")), "{text}");
    let service = Endpoint::at_port(port);
    let create = service.as_key(key).post("/v1/apps/webapp/sessions");
    create.json(&serde_json::json!({"id": "u1"})).send().assert_status(201);

    child.0.stdin.as_mut().unwrap().write_all(b"\x03").unwrap();
    wait_until(GENEROUS, "it ends", || child.0.try_wait().unwrap().is_some());
    wait_until(GENEROUS, "nothing is left", || {
        files(&folder) == 0 && service.get("/livez").try_send().is_err()
    });
}

/// Killed at the end of a test that fails.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
