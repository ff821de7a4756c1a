//! The commands and configurations of docs/recipes.md that are not entered in redis-cli.

use crate::harness::*;
use std::process::Command;

/// The block of the page that contains a text.
#[track_caller]
fn block(page: &Page, part: &str) -> String {
    let found = page.blocks().into_iter().find(|block| block.concat().contains(part));
    let lines = found.unwrap_or_else(|| panic!("no block with {part:?}"));
    lines.join("\n")
}

/// Runs a block in the server's folder with the redis-cli and redis-server of the tests, as a
/// person would.
#[track_caller]
fn run(server: &Server, block: &str) {
    let socket = server.socket();
    let program = std::env::var("REDIS_SERVER").unwrap_or_else(|_| "redis-server".into());
    let script = format!(
        "set -e\nredis-cli() {{ command redis-cli -s '{}' \"$@\"; }}\nredis-server() {{ command '{program}' \"$@\"; }}\n{block}",
        socket.display()
    );
    let mut command = Command::new("bash");
    let output = command.arg("-c").arg(script).current_dir(server.dir()).output();
    let output = output.expect("bash can be run");
    assert!(output.status.success(), "{block}\n{output:?}");
}

/// The server that the recipe starts. It is not a child process of the test, so it is ended here,
/// even if the test fails.
struct Daemon<'server>(&'server Server);

impl Drop for Daemon<'_> {
    fn drop(&mut self) {
        let mut command = Command::new("redis-cli");
        let ended = command.arg("-s").arg(self.0.socket()).args(["SHUTDOWN", "NOSAVE"]);
        let _ = ended.output();
    }
}

#[test]
fn a_backup_restores_the_sessions_that_were_live_when_it_was_made() {
    let page = Page::read("docs/recipes.md");
    let server = Server::builder().aof().start();
    let mut client = server.client();
    let token = create(&mut client, "webapp", "u1", &["DATA", r#"{"cart":3}"#]);
    run(&server, &block(&page, "--rdb"));
    assert_eq!(client.run(&["SESSIONS.KILL", "webapp", &token]), Reply::Int(1));
    create(&mut client, "webapp", "later", &[]);
    drop(client);

    let _daemon = Daemon(&server);
    run(&server, &block(&page, "SHUTDOWN NOSAVE"));
    let mut client = server.client();
    let session = client.run(&["SESSIONS.PEEK", "webapp", &token]).session();
    assert_eq!(session.text("d"), r#"{"cart":3}"#);
    assert_eq!(client.line("SESSIONS.COUNT webapp"), Reply::Int(1));
    assert_whole(&mut client);
    let configured = client.line("CONFIG GET appendonly");
    assert_eq!(configured.texts(), ["appendonly", "yes"]);
    assert_eq!(server.info("aof_enabled"), "1");
    assert_eq!(server.info("aof_rewrite_in_progress"), "0");
    assert_eq!(server.info("aof_last_bgrewrite_status"), "ok");
}

/// Starts a server with lines of the page. The harness replaces some of these lines by its own. It
/// sets the password only when the server is ready, because it waits for that without a password.
#[track_caller]
fn start<'a>(builder: Builder, lines: impl Iterator<Item = &'a str>) -> (Server, Client) {
    const OWN: [&str; 4] = ["bind ", "loadmodule ", "replicaof ", "dir "];
    let mut password = None;
    let mut builder = builder;
    for line in lines.filter(|line| !OWN.iter().any(|word| line.starts_with(word))) {
        match line.strip_prefix("requirepass ") {
            Some(word) => password = Some(word),
            None => builder = builder.line(line),
        }
    }
    let password = password.expect("the page sets a password");
    let server = builder.start();
    let mut client = server.client();
    client.run(&["CONFIG", "SET", "requirepass", password]).assert_ok();
    let mut stranger = server.client();
    assert!(stranger.line("SESSIONS.COUNT webapp").error().starts_with("NOAUTH "));
    client.run(&["AUTH", password]).assert_ok();
    (server, client)
}

#[test]
fn a_replica_follows_a_primary_with_a_password() {
    let page = Page::read("docs/recipes.md");
    let replicas = block(&page, "replicaof 10.0.0.1");
    let blocks = page.blocks();
    let primarys = blocks.iter().find(|block| block.contains(&"bind 127.0.0.1 10.0.0.1"));
    let primarys = primarys.expect("the primary's redis.conf").iter().copied();
    let (primary, mut client) = start(Server::builder().tcp(), primarys);
    let token = create(&mut client, "webapp", "u1", &[]);

    let (replica, mut reader) = start(Server::builder().replica_of(&primary), replicas.lines());
    wait_until(GENEROUS, "the session is on the replica", || {
        reader.run(&["SESSIONS.EXISTS", "webapp", &token]) == Reply::Int(1)
    });
    let get = reader.run(&["SESSIONS.GET", "webapp", &token]);
    assert!(get.error().starts_with("READONLY "), "{get:?}");
    run(&replica, &block(&page, "REDISCLI_AUTH"));

    let without = replicas.lines().filter(|line| !line.starts_with("masterauth "));
    let (replica, mut reader) = start(Server::builder().replica_of(&primary), without);
    wait_until(GENEROUS, "the log names the reason", || {
        replica.log().contains("NOAUTH")
    });
    assert_eq!(reader.run(&["SESSIONS.EXISTS", "webapp", &token]), Reply::Int(0));
}

#[test]
fn a_server_starts_with_the_options_of_the_docker_recipe() {
    let page = Page::read("docs/recipes.md");
    let commands = block(&page, "docker run");
    let dockerfile = std::fs::read_to_string(repository("packaging/container/Dockerfile")).expect("the Dockerfile");
    assert!(commands.contains("-f packaging/container/Dockerfile --target redis "));
    assert!(dockerfile.contains(" AS redis\n"), "{dockerfile}");
    assert!(
        dockerfile.contains("libsessions.so /usr/lib/redis/modules/"),
        "{dockerfile}"
    );
    let (_, options) = commands
        .split_once("sessions-redis redis-server --")
        .expect("the options");
    let (_server, mut client) = start(Server::builder(), options.trim().split(" --"));
    assert_eq!(client.line("SESSIONS.COUNT webapp"), Reply::Int(0));
    let configured = client.line("CONFIG GET appendonly");
    assert_eq!(configured.texts(), ["appendonly", "yes"]);
}
