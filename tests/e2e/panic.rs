//! A panic inside the module: the client gets an error, the server continues, and what the client
//! sent appears nowhere. These tests use a build with the feature `test-panic`, whose
//! `SESSIONS.PANIC` panics with a token in the message; without that build these tests are skipped
//! (see `installed` in the harness).

use crate::harness::*;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const INTERNAL: &str = "ERR internal error: see the server's log";

/// The module that `scripts/test.sh` builds with the feature. `None`: there is no such build.
#[track_caller]
fn panicking_module() -> Option<PathBuf> {
    let module = std::env::var_os("SESSIONS_PANICKING_MODULE").map(PathBuf::from);
    if module.is_none() {
        skip("panicking-module");
    }
    module
}

fn server(module: &Path) -> Server {
    Server::builder()
        .without_module()
        .aof()
        .line(format!("loadmodule {}", module.display()))
        .line("sessions.wipe-interval 0")
        .start()
}

/// A process that ends with the test.
struct Process(std::process::Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The same server in the same folder, with its standard error redirected by the shell.
fn with_standard_error(module: &Path, led: &str) -> (Server, Process) {
    let mut host = server(module);
    host.kill9();
    let _ = std::fs::remove_file(host.socket());
    let program = std::env::var("REDIS_SERVER").unwrap_or_else(|_| "redis-server".into());
    let conf = host.dir().join("redis.conf");
    let child = Command::new("bash")
        .args(["-c", &format!("exec {program} {} {led}", conf.display())])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("bash is there");
    let process = Process(child);
    let address = format!("redis+unix://{}", host.socket().display());
    wait_until(GENEROUS, "the server answers", || Client::connect(&address).is_ok());
    (host, process)
}

#[test]
fn a_panic_is_an_internal_error_and_changes_nothing() {
    let Some(module) = panicking_module() else { return };
    let server = server(&module);
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &["DATA", r#"{"a":1}"#]);
    for place in ["PARSING", "RUNNING", "WORKING"] {
        let before = digest(&mut client);
        let effects = server.effects(|| {
            let reply = client.run(&["SESSIONS.PANIC", "web", &token, place]);
            assert_eq!(reply.error(), INTERNAL, "{place}");
            let reply = client.run(&[
                "EVAL",
                "return redis.call(unpack(ARGV))",
                "0",
                "SESSIONS.PANIC",
                "web",
                &token,
                place,
            ]);
            assert!(reply.error().starts_with(INTERNAL), "{place}: {reply:?}");
            client.run(&["MULTI"]);
            client.run(&["SESSIONS.PANIC", "web", &token, place]);
            assert_eq!(
                client.run(&["EXEC"]),
                Reply::List(vec![Reply::Error(INTERNAL.into())]),
                "{place}"
            );
        });
        assert_eq!(write_effects(&effects), Vec::<Effect>::new(), "{place}");
        assert_eq!(digest(&mut client), before, "{place}");
    }
    the_server_lives_and_its_log_tells_nothing(&server, &module, &token);
}

#[test]
fn what_was_written_before_a_panic_is_whole_and_reaches_the_aof() {
    let Some(module) = panicking_module() else { return };
    let mut server = server(&module);
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &[]);
    let reply = client.run(&["SESSIONS.PANIC", "web", &token, "WRITTEN"]);
    assert_eq!(reply.error(), INTERNAL);
    assert_eq!(hash_field(&mut client, "web", &token, "r"), Some("2".into()));
    the_server_lives_and_its_log_tells_nothing(&server, &module, &token);
    let before = digest(&mut client);
    server.kill9();
    server.start_again();
    assert_eq!(digest(&mut server.client()), before);
}

#[test]
fn a_panic_in_a_slice_ends_only_that_work() {
    const MANY: usize = 3_000;
    let Some(module) = panicking_module() else { return };
    let server = server(&module);
    let mut client = server.client();
    let token = create(&mut client, "shop", "u1", &[]);
    for _ in 0..MANY {
        create(&mut client, "web", "u1", &[]);
    }
    let mut other = server.client();
    other.send(&["SESSIONS.KILLALL", "web"]);
    for _ in 0..3 {
        let reply = client.run(&["SESSIONS.PANIC", "shop", &token, "WORKING"]);
        assert_eq!(reply.error(), INTERNAL);
    }
    assert_eq!(other.receive(), Reply::Int(MANY as i64));
    assert_eq!(server.info("blocked_clients"), "0");
    the_server_lives_and_its_log_tells_nothing(&server, &module, &token);
}

#[test]
fn a_panic_does_not_end_a_server_whose_standard_error_cannot_be_written() {
    let Some(module) = panicking_module() else { return };
    for led in ["2>/dev/full", "2>&-"] {
        let (server, _process) = with_standard_error(&module, led);
        let mut client = server.client();
        let token = create(&mut client, "web", "u1", &[]);
        for place in ["PARSING", "RUNNING", "WRITTEN", "WORKING"] {
            let reply = client.run(&["SESSIONS.PANIC", "web", &token, place]);
            assert_eq!(reply.error(), INTERNAL, "{led}: {place}");
        }
        the_server_lives_and_its_log_tells_nothing(&server, &module, &token);
        assert!(
            server.log().contains("internal error at src/"),
            "{led}: {}",
            server.log()
        );
    }
}

#[track_caller]
fn the_server_lives_and_its_log_tells_nothing(server: &Server, module: &Path, token: &str) {
    let mut client = server.client();
    let app = if client.run(&["SESSIONS.EXISTS", "web", token]) == Reply::Int(1) {
        "web"
    } else {
        "shop"
    };
    assert_eq!(client.run(&["SESSIONS.GET", app, token]).session().text("id"), "u1");
    assert_eq!(client.run(&["SESSIONS.WIPE"]), Reply::Int(0));
    let log = server.log();
    assert!(log.contains("internal error"), "{log}");
    assert!(!log.contains(token), "{log}");
    let unloaded = client.line("MODULE UNLOAD sessions");
    assert_eq!(unloaded, "OK".into(), "nothing is under way any more");
    assert_eq!(client.run(&["MODULE", "LOAD", module.to_str().unwrap()]), "OK".into());
}
