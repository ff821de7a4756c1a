//! The Rust of docs/languages.md, which shows the code before the test word for word.

use super::snippets::snippet;
use crate::harness::Server;

use redis::{Client, Connection, RedisResult, cmd};
use serde_json::Value;
use std::{error::Error, time::Duration};

fn connect(url: &str) -> RedisResult<Connection> {
    let patience = Duration::from_secs(5);
    let redis = Client::open(url)?.get_connection_with_timeout(patience)?;
    redis.set_read_timeout(Some(patience))?;
    Ok(redis)
}

fn shop(redis: &mut Connection) -> Result<(), Box<dyn Error>> {
    let create = ["webapp", "u1", "DATA", r#"{"cart":3}"#];
    let token: String = cmd("SESSIONS.CREATE").arg(&create).query(redis)?;

    let reply: Option<String> = cmd("SESSIONS.GET").arg(&["webapp", &token, "JSON"]).query(redis)?;
    let session: Value = serde_json::from_str(&reply.ok_or("no such session")?)?;
    println!("{} {}", session["id"], session["d"]["cart"]); // "u1" 3

    cmd("SESSIONS.SET")
        .arg(&["webapp", &token, r#"{"cart":4}"#])
        .exec(redis)?;
    Ok(())
}

#[test]
fn the_rust_of_the_page_runs() {
    let source = super::file("tests/e2e/clients/page_rust.rs");
    assert!(source.contains(&snippet("rust")), "the page shows another");
    let server = Server::builder().tcp().start();
    shop(&mut connect(&format!("redis://127.0.0.1:{}", server.port())).unwrap()).unwrap();
    let sessions = server.client().line("SESSIONS.SOID webapp u1").sessions();
    assert_eq!(sessions.len(), 1);
    assert_eq!(sessions[0].text("d"), r#"{"cart":4}"#);
}
