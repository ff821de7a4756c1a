//! How much data a session may hold, and very large values.

use crate::harness::*;

const TOO_LARGE: &str = "ERR data too large: at most 65536 bytes of JSON (sessions.max-data-bytes)";

/// A JSON object of exactly this many bytes.
fn object_of(bytes: usize) -> String {
    format!(r#"{{"k":"{}"}}"#, "x".repeat(bytes - 8))
}

#[test]
fn data_may_be_as_large_as_the_setting_and_not_a_byte_larger() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &["DATA", &object_of(65536)]);
    assert_eq!(hash_field(&mut client, "web", &token, "d").unwrap().len(), 65536);
    let reply = client.run(&["SESSIONS.CREATE", "web", "u1", "DATA", &object_of(65537)]);
    assert_eq!(reply.error(), TOO_LARGE);
    let small = create(&mut client, "web", "u1", &[]);
    let reply = client.run(&["SESSIONS.SET", "web", &small, &object_of(65537)]);
    assert_eq!(reply.error(), TOO_LARGE);
    assert_eq!(hash_field(&mut client, "web", &small, "d"), None);
    assert_eq!(hash_field(&mut client, "web", &small, "w").unwrap(), "1");
    client
        .run(&["SESSIONS.SET", "web", &small, &object_of(65536)])
        .session();
}

#[test]
fn what_counts_is_the_merged_data() {
    let server = Server::builder().line("sessions.max-data-bytes 20").start();
    let mut client = server.client();
    let text = "ERR data too large: at most 20 bytes of JSON (sessions.max-data-bytes)";
    let token = create(&mut client, "web", "u1", &["DATA", r#"{"a":1234567}"#]);
    let reply = client.run(&["SESSIONS.SET", "web", &token, r#"{"b":12}"#]);
    assert_eq!(reply.session().text("d"), r#"{"a":1234567,"b":12}"#);
    assert_eq!(
        client.run(&["SESSIONS.SET", "web", &token, r#"{"b":123}"#]).error(),
        text
    );
    assert_eq!(client.run(&["SESSIONS.SET", "web", &token, r#"{"c":1}"#]).error(), text);
    let reply = client.run(&["SESSIONS.SET", "web", &token, r#"{"a":null,"c":1234}"#]);
    assert_eq!(reply.session().text("d"), r#"{"b":12,"c":1234}"#);
    let long = r#"{"gone":null,"also gone":null,   "x":null}"#;
    create(&mut client, "web", "u1", &["DATA", long]);
    client.run(&["SESSIONS.SET", "web", &token, long]).session();
}

#[test]
fn a_set_that_shrinks_oversized_data_is_allowed() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(
        &mut client,
        "web",
        "u1",
        &["DATA", r#"{"a":"12345678901234567890","b":1,"c":2}"#],
    );
    client.run(&["CONFIG", "SET", "sessions.max-data-bytes", "10"]);
    let text = "ERR data too large: at most 10 bytes of JSON (sessions.max-data-bytes)";
    for same_or_larger in [r#"{"b":3}"#, r#"{"x":null}"#, r#"{"c":22}"#] {
        assert_eq!(
            client.run(&["SESSIONS.SET", "web", &token, same_or_larger]).error(),
            text,
            "{same_or_larger}"
        );
    }
    let reply = client.run(&["SESSIONS.SET", "web", &token, r#"{"b":null}"#]);
    assert_eq!(reply.session().text("d"), r#"{"a":"12345678901234567890","c":2}"#);
    let reply = client.run(&["SESSIONS.SET", "web", &token, r#"{"a":null}"#]);
    assert_eq!(reply.session().text("d"), r#"{"c":2}"#);
    assert_eq!(
        client.run(&["SESSIONS.GET", "web", &token]).session().text("d"),
        r#"{"c":2}"#
    );
}

#[test]
fn a_megabyte_of_data_is_refused_or_kept_as_the_setting_says() {
    let server = Server::start();
    let mut client = server.client();
    let json = object_of(1_000_000);
    let token = create(&mut client, "web", "u1", &[]);
    assert_eq!(client.run(&["SESSIONS.SET", "web", &token, &json]).error(), TOO_LARGE);
    client.run(&["CONFIG", "SET", "sessions.max-data-bytes", "1000000"]);
    assert_eq!(
        client.run(&["SESSIONS.SET", "web", &token, &json]).session().text("d"),
        json
    );
    let reply = client.run(&["SESSIONS.GET", "web", &token, "JSON"]);
    assert!(reply.text().ends_with(&format!(r#""d":{json}}}"#)));
}

#[test]
fn the_server_survives_deep_and_wide_json() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &[]);
    for depth in [100, 1000, 100_000] {
        for json in [
            format!(r#"{{"a":{}{}}}"#, "[".repeat(depth), "]".repeat(depth)),
            format!(r#"{}1{}"#, r#"{"a":"#.repeat(depth), "}".repeat(depth)),
            "[".repeat(depth),
        ] {
            let reply = client.run(&["SESSIONS.SET", "web", &token, &json]);
            assert!(
                reply.error().starts_with("ERR invalid data: "),
                "depth {depth}: {reply:?}"
            );
        }
        let stored = format!(r#"{{"a":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
        client.run(&["HSET", &format!("rs:web:{token}"), "d", &stored]);
        assert_eq!(client.run(&["SESSIONS.GET", "web", &token]).session().text("d"), stored);
        assert!(client.run(&["SESSIONS.GET", "web", &token, "JSON"]).text().len() > depth);
        let reply = client.run(&["SESSIONS.SET", "web", &token, r#"{"b":1}"#]);
        assert_eq!(
            reply.error(),
            "ERR stored data is not a JSON object of at most 32 levels: replace it with SAVE",
            "depth {depth}"
        );
        client.run(&["HDEL", &format!("rs:web:{token}"), "d"]);
    }
    let names: Vec<String> = (0..4000).map(|n| format!(r#""key{n}":{n}"#)).collect();
    let wide = format!("{{{}}}", names.join(","));
    assert_eq!(
        client.run(&["SESSIONS.SET", "web", &token, &wide]).session().text("d"),
        wide
    );
}
