//! Hashed tokens in a cluster: the token decides the slot, which cannot be computed from the stored
//! name.

use super::{assert_whole, keys, sum, tag_of};
use crate::harness::{Cluster, Reply, hash_field, is_token, slot, stored_name, tag_of_slot, token_of};

fn hashing() -> Cluster {
    Cluster::start_with(2, 0, |builder| builder.line("sessions.hash-tokens yes"))
}

#[test]
fn the_keys_of_a_hashed_session_are_in_the_slot_of_its_token() {
    let cluster = hashing();
    let mut client = cluster.client();
    let own = token_of('7');
    assert_eq!(client.run(&["SESSIONS.SAVE", "web", &own, "{}"]), Reply::Int(2));
    let users = client.run(&["SESSIONS.CREATE", "web", "bob"]).text().to_owned();
    let visitors = client.run(&["SESSIONS.CREATE", "web", "x1", "ANON"]).text().to_owned();
    assert_eq!((slot(&users), slot(&visitors)), (slot("bob"), slot("x1")));
    for (token, id) in [(&users, "bob"), (&visitors, ""), (&own, "")] {
        let tag = tag_of_slot(slot(token));
        let scope = format!("web:{{{tag}}}");
        let owner = cluster.owner_of(token);
        let name = stored_name(token);
        let key = format!("rs:{scope}:{name}");
        assert!(keys(owner).contains(&key), "{key}");
        let mut node = owner.client();
        assert_eq!(hash_field(&mut node, &scope, &name, "hashed").as_deref(), Some(id));
        let number = id.is_empty().then(|| slot(token).to_string());
        assert_eq!(hash_field(&mut node, &scope, &name, "slot"), number);
    }
    let all: Vec<String> = cluster.primaries().iter().flat_map(keys).collect();
    assert!(all.iter().all(|key| slot(key) == slot(tag_of(key))));
    for token in [&users, &visitors, &own] {
        assert!(!all.iter().any(|key| key.contains(token.as_str())));
        let by_name = client.run(&["SESSIONS.EXISTS", "web", &stored_name(token)]);
        assert_eq!(by_name, Reply::Int(0));
    }
    let log_in = ["SESSIONS.ROTATE", "web", &visitors, "ID", "{x1}", "GRACE", "60"];
    let logged_in = client.run(&log_in).text().to_owned();
    assert_eq!(slot(&logged_in), slot("x1"));
    assert_eq!(client.run(&log_in).text(), logged_in, "the log-in is repeated");
    let refused = client.run(&["SESSIONS.SAVE", "web", &own, "{}", "ID", "bob"]);
    assert!(refused.is_error_of("CROSSSLOT"), "{refused:?}");
    assert_eq!(sum(&cluster, "SESSIONS.KILLALL web"), 3);
    let left: Vec<String> = cluster.primaries().iter().flat_map(keys).collect();
    let is_of_a_token = |key: &String| key.rsplit(':').next().is_some_and(is_token);
    assert!(left.len() == 1 && left.iter().all(is_of_a_token), "the alias: {left:?}");
}

#[test]
fn a_reshard_moves_hashed_sessions_and_their_tokens_still_work() {
    let cluster = hashing();
    let mut client = cluster.client();
    let mut tokens = Vec::new();
    for number in 0..300 {
        let text = format!("u{number}");
        let visitor: &[&str] = if number % 2 == 0 { &["ANON"] } else { &[] };
        let words = [&["SESSIONS.CREATE", "web", &text], visitor].concat();
        tokens.push(client.run(&words).text().to_owned());
    }
    let mut rotated = Vec::new();
    for token in &tokens[..20] {
        let new = client.run(&["SESSIONS.ROTATE", "web", token, "GRACE", "60"]);
        rotated.push(new.text().to_owned());
    }
    cluster.reshard(0, 1, 4000);
    cluster.wait_until_ok();
    for (old, new) in tokens.iter().zip(&rotated) {
        if let Reply::List(_) = client.run(&["SESSIONS.PEEK", "web", old]) {
            let by_old = client.run(&["SESSIONS.GET", "web", old]);
            // On a slow machine, the grace may be over.
            assert!(by_old.is_nil() || by_old.session().text("token") == new);
        }
    }
    for token in rotated.iter().chain(&tokens[20..]) {
        client.run(&["SESSIONS.GET", "web", token]).session();
    }
    let stored: usize = cluster.primaries().iter().map(|node| assert_whole(node, "web")).sum();
    assert_eq!(stored, 300);
}
