//! The routes with a cluster: each session is found, and requests about an app cover every node.

use super::{assert_json, created, listening, set};
use crate::harness::{Cluster, Service, age_in_cluster};

#[test]
fn every_route_works_over_a_cluster() {
    let cluster = Cluster::start(3, 0);
    let (_service, legacy) = listening(Service::builder().cluster(&cluster).no_auth());
    let ids: Vec<String> = (0..12).map(|n| format!("u{n}")).collect();
    let tokens: Vec<String> = ids.iter().map(|id| created(&legacy, "web", id)).collect();
    let mut owners: Vec<u16> = tokens.iter().map(|token| cluster.owner_of(token).port()).collect();
    owners.sort_unstable();
    owners.dedup();
    assert_eq!(owners.len(), 3, "the sessions are on every node");
    for (seconds, token) in (0_i64..).step_by(3).zip(&tokens) {
        age_in_cluster(&cluster, "web", token, seconds);
    }
    let listed = legacy.get("/web/soapp?dt=60").send().json();
    let listed: Vec<&str> = listed["sessions"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|s| s["id"].as_str())
        .collect();
    assert_eq!(listed, ids, "the most recently used comes first");
    assert_json(&legacy.get("/web/activity?dt=60").send(), 200, "{\"activity\":12}");
    for (id, token) in ids.iter().zip(&tokens) {
        assert_eq!(
            legacy.get(&format!("/web/get/{token}")).send().json()["id"],
            id.as_str()
        );
        let set = set(&legacy, token, "{\"a\":1}");
        assert_eq!(set.json()["d"]["a"], 1);
    }
    let delete = |target: &str| legacy.request("DELETE", target).send();
    assert_json(&delete(&format!("/web/kill/{}", tokens[0])), 200, "{\"kill\":1}");
    assert_json(&delete("/web/killsoid/u1"), 200, "{\"kill\":1}");
    assert_json(&delete("/web/killall"), 200, "{\"kill\":10}");
    assert_json(&legacy.get("/web/soapp?dt=60").send(), 200, "{\"sessions\":[]}");
}
