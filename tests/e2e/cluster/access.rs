//! Access control goes by the key names, tags included.

use super::{create, tag_of};
use crate::harness::{Client, Cluster, Reply, Server};

#[track_caller]
fn as_user(server: &Server, rules: &[&str]) -> Client {
    let mut admin = server.client();
    let command = [&["ACL", "SETUSER", "app", "reset", "on", ">secret"], rules].concat();
    admin.run(&command).assert_ok();
    let mut client = server.client();
    client.line("AUTH app secret").assert_ok();
    client
}

#[test]
fn a_user_of_one_app_has_that_app_on_every_node() {
    let cluster = Cluster::start(2, 0);
    create(&mut cluster.client(), "web", "bob");
    create(&mut cluster.client(), "shop", "bob");
    for node in cluster.primaries() {
        let mut client = as_user(node, &["~rs:web:*", "+@all"]);
        assert!(matches!(client.line("SESSIONS.COUNT web"), Reply::Int(_)));
        assert!(matches!(client.line("SESSIONS.KILLALL web"), Reply::Int(_)));
        for command in ["SESSIONS.COUNT shop", "SESSIONS.KILLALL shop", "SESSIONS.WIPE"] {
            let refused = client.line(command);
            assert!(refused.is_error_of("NOPERM"), "{command}: {refused:?}");
        }
    }
    let mut client = as_user(cluster.owner_of("bob"), &["~rs:web:*", "+@all"]);
    assert!(client.line("SESSIONS.SOID web bob").list().is_empty());
    assert!(client.line("SESSIONS.SOID shop bob").is_error_of("NOPERM"));
}

#[test]
fn a_user_of_one_slot_has_no_whole_app() {
    let cluster = Cluster::start(2, 0);
    let token = create(&mut cluster.client(), "web", "bob");
    let owner = cluster.owner_of("bob");
    let key = super::keys(owner)
        .into_iter()
        .find(|key| key.starts_with("rs:web:"))
        .unwrap();
    let pattern = format!("~rs:web:{{{}}}:*", tag_of(&key));
    let mut client = as_user(owner, &[&pattern, "+@all"]);
    assert_eq!(
        client.line(&format!("SESSIONS.GET web {token}")).session().text("id"),
        "bob"
    );
    for command in ["SESSIONS.COUNT web", "SESSIONS.KILLALL web"] {
        assert!(client.line(command).is_error_of("NOPERM"), "{command}");
    }
}
