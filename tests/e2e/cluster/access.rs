//! Access control checks the name of the app's sessions key without a tag, which is the same on
//! every node.

use super::{create, tag_of};
use crate::harness::{Client, Cluster, Reply, Server, is_token};

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
fn a_user_of_the_sessions_key_has_every_command_about_that_app() {
    let cluster = Cluster::start(2, 0);
    let token = create(&mut cluster.client(), "web", "bob");
    let mut client = as_user(cluster.owner_of("bob"), &["~rs:web:_sessions", "+@all"]);
    assert!(is_token(client.line("SESSIONS.CREATE web bob").text()));
    let session = client.line(&format!("SESSIONS.GET web {token}")).session();
    assert_eq!(session.text("id"), "bob");
    assert_eq!(client.line("SESSIONS.SOID web bob").list().len(), 2);
    assert_eq!(client.line("SESSIONS.COUNT web"), Reply::Int(2));
    assert_eq!(client.line("SESSIONS.KILLALL web"), Reply::Int(2));
}

#[test]
fn a_user_of_one_slots_keys_has_no_access_to_the_app() {
    let cluster = Cluster::start(2, 0);
    let token = create(&mut cluster.client(), "web", "bob");
    let owner = cluster.owner_of("bob");
    let key = super::keys(owner)
        .into_iter()
        .find(|key| key.starts_with("rs:web:"))
        .unwrap();
    let pattern = format!("~rs:web:{{{}}}:*", tag_of(&key));
    let mut client = as_user(owner, &[&pattern, "+@all"]);
    let get = format!("SESSIONS.GET web {token}");
    for command in [
        get.as_str(),
        "SESSIONS.CREATE web bob",
        "SESSIONS.COUNT web",
        "SESSIONS.KILLALL web",
    ] {
        assert!(client.line(command).is_error_of("NOPERM"), "{command}");
    }
}
