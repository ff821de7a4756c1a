//! The settings: their defaults and bounds, CONFIG, and what they do.

mod loading;
mod publishing;
mod redaction;

use crate::harness::*;

const DEFAULTS: [(&str, &str); 9] = [
    ("sessions.namespace", "rs"),
    ("sessions.ttl", "7200"),
    ("sessions.wipe-interval", "600"),
    ("sessions.max-data-bytes", "65536"),
    ("sessions.publish-changes", "no"),
    ("sessions.redact-tokens", "yes"),
    ("sessions.index-step", "10"),
    ("sessions.hash-tokens", "no"),
    ("sessions.audit-length", "0"),
];

/// Values that the server refuses for `sessions.index-step`, which can only be set at load.
const NO_INDEX_STEPS: [&str; 6] = ["0", "61", "-1", "x", "1.5", "1kb"];

/// Each other setting with values that it accepts and values that it refuses.
const BOUNDS: [(&str, &[&str], &[&str]); 6] = [
    (
        "sessions.ttl",
        &["1", "315360000", "60"],
        &["0", "-1", "315360001", "x", "", "1.5"],
    ),
    (
        "sessions.wipe-interval",
        &["0", "10", "86400"],
        &["1", "9", "86401", "-1", "x"],
    ),
    (
        "sessions.max-data-bytes",
        &["2", "16777216"],
        &["1", "0", "-1", "17mb", "16777217", "x"],
    ),
    ("sessions.publish-changes", &["yes", "no"], &["maybe", "1", ""]),
    ("sessions.redact-tokens", &["no", "yes"], &["maybe", "2", ""]),
    (
        "sessions.audit-length",
        &["1", "100000000", "0"],
        &["-1", "100000001", "x"],
    ),
];

fn setting(client: &mut Client, name: &str) -> String {
    client.run(&["CONFIG", "GET", name]).list()[1].text().to_owned()
}

#[test]
fn every_setting_has_its_default_and_there_are_no_others() {
    let server = Server::start();
    let mut client = server.client();
    for (name, value) in DEFAULTS {
        assert_eq!(setting(&mut client, name), value, "{name}");
    }
    let all = client.run(&["CONFIG", "GET", "sessions.*"]);
    assert_eq!(all.list().len(), 2 * DEFAULTS.len(), "{all:?}");
}

#[test]
fn config_set_takes_what_is_in_bounds_and_refuses_the_rest_by_name() {
    let server = Server::start();
    let mut client = server.client();
    for (name, good, bad) in BOUNDS {
        for value in good {
            assert_eq!(
                client.run(&["CONFIG", "SET", name, value]),
                "OK".into(),
                "{name} {value}"
            );
            assert_eq!(setting(&mut client, name), *value, "{name}");
        }
        let before = setting(&mut client, name);
        for value in bad {
            let reply = client.run(&["CONFIG", "SET", name, value]);
            assert!(reply.error().contains(name), "{name} {value:?}: {reply:?}");
            assert_eq!(setting(&mut client, name), before, "{name} after {value:?}");
        }
    }
}

#[test]
fn config_set_refuses_what_is_set_at_load_only() {
    let server = Server::builder().line("sessions.index-step 60").start();
    let mut client = server.client();
    for (name, values, kept) in [
        ("sessions.namespace", ["other", "rs"], "rs"),
        ("sessions.index-step", ["10", "60"], "60"),
    ] {
        for value in values {
            let reply = client.run(&["CONFIG", "SET", name, value]);
            let expected = format!("ERR CONFIG SET failed (possibly related to argument '{name}')");
            assert!(reply.error().starts_with(&expected), "{reply:?}");
            assert!(reply.error().contains("immutable"), "{reply:?}");
            assert_eq!(setting(&mut client, name), kept);
        }
    }
}

#[test]
fn max_data_bytes_takes_the_units_of_the_servers_memory_settings() {
    let units = [
        ("1k", "1000"),
        ("64kb", "65536"),
        ("1M", "1000000"),
        ("16mb", "16777216"),
        ("100b", "100"),
    ];
    for (value, bytes) in units {
        let mut server = Server::builder()
            .line(format!("sessions.max-data-bytes {value}"))
            .start();
        let mut client = server.client();
        assert_eq!(
            setting(&mut client, "sessions.max-data-bytes"),
            bytes,
            "{value} in redis.conf"
        );
        client
            .run(&["CONFIG", "SET", "sessions.max-data-bytes", "2"])
            .assert_ok();
        client
            .run(&["CONFIG", "SET", "sessions.max-data-bytes", value])
            .assert_ok();
        assert_eq!(setting(&mut client, "sessions.max-data-bytes"), bytes, "{value}");
        client.run(&["CONFIG", "REWRITE"]).assert_ok();
        drop(client);
        server.restart();
        let mut client = server.client();
        let kept = setting(&mut client, "sessions.max-data-bytes");
        assert_eq!(kept, bytes, "{value} in redis.conf:\n{}", server.conf());
    }
    let server = Server::start();
    let mut client = server.client();
    client
        .run(&["CONFIG", "SET", "sessions.max-data-bytes", "1k"])
        .assert_ok();
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(1000));
    let reply = client.run(&["SESSIONS.CREATE", "web", "u1", "DATA", &large]);
    assert!(
        reply.error().starts_with("ERR data too large: at most 1000 bytes "),
        "{reply:?}"
    );
}

#[test]
fn config_rewrite_keeps_what_was_set() {
    let mut server = Server::builder()
        .line("sessions.namespace kept")
        .line("sessions.index-step 7")
        .start();
    let mut client = server.client();
    for (name, value) in [
        ("sessions.ttl", "99"),
        ("sessions.wipe-interval", "30"),
        ("sessions.publish-changes", "yes"),
        ("sessions.redact-tokens", "no"),
        ("sessions.max-data-bytes", "2000"),
        ("sessions.audit-length", "500"),
    ] {
        client.run(&["CONFIG", "SET", name, value]);
    }
    assert_eq!(client.run(&["CONFIG", "REWRITE"]), "OK".into());
    let all = |client: &mut Client| -> Vec<String> { DEFAULTS.iter().map(|(name, _)| setting(client, name)).collect() };
    let before = all(&mut client);
    drop(client);
    server.restart();
    let mut client = server.client();
    assert_eq!(all(&mut client), before, "redis.conf:\n{}", server.conf());
    assert_eq!(setting(&mut client, "sessions.namespace"), "kept");
    assert_eq!(setting(&mut client, "sessions.index-step"), "7");
    assert_eq!(setting(&mut client, "sessions.ttl"), "99");
}

#[test]
fn ttl_is_the_default_for_create_from_then_on() {
    let server = Server::start();
    let mut client = server.client();
    let before = create(&mut client, "web", "u1", &[]);
    client.run(&["CONFIG", "SET", "sessions.ttl", "50"]);
    let after = create(&mut client, "web", "u1", &[]);
    let named = create(&mut client, "web", "u1", &["TTL", "70"]);
    for (token, ttl) in [(before, 7200), (after, 50), (named, 70)] {
        assert_eq!(client.run(&["SESSIONS.PEEK", "web", &token]).session().int("ttl"), ttl);
    }
}
