//! From redis-sessions to the module and back, as docs/migration.md says, while sessions are in
//! use.

use crate::harness::*;
use serde_json::{Value, json};
use std::process::Command;

/// Runs calls of redis-sessions, `[["create", {…}], …]`, in a process of their own; returns their
/// results.
#[track_caller]
fn steps(server: &Server, packages: &std::path::Path, steps: &Value) -> Vec<Value> {
    let output = Command::new("node")
        .arg(repository("tests/e2e/sites/steps.cjs"))
        .arg(server.port().to_string())
        .arg(steps.to_string())
        .env("NODE_PATH", packages)
        .output()
        .expect("node can be run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("answers")
}

#[test]
fn sessions_survive_the_move_to_the_module_and_back() {
    let Some(folder) = client_folder("sites", "node_modules/redis-sessions") else {
        return;
    };
    let packages = folder.join("node_modules");
    let server = Server::builder().without_module().tcp().start();
    let mut client = server.client();
    let ann = json!({ "app": "webapp", "id": "ann", "ip": "203.0.113.7", "d": { "cart": 3 } });
    let made = steps(&server, &packages, &json!([["create", ann]]));
    let theirs = made[0]["token"].as_str().expect("a token");

    let module = module_path();
    let loaded = client.run(&["MODULE", "LOAD", module.to_str().expect("a path")]);
    assert_eq!(loaded, "OK".into());
    let read = client
        .run(&["SESSIONS.SET", "webapp", theirs, r#"{"lang":"en"}"#])
        .session();
    assert_eq!(read.text("d"), r#"{"cart":3,"lang":"en"}"#);
    let ours = create(
        &mut client,
        "webapp",
        "ann",
        &["IP", "203.0.113.8", "DATA", r#"{"cart":1}"#],
    );
    let gone = create(&mut client, "webapp", "bob", &["TTL", "10"]);
    age_everywhere(&mut client, "webapp", &gone, 60);
    let both = json!([["soid", { "app": "webapp", "id": "ann" }]]);
    assert_eq!(
        steps(&server, &packages, &both)[0]["sessions"].as_array().map(Vec::len),
        Some(2)
    );

    assert_eq!(client.run(&["MODULE", "UNLOAD", "sessions"]), "OK".into());
    let token = |token: &str| json!({ "app": "webapp", "token": token });
    let answers = steps(
        &server,
        &packages,
        &json!([
            ["get", token(theirs)],
            ["set", { "app": "webapp", "token": ours, "d": { "cart": 2 } }],
            ["_wipe", {}],
            ["activity", { "app": "webapp", "deltaTime": 600 }],
            ["killall", { "app": "webapp" }]
        ]),
    );
    assert_eq!(answers[0]["d"], json!({ "cart": 3, "lang": "en" }));
    assert_eq!(
        (&answers[1]["id"], &answers[1]["d"]),
        (&json!("ann"), &json!({ "cart": 2 }))
    );
    assert_eq!((&answers[3]["activity"], &answers[4]["kill"]), (&json!(1), &json!(2)));
    assert_no_keys(&mut client);
}
