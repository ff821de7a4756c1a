//! Clients of other languages: a program for each. docs/cluster.md shows the beginning of each
//! program.

use super::*;
use crate::clients::installed::{self, Tool};
use crate::clients::snippets::{link_packages, snippet_with};

pub(super) const STORY_IN_NODE: &str = "story.mjs";
pub(super) const STORY_IN_PHP: &str = "story.php";
pub(super) const STORY_IN_PYTHON: &str = "story.py";

#[test]
fn redis_py_routes_commands_by_itself() {
    let snippet = || snippet_with("python", "RedisCluster");
    let Some(client) = Program::new(installed::python(), snippet, STORY_IN_PYTHON) else {
        return;
    };
    let cluster = Cluster::start(3, 0);
    assert_eq!(moved_while(&cluster, || client.tells_the_story(&cluster)), 0);
    let shown = client.meets_a_moving_slot(&cluster);
    assert!(shown.tries > 1, "{shown:?}");
    assert!(shown.text.starts_with("error: "), "{shown:?}");
}

#[test]
fn node_redis_routes_by_the_key_that_it_is_given() {
    let snippet = || snippet_with("js", "createCluster");
    let Some(client) = Program::new(installed::node(), snippet, STORY_IN_NODE) else {
        return;
    };
    let cluster = Cluster::start(3, 0);
    assert_eq!(moved_while(&cluster, || client.tells_the_story(&cluster)), 0);
    let shown = client.meets_a_moving_slot(&cluster);
    assert_eq!(shown.tries, 1);
    assert!(shown.text.starts_with("error: TRYAGAIN "), "{shown:?}");
}

#[test]
fn phpredis_routes_by_the_key_that_it_is_given() {
    let snippet = || snippet_with("php", "RedisCluster");
    let Some(client) = Program::new(installed::php(), snippet, STORY_IN_PHP) else {
        return;
    };
    let cluster = Cluster::start(3, 0);
    assert_eq!(moved_while(&cluster, || client.tells_the_story(&cluster)), 0);
    let shown = client.meets_a_moving_slot(&cluster);
    assert_eq!(shown.tries, 0);
    assert!(shown.text.starts_with("error: Unable to send command"), "{shown:?}");
}

#[test]
fn ioredis_routes_by_the_key_that_it_is_given() {
    let snippet = || snippet_with("js", "ioredis");
    let Some(client) = Program::new(installed::node(), snippet, STORY_IN_NODE) else {
        return;
    };
    let cluster = Cluster::start(3, 0);
    assert_eq!(moved_while(&cluster, || client.tells_the_story(&cluster)), 0);
    let shown = client.meets_a_moving_slot(&cluster);
    assert!(shown.tries > 1, "{shown:?}");
    assert!(shown.text.starts_with("error: "), "{shown:?}");
}

#[test]
fn ioredis_follows_redirections_without_a_given_key() {
    let plain = || crate::clients::file("tests/e2e/clients/cluster/ioredis_call.mjs");
    let Some(client) = Program::new(installed::node(), plain, STORY_IN_NODE) else {
        return;
    };
    let cluster = Cluster::start(3, 0);
    let moved = moved_while(&cluster, || client.tells_the_story(&cluster));
    assert!((1..=KEYED).contains(&moved), "{moved} times to another node");
    client.meets_a_moving_slot(&cluster);
}

/// Source code for one of the tools.
pub(super) struct Program {
    tool: Tool,
    source: String,
    name: &'static str,
}

impl Program {
    /// A beginning that says how a client calls, then the story in the same language. `None`: the
    /// tool is not installed.
    #[track_caller]
    pub(super) fn new(tool: Option<Tool>, beginning: impl Fn() -> String, name: &'static str) -> Option<Program> {
        let story = crate::clients::file(&format!("tests/e2e/clients/cluster/{name}"));
        tool.map(|tool| Program {
            tool,
            source: format!("{}\n{story}", beginning()),
            name,
        })
    }

    #[track_caller]
    fn tells_the_story(&self, cluster: &Cluster) {
        assert_eq!(self.run(cluster, &["story", &IDS.to_string()]), expected());
    }

    #[track_caller]
    fn meets_a_moving_slot(&self, cluster: &Cluster) -> Shown {
        meet_a_moving_slot(cluster, |token| {
            self.run(cluster, &["one", "GET", "webapp", token, "JSON"])
        })
    }

    /// What the program prints: the story, or the reply to `one` command about an id or a token, or
    /// the sum of the replies of `all` primaries.
    #[track_caller]
    pub(super) fn run(&self, cluster: &Cluster, words: &[&str]) -> String {
        let node = &cluster.primaries()[0];
        let source = node.dir().join(self.name);
        let code = self.source.replace("6379", &node.port().to_string());
        std::fs::write(&source, code).expect("the program is written");
        if !source.with_file_name("node_modules").exists() {
            link_packages(&source);
        }
        let mut command = self.tool.command(&source);
        let output = command.args(words).output().expect("it can be run");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let shown = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "ended with {}:\n{text}{shown}", output.status);
        text
    }
}
