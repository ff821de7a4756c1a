//! When a primary ends, its replica takes over with every session that was confirmed.

use super::{assert_is_documented, assert_whole, create, keys};
use crate::harness::{Builder, Cluster, GENEROUS, Reply, wait_until};

fn quick_to_fail(node: Builder) -> Builder {
    node.line("sessions.wipe-interval 10").line("cluster-node-timeout 2000")
}

#[test]
fn confirmed_sessions_outlive_their_primary() {
    let mut cluster = Cluster::start_with(3, 1, quick_to_fail);
    let mut client = cluster.client();
    let mut confirmed = Vec::new();
    let (ended, replica) = (0, 3);
    for n in 0..600 {
        if n == 300 {
            cluster.nodes[ended].kill9();
        }
        let id = format!("user{n}");
        let (reply, by_a_replica) = client.run_and_wait(&["SESSIONS.CREATE", "web", &id]);
        if by_a_replica {
            confirmed.push((id, reply.text().to_owned()));
        }
    }
    assert!(confirmed.len() > 200, "{} confirmed", confirmed.len());
    let promoted = &cluster.nodes[replica];
    assert_eq!(promoted.info("role"), "master");
    for (id, token) in &confirmed {
        let reply = client.run(&["SESSIONS.GET", "web", token]);
        assert!(!reply.is_nil(), "the session of {id} is lost");
        assert_eq!(reply.session().text("id"), id);
    }
    assert!(assert_whole(promoted, "web") > 0);

    for n in 0..100 {
        client.run(&["SESSIONS.CREATE", "shop", &format!("user{n}"), "TTL", "1"]);
    }
    let of_shop = || {
        keys(promoted)
            .into_iter()
            .filter(|key| key.starts_with("rs:shop:"))
            .count()
    };
    assert!(of_shop() > 0);
    wait_until(GENEROUS, "the promoted replica has wiped what timed out", || {
        of_shop() == 0
    });

    cluster.nodes[ended].start_again();
    let promoted = &cluster.nodes[replica];
    wait_until(GENEROUS, "the old primary follows the new one", || {
        cluster.nodes[ended].info("role") == "slave" && cluster.nodes[ended].info("master_link_status") == "up"
    });
    cluster.nodes[ended].catch_up_with(promoted);
    assert_eq!(keys(&cluster.nodes[ended]), keys(promoted));
}

#[test]
fn without_its_cluster_a_node_kills_and_wipes_nothing() {
    let mut cluster = Cluster::start_with(3, 0, quick_to_fail);
    let mut client = cluster.client();
    for n in 0..100 {
        create(&mut client, "web", &format!("user{n}"));
    }
    let stored = i64::try_from(assert_whole(&cluster.nodes[0], "web")).unwrap();
    for number in [1, 2] {
        cluster.nodes[number].kill9();
    }
    let left = &cluster.nodes[0];
    wait_until(GENEROUS, "the last node sees that the cluster is down", || {
        left.cluster_info("cluster_state") == "fail"
    });
    for command in ["SESSIONS.KILLALL web", "SESSIONS.WIPE"] {
        let answer = left.client().line(command);
        assert!(answer.is_error_of("TRYAGAIN"), "{command}: {answer:?}");
        assert_is_documented(&answer);
    }
    let counted = left.client().line("SESSIONS.COUNT web DT 600");
    assert_eq!(counted, Reply::Int(stored));
}
