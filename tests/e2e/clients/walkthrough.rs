//! `make run`, the first steps of a newcomer. Without a terminal it plays the README's first
//! session with redis.conf.example and compares the replies.

use crate::harness::{GENEROUS, module_path, wait_until};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};

#[test]
fn the_readmes_first_session_has_the_printed_replies() {
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

/// `make run` at a terminal, which `script` provides. Without a width redis-cli would ask the
/// terminal for it.
struct Terminal {
    child: Child,
    input: ChildStdin,
    shown: Arc<Mutex<String>>,
}

impl Terminal {
    #[track_caller]
    fn open() -> Terminal {
        let mut child = Command::new("script")
            .args([
                "--quiet",
                "--flush",
                "--return",
                "--command",
                "stty cols 100; scripts/run.sh",
                "/dev/null",
            ])
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
            .env("SESSIONS_MODULE", module_path())
            .env("TERM", "xterm")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("script can be run");
        let input = child.stdin.take().expect("a pipe");
        let mut output = child.stdout.take().expect("a pipe");
        let shown = Arc::new(Mutex::new(String::new()));
        let reader = Arc::clone(&shown);
        std::thread::spawn(move || {
            let mut bytes = [0; 1024];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                let text = String::from_utf8_lossy(&bytes[..count]).into_owned();
                reader.lock().expect("the text").push_str(&text);
            }
        });
        Terminal { child, input, shown }
    }

    /// Types keys, then waits until one of these texts is shown; returns the number of that text.
    /// `…` matches anything.
    #[track_caller]
    fn type_until(&mut self, keys: &str, texts: &[&str]) -> usize {
        self.shown.lock().expect("the text").clear();
        self.input.write_all(keys.as_bytes()).expect("keys");
        self.input.flush().expect("keys");
        let mut found = None;
        wait_until(GENEROUS, &format!("{texts:?} is shown behind {keys:?}"), || {
            let shown = self.shown.lock().expect("the text");
            found = texts.iter().position(|text| {
                let mut rest = Some(shown.as_str());
                text.split('…')
                    .for_each(|part| rest = rest.and_then(|rest| Some(rest.split_once(part)?.1)));
                rest.is_some()
            });
            found.is_some()
        });
        found.expect("one of them")
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn ctrl_c_in_redis_cli_ends_neither_the_server_nor_its_data() {
    const ASKS: &str = "Press Enter to open redis-cli again";
    let mut terminal = Terminal::open();
    terminal.type_until("", &["press Ctrl-D twice…> "]);
    terminal.type_until("SET kept 1\r", &["OK…> "]);
    // redis-cli 7.0 ends at Ctrl-C, newer versions begin another line.
    if terminal.type_until("\u{3}", &[ASKS, "> "]) == 0 {
        terminal.type_until("\u{3}\r", &["> "]);
    }
    terminal.type_until("GET kept\r", &["\"1\"…> "]);
    terminal.type_until("\u{4}", &[ASKS]);
    terminal.input.write_all(b"\x04").expect("a key");
    wait_until(GENEROUS, "make run ends", || {
        terminal.child.try_wait().expect("it can be asked").is_some()
    });
}
