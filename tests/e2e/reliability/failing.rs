//! A server that refuses writes: the disk is full, the snapshot failed, the replicas are gone.

use super::filled::fill_and_begin;
use crate::harness::*;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

/// The session of `u1` in `web` and the index entries of its id.
#[track_caller]
fn digest_of(client: &mut Client, token: &str) -> Reply {
    let hash = format!("rs:web:{token}");
    client.run(&[
        "DEBUG",
        "DIGEST-VALUE",
        &hash,
        "rs:web:us:u1",
        "rs:web:_sessions",
        "rs:web:_users",
    ])
}

/// Every writing command returns an error that starts with this text and changes nothing; the
/// reading commands work.
#[track_caller]
fn assert_writes_are_refused(client: &mut Client, token: &str, code: &str) {
    let before = digest_of(client, token);
    for command in [
        "CREATE web u1",
        "GET web {}",
        "SET web {} {\"a\":1}",
        "INCR web {} n",
        "TOUCH web {}",
        "ROTATE web {}",
        "KILL web {}",
        "KILLSOID web u1",
        "KILLALL web",
        "WIPE",
    ] {
        let words = format!("SESSIONS.{}", command.replace("{}", token));
        assert!(client.line(&words).error().starts_with(code), "{command}");
        let script = [
            &["EVAL", "return redis.pcall(unpack(ARGV))", "0"][..],
            &words.split(' ').collect::<Vec<_>>(),
        ];
        assert!(
            client.run(&script.concat()).error().contains(&code[1..code.len() - 1]),
            "{command} in a script"
        );
    }
    assert_eq!(digest_of(client, token), before);
    assert_eq!(client.run(&["SESSIONS.PEEK", "web", token]).session().text("id"), "u1");
    assert_eq!(client.run(&["SESSIONS.EXISTS", "web", token]), Reply::Int(1));
    assert_eq!(client.run(&["SESSIONS.SOID", "web", "u1"]).list().len(), 1);
}

/// A KILLALL ends if the server begins to refuse writes while it runs, and it leaves whole
/// sessions.
#[track_caller]
fn assert_ends_in_order(client: &mut Client, (caller, count): &mut (Client, i64), allow: impl Fn(&mut Client)) {
    match caller.receive() {
        Reply::Int(killed) => assert_eq!(killed, *count),
        Reply::Error(error) => eprintln!("KILLALL under way ended with {error}"),
        other => panic!("{other:?}"),
    }
    assert_whole(client);
    allow(client);
    client.run(&["SESSIONS.KILLALL", "big"]).int();
    assert_eq!(client.run(&["SESSIONS.COUNT", "big"]), Reply::Int(0));
}

#[test]
fn after_a_failed_snapshot_writes_are_refused_and_nothing_is_half_done() {
    let server = Server::builder().line("save 3600 1000000").start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &[]);
    // A folder is in the place of the file.
    std::fs::create_dir(server.dir().join("dump.rdb")).unwrap();
    let mut work = fill_and_begin(&server, "big", &["SESSIONS.KILLALL", "big"]);
    client.run(&["BGSAVE"]);
    wait_until(GENEROUS, "the snapshot has failed", || {
        server.info("rdb_last_bgsave_status") == "err"
    });
    assert_writes_are_refused(&mut client, &token, "MISCONF ");
    assert_ends_in_order(&mut client, &mut work, |client| {
        std::fs::remove_dir(server.dir().join("dump.rdb")).unwrap();
        assert_eq!(client.run(&["SAVE"]), "OK".into());
    });
    assert_eq!(client.run(&["SESSIONS.GET", "web", &token]).session().int("r"), 1);
}

#[test]
fn without_enough_replicas_writes_are_refused_and_nothing_is_half_done() {
    let server = Server::builder().tcp().start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &[]);
    let mut work = fill_and_begin(&server, "big", &["SESSIONS.KILLALL", "big"]);
    client.run(&["CONFIG", "SET", "min-replicas-to-write", "1"]);
    assert_writes_are_refused(&mut client, &token, "NOREPLICAS ");
    assert_ends_in_order(&mut client, &mut work, |client| {
        client.run(&["CONFIG", "SET", "min-replicas-to-write", "0"]);
    });
    assert_eq!(client.run(&["SESSIONS.GET", "web", &token]).session().int("r"), 1);
}

#[test]
fn with_a_full_disk_writes_are_refused_and_what_was_written_is_there_again() {
    // The harness cannot limit its servers, so this test starts a process of its own in a harness
    // server's directory.
    let mut host = Server::builder().aof().start();
    host.kill9();
    let _ = std::fs::remove_file(host.socket());
    let mut child = with_small_files(&host);
    let address = format!("redis+unix://{}", host.socket().display());
    wait_until(GENEROUS, "the server answers", || Client::connect(&address).is_ok());
    let mut client = Client::connect(&address).unwrap();
    let token = create(&mut client, "web", "u1", &[]);
    let mut tokens = Vec::new();
    let refused = loop {
        match client.run(&["SESSIONS.CREATE", "web", "many"]) {
            Reply::Text(token) => tokens.push(String::from_utf8(token).unwrap()),
            reply => break reply,
        }
        assert!(tokens.len() < 100_000, "the disk never got full");
    };
    assert!(refused.error().starts_with("MISCONF "), "{refused:?}");
    assert_writes_are_refused(&mut client, &token, "MISCONF ");
    assert_whole(&mut client);
    let _ = child.kill();
    let _ = child.wait();
    host.start_again();
    let mut client = host.client();
    assert_whole(&mut client);
    // Writes that were acknowledged before the server noticed the full disk may be lost, because of
    // `appendfsync no`.
    let kept = tokens
        .iter()
        .filter(|token| client.run(&["SESSIONS.EXISTS", "web", token]) == Reply::Int(1))
        .count();
    assert!(kept + 5 >= tokens.len(), "{kept} of {}", tokens.len());
}

/// A server in `host`'s directory, whose files are limited to a few hundred kilobytes.
fn with_small_files(host: &Server) -> std::process::Child {
    let program = std::env::var("REDIS_SERVER").unwrap_or_else(|_| "redis-server".into());
    let limited = format!(
        "trap '' XFSZ; ulimit -f 400; exec {program} {}",
        host.dir().join("redis.conf").display()
    );
    Command::new("bash")
        .args(["-c", &limited])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("bash is there")
}
