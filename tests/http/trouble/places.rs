//! A replica and its primary swap roles without Sentinel: by REPLICAOF, behind an address that an
//! operator points at the new primary, here a link to a Unix socket.

use super::load::{Kept, Load};
use super::{has_role, shop};
use crate::harness::{Folder, GENEROUS, Server, wait_until};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

/// Makes `link` lead to a server, in one step.
fn point(link: &Path, server: &Server) {
    let new = link.with_extension("new");
    symlink(server.socket(), &new).unwrap();
    fs::rename(&new, link).unwrap();
}

#[test]
fn the_service_follows_an_address_to_the_new_primary() {
    let first = Server::builder().tcp().start();
    let second = Server::builder().replica_of(&first).start();
    let load = Load::on(&mut first.client());
    second.catch_up_with(&first);
    let folder = Folder::new();
    let link = folder.path().join("redis");
    point(&link, &first);
    let service = shop().redis_url(&format!("unix://{}", link.display())).start();
    load.meanwhile(&service, || {
        // FAILOVER holds writes back until the replica has them all; then both change their roles.
        for [from, to] in [[&first, &second], [&second, &first]] {
            let command = format!("FAILOVER TO 127.0.0.1 {}", to.port());
            from.client().line(&command).assert_ok();
            wait_until(GENEROUS, "the roles have changed", || {
                has_role(to, "master") && has_role(from, "slave")
            });
            // The old primary is still there and refuses writes; it still serves reads.
            load.fails();
            point(&link, to);
            load.served_again();
        }
    });
    let mut client = first.client();
    load.assert_counts(Kept::All, |command| client.run(command));
}

/// `replicaof` by an operator who does not wait: only writes that the replica did not have yet are
/// lost.
#[test]
fn a_primary_that_becomes_a_replica_and_a_primary_again_is_used_again() {
    let first = Server::builder().tcp().start();
    let second = Server::builder().replica_of(&first).start();
    let load = Load::on(&mut first.client());
    second.catch_up_with(&first);
    let service = shop().redis(&first).start();
    load.meanwhile(&service, || {
        second.client().line("REPLICAOF NO ONE").assert_ok();
        first
            .client()
            .line(&format!("REPLICAOF 127.0.0.1 {}", second.port()))
            .assert_ok();
        load.fails();
        wait_until(GENEROUS, "the old primary has the new one's data", || {
            has_role(&first, "slave")
        });
        first.client().line("REPLICAOF NO ONE").assert_ok();
        load.served_again();
    });
    let mut client = first.client();
    load.assert_counts(Kept::Most, |command| client.run(command));
}
