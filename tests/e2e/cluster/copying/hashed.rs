//! Sessions whose tokens are stored hashed: the slot cannot be computed from the stored name.

use super::*;

fn hashing() -> Server {
    Server::builder().tcp().line("sessions.hash-tokens yes").start()
}

fn hashing_cluster() -> Cluster {
    Cluster::start_with(2, 0, |builder| builder.line("sessions.hash-tokens yes"))
}

/// The token of a framework's session.
fn own(number: usize) -> String {
    format!("{number:064x}")
}

/// An id in the same slot as a token, or in another slot.
fn id_of(token: &str, is_in_its_slot: bool) -> String {
    let mut ids = (0..).map(|number| format!("u{number}"));
    ids.find(|id| (slot(id) == slot(token)) == is_in_its_slot)
        .expect("there is an end to no ids")
}

fn save(client: &mut Client, token: &str, options: &[&str]) {
    let command = [&["SESSIONS.SAVE", "web", token, r#"{"cart":3}"#], options].concat();
    client.run(&command).int();
}

#[test]
fn hashed_sessions_arrive_in_the_slot_of_their_token_whatever_the_cluster_s_setting() {
    for cluster in [hashing_cluster(), Cluster::start(2, 0)] {
        let source = hashing();
        let mut client = source.client();
        let mut tokens: Vec<String> = (0..20)
            .map(|number| create(&mut client, "web", &format!("u{number}"), &[]))
            .collect();
        tokens.extend((0..20).map(|_| create(&mut client, "web", "", &["ANON"])));
        for number in 0..10 {
            let token = own(number);
            let id = id_of(&token, true);
            let owner: &[&str] = if number < 5 { &[] } else { &["ID", &id] };
            save(&mut client, &token, owner);
            tokens.push(token);
        }
        copy(&[], &source, &cluster).assert_counts(&[("copied", 50)]);
        assert_eq!(on_the_cluster(&cluster, "web"), on_the_source(&source, "web"));
        copy(&[], &source, &cluster).assert_counts(&[("unchanged", 50)]);

        let mut there = cluster.client();
        for token in &tokens {
            assert_eq!(there.run(&["SESSIONS.EXISTS", "web", token]), Reply::Int(1));
            let by_name = there.run(&["SESSIONS.EXISTS", "web", &stored_name(token)]);
            assert_eq!(by_name, Reply::Int(0), "a stored name opens nothing");
        }
        let visitor = &tokens[20];
        let logged_in = there.run(&["SESSIONS.ROTATE", "web", visitor, "ID", &id_of(visitor, true)]);
        assert!(is_token(logged_in.text()));
        assert_eq!(there.run(&["SESSIONS.KILL", "web", &tokens[45]]), Reply::Int(1));
        assert_eq!(on_the_cluster(&cluster, "web").len(), 49);
    }
}

#[test]
fn users_hashed_sessions_whose_token_has_another_slot_than_the_id_are_counted_and_not_copied() {
    let (source, cluster) = (hashing(), hashing_cluster());
    let mut client = source.client();
    for number in 0..4 {
        let token = own(number);
        save(&mut client, &token, &["ID", &id_of(&token, number == 0)]);
    }
    // Nothing stored of this visitor's session names the slot.
    save(&mut client, &own(9), &[]);
    client.run(&["HDEL", &format!("rs:web:{}", stored_name(&own(9))), "slot"]);
    let said = copy(&[], &source, &cluster);
    said.assert_counts(&[("copied", 1), ("not slot-affine", 3), ("broken", 1)]);
    assert_eq!(on_the_cluster(&cluster, "web").len(), 1);
}

#[test]
fn mirror_removes_the_copies_of_hashed_sessions_that_are_gone_and_of_no_others() {
    let (source, cluster) = (hashing(), hashing_cluster());
    let mut client = source.client();
    let users: Vec<String> = (0..10)
        .map(|number| create(&mut client, "web", &format!("u{number}"), &[]))
        .collect();
    let visitors: Vec<String> = (0..10).map(|_| create(&mut client, "web", "", &["ANON"])).collect();
    copy(&[], &source, &cluster).assert_counts(&[("copied", 20)]);
    copy(&["--mirror"], &source, &cluster).assert_counts(&[("unchanged", 20), ("removed", 0)]);

    client.run(&["SESSIONS.KILL", "web", &users[0]]);
    client.run(&["SESSIONS.KILL", "web", &visitors[0]]);
    client.run(&["SESSIONS.GET", "web", &visitors[1]]);
    let rotated = client.run(&["SESSIONS.ROTATE", "web", &users[1], "GRACE", "60"]);
    let said = copy(&["--mirror"], &source, &cluster);
    said.assert_counts(&[("copied", 1), ("updated", 1), ("removed", 3), ("broken", 0)]);
    assert_eq!(on_the_cluster(&cluster, "web").len(), 18);
    let mut there = cluster.client();
    let mut exists = |token: &str| there.run(&["SESSIONS.EXISTS", "web", token]).int();
    assert_eq!(exists(rotated.text()), 1);
    assert_eq!(exists(&users[1]), 0, "an alias is left behind");

    // A session that was used on the cluster stays.
    there.run(&["SESSIONS.GET", "web", &visitors[2]]);
    client.run(&["SESSIONS.KILL", "web", &visitors[2]]);
    let said = try_copy(&["--mirror"], &source, &cluster);
    assert!(
        !said.success && said.out.contains("the cluster has 1 others"),
        "{said:?}"
    );
}

#[test]
fn a_copy_follows_its_hashed_session_to_another_id() {
    let (source, cluster) = (hashing(), hashing_cluster());
    let mut client = source.client();
    let tokens: Vec<String> = (0..3).map(own).collect();
    let ids: Vec<String> = tokens.iter().map(|token| id_of(token, true)).collect();
    save(&mut client, &tokens[0], &["ID", &ids[0]]);
    save(&mut client, &tokens[1], &["ID", &ids[1]]);
    save(&mut client, &tokens[2], &[]);
    copy(&[], &source, &cluster).assert_counts(&[("copied", 3)]);
    save(&mut client, &tokens[0], &["ANON"]);
    save(&mut client, &tokens[1], &["ID", &format!("{{{}}}", ids[1])]);
    save(&mut client, &tokens[2], &["ID", &ids[2]]);
    copy(&[], &source, &cluster).assert_counts(&[("updated", 3)]);
    assert_eq!(on_the_cluster(&cluster, "web"), on_the_source(&source, "web"));
    assert_eq!(sum(&cluster, "SESSIONS.ACTIVITY web 0"), 2);
}

#[test]
fn mirror_removes_the_plain_copy_of_a_session_that_moved_to_its_stored_name() {
    let mut source = Server::builder()
        .tcp()
        .line("save 3600 1")
        .line("sessions.hash-tokens no")
        .start();
    let cluster = hashing_cluster();
    let token = create(&mut source.client(), "web", "bob", &[]);
    copy(&[], &source, &cluster).assert_counts(&[("copied", 1)]);
    source.restart_with(|line| Some(line.replace("hash-tokens no", "hash-tokens yes")));
    source.client().run(&["SESSIONS.GET", "web", &token]).session();
    copy(&["--mirror"], &source, &cluster).assert_counts(&[("copied", 1), ("removed", 1)]);
    assert_eq!(on_the_cluster(&cluster, "web"), on_the_source(&source, "web"));
    let names: Vec<String> = on_the_cluster(&cluster, "web").into_keys().collect();
    assert_eq!(names, [stored_name(&token)]);
}
