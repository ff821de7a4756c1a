//! The rule that holds whatever happens: no session without all its index entries, no index entry
//! without its session.

use crate::harness::*;
use std::collections::BTreeSet;

/// Every app of the selected database is whole; what is not, one line a finding.
#[track_caller]
pub(super) fn assert_whole(client: &mut Client) {
    let broken = broken(client);
    let shown = &broken[..broken.len().min(20)];
    assert!(broken.is_empty(), "{} findings: {shown:#?}", broken.len());
}

fn broken(client: &mut Client) -> Vec<String> {
    let script = r#"
        local keys, list = redis.call('KEYS', 'rs:*'), {}
        for _, key in ipairs(keys) do
            local kind = redis.call('TYPE', key).ok
            if kind == 'hash' then
                list[#list + 1] = {key, redis.call('HGET', key, 'id') or ''}
            elseif kind == 'set' then
                list[#list + 1] = {key, unpack(redis.call('SMEMBERS', key))}
            else
                local set = {key}
                for _, member in ipairs(redis.call('ZRANGE', key, 0, -1)) do set[#set + 1] = member end
                list[#list + 1] = set
            end
        end
        return list"#;
    let reply = client.run(&["EVAL_RO", script, "0"]);
    let mut by_hash = BTreeSet::new();
    let mut by_sessions = BTreeSet::new();
    let mut by_tokens = BTreeSet::new();
    let mut by_due = BTreeSet::new();
    let mut users = BTreeSet::new();
    let mut found = Vec::new();
    for key in reply.list() {
        let words = key.texts();
        let (name, members) = (words[0], &words[1..]);
        if name == "rs:SESSIONS" {
            by_due.extend(members.iter().map(|member| (*member).to_owned()));
            continue;
        }
        let mut parts = name.splitn(4, ':').skip(1);
        let (app, rest, id) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""), parts.next());
        match (rest, id) {
            ("_sessions", None) => by_sessions.extend(members.iter().map(|member| format!("{app}:{member}"))),
            ("_users", None) => users.extend(members.iter().map(|id| format!("{app}:{id}"))),
            ("us", Some(id)) => by_tokens.extend(members.iter().map(|token| format!("{app}:{token}:{id}"))),
            (token, None) if is_token(token) && !members[0].is_empty() => {
                by_hash.insert(format!("{app}:{token}:{}", members[0]));
            }
            _ => found.push(format!("a key of nobody: {name}")),
        }
    }
    let ids: BTreeSet<String> = by_hash.iter().map(|session| app_and_id(session)).collect();
    for (what, entries, wanted) in [
        ("_sessions", &by_sessions, &by_hash),
        ("us:", &by_tokens, &by_hash),
        ("SESSIONS", &by_due, &by_hash),
        ("_users", &users, &ids),
    ] {
        found.extend(wanted.difference(entries).map(|one| format!("not in {what}: {one}")));
        found.extend(entries.difference(wanted).map(|one| format!("left in {what}: {one}")));
    }
    found
}

fn app_and_id(session: &str) -> String {
    let mut parts = session.splitn(3, ':');
    let (app, id) = (parts.next().unwrap_or(""), parts.nth(1).unwrap_or(""));
    format!("{app}:{id}")
}

/// Everything stored, of every database.
#[track_caller]
pub(super) fn digest(client: &mut Client) -> String {
    client.run(&["DEBUG", "DIGEST"]).text().to_owned()
}
