//! Real clusters: the keys of a session and its indexes share the hash slot of its id, and nothing
//! is lost or answered wrongly while slots and nodes come and go.

mod access;
mod atomic;
mod copying;
mod failing_over;
mod load;
mod moving;
mod resharding;
mod spread;
mod whole_apps;

pub(crate) use moving::{close_slot, move_keys, open_slot};

use crate::harness::{Cluster, Reply, Roamer, Server, is_token, slot};

/// `SESSIONS.CREATE` wherever the id belongs.
#[track_caller]
fn create(client: &mut Roamer, app: &str, id: &str) -> String {
    let token = client.run(&["SESSIONS.CREATE", app, id]).text().to_owned();
    assert!(is_token(&token), "{token:?} is no token");
    token
}

/// What all primaries answer to a command about a whole app, added up.
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

/// What stands between the braces of a slot's keys: three characters of that slot.
fn tag_of(key: &str) -> &str {
    let (_, rest) = key.split_once('{').unwrap_or_else(|| panic!("{key} has no tag"));
    rest.split_once('}').unwrap_or_else(|| panic!("{key} has no tag")).0
}

/// Checks that all keys of a primary lie in its slots, and that sessions and index entries match
/// one for one; how many sessions it has.
#[track_caller]
fn assert_whole(server: &Server, app: &str) -> usize {
    let mut client = server.client();
    let nodes = server.nodes();
    let myself = nodes.lines().find(|line| line.contains("myself")).unwrap();
    let ranges: Vec<_> = myself
        .split(' ')
        .skip(8)
        .filter(|range| !range.starts_with('['))
        .map(|range| {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            first.parse::<u16>().unwrap()..=last.parse().unwrap()
        })
        .collect();
    let (mut hashes, mut entries) = (Vec::new(), Vec::new());
    for key in keys(server) {
        assert!(
            ranges.iter().any(|range| range.contains(&slot(&key))),
            "{key} is an orphan"
        );
        let tag = tag_of(&key).to_owned();
        let prefix = format!("rs:{app}:{{{tag}}}:");
        match key.strip_prefix(&prefix) {
            Some("_sessions") => {
                let members = client.run(&["ZRANGE", &key, "0", "-1"]);
                for member in members.texts() {
                    let (token, id) = member.split_once(':').unwrap();
                    let of_id = client.run(&["SISMEMBER", &format!("{prefix}us:{id}"), token]);
                    assert_eq!(of_id, Reply::Int(1), "{member} is not in the set of {id}");
                    let due = client.run(&["ZSCORE", &format!("rs:{{{tag}}}:SESSIONS"), &format!("{app}:{member}")]);
                    assert!(!due.is_nil(), "{member} is not in SESSIONS");
                    let user = client.run(&["ZSCORE", &format!("{prefix}_users"), id]);
                    assert!(!user.is_nil(), "{id} is not in _users");
                    entries.push(format!("{prefix}{token}"));
                }
                assert_eq!(
                    client.run(&["ZCARD", &format!("rs:{{{tag}}}:SESSIONS")]).int(),
                    i64::try_from(members.list().len()).unwrap()
                );
            }
            Some(token) if is_token(token) => hashes.push(key.clone()),
            _ => {}
        }
    }
    hashes.sort();
    entries.sort();
    assert_eq!(hashes, entries, "hashes and index entries");
    hashes.len()
}
