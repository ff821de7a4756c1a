//! Keys of the wrong type: a command returns WRONGTYPE and writes nothing, or skips the key where
//! the command's page says so.

use crate::harness::{Reply, Server, WRONGTYPE, create, digest};

/// The keys of a session, by the words that `check_wrong_types` takes.
fn key(word: &str, token: &str) -> String {
    match word {
        "hash" => format!("rs:web:{token}"),
        "_sessions" => "rs:web:_sessions".into(),
        "_users" => "rs:web:_users".into(),
        "us" => "rs:web:us:u1".into(),
        "SESSIONS" => "rs:SESSIONS".into(),
        other => panic!("no key called {other}"),
    }
}

/// For each of `keys`: with a session of `u1` in place and that one key replaced by one of another
/// type, `template` returns WRONGTYPE and changes nothing. The session's last use is in an earlier
/// index step, so a use has to write every index.
#[track_caller]
pub(crate) fn check_wrong_types(template: &str, keys: &[&str]) {
    let server = Server::builder().aof().start();
    let mut client = server.client();
    for word in keys {
        for other in ["SET {} x", "RPUSH {} x", "SADD {} x", "ZADD {} 1 x", "HSET {} f x"] {
            let right = match *word {
                "hash" => "HSET",
                "us" => "SADD",
                _ => "ZADD",
            };
            if other.starts_with(right) {
                continue;
            }
            client.run(&["FLUSHALL"]);
            let token = create(&mut client, "web", "u1", &["DATA", r#"{"a":1}"#]);
            crate::harness::age_everywhere(&mut client, "web", &token, 30);
            let key = key(word, &token);
            client.run(&["DEL", &key]);
            client.line(&other.replace("{}", &key));
            let before = digest(&mut client);
            let command = template.replace("{token}", &token);
            let effects = server.effects(|| {
                let reply = client.line(&command);
                assert_eq!(
                    reply,
                    Reply::Error(WRONGTYPE.into()),
                    "{command} with {other} as {word}"
                );
            });
            assert_eq!(digest(&mut client), before, "{command} with {other} as {word} wrote");
            assert!(effects.is_empty(), "{command} with {other} as {word}: {effects:?}");
        }
    }
}
