//! The session's own data `d`, and how the store handles broken or absurd values in Redis.

mod exact;
mod json;
mod limits;
mod merging;
mod numbers;
mod readers;
mod rubbish;
mod size;
mod unreadable;

use crate::harness::*;

/// Plants a session with one field whose value the module would not write.
fn with_field(client: &mut Client, token: &str, field: &str, value: &[u8]) {
    let la = now(client).to_string();
    let key = format!("rs:web:{token}");
    client.run(&["DEL", &key]);
    let fields = [
        ("id", "u1"),
        ("r", "5"),
        ("w", "6"),
        ("la", la.as_str()),
        ("ttl", "500"),
    ];
    plant(client, "web", token, &fields);
    let command: [&[u8]; 4] = [b"HSET", key.as_bytes(), field.as_bytes(), value];
    client.run(&command);
}

/// `json` is stored and returned as `stored`, natively and in JSON, by CREATE and by SET.
#[track_caller]
fn kept(client: &mut Client, json: &str, stored: &str) {
    let created = create(client, "web", "u1", &["DATA", json]);
    let set = create(client, "web", "u1", &[]);
    let reply = client.run(&["SESSIONS.SET", "web", &set, json]);
    assert_eq!(reply.session().text("d"), stored, "SET with {json}");
    for token in [created, set] {
        let d = hash_field(client, "web", &token, "d");
        assert_eq!(d.as_deref(), Some(stored), "{json} as stored");
        let native = client.run(&["SESSIONS.GET", "web", &token]).session();
        assert_eq!(native.text("d"), stored, "{json} natively");
        let reply = client.run(&["SESSIONS.PEEK", "web", &token, "JSON"]);
        assert!(
            reply.text().ends_with(&format!(r#""d":{stored}}}"#)),
            "{json} in {reply:?}"
        );
    }
}
