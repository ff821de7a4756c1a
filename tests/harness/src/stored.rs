//! Reads and rewrites the stored keys with the server's own commands, without the module.

use crate::client::Client;
use crate::cluster::Cluster;
use crate::reply::Reply;
use crate::slot::{slot, tag_of_slot};
use sha2::{Digest, Sha256};

/// The server's clock in whole seconds.
#[track_caller]
pub fn now(client: &mut Client) -> i64 {
    client.run(&["TIME"]).list()[0].text().parse().unwrap()
}

/// A token that is easy to tell from others: the letter, 64 times.
pub fn token_of(letter: char) -> String {
    letter.to_string().repeat(64)
}

/// The name under which a token is stored with `sessions.hash-tokens`.
pub fn stored_name(token: &str) -> String {
    Sha256::digest(token).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The sid of the session with this token.
pub fn sid_of(token: &str) -> String {
    stored_name(token)[..16].to_owned()
}

pub fn is_token(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Sends `SESSIONS.CREATE` with any further words; returns the token.
#[track_caller]
pub fn create(client: &mut Client, app: &str, id: &str, options: &[&str]) -> String {
    let command = [&["SESSIONS.CREATE", app, id], options].concat();
    let token = client.run(&command).text().to_owned();
    assert!(is_token(&token), "{token:?} is not a token");
    token
}

/// All fields of a session's hash, sorted by name; empty if there is none.
#[track_caller]
pub fn hash(client: &mut Client, app: &str, token: &str) -> Vec<(String, String)> {
    let reply = client.run(&["HGETALL", &format!("rs:{app}:{token}")]);
    let text = |reply: &Reply| String::from_utf8_lossy(reply.bytes()).into_owned();
    let mut fields: Vec<(String, String)> = match &reply {
        Reply::Map(pairs) => pairs.iter().map(|(n, v)| (text(n), text(v))).collect(),
        list => list.list().chunks(2).map(|p| (text(&p[0]), text(&p[1]))).collect(),
    };
    fields.sort();
    fields
}

#[track_caller]
pub fn hash_field(client: &mut Client, app: &str, token: &str, field: &str) -> Option<String> {
    match client.run(&["HGET", &format!("rs:{app}:{token}"), field]) {
        Reply::Nil => None,
        reply => Some(reply.text().to_owned()),
    }
}

/// The stored last activity of an existing session.
#[track_caller]
pub fn la(client: &mut Client, app: &str, token: &str) -> i64 {
    hash_field(client, app, token, "la").expect("la").parse().unwrap()
}

/// The score of a member; `None` without that member.
#[track_caller]
pub fn score(client: &mut Client, key: &str, member: &str) -> Option<i64> {
    match client.run(&["ZSCORE", key, member]) {
        Reply::Nil => None,
        reply => Some(reply.text().parse().expect("scores are whole seconds")),
    }
}

/// Makes a session older by lowering only `la` in its hash, as between two index steps.
#[track_caller]
pub fn age(client: &mut Client, app: &str, token: &str, seconds: i64) {
    let aged = la(client, app, token) - seconds;
    let key = format!("rs:{app}:{token}");
    client.run(&["HSET", &key, "la", &aged.to_string()]).int();
}

/// Makes a session older in its hash and its indexes, as if it had not been used. This also lowers
/// the id's score, so age an id's most recent session last.
#[track_caller]
pub fn age_everywhere(client: &mut Client, app: &str, token: &str, seconds: i64) {
    age(client, app, token, seconds);
    let id = hash_field(client, app, token, "id").expect("id");
    let less = (-seconds).to_string();
    let indexes = [
        (format!("rs:{app}:_sessions"), format!("{token}:{id}")),
        ("rs:SESSIONS".to_owned(), format!("{app}:{token}:{id}")),
    ];
    let user = (!id.is_empty()).then(|| (format!("rs:{app}:_users"), id.clone()));
    for (key, member) in indexes.into_iter().chain(user) {
        assert!(score(client, &key, &member).is_some(), "{member} is in {key}");
        client.run(&["ZINCRBY", &key, &less, &member]);
    }
}

/// `age_everywhere` for a session in a cluster. A negative number of seconds makes the session
/// younger.
#[track_caller]
pub fn age_in_cluster(cluster: &Cluster, app: &str, token: &str, seconds: i64) {
    let mut client = cluster.owner_of(token).client();
    let less = (-seconds).to_string();
    let key = |name: &str| format!("rs:{app}:{{{}}}:{name}", tag_of_slot(slot(token)));
    let id = client.run(&["HGET", &key(token), "id"]).text().to_owned();
    client.run(&["HINCRBY", &key(token), "la", &less]).int();
    for (index, member) in [("_sessions", format!("{token}:{id}")), ("_users", id)] {
        let index = key(index);
        assert!(score(&mut client, &index, &member).is_some(), "{member} is in {index}");
        client.run(&["ZINCRBY", &index, &less, &member]);
    }
}

/// Stores a session as redis-sessions 4.0.0 would: these hash fields and all index entries, the
/// scores from `la` and `ttl`. `fields` must have `id`, `la` and `ttl`; with an empty id it is an
/// anonymous session, as this module would store it.
#[track_caller]
pub fn plant(client: &mut Client, app: &str, token: &str, fields: &[(&str, &str)]) {
    let of = |name: &str| {
        let found = fields.iter().find(|(field, _)| *field == name);
        found.unwrap_or_else(|| panic!("plant requires {name}")).1
    };
    let key = format!("rs:{app}:{token}");
    for (field, value) in fields {
        client.run(&["HSET", &key, field, value]).int();
    }
    let number = |name: &str| of(name).parse::<f64>().unwrap_or(0.0);
    let (id, la) = (of("id"), number("la").to_string());
    let end = (number("la") + number("ttl")).to_string();
    let member = format!("{token}:{id}");
    client.run(&["ZADD", &format!("rs:{app}:_sessions"), &la, &member]);
    if !id.is_empty() {
        client.run(&["ZADD", &format!("rs:{app}:_users"), &la, id]);
        client.run(&["SADD", &format!("rs:{app}:us:{id}"), token]);
    }
    client.run(&["ZADD", "rs:SESSIONS", &end, &format!("{app}:{member}")]);
}

/// Checks that the selected database is empty, except for old tokens of sessions that were rotated
/// with a grace, which the server removes at times of its own.
#[track_caller]
pub fn assert_no_keys(client: &mut Client) {
    let keys = client.run(&["KEYS", "*"]);
    let left: Vec<&str> = keys
        .texts()
        .into_iter()
        .filter(|key| !is_old_token(client, key))
        .collect();
    assert_eq!(left, [""; 0], "keys are left behind");
}

/// Whether a key is the alias of an old token. A key that the server has just removed counts as
/// one.
pub fn is_old_token(client: &mut Client, key: &str) -> bool {
    let is_alias = ["to", "sealed"].map(|field| client.run(&["HEXISTS", key, field]));
    match client.run(&["PTTL", key]).int() {
        -2 => true,
        left => left >= 0 && is_alias.contains(&Reply::Int(1)),
    }
}

/// The score in `rs:SESSIONS` of a session that use extends: the last second of la's step plus ttl.
pub fn wipe_score(token: &str, la: i64, ttl: i64) -> i64 {
    let phase = i64::from(token.as_bytes()[0] % 10);
    la + 9 - (la + phase) % 10 + ttl
}

/// A token for which `time` is the given second, 0 to 9, of an index step.
pub fn token_in_step(time: i64, second: i64, rest: char) -> String {
    let first = ('0'..='9').find(|&digit| (time + i64::from(digit as u32 % 10)) % 10 == second);
    format!(
        "{}{}",
        first.expect("ten digits, ten phases"),
        rest.to_string().repeat(63)
    )
}
