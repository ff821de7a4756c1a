//! `ROTATE … GRACE` in a cluster: an old token is in the slot of its session, so every node finds
//! both.

use super::{assert_whole, keys, tag_of};
use crate::harness::{Cluster, Reply, Roamer, slot, tag_of_slot};

fn rotate(client: &mut Roamer, token: &str, options: &[&str]) -> Reply {
    client.run(&[&["SESSIONS.ROTATE", "web", token], options].concat())
}

#[test]
fn an_old_token_is_an_alias_in_the_slot_of_its_session() {
    let cluster = Cluster::start(2, 0);
    let mut client = cluster.client();
    for number in 0..60 {
        let id = format!("u{number}");
        let old = client.run(&["SESSIONS.CREATE", "web", &id]).text().to_owned();
        let new = rotate(&mut client, &old, &["GRACE", "60"]).text().to_owned();
        assert_eq!(slot(&new), slot(&old));
        let session = client.run(&["SESSIONS.GET", "web", &old]).session();
        assert_eq!(session.text("token"), new);
        let key = format!("rs:web:{{{}}}:{old}", tag_of_slot(slot(&old)));
        assert!(keys(cluster.owner_of(&old)).contains(&key), "{key}");
        assert_eq!(rotate(&mut client, &old, &["GRACE", "60"]), Reply::from(new.as_str()));
    }
    let whole: usize = cluster.primaries().iter().map(|node| assert_whole(node, "web")).sum();
    assert_eq!(whole, 60);
}

#[test]
fn a_log_in_with_grace_is_repeated_in_the_slot_of_the_visitor() {
    let cluster = Cluster::start(2, 0);
    let mut client = cluster.client();
    let visitor = client
        .run(&["SESSIONS.CREATE", "web", "7f3a", "ANON"])
        .text()
        .to_owned();
    let mut ids = (0..).map(|number| format!("u{number}"));
    let other = ids.find(|id| slot(id) != slot(&visitor)).expect("an id");
    let own = format!("of {{{visitor}}}");
    let refused = rotate(&mut client, &visitor, &["ID", &other, "GRACE", "60"]);
    assert!(refused.is_error_of("CROSSSLOT"), "{refused:?}");
    assert_eq!(client.run(&["SESSIONS.EXISTS", "web", &visitor]), Reply::Int(1));

    let token = rotate(&mut client, &visitor, &["ID", &own, "GRACE", "60"]);
    assert_eq!(slot(token.text()), slot(&visitor));
    assert_eq!(rotate(&mut client, &visitor, &["ID", &own, "GRACE", "60"]), token);
    assert_eq!(client.run(&["SESSIONS.EXISTS", "web", &visitor]), Reply::Int(0));
    let names = keys(cluster.owner_of(&visitor));
    assert!(
        names.iter().all(|name| slot(tag_of(name)) == slot(&visitor)),
        "{names:?}"
    );
    assert_eq!(client.run(&["SESSIONS.KILL", "web", token.text()]), Reply::Int(1));
    assert!(rotate(&mut client, &visitor, &["ID", &own]).is_nil());
}
