//! Loading, unloading, and what the loaded module says about itself.

use crate::harness::*;

fn load(client: &mut Client) -> Reply {
    client.run(&["MODULE", "LOAD", module_path().to_str().unwrap()])
}

#[test]
fn module_list_shows_the_version_as_one_number() {
    let parts: Vec<i64> = env!("CARGO_PKG_VERSION")
        .split('.')
        .map(|part| part.parse().unwrap())
        .collect();
    let server = Server::start();
    let list = server.client().run(&["MODULE", "LIST"]);
    // Newer servers include modules of their own.
    let modules = list.sessions();
    let ours = modules.iter().find(|module| module.text("name") == "sessions");
    let module = ours.expect("it is listed");
    assert_eq!(module.int("ver"), parts[0] * 10000 + parts[1] * 100 + parts[2]);
}

#[test]
fn info_and_the_log_show_version_and_commit() {
    let server = Server::start();
    let mut client = server.client();
    let info = client.run(&["INFO", "sessions"]).text().to_owned();
    assert!(
        info.contains(concat!("sessions_version:", env!("CARGO_PKG_VERSION"), "\r\n")),
        "{info}"
    );
    assert_eq!(server.info("sessions_version"), env!("CARGO_PKG_VERSION"));
    let commit = server.info("sessions_commit");
    assert!(!commit.is_empty() && !commit.contains(' '), "{commit:?}");
    let log = server.log();
    let line = log
        .lines()
        .find(|line| line.contains(env!("CARGO_PKG_VERSION")) && line.contains("sessions"));
    assert!(line.is_some_and(|line| line.contains(&commit)), "{log}");
}

