//! An app with so many sessions that killing or wiping them takes many slices.

use crate::harness::*;

/// Enough for many slices.
pub(super) const MANY: i64 = 3_000;

/// The token of the n-th planted session.
pub(super) fn token(number: i64) -> String {
    format!("{number:064}")
}

/// Plants sessions in the form of redis-sessions, numbered from 1, last used `idle` seconds ago.
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

/// Sends a command that removes all sessions of `app` in many slices, and waits until its client is
/// blocked. `false`: the work was over before.
#[track_caller]
pub(super) fn begin(server: &Server, caller: &mut Client, app: &str, command: &[&str]) -> bool {
    let mut client = server.client();
    assert_eq!(server.info("blocked_clients"), "0", "nobody is blocked yet");
    caller.send(command);
    let mut blocked = false;
    wait_until(GENEROUS, "the caller is blocked", || {
        blocked = server.info("blocked_clients") == "1";
        blocked || client.run(&["SESSIONS.COUNT", app]) == Reply::Int(0)
    });
    blocked
}

/// Repeats this with more sessions until the work is still in progress when it returns.
#[track_caller]
pub(super) fn fill_and_begin(server: &Server, app: &str, command: &[&str]) -> (Client, i64) {
    catch_under_way(|count| {
        let mut caller = server.client();
        fill(&mut server.client(), app, count, 0);
        begin(server, &mut caller, app, command).then_some((caller, count))
    })
}
