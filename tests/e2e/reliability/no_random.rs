//! A system whose random numbers fail or repeat.

use crate::harness::*;
use std::fs;

#[test]
fn without_random_numbers_create_and_rotate_fail_and_all_else_continues() {
    let preloaded = library("no_random").display().to_string();
    let server = Server::builder().environment("LD_PRELOAD", preloaded).start();
    let mut client = server.client();
    let token = create(&mut client, "web", "u1", &["DATA", r#"{"a":1}"#]);
    let failing = server.dir().join("no-random");
    fs::write(&failing, "").expect("the server's folder can be written");
    // The module has random numbers for a few more tokens.
    let create = ["SESSIONS.CREATE", "web", "u3"];
    let failed = (0..10).any(|_| client.run(&create).is_error_of("ERR"));
    assert!(failed, "ten sessions were created without random numbers");
    let before = client.line("DEBUG DIGEST");
    for command in [
        &["SESSIONS.CREATE", "web", "u2"][..],
        &["SESSIONS.ROTATE", "web", &token],
        &["SESSIONS.ROTATE", "web", &token, "ID", "u2"],
    ] {
        let reply = client.run(command);
        assert_eq!(
            reply.error(),
            "ERR the operating system returned no random numbers: try again"
        );
        assert_eq!(client.line("DEBUG DIGEST"), before, "{command:?}");
    }
    let session = client.run(&["SESSIONS.GET", "web", &token]).session();
    assert_eq!(session.text("d"), r#"{"a":1}"#);

    fs::remove_file(&failing).expect("it was there");
    let rotated = client.run(&["SESSIONS.ROTATE", "web", &token]).text().to_owned();
    assert_eq!(client.run(&["SESSIONS.KILL", "web", &token]), Reply::Int(0));
    assert_eq!(client.run(&["SESSIONS.KILL", "web", &rotated]), Reply::Int(1));
}

#[test]
fn a_token_that_exists_already_is_never_given_out_again() {
    let preloaded = library("no_random").display().to_string();
    let server = Server::builder().environment("LD_PRELOAD", preloaded).start();
    let mut client = server.client();
    let other = create(&mut client, "web", "u1", &["DATA", r#"{"whose":"other"}"#]);
    fs::write(server.dir().join("equal-random"), "").expect("the server's folder can be written");
    // The module has random numbers for a few more tokens.
    let mut create_one = || create(&mut client, "web", "u1", &["DATA", r#"{"whose":"first"}"#]);
    let is_of_equal_bytes = |token: &String| token[..61].bytes().all(|byte| byte == token.as_bytes()[0]);
    let drawn = (0..10).map(|_| create_one()).find(is_of_equal_bytes);
    let drawn = drawn.expect("ten tokens take more than the module has");
    let before = client.line("DEBUG DIGEST");
    for command in [
        &["SESSIONS.CREATE", "web", "u1"][..],
        &["SESSIONS.CREATE", "web", "u1", "DATA", r#"{"whose":"second"}"#],
        &["SESSIONS.ROTATE", "web", &drawn],
        &["SESSIONS.ROTATE", "web", &other],
        &["SESSIONS.ROTATE", "web", &other, "ID", "u1"],
    ] {
        let reply = client.run(command);
        assert_eq!(
            reply.error(),
            "ERR the operating system returned no random numbers: try again",
            "{command:?}"
        );
        assert_eq!(client.line("DEBUG DIGEST"), before, "{command:?}");
    }
}
