//! Clients of clusters, as docs/cluster.md shows them: each client plays the same story on three
//! nodes, and the nodes redirect it as seldom as docs/cluster.md says. Then each client meets a
//! slot that is being moved key by key.

mod programs;
mod redis_cli;
mod redis_rs;
mod users;

use crate::cluster::{close_slot, move_keys, open_slot};
use crate::harness::*;
use serde_json::Value;

const IDS: usize = 50;
/// The commands of the story that are about one id or token: four for each id, and half of the
/// sessions are killed.
const KEYED: usize = 4 * IDS + IDS / 2;

/// What every client prints: for each id the replies to GET, SET and SOID, then the counts of the
/// whole app, before and after half of the sessions are killed.
#[track_caller]
fn story(mut sessions: impl FnMut(&[&str]) -> String, mut everywhere: impl FnMut(&[&str]) -> i64) -> String {
    let json = |text: &str| -> Value { serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}")) };
    let mut told = String::new();
    let mut tokens = Vec::new();
    for n in 0..IDS {
        let id = format!("user{n}");
        let token = sessions(&["SESSIONS.CREATE", "webapp", &id, "DATA", r#"{"cart":3}"#]);
        let read = json(&sessions(&["SESSIONS.GET", "webapp", &token, "JSON"]));
        let written = json(&sessions(&["SESSIONS.SET", "webapp", &token, r#"{"cart":4}"#, "JSON"]));
        let listed = json(&sessions(&["SESSIONS.SOID", "webapp", &id, "JSON"]));
        told += &format!(
            "{} {} {} {} {}\n",
            read["id"].as_str().unwrap(),
            read["d"]["cart"],
            written["d"]["cart"],
            listed.as_array().unwrap().len(),
            listed[0]["d"]["cart"]
        );
        tokens.push(token);
    }
    told += &format!("count {}\n", everywhere(&["SESSIONS.COUNT", "webapp"]));
    told += &format!("activity {}\n", everywhere(&["SESSIONS.ACTIVITY", "webapp", "600"]));
    let killed = tokens[..IDS / 2]
        .iter()
        .map(|token| sessions(&["SESSIONS.KILL", "webapp", token]));
    told += &format!(
        "killed {}\n",
        killed.map(|one| one.parse::<usize>().unwrap()).sum::<usize>()
    );
    told += &format!("count {}\n", everywhere(&["SESSIONS.COUNT", "webapp"]));
    told += &format!("killall {}\n", everywhere(&["SESSIONS.KILLALL", "webapp"]));
    told + &format!("count {}\n", everywhere(&["SESSIONS.COUNT", "webapp"]))
}

fn expected() -> String {
    let sessions = (0..IDS).map(|n| format!("user{n} 3 4 1 4\n")).collect::<String>();
    let (half, rest) = (IDS / 2, IDS - IDS / 2);
    sessions + &format!("count {IDS}\nactivity {IDS}\nkilled {half}\ncount {rest}\nkillall {rest}\ncount 0\n")
}

/// How many commands of the story are about ids whose slot this node does not have.
fn commands_away_from(cluster: &Cluster, node: &Server) -> usize {
    let away = (0..IDS).filter(|n| cluster.owner_of(format!("user{n}")).port() != node.port());
    away.map(|n| if n < IDS / 2 { 5 } else { 4 }).sum()
}

/// How often a node replied that another node has the slot.
#[track_caller]
fn moved_while(cluster: &Cluster, run: impl FnOnce()) -> usize {
    let before = errors(cluster, "MOVED");
    run();
    errors(cluster, "MOVED") - before
}

fn errors(cluster: &Cluster, kind: &str) -> usize {
    let start = format!("errorstat_{kind}:count=");
    let count = |node: &Server| {
        let reply = node.client().line("INFO errorstats");
        let text = String::from_utf8_lossy(reply.bytes()).into_owned();
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(&start).map(str::to_owned));
        line.map_or(0, |count| count.parse::<usize>().unwrap())
    };
    cluster.primaries().iter().map(count).sum()
}

/// What a client does about a slot that is being moved.
#[derive(Debug)]
struct Shown {
    /// How often a node returned TRYAGAIN.
    tries: usize,
    text: String,
}

/// Makes a client read a session while its slot is being moved, and again after the move.
#[track_caller]
fn meet_a_moving_slot(cluster: &Cluster, mut read: impl FnMut(&str) -> String) -> Shown {
    let token = cluster
        .client()
        .run(&["SESSIONS.CREATE", "webapp", "bob"])
        .text()
        .to_owned();
    let (from, number) = (cluster.owner_of("bob"), slot("bob"));
    let mut others = cluster.primaries().iter().filter(|node| node.port() != from.port());
    let to = others.next().unwrap();
    open_slot(number, from, to);
    let before = errors(cluster, "TRYAGAIN");
    let text = read(&token);
    let tries = errors(cluster, "TRYAGAIN") - before;
    while move_keys(number, from, to, 10) > 0 {}
    close_slot(number, from, to);
    let answer = read(&token);
    assert!(answer.contains(r#","id":"bob","r":1,"#), "{answer}");
    Shown { tries, text }
}
