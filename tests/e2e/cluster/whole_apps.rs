//! Commands about whole apps: each node's reply covers its own slots.

use super::{assert_whole, create, keys, sum};
use crate::harness::{Cluster, GENEROUS, Reply, wait_until};
use std::time::Duration;

#[test]
fn counts_of_all_nodes_add_up() {
    let cluster = Cluster::start(3, 0);
    let mut client = cluster.client();
    for n in 0..300 {
        create(&mut client, "web", &format!("user{}", n % 200));
        create(&mut client, "shop", &format!("user{n}"));
    }
    for (command, expected) in [
        ("SESSIONS.COUNT web", 300),
        ("SESSIONS.COUNT web DT 600", 300),
        ("SESSIONS.ACTIVITY web 0", 200),
        ("SESSIONS.ACTIVITY web 600", 200),
        ("SESSIONS.COUNT shop", 300),
        ("SESSIONS.COUNT none", 0),
    ] {
        assert_eq!(sum(&cluster, command), expected, "{command}");
    }
    let (mut users, mut sessions) = (Vec::new(), 0);
    for node in cluster.primaries() {
        let mut client = node.client();
        users.extend(
            client
                .line("SESSIONS.USERS web 0")
                .texts()
                .into_iter()
                .map(str::to_owned),
        );
        sessions += client.line("SESSIONS.SOAPP web 600").sessions().len();
        assert_eq!(client.line("SESSIONS.SOAPP web 0 LIMIT 5 10").list().len(), 10);
    }
    users.sort();
    users.dedup();
    assert_eq!((users.len(), sessions), (200, 300));
}

#[test]
fn others_are_served_while_a_node_counts_all_its_slots() {
    let cluster = Cluster::start(1, 0);
    let mut client = cluster.client();
    for n in 0..2000 {
        create(&mut client, "web", &format!("user{n}"));
    }
    let node = &cluster.primaries()[0];
    let mut other = node.client();
    for command in [
        "SESSIONS.COUNT web",
        "SESSIONS.COUNT web DT 600",
        "SESSIONS.ACTIVITY web 0",
        "SESSIONS.ACTIVITY web 600",
    ] {
        wait_until(GENEROUS, &format!("the caller of {command} is seen blocked"), || {
            let mut caller = node.client();
            caller.send(&command.split(' ').collect::<Vec<_>>());
            let is_blocked = node.info("blocked_clients") == "1";
            assert_eq!(caller.receive(), Reply::Int(2000), "{command}");
            is_blocked
        });
        other.line("MULTI").assert_ok();
        other.line(command);
        assert_eq!(other.line("EXEC").list(), [Reply::Int(2000)], "{command}");
    }
}

#[test]
fn replicas_count_the_sessions_of_their_primaries_slots() {
    let cluster = Cluster::start(3, 1);
    let mut client = cluster.client();
    for n in 0..200 {
        create(&mut client, "web", &format!("user{n}"));
    }
    for (primary, replica) in cluster.primaries().iter().zip(cluster.replicas()) {
        replica.catch_up_with(primary);
        for command in [
            "SESSIONS.COUNT web",
            "SESSIONS.ACTIVITY web 600",
            "SESSIONS.USERS web 0",
        ] {
            let expected = primary.client().line(command);
            assert_eq!(replica.client().line(command), expected, "{command}");
        }
        let token = primary
            .client()
            .line("SESSIONS.SOAPP web 0 LIMIT 0 1 WITHTOKENS")
            .sessions()[0]
            .text("token")
            .to_owned();
        let mut reader = replica.client();
        reader.line("READONLY").assert_ok();
        let peek = format!("SESSIONS.PEEK web {token}");
        assert_eq!(reader.line(&peek).session().int("r"), 1);
        let refused = reader.line(&format!("SESSIONS.GET web {token}"));
        assert!(refused.is_error_of("MOVED"), "{refused:?}");
        let refused = reader.line("SESSIONS.KILLALL web");
        assert!(refused.is_error_of("READONLY"), "{refused:?}");
    }
}

#[test]
fn an_app_is_killed_node_by_node() {
    let cluster = Cluster::start(3, 1);
    let mut client = cluster.client();
    for n in 0..2000 {
        create(&mut client, "web", &format!("user{n}"));
    }
    let kept = create(&mut client, "shop", "bob");
    assert_eq!(sum(&cluster, "SESSIONS.KILLALL web"), 2000);
    assert_eq!(sum(&cluster, "SESSIONS.KILLALL web"), 0);
    assert_eq!(client.run(&["SESSIONS.EXISTS", "shop", &kept]), Reply::Int(1));
    for (primary, replica) in cluster.primaries().iter().zip(cluster.replicas()) {
        let left = keys(primary);
        assert!(left.iter().all(|key| !key.starts_with("rs:web:")), "{left:?}");
        replica.catch_up_with(primary);
        assert_eq!(keys(replica), left);
    }
}

#[test]
fn timed_out_sessions_are_wiped_in_every_slot() {
    let cluster = Cluster::start_with(3, 1, |node| node.line("sessions.wipe-interval 0"));
    let mut client = cluster.client();
    for n in 0..500 {
        client.run(&["SESSIONS.CREATE", "web", &format!("short{n}"), "TTL", "1"]);
        create(&mut client, "web", &format!("long{n}"));
    }
    // A session that is not used is removed within 10 s of its end.
    let mut wiped = 0;
    wait_until(GENEROUS, "all short sessions are wiped", || {
        wiped += sum(&cluster, "SESSIONS.WIPE");
        wiped == 500
    });
    let left: usize = cluster.primaries().iter().map(|node| assert_whole(node, "web")).sum();
    assert_eq!(left, 500);
}

#[test]
fn the_timed_cleanup_pass_covers_every_slot() {
    let cluster = Cluster::start_with(2, 0, |node| node.own_clock().line("sessions.wipe-interval 10"));
    let mut client = cluster.client();
    for n in 0..300 {
        client.run(&["SESSIONS.CREATE", "web", &format!("user{n}"), "TTL", "1"]);
    }
    wait_until(GENEROUS, "all sessions are wiped", || {
        // After a longer step, a node would take the others for failed and the cluster for down.
        for node in cluster.primaries() {
            node.let_pass(Duration::from_secs(2));
        }
        cluster.primaries().iter().all(|node| keys(node).is_empty())
    });
    let wiped: i64 = cluster
        .primaries()
        .iter()
        .map(|node| node.info("sessions_wiped").parse::<i64>().unwrap())
        .sum();
    assert_eq!(wiped, 300);
}

#[test]
fn clients_are_told_to_ask_every_node() {
    let cluster = Cluster::start(1, 0);
    let mut client = cluster.primaries()[0].client();
    for (command, tips) in [
        ("COUNT", vec!["request_policy:all_shards", "response_policy:agg_sum"]),
        ("ACTIVITY", vec!["request_policy:all_shards", "response_policy:agg_sum"]),
        ("KILLALL", vec!["request_policy:all_shards", "response_policy:agg_sum"]),
        ("WIPE", vec!["request_policy:all_shards", "response_policy:agg_sum"]),
        ("SOAPP", vec!["request_policy:all_shards"]),
        ("USERS", vec!["request_policy:all_shards"]),
        ("GET", vec![]),
    ] {
        let info = client.line(&format!("COMMAND INFO SESSIONS.{command}"));
        assert_eq!(info.list()[0].list()[7].texts(), tips, "{command}");
    }
}
