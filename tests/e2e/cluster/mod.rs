//! Real clusters: the keys of a session and its indexes share the hash slot of its id, and no
//! session is lost and no reply is wrong while slots move and nodes come and go.

mod access;
mod atomic;
mod copying;
mod cut_off;
mod failing_over;
mod graces;
mod hashed;
mod load;
mod moving;
mod resharding;
mod spread;
mod unstable;
mod visitors;
mod whole_apps;

pub(crate) use moving::{close_slot, move_keys, open_slot};

use crate::harness::{Cluster, Reply, Roamer, Server, assert_node_is_whole as assert_whole, is_token};

/// `SESSIONS.CREATE` on the node that has the id's slot.
#[track_caller]
fn create(client: &mut Roamer, app: &str, id: &str) -> String {
    let token = client.run(&["SESSIONS.CREATE", app, id]).text().to_owned();
    assert!(is_token(&token), "{token:?} is no token");
    token
}

/// The sum of all primaries' replies to a command about a whole app.
#[track_caller]
fn sum(cluster: &Cluster, command: &str) -> i64 {
    let answers = cluster.primaries().iter().map(|node| node.client().line(command).int());
    answers.sum()
}

/// That docs/cluster.md quotes an error as the server sends it.
#[track_caller]
fn assert_is_documented(reply: &Reply) {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/cluster.md")).unwrap();
    let quoted = format!("\n    {}\n", reply.error());
    assert!(page.contains(&quoted), "docs/cluster.md does not quote {reply:?}");
}

/// All keys of a server, by name.
#[track_caller]
fn keys(server: &Server) -> Vec<String> {
    let reply = server.client().line("KEYS *");
    let mut keys: Vec<_> = reply.texts().into_iter().map(str::to_owned).collect();
    keys.sort();
    keys
}

/// The text between the braces of a key: three characters that hash to the key's slot.
fn tag_of(key: &str) -> &str {
    let (_, rest) = key.split_once('{').unwrap_or_else(|| panic!("{key} has no tag"));
    rest.split_once('}').unwrap_or_else(|| panic!("{key} has no tag")).0
}
