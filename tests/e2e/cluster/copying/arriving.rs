//! What arrives on the cluster, and what cannot be copied.

use super::*;

#[test]
fn sessions_arrive_unchanged() {
    let (source, cluster) = (single(), Cluster::start(3, 0));
    let mut client = source.client();
    let tokens = [
        create(&mut client, "web", "bob", &[]),
        create(
            &mut client,
            "web",
            "bob",
            &["IP", "::1", "TTL", "7700", "DATA", r#"{"a":"é","b":1.0}"#],
        ),
        create(
            &mut client,
            "web",
            "a:b",
            &["NORESAVE", "TTL", "5000", "UA", "Zoë's browser"],
        ),
        create(&mut client, "web", "x{tag}y z", &["LIFETIME", "5000"]),
        create(&mut client, "web", "日本", &[]),
    ];
    client.line(&format!("SESSIONS.GET web {}", tokens[0]));
    client.line(&format!("HSET rs:web:{} of_ours kept", tokens[1]));
    for field in 0..3000 {
        client.line(&format!("HSET rs:web:{} field{field} {field}", tokens[4]));
    }
    let said = copy(&[], &source, &cluster);
    said.assert_counts(&[("seen", 5), ("copied", 5)]);
    assert_eq!(on_the_cluster(&cluster, "web"), on_the_source(&source, "web"));

    let mut there = cluster.client();
    for token in &tokens {
        let peeked = there.run(&["SESSIONS.PEEK", "web", token]).session();
        let mut here = client.line(&format!("SESSIONS.PEEK web {token}")).session();
        assert_eq!(peeked.names(), here.names());
        here.fields.retain(|(name, _)| name != "idle" && name != "ttl");
        for (name, value) in &here.fields {
            assert_eq!(peeked.get(name), Some(value), "{name}");
        }
    }
    assert_eq!(there.run(&["SESSIONS.SOID", "web", "bob"]).list().len(), 2);
    assert_eq!(sum(&cluster, "SESSIONS.COUNT web"), 5);
    assert_eq!(sum(&cluster, "SESSIONS.ACTIVITY web 600"), 4);
    let set = there.run(&["SESSIONS.SET", "web", &tokens[1], r#"{"a":null}"#]);
    assert_eq!(set.session().text("d"), r#"{"b":1.0}"#);
    let rotated = there.run(&["SESSIONS.ROTATE", "web", &tokens[3]]).text().to_owned();
    assert_eq!(there.run(&["SESSIONS.KILL", "web", &rotated]), Reply::Int(1));
    let (owner, scope) = place(&cluster, "web", &tokens[0]);
    age(&mut owner.client(), &scope, &tokens[0], 8000);
    let tag = tag_of(&scope);
    let due = [
        &format!("rs:{{{tag}}}:SESSIONS"),
        "-8000",
        &format!("web:{}:bob", tokens[0]),
    ];
    owner
        .client()
        .run(&[["ZINCRBY"].as_slice(), &due.map(|word| word)].concat());
    assert_eq!(owner.client().line("SESSIONS.WIPE"), Reply::Int(1));
    assert_eq!(on_the_cluster(&cluster, "web").len(), 3);
}

#[test]
fn scores_are_exact_so_that_the_cleanup_pass_is_in_time_for_any_index_step() {
    let (source, cluster) = (single(), Cluster::start(1, 0));
    let mut client = source.client();
    let token = create(&mut client, "web", "bob", &["TTL", "100"]);
    let other = create(&mut client, "web", "bob", &["TTL", "100"]);
    // Both hashes are later than the scores, as within a step; an id's score is the score of its
    // most recent session.
    age_everywhere(&mut client, "web", &token, 40);
    copy(&[], &source, &cluster);
    for token in [&token, &other] {
        let la = la(&mut client, "web", token);
        let (node, scope) = place(&cluster, "web", token);
        let mut there = node.client();
        let tag = tag_of(&scope).to_owned();
        assert_eq!(
            score(&mut there, &format!("rs:{scope}:_sessions"), &format!("{token}:bob")),
            Some(la)
        );
        let due = score(
            &mut there,
            &format!("rs:{{{tag}}}:SESSIONS"),
            &format!("web:{token}:bob"),
        );
        assert_eq!(due, Some(la + 100));
        let latest = self::la(&mut client, "web", &other);
        assert_eq!(score(&mut there, &format!("rs:{scope}:_users"), "bob"), Some(latest));
    }
}

#[test]
fn sessions_that_cannot_be_copied_are_counted() {
    let (source, cluster) = (single(), Cluster::start(2, 0));
    let mut client = source.client();
    create(&mut client, "web", "bob", &[]);
    let late = create(&mut client, "web", "late", &["TTL", "100"]);
    age_everywhere(&mut client, "web", &late, 101);
    let now = now(&mut client);
    let planted = |letter: char, id: &str, la: i64| {
        let fields = [
            ("id", id),
            ("r", "1"),
            ("w", "1"),
            ("ttl", "7200"),
            ("la", &la.to_string()),
        ];
        assert_ne!(slot(token_of(letter)), slot(id));
        plant(&mut source.client(), "web", &token_of(letter), &fields);
    };
    for letter in ['a', 'b', 'c'] {
        planted(letter, "theirs", now);
    }
    planted('d', "theirs", now - 8000);
    for (letter, change) in [
        ('e', "HDEL id"),
        ('f', "HDEL la"),
        ('g', "HSET id other"),
        ('h', "DEL"),
        ('i', "SET x"),
    ] {
        planted(letter, "x", now);
        let key = format!("rs:web:{}", token_of(letter));
        let mut words = change.split(' ');
        let mut command = vec![words.next().unwrap(), key.as_str()];
        command.extend(words);
        if letter == 'i' {
            client.run(&["DEL", &key]);
        }
        client.run(&command);
    }
    client.line("ZADD rs:web:_sessions 1 rubbish");
    let said = copy(&["--app", "web"], &source, &cluster);
    said.assert_counts(&[
        ("copied", 1),
        ("timed out", 2),
        ("not slot-affine", 3),
        ("broken", 5),
        ("already ended", 1),
    ]);
    assert!(said.out.contains("made by redis-sessions"), "{said:?}");
    assert_eq!(on_the_cluster(&cluster, "web").len(), 1);
}

#[test]
fn apps_databases_and_namespaces_are_kept_apart() {
    let settings = |builder: Builder| builder.line("sessions.namespace mine");
    let source = settings(Server::builder().tcp()).start();
    let cluster = Cluster::start_with(2, 0, settings);
    let mut client = source.client();
    client.line("SESSIONS.CREATE elsewhere bob");
    client.line("SELECT 3");
    for command in ["web bob", "web eve", "shop bob", "more bob"] {
        client.line(&format!("SESSIONS.CREATE {command}"));
    }
    let said = try_copy(&["--db", "3"], &source, &cluster);
    assert!(said.err.contains("sessions.namespace of 127.0.0.1"), "{said:?}");
    let mine = ["--db", "3", "--namespace", "mine"];
    let said = copy(
        &[&mine[..], &["--app", "web", "--app=shop"]].concat(),
        &source,
        &cluster,
    );
    said.assert_counts(&[("copied", 3)]);
    assert_eq!(sum(&cluster, "SESSIONS.COUNT web"), 2);
    assert_eq!(sum(&cluster, "SESSIONS.COUNT shop"), 1);
    assert_eq!(sum(&cluster, "SESSIONS.COUNT more"), 0);
    copy(&mine, &source, &cluster).assert_counts(&[("copied", 1), ("unchanged", 3)]);
    assert_eq!(sum(&cluster, "SESSIONS.COUNT more"), 1);
    assert_eq!(sum(&cluster, "SESSIONS.COUNT elsewhere"), 0);
    let said = try_copy(&["--db", "4", "--namespace", "mine"], &source, &cluster);
    assert!(!said.success && said.err.contains("has no sessions"), "{said:?}");
}

#[test]
fn the_source_does_not_need_the_module() {
    let (source, cluster) = (Server::builder().without_module().tcp().start(), Cluster::start(2, 0));
    let drawn = Server::start();
    let token = create(&mut drawn.client(), "web", "bob", &[]);
    let mut client = source.client();
    let now = now(&mut client).to_string();
    let fields = [
        ("id", "bob"),
        ("r", "3"),
        ("w", "2"),
        ("ttl", "7200"),
        ("la", &now),
        ("d", r#"{"a":1}"#),
    ];
    plant(&mut client, "web", &token, &fields);
    copy(&[], &source, &cluster).assert_counts(&[("copied", 1)]);
    assert_eq!(on_the_cluster(&cluster, "web"), on_the_source(&source, "web"));
    let got = cluster.client().run(&["SESSIONS.GET", "web", &token]).session();
    assert_eq!((got.int("r"), got.int("w")), (3, 2));
}

#[test]
fn a_dry_run_writes_nothing() {
    let (source, cluster) = (single(), Cluster::start(2, 0));
    for n in 0..50 {
        create(&mut source.client(), "web", &format!("u{n}"), &[]);
    }
    let before = digest(&mut source.client());
    let said = copy(&["--dry-run"], &source, &cluster);
    said.assert_counts(&[("copied", 50)]);
    assert!(said.out.starts_with("Nothing was written"), "{said:?}");
    for node in cluster.primaries() {
        assert_eq!(keys(node), [""; 0]);
    }
    copy(&[], &source, &cluster).assert_counts(&[("copied", 50)]);
    assert_eq!(digest(&mut source.client()), before);
}
