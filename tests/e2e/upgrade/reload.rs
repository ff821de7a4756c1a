//! MODULE UNLOAD and MODULE LOAD while users work.

use super::files::{Folder, is_other, loads};
use super::users::Users;
use crate::harness::*;
use std::path::Path;
use std::sync::atomic::Ordering;

const USERS: usize = 4;
const CALLS: usize = 300;
const RELOADS: usize = 10;

/// Runs the transaction that docs/upgrade.md shows, with another path; returns the replies to its
/// four commands.
#[track_caller]
fn reload(client: &mut Client, module: &Path) -> Vec<Reply> {
    let page = include_str!("../../../docs/upgrade.md");
    let lines = page.lines().skip_while(|line| *line != "MULTI");
    let mut lines: Vec<&str> = lines.take_while(|line| *line != "```").collect();
    assert_eq!(
        (lines.len(), lines.pop()),
        (6, Some("EXEC")),
        "the page shows a transaction"
    );
    for line in lines {
        let line = line.replace("/usr/lib/redis/modules/libsessions.so", &module.display().to_string());
        let reply = client.line(&line);
        assert!(["OK".into(), "QUEUED".into()].contains(&reply), "{line}: {reply:?}");
    }
    client.line("EXEC").list().to_vec()
}

/// Plants so many sessions of one id in the app `big` that a kill or a cleanup pass takes many
/// slices.
#[track_caller]
fn fill(client: &mut Client, idle: i64) {
    let planted = Planted {
        app: "big",
        idle,
        ..Planted::default()
    };
    planted.plant(client);
}

#[test]
fn users_lose_their_connection_and_nothing_else_when_it_is_one_transaction() {
    let folder = Folder::new();
    let modules = [folder.module("ours.so"), folder.other_module("other.so")];
    let server = Server::builder().without_module().line(loads(&modules[0])).start();
    let users = Users::start(&server, USERS);
    users.run(CALLS);
    let mut client = server.client();
    for round in 1..=RELOADS {
        let replies = reload(&mut client, &modules[round % 2]);
        assert_eq!(replies[2..], ["OK".into(), "OK".into()], "{replies:?}");
        assert_eq!(is_other(&mut client), round % 2 == 1);
        users.run(CALLS);
    }
    let seen = users.seen.clone();
    assert_eq!(seen.unknown_command.load(Ordering::Relaxed), 0);
    let lost = seen.lost_connection.load(Ordering::Relaxed);
    assert!((1..=USERS * RELOADS).contains(&lost), "{lost} connections lost");
    users.stop_and_find_everything(&[&server]);
}

/// Not on Redis 8, which crashes with such users, as docs/upgrade.md says.
#[test]
fn users_see_an_unknown_command_while_it_is_not_loaded_and_lose_nothing() {
    let folder = Folder::new();
    let modules = [folder.module("ours.so"), folder.other_module("other.so")];
    let server = Server::builder().without_module().line(loads(&modules[0])).start();
    if server.info("redis_version").starts_with("8.") {
        return;
    }
    let users = Users::start(&server, USERS);
    users.run(CALLS);
    let mut client = server.client();
    for round in 1..=RELOADS {
        assert_eq!(client.line("MODULE UNLOAD sessions"), "OK".into());
        let before = users.seen.unknown_command.load(Ordering::Relaxed);
        wait_until(GENEROUS, "a user has noticed", || {
            users.seen.unknown_command.load(Ordering::Relaxed) > before
        });
        let load = format!("MODULE LOAD {}", modules[round % 2].display());
        assert_eq!(client.line(&load), "OK".into());
        users.run(CALLS);
    }
    assert_eq!(users.seen.lost_connection.load(Ordering::Relaxed), 0);
    users.stop_and_find_everything(&[&server]);
}

#[test]
fn a_transaction_that_is_queued_is_gone_with_its_connection() {
    let server = Server::start();
    let mut other = server.client();
    other.line("MULTI");
    assert_eq!(other.line("SESSIONS.CREATE web u1"), "QUEUED".into());
    let replies = reload(&mut server.client(), &module_path());
    assert_eq!(replies, [Reply::Int(1), Reply::Int(0), "OK".into(), "OK".into()]);
    assert!(other.try_run(&["EXEC"]).is_err(), "the connection is gone");
    assert_no_keys(&mut server.client());
}

#[test]
fn unloading_is_refused_while_a_killall_is_in_progress_and_works_when_it_is_done() {
    let server = Server::start();
    let mut client = server.client();
    fill(&mut client, 0);
    let mut caller = server.client();
    caller.send(&["SESSIONS.KILLALL", "big"]);
    wait_until(GENEROUS, "the caller is blocked", || {
        server.info("blocked_clients") == "1"
    });
    let refused = client.line("MODULE UNLOAD sessions");
    assert!(
        refused.error().starts_with("ERR Error unloading module: "),
        "{refused:?}"
    );
    assert_eq!(client.line("SESSIONS.COUNT web"), Reply::Int(0), "it is still there");
    assert_eq!(caller.receive(), Reply::Int(12_000));
    wait_until(GENEROUS, "it can be unloaded", || {
        client.line("MODULE UNLOAD sessions") == "OK".into()
    });
    assert_no_keys(&mut client);
}

#[test]
fn a_reload_that_is_refused_leaves_the_loaded_module_at_work() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &[]);
    fill(&mut client, 100_000);
    let mut caller = server.client();
    caller.send(&["SESSIONS.WIPE"]);
    wait_until(GENEROUS, "the caller is blocked", || {
        server.info("blocked_clients") == "1"
    });
    let replies = reload(&mut client, &module_path());
    assert!(
        replies[2].error().starts_with("ERR Error unloading module: "),
        "{replies:?}"
    );
    assert!(
        replies[3].error().starts_with("ERR Error loading the extension"),
        "{replies:?}"
    );
    assert_eq!(client.run(&["SESSIONS.EXISTS", "web", &token]), Reply::Int(1));
    wait_until(GENEROUS, "the pass is done", || {
        client.line("SESSIONS.COUNT big") == Reply::Int(0)
    });
    wait_until(GENEROUS, "it can be reloaded", || {
        reload(&mut client, &module_path())[2..] == ["OK".into(), "OK".into()]
    });
    assert_eq!(client.run(&["SESSIONS.EXISTS", "web", &token]), Reply::Int(1));
}

#[test]
fn a_new_file_at_the_same_path_disturbs_nobody_and_is_loaded_next() {
    let folder = Folder::new();
    let path = folder.module("libsessions.so");
    let server = Server::builder().without_module().line(loads(&path)).start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &[]);
    for other in [true, false, true] {
        if other {
            folder.other_module("libsessions.so");
        } else {
            folder.module("libsessions.so");
        }
        assert_eq!(is_other(&mut client), !other, "the loaded one stays");
        assert_eq!(client.run(&["SESSIONS.GET", "web", &token]).session().text("id"), "u1");
        let replies = reload(&mut client, &path);
        assert_eq!(replies[2..], ["OK".into(), "OK".into()], "{replies:?}");
        assert_eq!(is_other(&mut client), other);
    }
    assert_eq!(client.run(&["SESSIONS.GET", "web", &token]).session().int("r"), 4);
}
