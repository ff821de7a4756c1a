//! How SET merges into the stored data.

use crate::harness::*;

/// Sets `json` on a session whose `d` was stored as `stored`; returns the reply.
#[track_caller]
fn set(client: &mut Client, stored: &[u8], json: &str) -> (Reply, String) {
    let token = create(client, "web", "u1", &[]);
    let key = format!("rs:web:{token}");
    let command: [&[u8]; 4] = [b"HSET", key.as_bytes(), b"d", stored];
    client.run(&command);
    (client.run(&["SESSIONS.SET", "web", &token, json]), token)
}

#[test]
fn keys_keep_their_order_and_new_ones_are_appended() {
    let server = Server::start();
    let mut client = server.client();
    let cases = [
        (r#"{"b":1,"a":2}"#, r#"{"c":3}"#, r#"{"b":1,"a":2,"c":3}"#),
        (r#"{"b":1,"a":2}"#, r#"{"a":9,"b":8}"#, r#"{"b":8,"a":9}"#),
        (
            r#"{"b":1,"a":2}"#,
            r#"{"z":0,"b":null,"y":1}"#,
            r#"{"a":2,"z":0,"y":1}"#,
        ),
        (r#"{"10":1,"9":2}"#, r#"{"1":3}"#, r#"{"10":1,"9":2,"1":3}"#),
        (
            r#"{"a":1.0,"b":12345678901234567890}"#,
            r#"{"c":1}"#,
            r#"{"a":1.0,"b":12345678901234567890,"c":1}"#,
        ),
        (r#"{"":1}"#, r#"{"":2,"a":3}"#, r#"{"":2,"a":3}"#),
        (r#"{ "a" : 1 }"#, r#"{"b":2}"#, r#"{"a":1,"b":2}"#),
        (r#"{"A":1}"#, r#"{"a":2}"#, r#"{"A":1,"a":2}"#),
    ];
    for (stored, json, wanted) in cases {
        let (reply, _) = set(&mut client, stored.as_bytes(), json);
        assert_eq!(reply.session().text("d"), wanted, "{stored} with {json}");
    }
}

#[test]
fn of_a_name_given_twice_the_last_wins() {
    let server = Server::start();
    let mut client = server.client();
    let cases = [
        (r#"{"a":1,"a":2}"#, Some(r#"{"a":2}"#)),
        (r#"{"a":1,"b":5,"a":2}"#, Some(r#"{"a":2,"b":5}"#)),
        (r#"{"a":1,"a":null}"#, None),
        (r#"{"a":null,"a":1}"#, Some(r#"{"a":1}"#)),
    ];
    for (json, wanted) in cases {
        let token = create(&mut client, "web", "u1", &["DATA", json]);
        let d = hash_field(&mut client, "web", &token, "d");
        assert_eq!(d.as_deref(), wanted, "CREATE with {json}");
        let token = create(&mut client, "web", "u1", &[]);
        let session = client.run(&["SESSIONS.SET", "web", &token, json]).session();
        assert_eq!(session.get("d").map(Reply::text), wanted, "SET with {json}");
    }
}

#[test]
fn names_are_compared_without_their_escapes() {
    let server = Server::start();
    let mut client = server.client();
    let cases = [
        (r#"{"a":1}"#, r#"{"\u0061":2}"#),
        (r#"{"\u0061":1}"#, r#"{"a":2}"#),
        (r#"{"é":1}"#, r#"{"\u00E9":2}"#),
        (r#"{"\u00e9":1}"#, r#"{"\u00E9":2}"#),
        (r#"{"😀":1}"#, r#"{"\ud83d\ude00":2}"#),
        (r#"{"\ufffd":1}"#, r#"{"\uD83D":2}"#),
        (r#"{"\ud83d":1}"#, r#"{"\ud83c":2}"#),
        (r#"{"/":1}"#, r#"{"\/":2}"#),
    ];
    for (stored, json) in cases {
        let (reply, token) = set(&mut client, stored.as_bytes(), json);
        let d = reply.session().text("d").to_owned();
        assert_eq!(d.matches(':').count(), 1, "{stored} with {json} gave {d}");
        assert!(d.ends_with(":2}"), "{stored} with {json} gave {d}");
        let gone = client.run(&["SESSIONS.SET", "web", &token, &json.replace(":2", ":null")]);
        assert!(!gone.session().has("d"), "{stored} with {json}");
    }
}

#[test]
fn names_that_become_equal_without_half_surrogate_pairs_are_one_and_the_last_wins() {
    let server = Server::start();
    let mut client = server.client();
    let stored = br#"{"\ud83d":1,"b":null,"\ude00":[3]}"#;
    let (reply, _) = set(&mut client, stored, r#"{"c":"\ud83d"}"#);
    assert_eq!(reply.session().text("d"), r#"{"\ufffd":[3],"b":null,"c":"\ufffd"}"#);
}

#[test]
fn a_nested_value_is_replaced_as_a_whole_and_removed_by_null() {
    let server = Server::start();
    let mut client = server.client();
    let stored = r#"{"cart":{"a":1,"b":[2]},"prefs":{"lang":"en"}}"#;
    let cases = [
        (r#"{"cart":{"c":3}}"#, r#"{"cart":{"c":3},"prefs":{"lang":"en"}}"#),
        (r#"{"cart":{"a":null}}"#, r#"{"cart":{"a":null},"prefs":{"lang":"en"}}"#),
        (r#"{"cart":null}"#, r#"{"prefs":{"lang":"en"}}"#),
        (r#"{"prefs":[1, 2]}"#, r#"{"cart":{"a":1,"b":[2]},"prefs":[1, 2]}"#),
        (
            r#"{"x":[{}]}"#,
            r#"{"cart":{"a":1,"b":[2]},"prefs":{"lang":"en"},"x":[{}]}"#,
        ),
    ];
    for (json, wanted) in cases {
        let (reply, _) = set(&mut client, stored.as_bytes(), json);
        assert_eq!(reply.session().text("d"), wanted, "{json}");
    }
}

#[test]
fn values_that_another_program_stored_are_kept() {
    let server = Server::start();
    let mut client = server.client();
    let stored = r#"{"list":[1,{"x":null}],"object":{"y":[]},"none":null,"far":1e400}"#;
    let (reply, token) = set(&mut client, stored.as_bytes(), r#"{"a":1}"#);
    let d = reply.session().text("d").to_owned();
    assert!(d.starts_with(r#"{"list":[1,{"x":null}],"object":{"y":[]}"#), "{d}");
    let reply = client.run(&["SESSIONS.SET", "web", &token, r#"{"list":null,"object":0}"#]);
    let d = reply.session().text("d").to_owned();
    assert!(d.starts_with(r#"{"object":0"#) && d.ends_with(r#""a":1}"#), "{d}");
}
