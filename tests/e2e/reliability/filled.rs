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
    let script = r#"
        local app, count, la = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
        for n = 1, count do
            local token, id = string.format('%064d', n), 'u:' .. (n % 1000)
            redis.call('HSET', 'rs:' .. app .. ':' .. token, 'id', id, 'r', 1, 'w', 1, 'la', la, 'ttl', 7200)
            redis.call('ZADD', 'rs:' .. app .. ':_sessions', la, token .. ':' .. id)
            redis.call('ZADD', 'rs:' .. app .. ':_users', la, id)
            redis.call('SADD', 'rs:' .. app .. ':us:' .. id, token)
            redis.call('ZADD', 'rs:SESSIONS', la + 7200, app .. ':' .. token .. ':' .. id)
        end"#;
    let la = (now(client) - idle).to_string();
    let reply = client.run(&["EVAL", script, "0", app, &count.to_string(), &la]);
    assert!(reply.is_nil(), "{reply:?}");
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
