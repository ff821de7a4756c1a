//! The users of redis.conf.example in a cluster: each client logs in as docs/cluster.md shows and
//! can do that user's work without being refused by any node.

use super::programs::{Program, STORY_IN_NODE, STORY_IN_PHP, STORY_IN_PYTHON};
use super::*;
use crate::clients::installed::{self, Tool};
use crate::clients::snippets::snippet_with;
use crate::clients::users::{password, user_lines};
use std::process::Command;

/// Sends one command as a user: `one` about an id or a token, or `all` to every primary.
type Send<'a> = &'a dyn Fn(&str, &[&str]) -> String;

#[test]
fn redis_py_logs_in_as_the_users_of_the_example() {
    let (place, login) = ("port=6379", r#"username="webapp", password="webapps-password""#);
    let beginning = || snippet_with("python", "RedisCluster").replace(place, &format!("{place}, {login}"));
    program_logs_in(installed::python, STORY_IN_PYTHON, login, beginning);
}

#[test]
fn node_redis_logs_in_as_the_users_of_the_example() {
    let place = r#"[{ url: "redis://127.0.0.1:6379" }]"#;
    let login = r#"defaults: { username: "webapp", password: "webapps-password" }"#;
    let beginning = || snippet_with("js", "createCluster").replace(place, &format!("{place}, {login}"));
    program_logs_in(installed::node, STORY_IN_NODE, login, beginning);
}

#[test]
fn ioredis_logs_in_as_the_users_of_the_example() {
    let place = "lazyConnect: true";
    let login = r#"redisOptions: { username: "webapp", password: "webapps-password", enableReadyCheck: false }"#;
    let beginning = || snippet_with("js", "ioredis").replace(place, &format!("{place}, {login}"));
    program_logs_in(installed::node, STORY_IN_NODE, login, beginning);
}

#[test]
fn phpredis_logs_in_as_the_users_of_the_example() {
    let place = "['127.0.0.1:6379']";
    let login = "0, 0, false, ['webapp', 'webapps-password']";
    let beginning = || snippet_with("php", "RedisCluster").replace(place, &format!("{place}, {login}"));
    program_logs_in(installed::php, STORY_IN_PHP, login, beginning);
}

#[test]
fn redis_cli_logs_in_as_the_users_of_the_example() {
    let (cluster, lines) = start();
    works_as_each_user(&cluster, |user| {
        let (cluster, lines) = (&cluster, &lines);
        Box::new(move |to, words| {
            let run = |node: &Server| {
                let mut command = Command::new("redis-cli");
                command.args(["-c", "-p", &node.port().to_string(), "--user", user]);
                command.env("REDISCLI_AUTH", password(lines, user));
                command.arg(format!("SESSIONS.{}", words[0])).args(&words[1..]);
                let output = command.output().expect("redis-cli can be started");
                String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
            };
            match to {
                "one" => run(&cluster.primaries()[0]),
                _ => {
                    let counts = cluster.primaries().iter().map(|node| {
                        let text = run(node);
                        text.parse::<i64>().unwrap_or_else(|error| panic!("{error}: {text}"))
                    });
                    counts.sum::<i64>().to_string()
                }
            }
        })
    });
}

#[test]
fn the_users_of_the_example_see_the_clusters_nodes_and_cannot_change_them() {
    let (cluster, lines) = start();
    for user in ["webapp", "dashboard", "support"] {
        let mut client = cluster.primaries()[0].client();
        assert_eq!(client.run(&["AUTH", user, &password(&lines, user)]), "OK".into());
        for command in [
            "CLUSTER SLOTS",
            "CLUSTER SHARDS",
            "CLUSTER NODES",
            "CLUSTER INFO",
            "READONLY",
            "READWRITE",
            "ASKING",
            "COMMAND",
            "CLIENT SETNAME x",
            "HELLO 2",
        ] {
            let reply = client.line(command);
            assert!(!matches!(reply, Reply::Error(_)), "{user} may {command}: {reply:?}");
        }
        for command in [
            "CLUSTER FAILOVER",
            "CLUSTER RESET",
            "CLUSTER FORGET x",
            "CLUSTER MEET 127.0.0.1 1",
            "CLUSTER SETSLOT 1 STABLE",
            "CLUSTER GETKEYSINSLOT 1 1",
        ] {
            let reply = client.line(command);
            assert!(reply.is_error_of("NOPERM"), "{user} may not {command}: {reply:?}");
        }
    }
}

/// A cluster whose nodes have the users of the example, and the lines that define them.
#[track_caller]
pub(super) fn start() -> (Cluster, Vec<String>) {
    let lines = user_lines();
    let staff = || lines.iter().filter(|line| !line.starts_with("user default "));
    let cluster = Cluster::start_with(3, 0, |node| staff().fold(node, |node, line| node.line(line)));
    (cluster, lines)
}

/// Does the work of each user with a program that logs in as docs/cluster.md says. `beginning` is
/// all code that the page shows for this client; `login` is the part of it with user name and
/// password.
#[track_caller]
fn program_logs_in(tool: fn() -> Option<Tool>, name: &'static str, login: &str, beginning: impl Fn() -> String) {
    let page = crate::clients::file("docs/cluster.md");
    assert!(page.contains(login), "docs/cluster.md does not show {login}");
    assert!(beginning().contains(login), "its code has no place for {login}");
    let programs = ["webapp", "dashboard", "support"].map(|user| {
        let as_user = || {
            let code = beginning();
            code.replace(
                login,
                &login
                    .replacen("webapp", user, 1)
                    .replace("webapps-", &format!("{user}s-")),
            )
        };
        (user, Program::new(tool(), as_user, name))
    });
    if programs.iter().any(|(_, program)| program.is_none()) {
        return;
    }
    let (cluster, _) = start();
    works_as_each_user(&cluster, |user| {
        let (cluster, programs) = (&cluster, &programs);
        Box::new(move |to, words| {
            let (_, program) = programs.iter().find(|(name, _)| *name == user).unwrap();
            let text = program.as_ref().unwrap().run(cluster, &[&[to], words].concat());
            text.trim_end().to_owned()
        })
    });
}

#[track_caller]
pub(super) fn works_as_each_user<'a>(
    cluster: &Cluster,
    login: impl Fn(&'static str) -> Box<dyn Fn(&str, &[&str]) -> String + 'a>,
) {
    let webapp = login("webapp");
    let webapp: Send<'_> = &webapp;
    let ids = ["u1", "u2", "u3"];
    let owners = ids.map(|id| cluster.owner_of(id).port());
    assert!(owners.iter().any(|port| *port != owners[0]), "they are on one node");
    for id in ids {
        let token = webapp("one", &["CREATE", "webapp", id]);
        let session = webapp("one", &["GET", "webapp", &token, "JSON"]);
        assert!(session.contains(&format!(r#""id":"{id}""#)), "{session}");
    }
    let dashboard = login("dashboard");
    assert_eq!(dashboard("all", &["COUNT", "webapp"]), "3");
    assert_eq!(dashboard("all", &["ACTIVITY", "webapp", "600"]), "3");
    let support = login("support");
    for id in ids {
        let listed = support("one", &["SOID", "webapp", id, "JSON"]);
        assert!(listed.contains(&format!(r#""id":"{id}""#)), "{listed}");
        let killed = support("one", &["KILLSOID", "webapp", id]);
        assert_eq!(killed, "1");
    }
    for node in cluster.primaries() {
        let denied = node.client().line("ACL LOG");
        assert!(denied.list().is_empty(), "a client was denied something: {denied:?}");
    }
}
