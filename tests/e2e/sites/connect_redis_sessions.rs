//! A site that uses connect-redis-sessions and the module at the same time, as docs/migration.md
//! says: the cookie is the token.

use super::site::link;
use super::{Browser, Site};
use crate::harness::*;
use serde_json::{Value, json};
use std::fs;
use std::process::Command;

#[test]
fn a_session_of_either_side_works_on_the_other_at_once() {
    let Some(packages) = client_folder("sites", "node_modules/connect-redis-sessions") else {
        return;
    };
    let server = Server::builder().tcp().start();
    let folder = server.dir().join("site");
    fs::create_dir_all(&folder).expect("a directory");
    link(&packages.join("node_modules"), &folder.join("node_modules"));
    let source = folder.join("site.cjs");
    fs::copy(repository("tests/e2e/sites/connect_redis_sessions.cjs"), &source).expect("the site is copied");
    let mut command = Command::new("node");
    command.arg(source);
    let site = Site::run(command, &server);
    let mut client = server.client();
    let me = |browser: &mut Browser| -> Value {
        let answer = browser.get("/me");
        serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{error}: {answer:?}"))
    };

    let mut browser = Browser::new(site.port);
    wait_until(GENEROUS, "the site has reached its server", || {
        browser.post("/login", "").status == 200
    });
    let token = browser.cookies["webapp"].clone();
    let seen = client.run(&["SESSIONS.PEEK", "webapp", &token]).session();
    assert_eq!((seen.text("id"), seen.text("d")), ("ann", r#"{"cart":3}"#));
    client
        .run(&["SESSIONS.SET", "webapp", &token, r#"{"cart":4}"#])
        .session();
    assert_eq!(me(&mut browser), json!({ "id": "ann", "cart": 4 }));

    let token = create(&mut client, "webapp", "bob", &["DATA", r#"{"cart":9}"#]);
    let mut browser = Browser::new(site.port);
    browser.cookies.insert("webapp".into(), token.clone());
    assert_eq!(me(&mut browser), json!({ "id": "bob", "cart": 9 }));
    assert_eq!(client.run(&["SESSIONS.KILL", "webapp", &token]), Reply::Int(1));
    assert_eq!(me(&mut browser)["id"], Value::Null);
}
