//! Settings from redis.conf at the start, and settings from MODULE LOADEX.

use super::{BOUNDS, DEFAULTS, NO_INDEX_STEPS, setting};
use crate::harness::*;

const NAMESPACES: [&str; 8] = [
    "",
    "a b",
    "a:b",
    "ä",
    "a{b}",
    "*",
    "a.b",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];

#[test]
fn redis_conf_sets_them_at_start() {
    let mut builder = Server::builder();
    let lines = [
        ("sessions.namespace", "my_NS-1"),
        ("sessions.ttl", "123"),
        ("sessions.wipe-interval", "0"),
        ("sessions.max-data-bytes", "100"),
        ("sessions.publish-changes", "yes"),
        ("sessions.redact-tokens", "no"),
        ("sessions.index-step", "1"),
    ];
    for (name, value) in lines {
        builder = builder.line(format!("{name} {value}"));
    }
    let server = builder.start();
    let mut client = server.client();
    for (name, value) in lines {
        assert_eq!(setting(&mut client, name), value, "{name}");
    }
    let token = create(&mut client, "web", "u1", &[]);
    let mut keys: Vec<String> = client
        .run(&["KEYS", "*"])
        .texts()
        .iter()
        .map(|key| key.to_string())
        .collect();
    keys.sort();
    let mut wanted = [
        "my_NS-1:SESSIONS".to_owned(),
        "my_NS-1:web:_sessions".into(),
        "my_NS-1:web:_users".into(),
        "my_NS-1:web:us:u1".into(),
        format!("my_NS-1:web:{token}"),
    ];
    wanted.sort();
    assert_eq!(keys, wanted);
    assert_eq!(client.run(&["SESSIONS.PEEK", "web", &token]).session().int("ttl"), 123);
    assert_eq!(client.run(&["SESSIONS.KILL", "web", &token]), Reply::Int(1));
    assert_no_keys(&mut client);
}

#[test]
fn a_server_with_a_setting_out_of_bounds_does_not_start_and_names_it() {
    let mut cases: Vec<(&str, &str)> = Vec::new();
    for (name, _, bad) in BOUNDS {
        cases.extend([(name, bad[0]), (name, bad[bad.len() - 2])]);
    }
    cases.extend(NO_INDEX_STEPS.map(|value| ("sessions.index-step", value)));
    cases.extend(
        NAMESPACES
            .iter()
            .filter(|name| !name.is_empty())
            .map(|value| ("sessions.namespace", *value)),
    );
    for (name, value) in cases {
        let log = Server::builder().line(format!("{name} {value:?}")).refused();
        let about = log.lines().filter(|line| line.contains(name)).count();
        assert!(about > 0, "{name} {value:?} is not named in:\n{log}");
    }
}

#[test]
fn module_loadex_sets_them_and_refuses_by_name() {
    let server = Server::builder().without_module().start();
    let mut client = server.client();
    let path = module_path();
    let load = ["MODULE", "LOADEX", path.to_str().unwrap()];
    for (name, value) in [
        ("sessions.ttl", "0"),
        ("sessions.wipe-interval", "5"),
        ("sessions.namespace", "a b"),
        ("sessions.max-data-bytes", "x"),
        ("sessions.index-step", "61"),
    ] {
        let reply = client.run(&[&load[..], &["CONFIG", name, value]].concat());
        assert!(matches!(reply, Reply::Error(_)), "{name} {value}: {reply:?}");
        let log = server.log();
        assert!(
            log.lines().any(|line| line.contains(name)),
            "{name} is not named in:\n{log}"
        );
        let modules = client.run(&["MODULE", "LIST"]).sessions();
        let loaded = modules.iter().any(|module| module.text("name") == "sessions");
        assert!(!loaded, "{name} {value}");
    }
    let settings = [
        "CONFIG",
        "sessions.namespace",
        "ns",
        "CONFIG",
        "sessions.ttl",
        "55",
        "CONFIG",
        "sessions.redact-tokens",
        "no",
        "CONFIG",
        "sessions.index-step",
        "60",
    ];
    assert_eq!(client.run(&[&load[..], &settings].concat()), "OK".into());
    assert_eq!(setting(&mut client, "sessions.namespace"), "ns");
    assert_eq!(setting(&mut client, "sessions.ttl"), "55");
    assert_eq!(setting(&mut client, "sessions.redact-tokens"), "no");
    assert_eq!(setting(&mut client, "sessions.index-step"), "60");
    assert_eq!(setting(&mut client, "sessions.wipe-interval"), "600");
    let token = create(&mut client, "web", "u1", &[]);
    assert_eq!(client.run(&["EXISTS", &format!("ns:web:{token}")]), Reply::Int(1));
}

#[test]
fn arguments_behind_the_path_are_refused_and_the_lines_to_write_are_named() {
    let path = module_path();
    let path = path.to_str().unwrap();
    let start = |arguments: &str| {
        let builder = Server::builder().without_module();
        builder.line(format!("loadmodule {path} {arguments}")).refused()
    };
    for arguments in ["sessions.ttl 60", "ttl 60", "TTL=60", "nonsense ttl"] {
        let log = start(arguments);
        assert!(
            log.contains("write `sessions.ttl …` as a line of its own"),
            "{arguments}:\n{log}"
        );
    }
    let log = start("namespace hidden");
    assert!(
        log.contains("write `sessions.namespace …` as a line of its own"),
        "{log}"
    );
    assert!(!log.contains("hidden"), "{log}");
    let log = start("namspace hidden");
    assert!(log.contains("write each setting on a separate line"), "{log}");
    assert!(!log.contains("namspace") && !log.contains("hidden"), "{log}");

    let server = Server::builder().without_module().start();
    let mut client = server.client();
    for (name, value) in DEFAULTS {
        let before = server.log().len();
        for load in [
            &["MODULE", "LOAD", path, name, value][..],
            &["MODULE", "LOADEX", path, "ARGS", name, value],
            &["MODULE", "LOADEX", path, "CONFIG", "sessions.ttl", "60", "ARGS", name],
        ] {
            let reply = client.run(load);
            assert!(matches!(reply, Reply::Error(_)), "{load:?}: {reply:?}");
        }
        let log = server.log()[before..].to_owned();
        let named = log.matches(&format!("write `{name} …` as a line of its own")).count();
        assert_eq!(named, 3, "{name}:\n{log}");
    }
    client.run(&["MODULE", "LOAD", path]).assert_ok();
}
