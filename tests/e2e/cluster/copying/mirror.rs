//! `--mirror`: what it removes from the cluster, and when it removes nothing.

use super::*;

#[test]
fn mirror_removes_nothing_from_a_cluster_that_it_does_not_know() {
    let (source, cluster) = (single(), Cluster::start(2, 0));
    let mut client = source.client();
    client.line("SESSIONS.CREATE web bob");
    let made = cluster
        .client()
        .run(&["SESSIONS.CREATE", "web", "eve"])
        .text()
        .to_owned();
    let said = try_copy(&["--mirror"], &source, &cluster);
    assert!(
        !said.success && said.out.contains("the cluster has 1 others"),
        "{said:?}"
    );
    assert!(on_the_cluster(&cluster, "web").contains_key(&made));

    // If the source has lost everything, the cluster must keep its sessions.
    cluster.client().run(&["SESSIONS.KILL", "web", &made]);
    copy(&["--mirror"], &source, &cluster);
    client.line("FLUSHALL");
    let said = try_copy(&["--mirror", "--app", "web"], &source, &cluster);
    assert!(
        !said.success && said.out.contains("no live sessions of the app web"),
        "{said:?}"
    );
    assert_eq!(on_the_cluster(&cluster, "web").len(), 1);
    copy(&["--mirror", "--force", "--app", "web"], &source, &cluster).assert_counts(&[("removed", 1)]);
    assert_eq!(on_the_cluster(&cluster, "web").len(), 0);
}
