//! `ROTATE … GRACE`: what the old token of a session can be used for, for how long, and what it
//! cannot be used for. Each rule holds both for plain and for hashed tokens.

mod ends;
mod foreign_aliases;
mod old_tokens;
mod planted_tokens;
mod stored;
mod tabs;

use crate::harness::*;
use sha2::{Digest as _, Sha256};

/// A server with its own clock, in one form of storage.
pub(super) struct Site {
    pub(super) server: Server,
    pub(super) is_hashed: bool,
}

/// Runs a test in both forms of storage.
#[track_caller]
pub(super) fn in_both_storages(lines: &[&str], test: impl Fn(&Site, &mut Client)) {
    for is_hashed in [false, true] {
        let setting = if is_hashed { "yes" } else { "no" };
        let builder = Server::builder().own_clock();
        let builder = builder.line(format!("sessions.hash-tokens {setting}"));
        let builder = lines.iter().fold(builder, |builder, line| builder.line(*line));
        let site = Site {
            server: builder.start(),
            is_hashed,
        };
        test(&site, &mut site.server.client());
    }
}

impl Site {
    /// The name under which a token is stored.
    pub(super) fn name(&self, token: &str) -> String {
        if self.is_hashed {
            sha256(token)
        } else {
            token.to_owned()
        }
    }

    pub(super) fn key(&self, token: &str) -> String {
        format!("rs:web:{}", self.name(token))
    }

    pub(super) fn graced(&self) -> i64 {
        self.server.info("sessions_graced").parse().expect("a number")
    }
}

pub(super) fn sha256(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A ROTATE in `web`; `None` for null.
#[track_caller]
pub(super) fn rotate(client: &mut Client, token: &str, options: &str) -> Option<String> {
    let options: Vec<&str> = options.split_whitespace().collect();
    let reply = client.run(&[&["SESSIONS.ROTATE", "web", token], &options[..]].concat());
    (!reply.is_nil()).then(|| reply.text().to_owned())
}

pub(super) fn exists(client: &mut Client, token: &str) -> bool {
    client.run(&["SESSIONS.EXISTS", "web", token]) == Reply::Int(1)
}

/// Creates a session of `id` (anonymous if `id` is empty) and rotates it; returns the old and the
/// new token.
#[track_caller]
pub(super) fn graced(client: &mut Client, id: &str, grace: &str) -> (String, String) {
    let options: &[&str] = if id.is_empty() { &["ANON"] } else { &[] };
    let old = create(client, "web", id, options);
    let new = rotate(client, &old, &format!("GRACE {grace}")).expect("a token");
    assert!(exists(client, &old) && exists(client, &new));
    (old, new)
}

/// Checks that no command changes anything if it is given a token that names no session.
#[track_caller]
pub(super) fn assert_unknown(client: &mut Client, token: &str) {
    let before = kept(client);
    for (command, nothing) in [
        (&["GET", "web", token][..], Reply::Nil),
        (&["PEEK", "web", token, "JSON"], Reply::Nil),
        (&["SET", "web", token, r#"{"a":1}"#], Reply::Nil),
        (&["INCR", "web", token, "n"], Reply::Nil),
        (&["TOUCH", "web", token], Reply::Int(0)),
        (&["EXISTS", "web", token], Reply::Int(0)),
        (&["SAVE", "web", token, "{}", "XX"], Reply::Int(0)),
        (&["SAVE", "web", token, "{}", "IFW", "1"], Reply::Int(0)),
        (&["ROTATE", "web", token], Reply::Nil),
        (&["ROTATE", "web", token, "GRACE", "60"], Reply::Nil),
        (&["ROTATE", "web", token, "ID", "mallory", "GRACE", "60"], Reply::Nil),
        (&["ROTATE", "web", token, "ANON", "GRACE", "60"], Reply::Nil),
        (&["KILL", "web", token], Reply::Int(0)),
    ] {
        let name = format!("SESSIONS.{}", command[0]);
        let reply = client.run(&[&[name.as_str()], &command[1..]].concat());
        assert_eq!(reply, nothing, "{command:?}");
    }
    assert_eq!(kept(client), before, "something changed");
}

/// All keys except old tokens, which the server removes at a time of its own.
fn kept(client: &mut Client) -> Vec<(String, String)> {
    let script = r#"
        local kept = {}
        for _, key in ipairs(redis.call('KEYS', '*')) do
            if redis.call('PTTL', key) < 0 then kept[#kept + 1] = key end
        end
        return kept"#;
    let keys = client.run(&["EVAL_RO", script, "0"]);
    let mut keys: Vec<String> = keys.texts().into_iter().map(str::to_owned).collect();
    keys.sort();
    let command = ["DEBUG", "DIGEST-VALUE"]
        .into_iter()
        .chain(keys.iter().map(String::as_str));
    let digests = client.run(&command.collect::<Vec<_>>());
    let digests: Vec<String> = digests.texts().into_iter().map(str::to_owned).collect();
    keys.into_iter().zip(digests).collect()
}
