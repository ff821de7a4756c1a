//! `sessions-to-cluster`: moving the sessions of a single server into a cluster.

use super::{assert_whole, keys, sum, tag_of};
use crate::harness::*;
use std::collections::HashMap;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

const TOOL: &str = env!("CARGO_BIN_EXE_sessions-to-cluster");

/// What a run has said.
#[derive(Debug)]
struct Said {
    success: bool,
    out: String,
    err: String,
}

impl Said {
    /// A number of the report; 0 if it has no such line.
    fn count(&self, name: &str) -> usize {
        let line = self.out.lines().find_map(|line| line.trim_start().strip_prefix(name));
        let word = line.and_then(|line| line.split_whitespace().next());
        word.map_or(0, |word| {
            word.parse().unwrap_or_else(|_| panic!("{name} in {}", self.out))
        })
    }

    /// Checks some numbers of the report, and that the kinds add up to what was seen.
    #[track_caller]
    fn assert_counts(&self, wanted: &[(&str, usize)]) {
        for &(name, count) in wanted {
            assert_eq!(self.count(name), count, "{name}: {self:?}");
        }
        let kinds = [
            "copied",
            "updated",
            "unchanged",
            "kept",
            "not revived",
            "timed out",
            "not slot-affine",
            "broken",
            "ended meanwhile",
            "blocked",
        ];
        let total: usize = kinds.iter().map(|kind| self.count(kind)).sum();
        assert_eq!(self.count("seen"), total, "{self:?}");
    }
}

