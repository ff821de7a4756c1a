//! An app with so many sessions that killing or wiping them takes many slices.

use crate::harness::*;

/// Enough for some hundred slices.
pub(super) const MANY: i64 = 12_000;

/// The token of the n-th planted session.
pub(super) fn token(number: i64) -> String {
    format!("{number:064}")
}

/// Plants sessions of redis-sessions' making, numbered from 1, last used `idle` seconds ago.
#[track_caller]
pub(super) fn fill(client: &mut Client, app: &str, count: i64, idle: i64) {
    let planted = Planted {
        app,
        count,
        ids: 1000,
        idle,
        ..Planted::default()
    };
    planted.plant(client);
}

/// Sends a command that takes many slices and waits until its caller is blocked.
#[track_caller]
pub(super) fn begin(server: &Server, caller: &mut Client, command: &[&str]) {
    let mut client = server.client();
    let blocked = |client: &mut Client| client.run(&["INFO", "clients"]).text().contains("blocked_clients:1\r");
    assert!(!blocked(&mut client), "nobody is blocked yet");
    caller.send(command);
    wait_until(GENEROUS, "the caller is blocked", || blocked(&mut client));
}
