//! The commands that a command sent to replicas and the AOF, read from the AOF file.
//!
//! The server writes the AOF before it replies, so after a reply the file is complete.

use crate::server::Server;
use std::path::PathBuf;

/// One replicated command, its words as text; `MULTI`, `EXEC` and `SELECT` are commands like
/// others.
pub type Effect = Vec<String>;

/// The commands that change data, without `SELECT`, `MULTI` and `EXEC`.
pub fn write_effects(effects: &[Effect]) -> Vec<Effect> {
    effects
        .iter()
        .filter(|effect| !matches!(effect[0].as_str(), "SELECT" | "MULTI" | "EXEC"))
        .cloned()
        .collect()
}

impl Server {
    /// Runs `act` and returns what it appended to the AOF. Requires `Builder::aof`.
    #[track_caller]
    pub fn effects(&self, act: impl FnOnce()) -> Vec<Effect> {
        let before = self.all_effects().len();
        act();
        self.all_effects().split_off(before)
    }

    /// Everything in the AOF so far.
    #[track_caller]
    pub fn all_effects(&self) -> Vec<Effect> {
        let bytes = std::fs::read(incremental_file(self)).expect("the AOF can be read");
        let mut rest = bytes.as_slice();
        let mut effects = Vec::new();
        while !rest.is_empty() {
            let count = header(&mut rest, b'*');
            effects.push((0..count).map(|_| word(&mut rest)).collect());
        }
        effects
    }
}

#[track_caller]
fn incremental_file(server: &Server) -> PathBuf {
    let folder = server.dir().join("appendonlydir");
    std::fs::read_dir(&folder)
        .unwrap_or_else(|_| panic!("no {}: start the server with aof()", folder.display()))
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.to_string_lossy().ends_with(".incr.aof"))
        .max()
        .expect("an incremental AOF file is there")
}

fn header(rest: &mut &[u8], kind: u8) -> usize {
    let end = rest.iter().position(|&byte| byte == b'\r').expect("a line");
    assert_eq!(rest[0], kind, "the AOF is RESP");
    let number = std::str::from_utf8(&rest[1..end]).unwrap().parse().unwrap();
    *rest = &rest[end + 2..];
    number
}

fn word(rest: &mut &[u8]) -> String {
    let length = header(rest, b'$');
    let text = String::from_utf8_lossy(&rest[..length]).into_owned();
    *rest = &rest[length + 2..];
    text
}