#[test]
fn info_counts_what_happened_and_resetstat_leaves_it() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &["TTL", "100"]);
    client.run(&["SESSIONS.GET", "web", &token]);
    client.run(&["SESSIONS.GET", "web", &token_of('n')]);
    client.run(&["SESSIONS.SET", "web", &token, r#"{"a":1}"#]);
    let token = client.run(&["SESSIONS.ROTATE", "web", &token]).text().to_owned();
    let old = create(&mut client, "web", "u2", &["TTL", "100"]);
    age_everywhere(&mut client, "web", &old, 200);
    client.run(&["SESSIONS.WIPE"]);
    client.run(&["SESSIONS.KILL", "web", &token]);
    client.run(&["CONFIG", "RESETSTAT"]);
    let wanted = [
        ("created", "2"),
        ("read", "1"),
        ("missed", "1"),
        ("written", "1"),
        ("rotated", "1"),
        ("killed", "1"),
        ("wiped", "1"),
    ];
    for (name, count) in wanted {
        assert_eq!(server.info(&format!("sessions_{name}")), count, "sessions_{name}");
    }
}

#[test]
fn the_module_unloads_and_loads_ten_times_and_the_sessions_stay() {
    let server = Server::builder().without_module().start();
    let mut client = server.client();
    let mut token = String::new();
    for round in 0..10 {
        assert_eq!(load(&mut client), "OK".into(), "round {round}");
        if round == 0 {
            token = create(&mut client, "web", "u1", &["DATA", r#"{"a":1}"#]);
        }
        let session = client.run(&["SESSIONS.GET", "web", &token]).session();
        assert_eq!(session.int("r"), round + 1);
        assert_eq!(client.run(&["CONFIG", "GET", "sessions.ttl"]).list().len(), 2);
        assert_eq!(
            client.run(&["MODULE", "UNLOAD", "sessions"]),
            "OK".into(),
            "round {round}"
        );
        let reply = client.run(&["SESSIONS.GET", "web", &token]);
        assert!(reply.error().starts_with("ERR unknown command"), "{reply:?}");
        assert_eq!(client.run(&["CONFIG", "GET", "sessions.ttl"]), Reply::List(vec![]));
    }
    assert_eq!(client.run(&["DBSIZE"]), Reply::Int(5));
}

#[test]
fn unloading_gives_back_the_memory_that_the_module_took() {
    /// The bytes that may be lost per round: fewer than the names of the fields or the entry of one
    /// job take.
    const PER_ROUND: usize = 150;
    const ROUNDS: usize = 60;
    // The slow log would keep the first slow commands in memory.
    let server = Server::builder()
        .without_module()
        .line("slowlog-log-slower-than -1")
        .start();
    let mut client = server.client();
    let mut rounds = |count: usize| {
        for _ in 0..count {
            load(&mut client).assert_ok();
            // Work in slices keeps memory for the next work.
            let planted = Planted {
                count: 300,
                ..Planted::default()
            };
            planted.plant(&mut client);
            assert_eq!(client.line("SESSIONS.KILLALL web"), Reply::Int(planted.count));
            wait_until(GENEROUS, "the module unloads", || {
                client.line("MODULE UNLOAD sessions") == "OK".into()
            });
        }
        server.info("used_memory").parse::<usize>().unwrap()
    };
    // The server itself takes memory in the first rounds, and sometimes a larger piece later;
    // memory that is lost at an unload would be lost in each part of the rounds.
    let used = [rounds(ROUNDS), rounds(ROUNDS), rounds(ROUNDS)];
    let growth = used[1].saturating_sub(used[0]).min(used[2].saturating_sub(used[1]));
    assert!(growth < ROUNDS * PER_ROUND, "{used:?} bytes");
}

#[test]
fn the_module_cannot_be_loaded_twice() {
    let server = Server::start();
    let mut client = server.client();
    assert!(matches!(load(&mut client), Reply::Error(_)));
    let token = create(&mut client, "web", "u1", &[]);
    assert_eq!(client.run(&["SESSIONS.EXISTS", "web", &token]), Reply::Int(1));
}

#[test]
fn after_a_load_that_failed_the_server_calls_nothing_of_it() {
    let server = Server::builder().without_module().line("hz 100").start();
    let mut client = server.client();
    let path = module_path();
    let load = ["MODULE", "LOADEX", path.to_str().unwrap()];
    for wrong in [
        ["sessions.ttl", "0"],
        ["sessions.nonsense", "1"],
        ["sessions.namespace", ""],
    ] {
        let reply = client.run(&[&load[..], &["CONFIG"], &wrong[..]].concat());
        assert!(matches!(reply, Reply::Error(_)), "{wrong:?}: {reply:?}");
        // Longer than the interval of the server's cron, which therefore runs before the second
        // command from here.
        client.line("DEBUG SLEEP 0.05");
        client.line("PING");
        assert_eq!(client.line("PING"), "PONG".into(), "{wrong:?}");
    }
    assert_eq!(client.run(&load), "OK".into());
}

#[test]
fn settings_are_read_at_every_load() {
    let server = Server::builder().without_module().start();
    let mut client = server.client();
    let path = module_path();
    for ttl in ["100", "200"] {
        let reply = client.run(&[
            "MODULE",
            "LOADEX",
            path.to_str().unwrap(),
            "CONFIG",
            "sessions.ttl",
            ttl,
        ]);
        assert_eq!(reply, "OK".into());
        let token = create(&mut client, "web", "u1", &[]);
        assert_eq!(
            client
                .run(&["SESSIONS.PEEK", "web", &token])
                .session()
                .int("ttl")
                .to_string(),
            ttl
        );
        client.run(&["MODULE", "UNLOAD", "sessions"]);
    }
    load(&mut client);
    let token = create(&mut client, "web", "u1", &[]);
    assert_eq!(client.run(&["SESSIONS.PEEK", "web", &token]).session().int("ttl"), 7200);
}

#[test]
fn every_command_is_registered_with_its_flags() {
    let server = Server::start();
    let mut client = server.client();
    let writes = [
        "create", "get", "set", "incr", "touch", "rotate", "kill", "killsoid", "killall", "wipe",
    ];
    let reads = [
        "peek",
        "exists",
        "soid",
        "soapp",
        "activity",
        "count",
        "countsoid",
        "users",
    ];
    let out_of_memory = ["create", "set", "incr", "rotate"];
    let flags = |client: &mut Client, name: &str| -> Vec<String> {
        let info = client.run(&["COMMAND", "INFO", &format!("sessions.{name}")]);
        info.list()[0].list()[2]
            .texts()
            .iter()
            .map(|flag| flag.to_string())
            .collect()
    };
    for name in writes {
        let flags = flags(&mut client, name);
        assert!(
            flags.contains(&"write".into()) && !flags.contains(&"readonly".into()),
            "{name}: {flags:?}"
        );
        let denied = flags.contains(&"denyoom".into());
        assert_eq!(denied, out_of_memory.contains(&name), "{name}: {flags:?}");
    }
    for name in reads {
        let flags = flags(&mut client, name);
        assert!(
            flags.contains(&"readonly".into()) && !flags.contains(&"write".into()),
            "{name}: {flags:?}"
        );
    }
}
