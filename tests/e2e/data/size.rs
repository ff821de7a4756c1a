//! How much memory the stored keys take.

use crate::harness::*;

/// Bytes of a key; all of its members are sampled.
fn usage(client: &mut Client, key: &str) -> i64 {
    client.run(&["MEMORY", "USAGE", key, "SAMPLES", "0"]).int()
}

/// Writes the same value with plain commands under `copy`, a name of the same length, and compares
/// the two sizes.
#[track_caller]
fn is_as_small_as_by_plain_commands(client: &mut Client, key: &str, copy: &str) {
    assert_eq!(key.len(), copy.len());
    let kind = client.run(&["TYPE", key]).text().to_owned();
    let (read, write): (&[&str], &str) = match kind.as_str() {
        "hash" => (&["HGETALL", key], "HSET"),
        "set" => (&["SMEMBERS", key], "SADD"),
        _ => (&["ZRANGE", key, "0", "-1", "WITHSCORES"], "ZADD"),
    };
    let found = client.run(read);
    let mut words: Vec<&str> = found.texts();
    if write == "ZADD" {
        words.chunks_mut(2).for_each(|pair| pair.reverse());
    }
    client.run(&[&[write, copy][..], &words].concat());
    assert_eq!(usage(client, key), usage(client, copy), "{key}, a {kind}");
}

#[test]
fn what_the_module_writes_is_as_small_as_the_same_by_plain_commands() {
    for setting in ["hash-max-listpack-value 64", "hash-max-listpack-value 4096"] {
        let server = Server::builder().line(setting).start();
        let mut client = server.client();
        let text = |length: usize| format!(r#"{{"text":"{}"}}"#, "x".repeat(length));
        let options = ["IP", "127.0.0.1", "UA", "Firefox on Linux", "DATA", &text(20)];
        let token = create(&mut client, "web", "u1", &options);
        let key = format!("rs:web:{token}");
        let copy = format!("rs:copy{}", &key["rs:copy".len()..]);
        is_as_small_as_by_plain_commands(&mut client, &key, &copy);
        // The memory of data that has shrunk is freed.
        for length in [3000, 500, 30] {
            client.run(&["SESSIONS.SET", "web", &token, &text(length)]);
            client.run(&["SESSIONS.GET", "web", &token]);
        }
        if setting.ends_with("4096") {
            client.run(&["DEL", &copy]);
            is_as_small_as_by_plain_commands(&mut client, &key, &copy);
        }
        // The other sorted sets are not compared: the number of links of a node in a skip list is
        // random.
        for (key, copy) in [("rs:web:us:u1", "rs:web:us:u2"), ("rs:web:_users", "rs:web:_userz")] {
            is_as_small_as_by_plain_commands(&mut client, key, copy);
        }
    }
}
