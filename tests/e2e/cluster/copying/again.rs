//! Further runs: they copy what has changed since the last run, on either side.

use super::*;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

#[test]
fn another_run_copies_what_has_changed() {
    let (source, cluster) = (single(), Cluster::start(2, 0));
    let mut client = source.client();
    let tokens: Vec<_> = (0..20)
        .map(|n| create(&mut client, "web", &format!("u{n}"), &[]))
        .collect();
    copy(&[], &source, &cluster).assert_counts(&[("copied", 20), ("updated", 0)]);
    copy(&[], &source, &cluster).assert_counts(&[("copied", 0), ("unchanged", 20)]);
    client.run(&["SESSIONS.SET", "web", &tokens[0], r#"{"a":1}"#]);
    client.run(&["SESSIONS.GET", "web", &tokens[1]]);
    client.run(&["SESSIONS.TOUCH", "web", &tokens[2], "TTL", "55"]);
    client.run(&["SESSIONS.KILL", "web", &tokens[3]]);
    create(&mut client, "web", "new", &[]);
    let said = copy(&[], &source, &cluster);
    said.assert_counts(&[("copied", 1), ("updated", 3), ("unchanged", 16), ("removed", 0)]);
    let mut there = on_the_cluster(&cluster, "web");
    assert!(there.remove(&tokens[3]).is_some(), "it goes by --mirror alone");
    assert_eq!(there, on_the_source(&source, "web"));

    let dry = copy(&["--mirror", "--dry-run"], &source, &cluster);
    dry.assert_counts(&[("unchanged", 20), ("removed", 1)]);
    assert_eq!(on_the_cluster(&cluster, "web").len(), 21);
    copy(&["--mirror"], &source, &cluster).assert_counts(&[("unchanged", 20), ("removed", 1)]);
    assert_eq!(on_the_cluster(&cluster, "web"), on_the_source(&source, "web"));

    // Data that becomes empty, and a field that is removed.
    client.run(&["SESSIONS.SET", "web", &tokens[0], r#"{"a":null}"#]);
    copy(&["--mirror"], &source, &cluster).assert_counts(&[("updated", 1), ("removed", 0)]);
    assert_eq!(on_the_cluster(&cluster, "web"), on_the_source(&source, "web"));
}

#[test]
fn nothing_is_lost_while_the_source_is_in_use() {
    let (source, cluster) = (single(), Cluster::start(3, 0));
    let mut client = source.client();
    let first: Vec<_> = (0..2000)
        .map(|n| create(&mut client, "web", &format!("u{n}"), &[]))
        .collect();
    let over = AtomicBool::new(false);
    thread::scope(|threads| {
        for worker in 0..3 {
            let (first, over, mut client) = (&first, &over, source.client());
            threads.spawn(move || {
                let mut turn = worker;
                while !over.load(Ordering::Relaxed) {
                    let token = &first[turn % first.len()];
                    match turn % 5 {
                        0 => client.run(&["SESSIONS.GET", "web", token]),
                        1 => client.run(&["SESSIONS.SET", "web", token, &format!("{{\"turn\":{turn}}}")]),
                        2 => client.run(&["SESSIONS.KILL", "web", token]),
                        3 => client.run(&["SESSIONS.ROTATE", "web", token]),
                        _ if turn % 20 == 4 => client.run(&["SESSIONS.CREATE", "web", &format!("u{turn}")]),
                        _ => client.run(&["SESSIONS.TOUCH", "web", token]),
                    };
                    turn += 7;
                    thread::sleep(Duration::from_millis(1));
                }
            });
        }
        for _ in 0..4 {
            copy(&[], &source, &cluster);
        }
        copy(&["--mirror"], &source, &cluster);
        over.store(true, Ordering::Relaxed);
    });
    let said = copy(&["--mirror"], &source, &cluster);
    said.assert_counts(&[("kept", 0), ("not revived", 0), ("broken", 0)]);
    let here = on_the_source(&source, "web");
    assert!(!here.is_empty());
    assert_eq!(on_the_cluster(&cluster, "web"), here);
    copy(&["--mirror"], &source, &cluster).assert_counts(&[("unchanged", here.len()), ("removed", 0)]);
}

#[test]
fn sessions_used_on_the_cluster_are_not_overwritten() {
    let (source, cluster) = (single(), Cluster::start(2, 0));
    let mut client = source.client();
    let tokens: Vec<_> = (0..6)
        .map(|n| create(&mut client, "web", &format!("u{n}"), &[]))
        .collect();
    for token in &tokens {
        age_everywhere(&mut client, "web", token, 60);
    }
    copy(&[], &source, &cluster);
    let mut there = cluster.client();
    there.run(&["SESSIONS.GET", "web", &tokens[0]]);
    there.run(&["SESSIONS.SET", "web", &tokens[1], r#"{"there":1}"#]);
    there.run(&["SESSIONS.TOUCH", "web", &tokens[2]]);
    there.run(&["SESSIONS.KILL", "web", &tokens[3]]);
    there.run(&["SESSIONS.ROTATE", "web", &tokens[4]]);
    let made = there.run(&["SESSIONS.CREATE", "web", "new"]).text().to_owned();
    let before = on_the_cluster(&cluster, "web");
    let said = copy(&[], &source, &cluster);
    said.assert_counts(&[("kept", 3), ("not revived", 2), ("unchanged", 1)]);
    assert_eq!(on_the_cluster(&cluster, "web"), before);

    // Changed on both sides: what was written on the cluster is not lost.
    client.run(&["SESSIONS.SET", "web", &tokens[1], r#"{"here":1}"#]);
    client.run(&["SESSIONS.GET", "web", &tokens[0]]);
    client.run(&["SESSIONS.GET", "web", &tokens[0]]);
    let before = on_the_cluster(&cluster, "web");
    copy(&[], &source, &cluster).assert_counts(&[("kept", 3), ("not revived", 2)]);
    let after = on_the_cluster(&cluster, "web");
    assert_eq!(after, before);

    client.run(&["SESSIONS.KILL", "web", &tokens[5]]);
    let said = try_copy(&["--mirror"], &source, &cluster);
    assert!(!said.success, "{said:?}");
    said.assert_counts(&[("removed", 0)]);
    assert!(
        said.out.contains("Nothing was removed: the cluster has been used"),
        "{said:?}"
    );
    assert_eq!(on_the_cluster(&cluster, "web"), after);

    copy(&["--mirror", "--force"], &source, &cluster);
    assert_eq!(on_the_cluster(&cluster, "web"), on_the_source(&source, "web"));
    assert_eq!(there.run(&["SESSIONS.EXISTS", "web", &made]), Reply::Int(0));
}

#[test]
fn another_run_completes_an_incomplete_one() {
    let (source, cluster) = (single(), Cluster::start(1, 0));
    let mut client = source.client();
    let first = create(&mut client, "web", "first", &[]);
    copy(&[], &source, &cluster);
    // A key of another type in the way ends a run as incomplete.
    let second = create(&mut client, "web", "second", &[]);
    let third = create(&mut client, "web", "third", &[]);
    let (node, scope) = place(&cluster, "web", &first);
    let tag = |id: &str| {
        let probe = cluster
            .client()
            .run(&["SESSIONS.CREATE", "probe", id])
            .text()
            .to_owned();
        let tag = tag_of(&place(&cluster, "probe", &probe).1).to_owned();
        cluster.client().run(&["SESSIONS.KILL", "probe", &probe]);
        tag
    };
    let in_the_way = format!("rs:web:{{{}}}:_users", tag("second"));
    node.client().run(&["SET", &in_the_way, "x"]).assert_ok();
    let said = try_copy(&[], &source, &cluster);
    assert!(!said.success, "{said:?}");
    said.assert_counts(&[("copied", 1), ("unchanged", 1), ("blocked", 1)]);
    node.client().run(&["DEL", &in_the_way]);

    // A copied session that is then used or killed on the source does not count as used on the
    // cluster.
    client.run(&["SESSIONS.SET", "web", &third, r#"{"a":1}"#]);
    client.run(&["SESSIONS.KILL", "web", &first]);
    let said = copy(&["--mirror"], &source, &cluster);
    said.assert_counts(&[("copied", 1), ("updated", 1), ("kept", 0), ("removed", 1)]);
    assert_eq!(on_the_cluster(&cluster, "web"), on_the_source(&source, "web"));
    assert!(on_the_cluster(&cluster, "web").contains_key(&second));
    assert!(
        score(
            &mut node.client(),
            &format!("rs:{scope}:_sessions"),
            &format!("{first}:first")
        )
        .is_none()
    );
}
