//! The field that marks a copy: a session on the source may have a field of the same name.

use super::*;

/// A mark that is out of date: no token has this sid.
const FORMER_MARK: &str = "1700000000 7200 3 2 0123456789abcdef";

/// The value of a field of a session on the cluster.
fn there(cluster: &Cluster, token: &str, field: &str) -> Option<String> {
    let (node, scope) = place(cluster, "web", token);
    let fields = hash(&mut node.client(), &scope, token);
    fields
        .into_iter()
        .find_map(|(name, value)| (name == field).then_some(value))
}

#[test]
fn a_field_of_the_marks_name_on_the_source_does_not_make_a_copy_used() {
    let (source, cluster) = (single(), Cluster::start(2, 0));
    let mut client = source.client();
    let own = create(&mut client, "web", "own", &[]);
    let moved = create(&mut client, "web", "moved", &[]);
    let twice = create(&mut client, "web", "twice", &[]);
    let plain = create(&mut client, "web", "plain", &[]);
    for (token, field, value) in [
        (&own, MARKS[0], "a template"),
        (&moved, MARKS[0], FORMER_MARK),
        (&twice, MARKS[0], "a template"),
        (&twice, MARKS[1], FORMER_MARK),
    ] {
        client.run(&["HSET", &format!("rs:web:{token}"), field, value]);
    }
    let all = [&own, &moved, &twice, &plain];
    copy(&[], &source, &cluster).assert_counts(&[("copied", 4)]);
    copy(&[], &source, &cluster).assert_counts(&[("unchanged", 4)]);
    for token in [&own, &twice] {
        assert_eq!(there(&cluster, token, MARKS[0]).as_deref(), Some("a template"));
    }
    assert_ne!(there(&cluster, &moved, MARKS[0]).as_deref(), Some(FORMER_MARK));
    assert_eq!(there(&cluster, &moved, MARKS[1]), None);

    for token in all {
        client.run(&["SESSIONS.SET", "web", token, r#"{"a":1}"#]);
    }
    copy(&[], &source, &cluster).assert_counts(&[("updated", 4)]);
    // A site may start or stop using the field between two runs.
    client.run(&["HDEL", &format!("rs:web:{own}"), MARKS[0]]);
    client.run(&["HSET", &format!("rs:web:{plain}"), MARKS[0], "a template"]);
    copy(&[], &source, &cluster).assert_counts(&[("updated", 2), ("unchanged", 2)]);
    copy(&[], &source, &cluster).assert_counts(&[("unchanged", 4)]);
    assert_eq!(there(&cluster, &plain, MARKS[0]).as_deref(), Some("a template"));
    assert_eq!(there(&cluster, &own, MARKS[1]), None);

    client.run(&["SESSIONS.KILL", "web", &own]);
    client.run(&["SESSIONS.KILL", "web", &twice]);
    copy(&["--mirror"], &source, &cluster).assert_counts(&[("unchanged", 2), ("removed", 2)]);
    for token in [&moved, &plain] {
        cluster
            .client()
            .run(&["SESSIONS.SET", "web", token, r#"{"there":1}"#])
            .session();
    }
    copy(&[], &source, &cluster).assert_counts(&[("kept", 2)]);
}

#[test]
fn the_dump_of_a_cluster_that_was_copied_to_can_be_copied_again() {
    let (first, cluster, back) = (single(), Cluster::start(1, 0), single());
    let mut client = first.client();
    let used = create(&mut client, "web", "used", &[]);
    let unused = create(&mut client, "web", "unused", &[]);
    copy(&[], &first, &cluster);
    cluster.client().run(&["SESSIONS.SET", "web", &used, r#"{"a":1}"#]);
    for token in [&used, &unused] {
        let (node, scope) = place(&cluster, "web", token);
        let fields = hash(&mut node.client(), &scope, token);
        assert!(fields.iter().any(|(name, _)| name == MARKS[0]), "{fields:?}");
        let fields: Vec<_> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        plant(&mut back.client(), "web", token, &fields);
    }
    let other = Cluster::start(1, 0);
    copy(&[], &back, &other).assert_counts(&[("copied", 2)]);
    copy(&[], &back, &other).assert_counts(&[("unchanged", 2)]);
    back.client().run(&["SESSIONS.GET", "web", &unused]);
    copy(&["--mirror"], &back, &other).assert_counts(&[("updated", 1), ("unchanged", 1)]);
    // The copy on the first cluster is unchanged, the copy on the other cluster is not.
    copy(&[], &first, &cluster).assert_counts(&[("kept", 1), ("unchanged", 1)]);
}
