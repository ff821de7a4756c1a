//! Very many sessions at once, stored by a script as redis-sessions would have stored them.

use crate::client::Client;
use crate::stored::now;

/// By default, sessions of one id in the app `web` that were used just now.
#[derive(Clone, Copy, Debug)]
pub struct Planted<'a> {
    pub app: &'a str,
    /// In a cluster, the tag of the slot that gets the sessions, regardless of the slots of their
    /// ids.
    pub tag: Option<&'a str>,
    /// The beginning of the tokens; the rest is the session's number, from 1.
    pub first: &'a str,
    pub count: i64,
    /// Session n belongs to `u:{n % ids}`.
    pub ids: i64,
    /// How many seconds ago the sessions were used last.
    pub idle: i64,
    /// How many seconds the scores in `_sessions` and `_users` are behind the last use.
    pub behind: i64,
    pub ttl: i64,
    /// The score in `SESSIONS`, if it is not the end of the session.
    pub due: Option<i64>,
}

impl Default for Planted<'_> {
    fn default() -> Self {
        Planted {
            app: "web",
            tag: None,
            first: "",
            count: 12_000,
            ids: 1,
            idle: 0,
            behind: 0,
            ttl: 7200,
            due: None,
        }
    }
}

impl Planted<'_> {
    /// Stores the sessions.
    #[track_caller]
    pub fn plant(&self, client: &mut Client) {
        let script = r#"
            local app, first, count, ids = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
            local la, score, ttl, due, tag = ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9]
            local prefix = 'rs:' .. app .. ':' .. tag
            local digits = '%0' .. (64 - #first) .. 'd'
            for n = 1, count do
                local token, id = first .. string.format(digits, n), 'u:' .. (n % ids)
                redis.call('HSET', prefix .. token, 'id', id, 'r', 1, 'w', 1, 'la', la, 'ttl', ttl)
                redis.call('ZADD', prefix .. '_sessions', score, token .. ':' .. id)
                redis.call('ZADD', prefix .. '_users', score, id)
                redis.call('SADD', prefix .. 'us:' .. id, token)
                redis.call('ZADD', 'rs:' .. tag .. 'SESSIONS', due, app .. ':' .. token .. ':' .. id)
            end"#;
        let la = now(client) - self.idle;
        let due = self.due.unwrap_or(la + self.ttl);
        let numbers = [self.count, self.ids, la, la - self.behind, self.ttl, due].map(|number| number.to_string());
        let tag = self.tag.map(|tag| format!("{{{tag}}}:")).unwrap_or_default();
        let numbers = numbers.iter().map(String::as_str);
        let words: Vec<&str> = ["EVAL", script, "0", self.app, self.first]
            .into_iter()
            .chain(numbers)
            .chain([tag.as_str()])
            .collect();
        let reply = client.run(&words);
        assert!(reply.is_nil(), "{reply:?}");
    }
}
