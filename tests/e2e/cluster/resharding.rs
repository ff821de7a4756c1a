//! Nodes that come and go, and slots that move between them, while clients work.

use super::load::Load;
use super::{assert_whole, keys};
use crate::harness::{Cluster, node};

/// Ends the load and compares what its clients know with all primaries; returns how often the
/// clients got TRYAGAIN.
#[track_caller]
pub(super) fn check(cluster: &Cluster, load: Load) -> usize {
    let mut client = cluster.client();
    let ledgers = load.end();
    let living: usize = ledgers.iter().map(|ledger| ledger.check(&mut client)).sum();
    assert!(ledgers.iter().all(|ledger| ledger.commands > 0));
    let primaries = cluster.nodes.iter().filter(|node| node.info("role") == "master");
    let stored: usize = primaries.map(|node| assert_whole(node, "web")).sum();
    assert_eq!(stored, living);
    ledgers.iter().map(|ledger| ledger.tried_again).sum()
}

#[test]
fn a_reshard_of_2000_slots_under_load_loses_nothing() {
    let cluster = Cluster::start(3, 1);
    let load = Load::start(&cluster, 3);
    cluster.reshard(0, 1, 2000);
    check(&cluster, load);
    for (primary, replica) in cluster.primaries().iter().zip(cluster.replicas()) {
        replica.catch_up_with(primary);
        assert_eq!(keys(replica), keys(primary));
    }
}

#[test]
fn a_node_is_added_and_removed_under_load() {
    let mut cluster = Cluster::start(2, 0);
    let new = node().start();
    let (address, port) = (cluster.address(), new.port());
    let load = Load::start(&cluster, 2);
    cluster.manage(&["add-node", &format!("127.0.0.1:{port}"), &address]);
    cluster.nodes.push(new);
    cluster.wait_until_known();
    cluster.wait_until_ok();
    let last = cluster.nodes[2].id();
    cluster.reshard(0, 2, 1000);
    assert!(!keys(&cluster.nodes[2]).is_empty());
    cluster.reshard(2, 1, 1000);
    assert!(keys(&cluster.nodes[2]).is_empty());
    cluster.wait_until_loaded();
    cluster.manage(&["del-node", &address, &last]);
    cluster.nodes.pop();
    check(&cluster, load);
}
