//! A node that is cut off from the others and may still be read (`cluster-allow-reads-when-down`).

use super::keys;
use crate::harness::*;
use std::time::Duration;

#[test]
fn a_node_cut_off_from_the_others_changes_nothing_and_can_be_read() {
    let mut cluster = Cluster::start_with(3, 0, |node| {
        node.own_clock()
            .line("cluster-allow-reads-when-down yes")
            .line("cluster-node-timeout 1000")
            .line("sessions.wipe-interval 10")
    });
    let ids: Vec<String> = (0..60)
        .map(|number| format!("u{number}"))
        .filter(|id| std::ptr::eq(cluster.owner_of(id), &raw const cluster.nodes[0]))
        .collect();
    let node = &cluster.nodes[0];
    let mut client = node.client();
    let tokens: Vec<String> = ids
        .iter()
        .map(|id| create(&mut client, "web", id, &["TTL", "5"]))
        .collect();
    assert!(tokens.len() > 5, "{} of the ids are here", tokens.len());
    cluster.nodes[1].kill9();
    cluster.nodes[2].kill9();
    let node = &cluster.nodes[0];
    wait_until(GENEROUS, "the node calls the cluster down", || {
        node.cluster_info("cluster_state") == "fail"
    });

    let (before, stored) = (keys(node), client.line("DEBUG DIGEST"));
    for command in ["SESSIONS.KILLALL web", "SESSIONS.WIPE"] {
        assert!(client.line(command).is_error_of("TRYAGAIN"), "{command}");
    }
    assert_eq!(client.line("SESSIONS.COUNT web"), Reply::Int(tokens.len() as i64));
    for token in &tokens {
        let session = client.run(&["SESSIONS.PEEK", "web", token]).session();
        assert_eq!(session.int("ttl"), 5);
    }
    let passes = node.info("sessions_passes");
    node.let_pass(Duration::from_secs(20));
    wait_until(GENEROUS, "a timed pass is over", || {
        node.info("sessions_passes") != passes
    });
    assert_eq!(keys(node), before, "the timed pass wrote");
    assert_eq!(client.line("DEBUG DIGEST"), stored);
}
