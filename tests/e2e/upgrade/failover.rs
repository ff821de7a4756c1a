//! A replica gets the new version first, then it becomes the primary.

use super::files::{Folder, is_other, loads};
use super::users::Users;
use crate::commands::digest;
use crate::harness::*;
use std::path::Path;
use std::sync::atomic::Ordering;

const CALLS: usize = 500;

/// Makes `to` the primary and `from` its replica, as docs/upgrade.md says. FAILOVER itself waits
/// until the replica has everything.
#[track_caller]
fn change_places(from: &Server, to: &Server) {
    let mut client = from.client();
    assert_eq!(client.line("FAILOVER"), "OK".into());
    wait_until(GENEROUS, "they have changed places", || {
        to.info("role") == "master" && from.info("role") == "slave"
    });
}

/// Restarts a server as a replica with another module.
#[track_caller]
fn restart_with(server: &mut Server, primary: &Server, module: &Path) {
    let line = format!("{}\nreplicaof 127.0.0.1 {}", loads(module), primary.port());
    server.restart_with(|old| {
        if old.starts_with("loadmodule ") {
            Some(line.clone())
        } else {
            (!old.starts_with("replicaof ")).then(|| old.to_owned())
        }
    });
    server.catch_up_with(primary);
}

#[test]
fn nothing_is_lost_when_a_replica_with_the_new_version_takes_over() {
    let folder = Folder::new();
    let (earlier, newer) = (folder.other_module("earlier.so"), folder.module("newer.so"));
    let start = |module: &Path| Server::builder().without_module().line(loads(module));
    let mut first = start(&earlier).tcp().start();
    let mut second = start(&earlier).replica_of(&first).start();
    second.catch_up_with(&first);
    let users = Users::start(&first, 4);
    users.run(CALLS);

    restart_with(&mut second, &first, &newer);
    assert!(is_other(&mut first.client()) && !is_other(&mut second.client()));
    users.run(CALLS);
    change_places(&first, &second);
    users.go_to(&second);
    users.run(CALLS);

    restart_with(&mut first, &second, &newer);
    assert!(!is_other(&mut first.client()));
    users.run(CALLS);
    change_places(&second, &first);
    users.go_to(&first);
    users.run(CALLS);

    let seen = users.seen.clone();
    second.catch_up_with(&first);
    users.stop_and_find_everything(&[&first]);
    second.catch_up_with(&first);
    assert_eq!(digest(&mut second.client()), digest(&mut first.client()));
    assert_eq!(seen.unknown_command.load(Ordering::Relaxed), 0);
    assert!(seen.read_only.load(Ordering::Relaxed) > 0, "users saw READONLY");
}

#[test]
fn a_replica_without_the_module_keeps_everything_and_gets_it_later() {
    let primary = Server::builder().tcp().start();
    let replica = Server::builder().without_module().replica_of(&primary).start();
    replica.catch_up_with(&primary);
    let users = Users::start(&primary, 2);
    users.run(CALLS);
    let mut client = replica.client();
    let load = format!("MODULE LOAD {}", module_path().display());
    assert_eq!(client.line(&load), "OK".into());
    users.run(CALLS);
    change_places(&primary, &replica);
    users.go_to(&replica);
    users.run(CALLS);
    users.stop_and_find_everything(&[&replica]);
}
