//! What the tool prints, and which rights its users need.

use super::*;

/// Users with only the rights that the tool needs, as in docs/moving-to-a-cluster.md.
#[track_caller]
fn documented_users() -> [String; 2] {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/moving-to-a-cluster.md")).unwrap();
    let mut lines = page.lines().filter(|line| line.starts_with("ACL SETUSER copier "));
    [(); 2].map(|()| lines.next().expect("the page has both users").to_owned())
}

#[test]
fn the_users_of_the_documentation_suffice_and_nothing_secret_is_printed() {
    let (source, cluster) = (single(), Cluster::start(2, 0));
    let [here, there] = documented_users();
    source
        .client()
        .line(&here.replace("PASSWORD", "from@secret"))
        .assert_ok();
    for node in cluster.primaries() {
        node.client().line(&there.replace("PASSWORD", "to:secret")).assert_ok();
    }
    let mut client = source.client();
    let token = create(&mut client, "web", "bob", &["DATA", r#"{"card":"hidden"}"#]);
    let gone = create(&mut client, "web", "eve", &[]);
    let source_port = source.port();
    let from = format!("redis://copier@127.0.0.1:{source_port}");
    let from_with = format!("redis://copier:from%40secret@127.0.0.1:{source_port}");
    let port = cluster.nodes[0].port();
    let to = format!("redis://copier@127.0.0.1:{port}");
    let to_with = format!("redis://copier:to%3Asecret@127.0.0.1:{port}");
    let variables = [
        ("SESSIONS_FROM_PASSWORD", "from@secret"),
        ("SESSIONS_TO_PASSWORD", "to:secret"),
    ];
    let mut runs = vec![tool(&[&from, &to], &variables)];
    client.run(&["SESSIONS.KILL", "web", &gone]);
    runs.push(tool(&["--mirror", &from_with, &to_with], &[]));
    for said in &runs {
        assert!(said.success, "{said:?}");
    }
    runs[1].assert_counts(&[("unchanged", 1), ("removed", 1)]);
    assert_eq!(on_the_cluster(&cluster, "web"), on_the_source(&source, "web"));

    let mut failures = vec![
        tool(&[&from.replace("copier", "copier:wr0ng"), &to_with], &[]),
        tool(&[&from_with, &to.replace("copier", "copier:wr0ng")], &[]),
    ];
    for said in &failures {
        assert!(!said.success && said.err.contains("WRONGPASS"), "{said:?}");
    }
    // Refused in the middle of a run: the server's error may contain keys.
    for node in cluster.primaries() {
        node.client().line("ACL SETUSER copier resetkeys").assert_ok();
    }
    client.run(&["SESSIONS.GET", "web", &token]);
    failures.push(tool(&[&from_with, &to_with], &[]));
    assert!(failures[2].err.contains("NOPERM"), "{failures:?}");
    for said in runs.iter().chain(&failures) {
        for secret in [
            &token,
            &gone,
            "from@secret",
            "from%40secret",
            "to:secret",
            "to%3Asecret",
            "wr0ng",
            "hidden",
            "bob",
        ] {
            assert!(
                !said.out.contains(secret) && !said.err.contains(secret),
                "{secret}: {said:?}"
            );
        }
    }
}

#[test]
fn impossible_runs_end_with_a_clear_error() {
    let (source, cluster) = (single(), Cluster::start(1, 0));
    source.client().line("SESSIONS.CREATE web bob");
    let other = Server::builder().tcp().start();
    let bare = Cluster::start_with(1, 0, Builder::without_module);
    let replica = Server::builder().replica_of(&source).start();
    let (from, to) = (address(&source), address(&cluster.nodes[0]));
    // A port that was free a moment ago.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let nobody = format!("redis://{nobody}");
    for (arguments, wanted) in [
        (vec![from.as_str(), &nobody], "no connection to 127.0.0.1"),
        (vec![&nobody, &to], "no connection to 127.0.0.1"),
        (
            vec!["redis://no.such.host.invalid", &to],
            "no connection to no.such.host.invalid:6379",
        ),
        (vec![&from, &address(&other)], "is not a node of a cluster"),
        (
            vec![&from, &address(&bare.nodes[0])],
            "the sessions module is not loaded",
        ),
        (
            vec![&to, &to],
            "is a node of a cluster; sessions are copied from a single server",
        ),
        (vec![&address(&replica), &to], "is a replica; name its primary"),
        (vec![&from], "expected two addresses"),
        (vec![&from, &to, &to], "expected two addresses"),
        (vec!["--app", "a b", &from, &to], "--app requires"),
        (vec!["--app", "", &from, &to], "--app requires"),
        (vec![&from, &to, "--app"], "--app requires"),
        (vec!["--namespace", "a:b", &from, &to], "--namespace requires"),
        (vec!["--db", "x", &from, &to], "--db requires a whole number"),
        (vec!["--db", "1", &format!("{from}/2"), &to], "name different databases"),
        (vec!["--db", "99", &from, &to], "DB index is out of range"),
        (vec!["--mirror=yes", &from, &to], "--mirror takes no value"),
        (vec!["--verbose", &from, &to], "unknown option"),
        (vec![&from, &format!("{to}/1")], "has only database 0"),
        (vec!["127.0.0.1:6379", &to], "begins with redis:// or rediss://"),
        (vec!["redis://", &to], "the host is missing"),
        (vec!["redis://127.0.0.1:x", &to], "an address is redis://"),
        (vec!["redis://127.0.0.1/x", &to], "must be a database number"),
        (vec!["redis://who:a#b@127.0.0.1", &to], "percent-encoded"),
        (
            vec!["redis+unix:///tmp/socket", &to],
            "begins with redis:// or rediss://",
        ),
        (vec!["redis://127.0.0.1?protocol=resp3", &to], "an address is redis://"),
        (vec!["redis://who@127.0.0.1", &to], "SESSIONS_FROM_PASSWORD can hold it"),
    ] {
        let said = tool(&arguments, &[]);
        assert!(!said.success && said.out.is_empty(), "{arguments:?}: {said:?}");
        assert!(said.err.contains(wanted), "{arguments:?}: {said:?}");
        assert_eq!(said.err.lines().count(), 1, "{said:?}");
    }
    for (option, wanted) in [("--help", "--mirror"), ("--version", env!("CARGO_PKG_VERSION"))] {
        let said = tool(&[option], &[]);
        assert!(said.success && said.out.contains(wanted), "{said:?}");
    }
}
