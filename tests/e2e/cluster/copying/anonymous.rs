//! Anonymous sessions, which are in the slot of their token, and sessions whose token or id was set
//! by SAVE.

use super::*;

/// The token of a framework's session: as long as the SHA-256 of the framework's id in hex.
fn token(number: usize) -> String {
    format!("{number:064x}")
}

#[track_caller]
fn save(client: &mut Client, token: &str, options: &[&str], reply: i64) {
    let command = [&["SESSIONS.SAVE", "web", token, r#"{"cart":3}"#], options].concat();
    assert_eq!(client.run(&command), Reply::Int(reply), "{options:?}");
}

/// An id in the same slot as a token, or in another slot.
fn id_of(token: &str, is_in_its_slot: bool) -> String {
    let mut ids = (0..).map(|number| format!("u{number}"));
    ids.find(|id| (slot(id) == slot(token)) == is_in_its_slot)
        .expect("there is an end to no ids")
}

#[test]
fn anonymous_sessions_arrive_in_the_slot_of_their_token() {
    let (source, cluster) = (single(), Cluster::start(3, 0));
    let mut client = source.client();
    let mut tokens = vec![
        create(&mut client, "web", "a7f1", &["ANON", "IP", "::1", "UA", "curl/8.0"]),
        create(&mut client, "web", "", &["ANON", "DATA", r#"{"cart":3}"#]),
        create(&mut client, "web", "", &["ANON", "NORESAVE", "TTL", "5000"]),
    ];
    tokens.extend((0..20).map(token));
    for saved in &tokens[3..] {
        save(&mut client, saved, &["NX"], 2);
    }
    copy(&[], &source, &cluster).assert_counts(&[("copied", 23)]);
    assert_eq!(on_the_cluster(&cluster, "web"), on_the_source(&source, "web"));
    assert_eq!(sum(&cluster, "SESSIONS.COUNT web"), 23);
    assert_eq!(sum(&cluster, "SESSIONS.ACTIVITY web 0"), 0);
    copy(&[], &source, &cluster).assert_counts(&[("unchanged", 23)]);

    client.run(&["SESSIONS.GET", "web", &tokens[0]]).session();
    assert_eq!(client.run(&["SESSIONS.KILL", "web", &tokens[1]]), Reply::Int(1));
    let said = copy(&["--mirror"], &source, &cluster);
    said.assert_counts(&[("updated", 1), ("unchanged", 21), ("removed", 1)]);
    assert_eq!(on_the_cluster(&cluster, "web"), on_the_source(&source, "web"));

    // The sessions work on the cluster: one visitor logs in, another leaves.
    let mut there = cluster.client();
    let id = id_of(&tokens[0], true);
    let logged_in = there.run(&["SESSIONS.ROTATE", "web", &tokens[0], "ID", &id]);
    let session = there.run(&["SESSIONS.PEEK", "web", logged_in.text()]).session();
    assert_eq!((session.text("id"), session.text("ua")), (id.as_str(), "curl/8.0"));
    let saved = there.run(&["SESSIONS.SAVE", "web", &tokens[3], "{}", "XX"]);
    assert_eq!(saved, Reply::Int(1));
    assert_eq!(there.run(&["SESSIONS.KILL", "web", &tokens[3]]), Reply::Int(1));
    assert_eq!(on_the_cluster(&cluster, "web").len(), 21);
}

#[test]
fn users_sessions_whose_token_has_another_slot_than_the_id_are_counted_and_not_copied() {
    let (source, cluster) = (single(), Cluster::start(2, 0));
    let mut client = source.client();
    for number in 0..4 {
        let token = token(number);
        let id = id_of(&token, number == 0);
        save(&mut client, &token, &["NX", "ID", &id], 2);
    }
    // An anonymous session that got an id later.
    save(&mut client, &token(5), &["NX"], 2);
    save(&mut client, &token(5), &["XX", "ID", "bob"], 1);
    let said = copy(&[], &source, &cluster);
    said.assert_counts(&[("copied", 1), ("not slot-affine", 4)]);
    assert!(said.out.contains("made by redis-sessions or SAVE"), "{said:?}");
    assert_eq!(on_the_cluster(&cluster, "web").len(), 1);
}

#[test]
fn a_copy_follows_its_session_to_another_id() {
    let (source, cluster) = (single(), Cluster::start(2, 0));
    let mut client = source.client();
    let tokens: Vec<String> = (0..4).map(token).collect();
    let ids: Vec<String> = tokens.iter().map(|token| id_of(token, true)).collect();
    for (token, id) in tokens.iter().zip(&ids) {
        save(&mut client, token, &["NX", "ID", id], 2);
    }
    // Another session of an id keeps that id in the index.
    let other = create(&mut client, "web", &ids[0], &[]);
    let visitor = create(&mut client, "web", &ids[3], &["ANON"]);
    copy(&[], &source, &cluster).assert_counts(&[("copied", 6)]);

    save(&mut client, &tokens[0], &["XX", "ANON"], 1);
    save(&mut client, &tokens[1], &["XX", "ANON"], 1);
    let also_there = format!("{{{}}}", ids[2]);
    save(&mut client, &tokens[2], &["XX", "ID", &also_there], 1);
    save(&mut client, &visitor, &["XX", "ID", &ids[3]], 1);
    copy(&[], &source, &cluster).assert_counts(&[("updated", 4), ("unchanged", 2)]);
    assert_eq!(on_the_cluster(&cluster, "web"), on_the_source(&source, "web"));
    let mut there = cluster.client();
    assert_eq!(there.run(&["SESSIONS.COUNTSOID", "web", &ids[0]]), Reply::Int(1));
    assert_eq!(there.run(&["SESSIONS.EXISTS", "web", &other]), Reply::Int(1));
    assert_eq!(there.run(&["SESSIONS.COUNTSOID", "web", &ids[3]]), Reply::Int(2));
    assert_eq!(sum(&cluster, "SESSIONS.ACTIVITY web 0"), 3);
}

#[test]
fn mirror_removes_the_copy_of_a_session_whose_new_id_has_another_slot() {
    let (source, cluster) = (single(), Cluster::start(2, 0));
    let mut client = source.client();
    let token = token(1);
    save(&mut client, &token, &["NX"], 2);
    create(&mut client, "web", "ann", &[]);
    copy(&[], &source, &cluster).assert_counts(&[("copied", 2)]);
    save(&mut client, &token, &["XX", "ID", &id_of(&token, false)], 1);
    copy(&[], &source, &cluster).assert_counts(&[("unchanged", 1), ("not slot-affine", 1)]);
    assert_eq!(on_the_cluster(&cluster, "web").len(), 2);
    copy(&["--mirror"], &source, &cluster).assert_counts(&[("removed", 1), ("not slot-affine", 1)]);
    assert_eq!(on_the_cluster(&cluster, "web").len(), 1);
}
