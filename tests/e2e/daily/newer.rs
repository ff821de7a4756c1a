//! A second, newer server program: `SESSIONS_SERVER` names Redis 7.4, Valkey 8 or newer, for tests
//! of what Redis 7.0 does not have.

use crate::harness::*;
use std::process::{Child, Command, Stdio};

pub(super) struct Newer {
    child: Child,
    folder: Folder,
}

impl Newer {
    /// Starts that server with the module and these words of configuration. `None`:
    /// `SESSIONS_SERVER` is not set.
    #[track_caller]
    pub(super) fn start(words: &[&str]) -> Option<Newer> {
        let Some(program) = std::env::var_os("SESSIONS_SERVER") else {
            skip("newer-server");
            return None;
        };
        let folder = Folder::new();
        let child = Command::new(program)
            .args(["--port", "0", "--save", "", "--dir"])
            .arg(folder.path())
            .arg("--unixsocket")
            .arg(folder.path().join("socket"))
            .arg("--loadmodule")
            .arg(module_path())
            .args(words)
            .stdout(Stdio::null())
            .spawn()
            .expect("the server can be started");
        let newer = Newer { child, folder };
        wait_until(GENEROUS, "the newer server answers", || {
            let client = Client::connect(&newer.address());
            client.is_ok_and(|mut client| client.try_run(&["PING"]) == Ok("PONG".into()))
        });
        Some(newer)
    }

    #[track_caller]
    pub(super) fn client(&self) -> Client {
        Client::connect(&self.address()).expect("a connection")
    }

    fn address(&self) -> String {
        format!("redis+unix://{}", self.folder.path().join("socket").display())
    }
}

impl Drop for Newer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
