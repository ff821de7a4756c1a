//! How clients convert arguments and replies, as the pages describe it.

use super::installed::{self, Tool};
use super::snippets::{link_packages, snippet};
use crate::harness::*;

/// Returns what a program prints. The program runs on a server with one session; TOKEN in the
/// program is replaced by that session's token.
#[track_caller]
fn prints(tool: &Tool, extension: &str, source: &str) -> String {
    let server = Server::builder().tcp().start();
    let data = r#"{"n":9007199254740993}"#;
    let token = create(&mut server.client(), "webapp", "u1", &["DATA", data]);
    let path = server.dir().join(format!("quirk.{extension}"));
    let source = source
        .replace("6379", &server.port().to_string())
        .replace("TOKEN", &token);
    std::fs::write(&path, source).expect("the program is written");
    link_packages(&path);
    let output = tool.command(&path).output().expect("it can be run");
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn node_redis_requires_strings_and_javascript_rounds_large_numbers() {
    let Some(tool) = installed::node() else { return };
    let source = r#"import { createClient } from "redis";
const redis = await createClient({ url: "redis://127.0.0.1:6379" }).connect();
await redis.sendCommand(["SESSIONS.TOUCH", "webapp", "TOKEN", "TTL", 60]).catch((error) => console.log(error.name));
console.log(await redis.sendCommand(["SESSIONS.TOUCH", "webapp", "TOKEN", "TTL", String(60)]));
console.log(JSON.parse(await redis.sendCommand(["SESSIONS.GET", "webapp", "TOKEN", "JSON"])).d.n);
redis.destroy();"#;
    assert_eq!(prints(&tool, "mjs", source), "TypeError\n1\n9007199254740992\n");
}

#[test]
fn phpredis_returns_false_for_an_error_as_for_null_and_the_function_of_the_page_does_not() {
    let Some(tool) = installed::php() else { return };
    let shown = snippet("php");
    let (function, _) = shown.split_once("$token =").expect("the function");
    let source = format!(
        "{function}
var_dump($redis->rawCommand('SESSIONS.GET', 'web!', 'TOKEN'));
var_dump($redis->rawCommand('SESSIONS.GET', 'webapp', str_repeat('a', 64)));
var_dump(sessions($redis, 'GET', str_repeat('a', 64)));
try {{ sessions($redis, 'TOUCH', 'TOKEN', 'TTL', 0); }} catch (RedisException $error) {{ echo $error->getMessage(); }}"
    );
    let printed = prints(&tool, "php", &source);
    let start = "bool(false)\nbool(false)\nNULL\nERR invalid ttl: ";
    assert!(printed.starts_with(start), "{printed}");
}

#[test]
fn go_rounds_large_numbers_unless_the_decoder_keeps_their_text() {
    let Some(tool) = installed::go() else { return };
    let shown = snippet("go").replace(r#"{"cart":3}"#, r#"{"cart":9007199254740993}"#);
    assert_eq!(prints(&tool, "go", &shown), "u1 9007199254740993\n");
    let rounded = shown.replace("\tdecoder.UseNumber()\n", "");
    assert_eq!(prints(&tool, "go", &rounded), "u1 9.007199254740992e+15\n");
}

#[test]
fn plain_tracking_never_invalidates_a_peek_but_a_broadcast_prefix_does() {
    let server = Server::start();
    let mut writer = server.client();
    let token = create(&mut writer, "webapp", "u1", &[]);
    for (options, told) in [("", false), ("BCAST PREFIX rs:webapp:", true)] {
        let mut listener = server.client();
        let id = listener.line("CLIENT ID").int();
        listener.line("SUBSCRIBE __redis__:invalidate");
        let mut reader = server.client();
        reader
            .line(&format!("CLIENT TRACKING ON REDIRECT {id} {options}"))
            .assert_ok();
        reader.run(&["SESSIONS.PEEK", "webapp", &token]).session();
        writer.run(&["SESSIONS.SET", "webapp", &token, r#"{"a":1}"#]).session();
        // If the mark arrives without an invalidation before it, there was none.
        writer.line("PUBLISH __redis__:invalidate mark");
        let message = listener.receive();
        assert_eq!(message.list()[2] != "mark".into(), told, "{options:?}: {message:?}");
    }
}
