//! Clusters: nodes that are killed, swap roles, or give slots away.

use super::load::{Kept, Load};
use super::{has_role, shop};
use crate::harness::{Builder, Cluster, Endpoint, GENEROUS, Server, wait_until};
use crate::legacy::listening;
use std::thread::sleep;
use std::time::{Duration, Instant};

fn quick(node: Builder) -> Builder {
    node.line("cluster-node-timeout 2000")
}

fn load_of(cluster: &Cluster) -> Load {
    let mut client = cluster.client();
    Load::with_sessions(|command| client.run(command))
}

fn caught_up(cluster: &Cluster) {
    for (primary, replica) in cluster.primaries().iter().zip(cluster.replicas()) {
        replica.catch_up_with(primary);
    }
}

#[test]
fn a_primary_that_is_killed_is_replaced_by_its_replica() {
    let mut cluster = Cluster::start_with(3, 1, quick);
    let load = load_of(&cluster);
    caught_up(&cluster);
    let service = shop().cluster(&cluster).start();
    load.meanwhile(&service, || {
        cluster.nodes[1].kill9();
        load.fails();
        wait_until(GENEROUS, "the replica has taken over", || {
            has_role(&cluster.nodes[4], "master")
        });
        load.served_again();
        cluster.nodes[1].start_again();
        wait_until(GENEROUS, "the old primary is a replica", || {
            has_role(&cluster.nodes[1], "slave")
        });
        load.served_again();
    });
    let mut client = cluster.client();
    load.assert_counts(Kept::Most, |command| client.run(command));
}

#[test]
fn a_planned_failover_is_followed() {
    let cluster = Cluster::start_with(3, 1, quick);
    let load = load_of(&cluster);
    let service = shop().cluster(&cluster).start();
    load.meanwhile(&service, || {
        for [replica, primary] in [[3, 0], [0, 3]] {
            let role = |number: usize, role: &str| has_role(&cluster.nodes[number], role);
            wait_until(GENEROUS, "the replica is linked", || role(replica, "slave"));
            let done = || role(replica, "master") && role(primary, "slave");
            let asked = |end: Instant| {
                // The replica may already have become a primary.
                cluster.nodes[replica].client().line("CLUSTER FAILOVER");
                while Instant::now() < end && !done() {
                    sleep(Duration::from_millis(20));
                }
                done()
            };
            // On a busy machine the server may give up the failover, so the command is sent again.
            wait_until(GENEROUS, "the replica has taken over", || {
                asked(Instant::now() + Duration::from_secs(6))
            });
            load.served_again();
        }
    });
    let mut client = cluster.client();
    load.assert_counts(Kept::All, |command| client.run(command));
}

#[test]
fn slots_that_move_are_followed_and_no_request_fails_for_long() {
    let cluster = Cluster::start(3, 0);
    let load = load_of(&cluster);
    let service = shop().cluster(&cluster).start();
    load.meanwhile(&service, || {
        cluster.reshard(0, 1, 400);
        load.served_again();
        cluster.reshard(1, 2, 400);
        load.served_again();
    });
    let mut client = cluster.client();
    load.assert_counts(Kept::All, |command| client.run(command));
    assert!(
        !load.outcomes().contains_key(&None),
        "a connection broke: {:?}",
        load.outcomes()
    );
}

/// A session for each of so many users.
fn create_users(cluster: &Cluster, count: usize) {
    let mut client = cluster.client();
    for number in 0..count {
        client.run(&["SESSIONS.CREATE", "shop", &format!("u{number}")]);
    }
}

/// A count that misses some of the sessions could not be recognized as wrong.
#[test]
fn a_whole_app_is_never_counted_listed_or_ended_in_part() {
    let mut cluster = Cluster::start_with(3, 0, |node| node.line("cluster-require-full-coverage no"));
    let (_service, legacy) = listening(shop().cluster(&cluster));
    create_users(&cluster, 30);
    let activity = || {
        let response = legacy.get("/shop/activity?dt=600").send();
        (response.status() == 200).then(|| response.json()["activity"].as_i64().unwrap())
    };
    assert_eq!(activity(), Some(30));
    cluster.nodes[2].kill9();
    let listed = || legacy.get("/shop/soapp?dt=600").send().status();
    wait_until(GENEROUS, "the missing node is noticed", || {
        let counted = activity();
        assert!(counted.is_none() || counted == Some(30), "{counted:?}");
        counted.is_none()
    });
    assert_eq!((activity(), listed()), (None, 500));
    legacy.request("DELETE", "/shop/killall").send().assert_status(500);
    cluster.nodes[2].start_again();
    // The sessions of this node were only in memory, and the sessions of the other nodes are
    // killed.
    wait_until(GENEROUS, "every node is there again", || activity() == Some(0));
}

#[test]
fn a_node_that_gets_its_first_slots_is_asked_at_once() {
    let mut cluster = Cluster::start(2, 0);
    let new = crate::harness::node().start();
    let (_service, legacy) = listening(shop().cluster(&cluster));
    create_users(&cluster, 60);
    let address = |server: &Server| format!("127.0.0.1:{}", server.port());
    cluster.manage(&["add-node", &address(&new), &cluster.address()]);
    cluster.nodes.push(new);
    cluster.wait_until_known();
    cluster.wait_until_ok();
    for from in [0, 1] {
        cluster.reshard(from, 2, 2000);
        for _ in 0..5 {
            let count = legacy.get("/shop/activity?dt=600").send().assert_status(200).json();
            assert_eq!(count["activity"], 60);
        }
    }
}

/// What `/readyz` returns: the status, and the text if it is 200.
fn ready(service: &Endpoint) -> (u16, String) {
    let response = service.get("/readyz").send();
    let text = match response.status() {
        200 => response.text().trim_end().to_owned(),
        _ => response.problem(),
    };
    (response.status(), text)
}

#[test]
fn a_cluster_that_serves_in_part_is_ready_and_says_so() {
    let mut cluster = Cluster::start_with(3, 0, |node| quick(node).line("cluster-require-full-coverage no"));
    let service = shop().cluster(&cluster).start();
    assert_eq!(ready(&service), (200, "ready".into()));
    cluster.nodes[2].kill9();
    wait_until(GENEROUS, "the missing node is named", || {
        ready(&service) == (200, "ready: 2 of 3 primaries serve".into())
    });
    for node in 0..2 {
        cluster.nodes[node].kill9();
    }
    wait_until(GENEROUS, "nothing is served", || {
        ready(&service) == (503, "unavailable".into())
    });
    for node in &mut cluster.nodes {
        node.start_again();
    }
    wait_until(GENEROUS, "all is served again", || {
        ready(&service) == (200, "ready".into())
    });
}

/// By default a cluster serves nothing while a slot has no node, though most of its nodes reply.
#[test]
fn a_cluster_that_refuses_all_commands_is_not_ready() {
    let mut cluster = Cluster::start_with(3, 0, quick);
    let service = shop().cluster(&cluster).start();
    cluster.nodes[2].kill9();
    wait_until(GENEROUS, "the cluster is down", || {
        cluster.nodes[..2]
            .iter()
            .all(|node| node.cluster_info("cluster_state") == "fail")
    });
    assert_eq!(ready(&service), (503, "unavailable".into()));
    cluster.nodes[2].start_again();
    cluster.wait_until_ok();
    wait_until(GENEROUS, "it is ready again", || {
        ready(&service) == (200, "ready".into())
    });
}
