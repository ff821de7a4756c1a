//! Anonymous sessions and SAVE in a cluster: the token decides the slot, and an id of another slot
//! is refused.

use super::{assert_whole, keys, sum, tag_of};
use crate::harness::{Cluster, Reply, digest, slot, token_of};

/// An id in the slot of a token, or in another slot.
fn id_of(token: &str, is_in_its_slot: bool) -> String {
    let mut ids = (0..).map(|number| format!("u{number}"));
    ids.find(|id| (slot(id) == slot(token)) == is_in_its_slot)
        .expect("there are ids of each slot")
}

#[test]
fn random_text_spreads_visitors_over_all_nodes() {
    let cluster = Cluster::start(3, 0);
    let mut client = cluster.client();
    for number in 0..600 {
        let text = format!("visitor{number}");
        let token = client.run(&["SESSIONS.CREATE", "web", &text, "ANON"]).text().to_owned();
        assert_eq!(slot(&token), slot(&text));
        let session = client.run(&["SESSIONS.PEEK", "web", &token]).session();
        assert_eq!(session.get("id"), None);
    }
    let counts: Vec<_> = cluster
        .primaries()
        .iter()
        .map(|node| assert_whole(node, "web"))
        .collect();
    assert_eq!(counts.iter().sum::<usize>(), 600);
    assert!(counts.iter().all(|&count| count > 600 / 3 / 4), "{counts:?}");
    assert_eq!(sum(&cluster, "SESSIONS.COUNT web"), 600);
    assert_eq!(sum(&cluster, "SESSIONS.ACTIVITY web 0"), 0);
    assert_eq!(sum(&cluster, "SESSIONS.KILLALL web"), 600);
    for node in cluster.primaries() {
        assert_eq!(keys(node), [""; 0]);
    }
}

#[test]
fn an_anonymous_session_requires_a_text_that_chooses_its_slot() {
    let cluster = Cluster::start(2, 0);
    let refused = cluster.client().run(&["SESSIONS.CREATE", "web", "", "ANON"]);
    assert!(refused.error().starts_with("ERR invalid id: "), "{refused:?}");
}

#[test]
fn the_keys_of_an_anonymous_session_are_in_the_slot_of_its_token() {
    let cluster = Cluster::start(2, 0);
    let mut client = cluster.client();
    let token = token_of('7');
    let saved = client.run(&["SESSIONS.SAVE", "web", &token, "{}"]);
    assert_eq!(saved, Reply::Int(2));
    let names = keys(cluster.owner_of(&token));
    let tag = tag_of(&names[0]).to_owned();
    assert_eq!(slot(&tag), slot(&token));
    let mut wanted = vec![
        format!("rs:web:{{{tag}}}:{token}"),
        format!("rs:web:{{{tag}}}:_sessions"),
        format!("rs:{{{tag}}}:SESSIONS"),
    ];
    wanted.sort();
    assert_eq!(names, wanted);
    assert_eq!(client.run(&["SESSIONS.KILL", "web", &token]), Reply::Int(1));
    assert_eq!(keys(cluster.owner_of(&token)), [""; 0]);
}

#[test]
fn rotate_and_save_accept_an_id_of_the_tokens_slot_and_refuse_others() {
    let cluster = Cluster::start(2, 0);
    let mut client = cluster.client();
    let created = client
        .run(&["SESSIONS.CREATE", "web", "7f3a", "ANON"])
        .text()
        .to_owned();
    let saved = token_of('s');
    client.run(&["SESSIONS.SAVE", "web", &saved, "{}"]);
    let digests = || {
        cluster
            .primaries()
            .iter()
            .map(|node| digest(&mut node.client()))
            .collect::<Vec<_>>()
    };
    let before = digests();
    let unknown = token_of('n');
    let (other, others) = (id_of(&created, false), id_of(&saved, false));
    for command in [
        vec!["SESSIONS.ROTATE", "web", &created, "ID", &other],
        vec!["SESSIONS.SAVE", "web", &saved, "{}", "ID", &others],
        vec!["SESSIONS.SAVE", "web", &saved, "{}", "XX", "ID", &others],
        vec!["SESSIONS.SAVE", "web", &unknown, "{}", "NX", "ID", "bob"],
    ] {
        let refused = client.run(&command);
        assert!(refused.is_error_of("CROSSSLOT"), "{command:?}: {refused:?}");
        assert_eq!(digests(), before, "{command:?}");
    }

    let (own, owns) = (id_of(&created, true), id_of(&saved, true));
    let rotated = client
        .run(&["SESSIONS.ROTATE", "web", &created, "ID", &own])
        .text()
        .to_owned();
    assert_eq!(slot(&rotated), slot(&created));
    assert_eq!(client.run(&["SESSIONS.COUNTSOID", "web", &own]), Reply::Int(1));
    let written = client.run(&["SESSIONS.SAVE", "web", &saved, "{}", "XX", "ID", &owns]);
    assert_eq!(written, Reply::Int(1));
    assert_eq!(client.run(&["SESSIONS.COUNTSOID", "web", &owns]), Reply::Int(1));
    // Anonymous again, in the same slot.
    let anonymous = client
        .run(&["SESSIONS.ROTATE", "web", &rotated, "ANON"])
        .text()
        .to_owned();
    assert_eq!(slot(&anonymous), slot(&created));
    let whole = cluster
        .primaries()
        .iter()
        .map(|node| assert_whole(node, "web"))
        .sum::<usize>();
    assert_eq!(whole, 2);
}

/// Runs the commands that docs/cluster.md shows for this.
#[test]
fn a_visitor_logs_in_by_a_new_session_with_the_same_data() {
    let cluster = Cluster::start(2, 0);
    let mut client = cluster.client();
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/cluster.md")).unwrap();
    let visitors = ["SESSIONS.CREATE", "webapp", "7f3a", "ANON", "DATA", r#"{"cart":3}"#];
    let token = client.run(&visitors).text().to_owned();
    let mut new = String::new();
    let mut data = String::new();
    let steps = page.lines().filter_map(|line| line.strip_prefix("      SESSIONS."));
    for step in steps {
        let line = step.split('#').next().unwrap_or_default().trim();
        let line = line
            .replace("<token>", &token)
            .replace("<user>", "ann")
            .replace("<d>", &data);
        let words: Vec<&str> = line.split(' ').collect();
        let name = format!("SESSIONS.{}", words[0]);
        let reply = client.run(&[&[name.as_str()], &words[1..]].concat());
        match words[0] {
            "PEEK" => {
                let session: serde_json::Value = serde_json::from_str(reply.text()).unwrap();
                data = session["d"].to_string();
            }
            "CREATE" => new = reply.text().to_owned(),
            _ => assert_eq!(reply, Reply::Int(1), "{line}"),
        }
    }
    let session = client.run(&["SESSIONS.PEEK", "webapp", &new]).session();
    assert_eq!((session.text("id"), session.text("d")), ("ann", r#"{"cart":3}"#));
    assert_eq!(sum(&cluster, "SESSIONS.COUNT webapp"), 1);
}