fn tool(arguments: &[&str], variables: &[(&str, &str)]) -> Said {
    let output = Command::new(TOOL)
        .args(arguments)
        .env_remove("SESSIONS_FROM_PASSWORD")
        .env_remove("SESSIONS_TO_PASSWORD")
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{TOOL}: {error}"));
    Said {
        success: output.status.success(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn address(server: &Server) -> String {
    format!("redis://127.0.0.1:{}", server.port())
}

/// A run that does not fail.
#[track_caller]
fn copy(options: &[&str], from: &Server, to: &Cluster) -> Said {
    let said = try_copy(options, from, to);
    assert!(said.success, "{said:?}");
    assert_eq!(said.err, "", "{said:?}");
    said
}

fn try_copy(options: &[&str], from: &Server, to: &Cluster) -> Said {
    let (from, to) = (address(from), address(&to.nodes[0]));
    tool(&[options, &[from.as_str(), to.as_str()]].concat(), &[])
}

fn single() -> Server {
    Server::builder().tcp().start()
}

/// All sessions of an app on a single server, by token.
fn on_the_source(source: &Server, app: &str) -> HashMap<String, Vec<(String, String)>> {
    let mut client = source.client();
    let prefix = format!("rs:{app}:");
    let names = keys(source);
    let tokens = names.iter().filter_map(|key| key.strip_prefix(&prefix));
    let tokens = tokens.filter(|token| is_token(token));
    tokens
        .map(|token| (token.to_owned(), hash(&mut client, app, token)))
        .collect()
}

/// All sessions of an app on the cluster, by token, whose indexes are whole; without the tool's own field.
#[track_caller]
fn on_the_cluster(cluster: &Cluster, app: &str) -> HashMap<String, Vec<(String, String)>> {
    let mut sessions = HashMap::new();
    for node in cluster.primaries() {
        let mut client = node.client();
        let whole = assert_whole(node, app);
        let before = sessions.len();
        for key in keys(node) {
            let scope = format!("{app}:{{{}}}", tag_of(&key));
            let token = key.strip_prefix(&format!("rs:{scope}:"));
            if let Some(token) = token.filter(|token| is_token(token)) {
                let mut fields = hash(&mut client, &scope, token);
                fields.retain(|(name, _)| name != "copied_as");
                sessions.insert(token.to_owned(), fields);
            }
        }
        assert_eq!(sessions.len() - before, whole);
    }
    sessions
}

/// The scope that puts `hash_field`, `age` and others at a session of the cluster, and its node.
fn place<'a>(cluster: &'a Cluster, app: &str, token: &str) -> (&'a Server, String) {
    let owner = cluster.owner_of(token);
    let ending = format!(":{token}");
    let name = keys(owner).into_iter().find(|key| key.ends_with(&ending));
    let name = name.expect("the session is on the cluster");
    (owner, format!("{app}:{{{}}}", tag_of(&name)))
}

#[test]
fn sessions_arrive_as_they_are() {
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
        create(&mut client, "web", "a:b", &["NORESAVE", "TTL", "5000"]),
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
fn scores_are_such_that_the_wipe_comes_neither_early_nor_late() {
    let (source, cluster) = (single(), Cluster::start(1, 0));
    let mut client = source.client();
    let token = create(&mut client, "web", "bob", &["TTL", "100"]);
    let other = create(&mut client, "web", "bob", &["TTL", "100"]);
    // Both hashes are past the scores, as within a step; one id's score is that of its latest.
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
        assert_eq!(due, Some(wipe_score(token, la, 100)));
        let latest = self::la(&mut client, "web", &other);
        assert_eq!(score(&mut there, &format!("rs:{scope}:_users"), "bob"), Some(latest));
    }
}

#[test]
fn another_run_brings_what_has_changed() {
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

    // An empty set of data, and a field that is no more.
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
fn what_can_not_be_copied_is_counted() {
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
        ("ended meanwhile", 1),
    ]);
    assert!(said.out.contains("made by redis-sessions"), "{said:?}");
    assert_eq!(on_the_cluster(&cluster, "web").len(), 1);
}

#[test]
fn apps_databases_and_namespaces_are_told_apart() {
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
fn a_source_without_the_module_will_do() {
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
fn what_was_used_on_the_cluster_stays_as_it_is_there() {
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

    // On both: what was written on the cluster is not lost.
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
fn an_incomplete_run_is_made_up_for() {
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

    // What it has copied and is then used or killed on the source is not taken for used on the cluster.
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

    // A source that has lost everything is no reason to lose it on the cluster too.
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

#[test]
fn a_dry_run_writes_nothing() {
    let (source, cluster) = (single(), Cluster::start(2, 0));
    for n in 0..50 {
        create(&mut source.client(), "web", &format!("u{n}"), &[]);
    }
    let digest = |server: &Server| server.client().line("DEBUG DIGEST").text().to_owned();
    let before = digest(&source);
    let said = copy(&["--dry-run"], &source, &cluster);
    said.assert_counts(&[("copied", 50)]);
    assert!(said.out.starts_with("Nothing was written"), "{said:?}");
    for node in cluster.primaries() {
        assert_eq!(keys(node), [""; 0]);
    }
    copy(&[], &source, &cluster).assert_counts(&[("copied", 50)]);
    assert_eq!(digest(&source), before);
}

#[test]
fn a_slot_on_the_move_is_waited_for() {
    let (source, cluster) = (single(), Cluster::start(2, 0));
    let mut client = source.client();
    for n in 0..200 {
        create(&mut client, "web", &format!("u{n}"), &[]);
    }
    copy(&[], &source, &cluster);
    let number = slot("u7");
    let in_slot = (0..200).filter(|n| slot(format!("u{n}")) == number).count();
    let from = cluster.owner_of("u7");
    let to = cluster
        .primaries()
        .iter()
        .find(|node| node.port() != from.port())
        .unwrap();
    super::moving::open_slot(number, from, to);
    super::moving::move_keys(number, from, to, 1);
    for n in 0..200 {
        create(&mut client, "web", &format!("u{n}"), &[]);
    }
    thread::scope(|threads| {
        let run = threads.spawn(|| copy(&[], &source, &cluster));
        let others = i64::try_from(400 - 2 * in_slot).unwrap();
        wait_until(GENEROUS, "the other slots have their sessions", || {
            sum(&cluster, "SESSIONS.COUNT web") >= others
        });
        while super::moving::move_keys(number, from, to, 10) > 0 {}
        super::moving::close_slot(number, from, to);
        run.join()
            .unwrap()
            .assert_counts(&[("copied", 200), ("unchanged", 200)]);
    });
    assert_eq!(on_the_cluster(&cluster, "web"), on_the_source(&source, "web"));
}

#[test]
fn lost_connections_and_forgotten_scripts_are_made_up_for() {
    let (source, cluster) = (single(), Cluster::start(2, 0));
    let mut client = source.client();
    for n in 0..5000 {
        client.send(&["SESSIONS.CREATE", "web", &format!("u{n}")]);
    }
    for _ in 0..5000 {
        client.receive();
    }
    thread::scope(|threads| {
        let run = threads.spawn(|| copy(&[], &source, &cluster));
        wait_until(GENEROUS, "some have arrived", || {
            sum(&cluster, "SESSIONS.COUNT web") > 0
        });
        for turn in 0..6 {
            for node in cluster.primaries() {
                node.client().line("SCRIPT FLUSH").assert_ok();
                if turn % 2 == 0 {
                    node.client().line("CLIENT KILL TYPE normal SKIPME yes");
                }
            }
            thread::sleep(Duration::from_millis(50));
        }
        let said = run.join().unwrap();
        // What was written when its answer got lost is found unchanged at the second try.
        assert_eq!(said.count("copied") + said.count("unchanged"), 5000, "{said:?}");
    });
    let copied: usize = cluster.primaries().iter().map(|node| assert_whole(node, "web")).sum();
    assert_eq!(copied, 5000);
}

/// Users who may do just what is needed, as docs/moving-to-a-cluster.md has them.
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
    // Refused in the middle: what a server says of it may hold keys.
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
fn what_can_not_work_is_said_clearly() {
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
        (vec![&from, &address(&other)], "is no node of a cluster"),
        (
            vec![&from, &address(&bare.nodes[0])],
            "has not loaded the sessions module",
        ),
        (
            vec![&to, &to],
            "is a node of a cluster; sessions are copied from a single server",
        ),
        (vec![&address(&replica), &to], "is a replica; name its primary"),
        (vec![&from], "two addresses are wanted"),
        (vec![&from, &to, &to], "two addresses are wanted"),
        (vec!["--app", "a b", &from, &to], "--app wants"),
        (vec!["--app", "", &from, &to], "--app wants"),
        (vec![&from, &to, "--app"], "--app wants"),
        (vec!["--namespace", "a:b", &from, &to], "--namespace wants"),
        (vec!["--db", "x", &from, &to], "a database is a number"),
        (vec!["--db", "1", &format!("{from}/2"), &to], "name different databases"),
        (vec!["--db", "99", &from, &to], "DB index is out of range"),
        (vec!["--mirror=yes", &from, &to], "--mirror takes no value"),
        (vec!["--verbose", &from, &to], "unknown option"),
        (vec![&from, &format!("{to}/1")], "no database but 0"),
        (vec!["127.0.0.1:6379", &to], "begins with redis://"),
        (vec!["rediss://127.0.0.1", &to], "TLS is not spoken"),
        (vec!["redis://", &to], "the host is missing"),
        (vec!["redis://127.0.0.1:x", &to], "the port is no number"),
        (vec!["redis://a:%zz@127.0.0.1", &to], "percent-encoded"),
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
