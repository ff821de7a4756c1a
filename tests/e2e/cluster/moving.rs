//! Slots on the move: key by key, and as a whole where the server can.

use super::{assert_is_documented, assert_whole, create, keys, sum};
use crate::harness::{Client, Cluster, Reply, Server, slot};

/// Opens a slot on two nodes, the first step of moving it key by key.
pub(crate) fn open_slot(number: u16, from: &Server, to: &Server) {
    let (source, target) = (from.id(), to.id());
    to.client()
        .line(&format!("CLUSTER SETSLOT {number} IMPORTING {source}"))
        .assert_ok();
    from.client()
        .line(&format!("CLUSTER SETSLOT {number} MIGRATING {target}"))
        .assert_ok();
}

/// Moves up to `count` keys of a slot; returns how many were moved.
pub(crate) fn move_keys(number: u16, from: &Server, to: &Server, count: usize) -> usize {
    let mut client = from.client();
    let reply = client.line(&format!("CLUSTER GETKEYSINSLOT {number} {count}"));
    let keys = reply.texts();
    for key in &keys {
        let port = to.port().to_string();
        client
            .run(&["MIGRATE", "127.0.0.1", &port, key, "0", "10000"])
            .assert_ok();
    }
    keys.len()
}

pub(crate) fn close_slot(number: u16, from: &Server, to: &Server) {
    let target = to.id();
    for node in [to, from] {
        node.client()
            .line(&format!("CLUSTER SETSLOT {number} NODE {target}"))
            .assert_ok();
    }
}

fn ask(client: &mut Client, command: &str) -> Reply {
    client.line("ASKING").assert_ok();
    client.line(command)
}

#[test]
fn a_slot_that_is_moved_key_by_key_returns_try_again() {
    let cluster = Cluster::start(2, 0);
    let mut client = cluster.client();
    let tokens: Vec<_> = (0..5).map(|_| create(&mut client, "web", "bob")).collect();
    let from = cluster.owner_of("bob");
    let to = cluster
        .primaries()
        .iter()
        .find(|node| node.port() != from.port())
        .unwrap();
    let (mut source, mut target) = (from.client(), to.client());
    let token = &tokens[0];
    let about_one = [
        "SESSIONS.CREATE web bob".to_owned(),
        format!("SESSIONS.GET web {token}"),
        format!("SESSIONS.PEEK web {token}"),
        format!("SESSIONS.SET web {token} {{\"a\":1}}"),
        format!("SESSIONS.SAVE web {token} {{}}"),
        format!("SESSIONS.INCR web {token} n"),
        format!("SESSIONS.TOUCH web {token}"),
        format!("SESSIONS.EXISTS web {token}"),
        format!("SESSIONS.ROTATE web {token}"),
        format!("SESSIONS.KILL web {token}"),
        "SESSIONS.SOID web bob".to_owned(),
        "SESSIONS.COUNTSOID web bob".to_owned(),
        "SESSIONS.KILLSOID web bob".to_owned(),
    ];
    let number = slot("bob");
    open_slot(number, from, to);
    // Nine keys move: five hashes, three indexes, the set of the id.
    for moved in 0..=9 {
        let before = (keys(from), keys(to));
        for command in &about_one {
            assert!(
                source.line(command).is_error_of("ASK"),
                "{command} at the source, {moved} keys moved"
            );
            let answer = ask(&mut target, command);
            assert!(
                answer.is_error_of("TRYAGAIN"),
                "{command} at the target, {moved} keys moved: {answer:?}"
            );
        }
        // Each of these commands visits all slots of the node, which takes two seconds with a debug
        // build.
        let over_all_slots: &[_] = match moved {
            0 | 5 | 9 => &["SESSIONS.KILLALL web", "SESSIONS.WIPE"],
            _ => &[],
        };
        for command in over_all_slots {
            for client in [&mut source, &mut target] {
                let answer = client.line(command);
                assert!(
                    answer.is_error_of("TRYAGAIN"),
                    "{command}, {moved} keys moved: {answer:?}"
                );
                assert_is_documented(&answer);
            }
        }
        assert_eq!((keys(from), keys(to)), before, "{moved} keys moved");
        // Windows with something at their edge: see `unstable`.
        for (command, wanted) in [("SESSIONS.COUNT web", 5), ("SESSIONS.ACTIVITY web 0", 1)] {
            assert_eq!(sum(&cluster, command), wanted, "{command}, {moved} keys moved");
        }
        assert_eq!(move_keys(number, from, to, 1), usize::from(moved < 9));
    }
    close_slot(number, from, to);
    for token in &tokens {
        assert_eq!(client.run(&["SESSIONS.GET", "web", token]).session().text("id"), "bob");
    }
    assert_eq!((assert_whole(from, "web"), assert_whole(to, "web")), (0, 5));
    assert_eq!(sum(&cluster, "SESSIONS.KILLALL web"), 5);
}

#[test]
fn a_malformed_token_is_unknown_though_its_slot_is_moved() {
    let cluster = Cluster::start(2, 0);
    let token = "undefined";
    let from = cluster.owner_of(token);
    let to = cluster
        .primaries()
        .iter()
        .find(|node| node.port() != from.port())
        .unwrap();
    open_slot(slot(token), from, to);
    let mut target = to.client();
    for (command, reply) in [
        ("GET web undefined", Reply::Nil),
        ("PEEK web undefined", Reply::Nil),
        ("SET web undefined {\"a\":1}", Reply::Nil),
        ("INCR web undefined n", Reply::Nil),
        ("TOUCH web undefined", Reply::Int(0)),
        ("EXISTS web undefined", Reply::Int(0)),
        ("ROTATE web undefined", Reply::Nil),
        ("KILL web undefined", Reply::Int(0)),
    ] {
        let command = format!("SESSIONS.{command}");
        assert!(from.client().line(&command).is_error_of("ASK"), "{command}");
        assert_eq!(ask(&mut target, &command), reply, "{command}");
    }
    assert!(ask(&mut target, "SESSIONS.SOID web undefined").is_error_of("TRYAGAIN"));
}

#[test]
fn killall_kills_in_all_slots_that_are_not_being_moved() {
    let cluster = Cluster::start(2, 0);
    let mut client = cluster.client();
    for n in 0..300 {
        create(&mut client, "web", &format!("user{n}"));
    }
    let (from, number) = (cluster.owner_of("user7"), slot("user7"));
    let to = cluster
        .primaries()
        .iter()
        .find(|node| node.port() != from.port())
        .unwrap();
    let in_slot = (0..300).filter(|n| slot(format!("user{n}")) == number).count();
    open_slot(number, from, to);
    for node in cluster.primaries() {
        let answer = node.client().line("SESSIONS.KILLALL web");
        assert!(answer.is_error_of("TRYAGAIN"), "{answer:?}");
    }
    assert_eq!(assert_whole(from, "web") + assert_whole(to, "web"), in_slot);
    while move_keys(number, from, to, 10) > 0 {}
    close_slot(number, from, to);
    assert_eq!(sum(&cluster, "SESSIONS.KILLALL web"), i64::try_from(in_slot).unwrap());
    assert!(keys(from).is_empty() && keys(to).is_empty());
}
