//! Mixed commands for a long time. `scripts/soak.sh` runs these tests on a normal server and on a
//! server under valgrind. `SOAK_COMMANDS` sets the number of commands, `SESSIONS_SEED` repeats a
//! run.

mod load;
mod options;

use crate::harness::*;
use load::{APPS, Load};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Kills everything, lets the server clean up, and returns `used_memory`.
fn used_memory_when_empty(server: &Server) -> i64 {
    let mut client = server.client();
    for app in APPS {
        client.run(&["SESSIONS.KILLALL", app]).int();
    }
    assert_no_keys(&mut client);
    wait_until(GENEROUS, "old tokens are removed", || {
        client.line("DBSIZE") == Reply::Int(0)
    });
    drop(client);
    // The server shrinks the buffers of idle clients and the tables of emptied keys at times of its
    // own.
    let mut lowest = i64::MAX;
    let mut lowest_since = Instant::now();
    while lowest_since.elapsed() < Duration::from_secs(5) {
        let used = server.info("used_memory").parse().unwrap();
        if used < lowest {
            lowest = used;
            lowest_since = Instant::now();
        }
        sleep(Duration::from_millis(100));
    }
    lowest
}

#[test]
#[ignore = "takes minutes: make soak"]
fn a_million_mixed_commands_leave_used_memory_where_it_was() {
    /// Some of the server's own buffers of 16 KiB. One lost byte in every tenth command would be
    /// more.
    const NOISE: i64 = 64 * 1024;
    let commands = from_environment("SOAK_COMMANDS").unwrap_or(1_000_000);
    let server = Server::builder().line("sessions.wipe-interval 10").start();
    let seed = seed();
    println!("SESSIONS_SEED={seed}");

    Load::new(seed).run(&server, commands / 10);
    let before = used_memory_when_empty(&server);
    let began = Instant::now();
    let load = Load::new(seed + 1);
    let summary = load.run(&server, commands);
    println!("{commands} commands in {:?}; {summary:?}", began.elapsed());
    let after = used_memory_when_empty(&server);

    println!("used_memory {before} before, {after} after");
    assert!(after - before < NOISE, "used_memory grew by {}", after - before);
}

/// For valgrind, which counts the memory that is lost when the server ends: runs everything that
/// the module does, but nothing that ends the process at once.
#[test]
#[ignore = "for valgrind: make soak"]
fn everything_at_once_and_then_an_orderly_end() {
    everything_at_once("no");
}

#[test]
#[ignore = "for valgrind: make soak"]
fn everything_at_once_with_hashed_tokens_and_then_an_orderly_end() {
    everything_at_once("yes");
}

fn everything_at_once(hash_tokens: &str) {
    let commands = from_environment("SOAK_COMMANDS").unwrap_or(20_000);
    let mut server = Server::builder()
        .aof()
        .line("sessions.wipe-interval 10")
        .line("sessions.publish-changes yes")
        .line("sessions.audit-length 50")
        .line("notify-keyspace-events KEA")
        .line(format!("sessions.hash-tokens {hash_tokens}"))
        .start();
    let seed = seed();
    println!("SESSIONS_SEED={seed}");
    let summary = Load::new(seed).run(&server, commands);
    println!("{summary:?}");

    let mut client = server.client();
    settings_and_introspection(&mut client);
    slices_with_and_without_their_caller(&server);
    wait_until(GENEROUS, "a timed wipe is done", || {
        server.info("sessions_passes") != "0"
    });
    for app in APPS {
        client.run(&["SESSIONS.KILLALL", app]).int();
        assert_eq!(client.run(&["DEL", &format!("rs:{app}:_audit")]), Reply::Int(1));
    }
    assert_no_keys(&mut client);
    for _ in 0..3 {
        assert_eq!(client.line("MODULE UNLOAD sessions"), "OK".into());
        let path = module_path();
        assert_eq!(client.run(&["MODULE", "LOAD", path.to_str().unwrap()]), "OK".into());
        let token = create(&mut client, "web", "u1", &[]);
        assert_eq!(client.run(&["SESSIONS.KILL", "web", &token]), Reply::Int(1));
    }
    assert_eq!(client.line("MODULE UNLOAD sessions"), "OK".into());
    server.stop();
}

fn settings_and_introspection(client: &mut Client) {
    for _ in 0..100 {
        for (name, value) in [
            ("sessions.ttl", "100"),
            ("sessions.max-data-bytes", "2"),
            ("sessions.max-data-bytes", "65536"),
            ("sessions.redact-tokens", "no"),
            ("sessions.redact-tokens", "yes"),
            ("sessions.ttl", "7200"),
        ] {
            assert_eq!(client.run(&["CONFIG", "SET", name, value]), "OK".into());
        }
        assert!(matches!(
            client.line("CONFIG SET sessions.namespace other"),
            Reply::Error(_)
        ));
        assert!(matches!(client.line("CONFIG SET sessions.ttl 0"), Reply::Error(_)));
        assert!(!client.line("CONFIG GET sessions.*").list().is_empty());
        client.line("INFO sessions").text();
        client.line("COMMAND DOCS sessions.create");
        client.line("COMMAND INFO sessions.create");
        client.line("ACL LOG");
    }
    client.line("ACL SETUSER limited on nopass ~rs:web:* +@all");
    client.line("AUTH limited x");
    for _ in 0..100 {
        create(client, "web", "u1", &[]);
        let denied = client.line("SESSIONS.CREATE shop u1");
        assert_eq!(
            denied.error(),
            "NOPERM the user's key patterns do not cover this app: see ACL SETUSER"
        );
        let denied = client.run(&["EVAL", load::CALL, "0", "SESSIONS.KILLALL", "shop"]);
        assert!(denied.error().starts_with("NOPERM "), "{denied:?}");
    }
    client.line("AUTH default x");
}

/// Work that needs many slices. The first client waits for the reply, the second disconnects.
fn slices_with_and_without_their_caller(server: &Server) {
    const MANY: usize = 3_000;
    let fill = |client: &mut Client| {
        for number in 0..MANY {
            create(client, "web", &format!("u{}", number % 2), &[]);
        }
    };
    let mut client = server.client();
    fill(&mut client);
    assert!(client.line("SESSIONS.KILLSOID web u1").int() > 0);
    fill(&mut client);
    let mut leaving = server.client();
    leaving.send(&["SESSIONS.KILLALL", "web"]);
    drop(leaving);
    wait_until(GENEROUS, "the work of a caller who left is done", || {
        client.line("EXISTS rs:web:_sessions") == Reply::Int(0)
    });
}
