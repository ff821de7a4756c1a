//! Sessions are spread over the nodes by the slots of their ids, with one set of indexes per slot.

use super::{assert_whole, create, keys, sum, tag_of};
use crate::harness::{Cluster, Reply, slot};

#[test]
fn sessions_spread_over_all_nodes() {
    let cluster = Cluster::start(3, 0);
    let mut client = cluster.client();
    let tokens: Vec<_> = (0..3000)
        .map(|n| create(&mut client, "web", &format!("user{n}")))
        .collect();
    for (n, token) in tokens.iter().enumerate() {
        assert_eq!(slot(token), slot(format!("user{n}")));
    }
    let counts: Vec<_> = cluster
        .primaries()
        .iter()
        .map(|node| assert_whole(node, "web"))
        .collect();
    assert_eq!(counts.iter().sum::<usize>(), 3000);
    assert!(counts.iter().all(|&count| count > 3000 / 3 / 4), "{counts:?}");
}

#[test]
fn all_keys_of_a_session_are_in_its_ids_slot() {
    let cluster = Cluster::start(2, 0);
    let mut client = cluster.client();
    for id in ["bob", "a:b", "x{tag}y", "日本"] {
        let token = create(&mut client, "web", id);
        let owner = cluster.owner_of(id);
        let names = keys(owner);
        let tag = names.iter().map(|key| tag_of(key)).find(|tag| slot(tag) == slot(id));
        let tag = tag.unwrap_or_else(|| panic!("no key of {id}'s slot in {names:?}"));
        for key in [
            format!("rs:web:{{{tag}}}:{token}"),
            format!("rs:web:{{{tag}}}:_sessions"),
            format!("rs:web:{{{tag}}}:_users"),
            format!("rs:web:{{{tag}}}:us:{id}"),
            format!("rs:{{{tag}}}:SESSIONS"),
        ] {
            assert!(names.contains(&key), "{key} is not in {names:?}");
        }
    }
}

#[test]
fn every_command_is_routed_to_the_right_node() {
    let cluster = Cluster::start(3, 0);
    let mut client = cluster.client();
    for n in 0..50 {
        let id = format!("user{n}");
        let token = create(&mut client, "web", &id);
        let other = create(&mut client, "web", &id);
        assert_eq!(client.run(&["SESSIONS.GET", "web", &token]).session().text("id"), id);
        let set = client.run(&["SESSIONS.SET", "web", &token, "{\"a\":1}"]);
        assert_eq!(set.session().text("d"), "{\"a\":1}");
        assert_eq!(client.run(&["SESSIONS.INCR", "web", &token, "a"]), Reply::Int(2));
        assert_eq!(client.run(&["SESSIONS.SAVE", "web", &token, "{}", "XX"]), Reply::Int(1));
        assert_eq!(client.run(&["SESSIONS.PEEK", "web", &token]).session().int("r"), 2);
        assert_eq!(client.run(&["SESSIONS.EXISTS", "web", &token]), Reply::Int(1));
        assert_eq!(client.run(&["SESSIONS.TOUCH", "web", &token]), Reply::Int(1));
        assert_eq!(client.run(&["SESSIONS.SOID", "web", &id]).list().len(), 2);
        assert_eq!(client.run(&["SESSIONS.COUNTSOID", "web", &id]), Reply::Int(2));
        let rotated = client.run(&["SESSIONS.ROTATE", "web", &token]).text().to_owned();
        assert_eq!(slot(&rotated), slot(&id));
        assert_eq!(client.run(&["SESSIONS.EXISTS", "web", &token]), Reply::Int(0));
        assert_eq!(client.run(&["SESSIONS.KILL", "web", &rotated]), Reply::Int(1));
        assert_eq!(client.run(&["SESSIONS.KILLSOID", "web", &id]), Reply::Int(1));
        assert_eq!(client.run(&["SESSIONS.EXISTS", "web", &other]), Reply::Int(0));
    }
    assert_eq!(sum(&cluster, "SESSIONS.COUNT web"), 0);
    for node in cluster.primaries() {
        assert_eq!(keys(node), [""; 0]);
    }
}

#[test]
fn a_session_cannot_move_to_an_id_of_another_slot() {
    let cluster = Cluster::start(2, 0);
    let mut client = cluster.client();
    let token = create(&mut client, "web", "guest");
    let owner = cluster.owner_of("guest");
    let before = keys(owner);
    let refused = client.run(&["SESSIONS.ROTATE", "web", &token, "ID", "bob"]);
    assert!(refused.is_error_of("CROSSSLOT"), "{refused:?}");
    assert_eq!(keys(owner), before);
    let rotated = client.run(&["SESSIONS.ROTATE", "web", &token, "ID", "x{guest}"]);
    assert_eq!(slot(rotated.text()), slot("guest"));
    assert_eq!(
        client
            .run(&["SESSIONS.GET", "web", rotated.text()])
            .session()
            .text("id"),
        "x{guest}"
    );
    assert_eq!(assert_whole(owner, "web"), 1);
}

#[test]
fn a_command_for_another_nodes_slot_is_redirected() {
    let cluster = Cluster::start(2, 0);
    let owner = cluster.owner_of("bob");
    let other = cluster
        .primaries()
        .iter()
        .find(|node| node.port() != owner.port())
        .unwrap();
    let token = create(&mut cluster.client(), "web", "bob");
    for command in [
        "SESSIONS.CREATE web bob".to_owned(),
        format!("SESSIONS.GET web {token}"),
        "SESSIONS.SOID web bob".to_owned(),
        format!("SESSIONS.KILL web {token}"),
    ] {
        let reply = other.client().line(&command);
        assert!(reply.is_error_of("MOVED"), "{command}: {reply:?}");
        assert!(reply.error().ends_with(&owner.port().to_string()), "{reply:?}");
    }
    assert_eq!(keys(other), [""; 0]);
    // A script that declares no key may not use the slot of another node.
    let script = "return redis.call('SESSIONS.CREATE', 'web', 'bob')";
    let reply = other.client().run(&["EVAL", script, "0"]);
    assert!(matches!(reply, Reply::Error(_)), "{reply:?}");
    assert_eq!(keys(other), [""; 0]);
}
