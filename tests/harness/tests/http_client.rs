//! The HTTP client of the harness, against a peer that returns what it received.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test ends by panicking"
)]

use serde_json::json;
use sessions_harness::{Endpoint, Key};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::thread::{self, JoinHandle};

const NO_CONTENT: &str = "HTTP/1.1 204 No Content\r\n\r\n";

/// A peer that accepts one connection, reads until `last`, replies and closes; its result is what
/// it read.
fn peer(last: &'static str, reply: &'static str) -> (Endpoint, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = Endpoint::at_port(listener.local_addr().unwrap().port());
    (
        endpoint,
        thread::spawn(move || serve(listener.accept().unwrap().0, last, reply)),
    )
}

fn serve(mut stream: impl Read + Write, last: &str, reply: &str) -> String {
    let mut came = Vec::new();
    while !came.ends_with(last.as_bytes()) {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("the request goes on");
        came.push(byte[0]);
    }
    stream.write_all(reply.as_bytes()).unwrap();
    came.escape_ascii().to_string()
}

#[test]
fn a_request_is_sent_as_the_test_specifies_it() {
    let (endpoint, peer) = peer("end", NO_CONTENT);
    let request = endpoint.request("BREW", "/a/../%2F?b=%00&&");
    let request = request.header("X-Twice", "1").header("x-twice", b"\xff\t2").body("end");
    request.send().assert_status(204);
    let host = format!("127.0.0.1:{}", endpoint.port());
    assert_eq!(
        peer.join().unwrap(),
        format!(
            "BREW /a/../%2F?b=%00&& HTTP/1.1\\r\\nhost: {host}\\r\\nx-twice: 1\\r\\nx-twice: \\xff\\t2\\r\\n\
             content-length: 3\\r\\n\\r\\nend"
        )
    );
}

#[test]
fn a_key_and_a_host_are_sent_unless_the_request_has_its_own() {
    let key = Key::new("ops", &["*"], &["read"]);
    let (endpoint, seen) = peer("\r\n\r\n", NO_CONTENT);
    endpoint.as_key(&key).get("/").send();
    let seen = seen.join().unwrap();
    assert!(
        seen.contains(&format!("authorization: Bearer {}\\r\\n", key.text)),
        "{seen}"
    );

    let (endpoint, seen) = peer("\r\n\r\n", NO_CONTENT);
    let request = endpoint.as_key(&key).get("/").header("HOST", "evil.example");
    request.header("authorization", "Basic eA==").send();
    let wanted = "GET / HTTP/1.1\\r\\nhost: evil.example\\r\\nauthorization: Basic eA==\\r\\n\\r\\n";
    assert_eq!(seen.join().unwrap(), wanted);
}

#[test]
fn forms_and_json_are_sent_with_their_types() {
    let (endpoint, seen) = peer("a=%2B%C3%A4%20&b=", NO_CONTENT);
    endpoint.post("/").form(&[("a", "+ä "), ("b", "")]).send();
    let seen = seen.join().unwrap();
    assert!(
        seen.contains("content-type: application/x-www-form-urlencoded\\r\\n"),
        "{seen}"
    );

    let (endpoint, seen) = peer(r#"{"a":1}"#, NO_CONTENT);
    endpoint.post("/").json(&json!({"a": 1})).send();
    let seen = seen.join().unwrap();
    assert!(seen.contains("content-type: application/json\\r\\n"), "{seen}");
}

#[test]
fn a_response_is_returned_unchanged_with_any_status() {
    let reply = "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\n\
                 Content-Length: 4\r\n\r\nmore";
    let (endpoint, _) = peer("\r\n\r\n", reply);
    let response = endpoint.get("/").send().assert_status(302);
    assert_eq!(response.header("LOCATION"), Some("/elsewhere"));
    assert_eq!(response.header("x-missing"), None);
    assert_eq!(response.all("Set-Cookie"), ["a=1", "b=2"]);
    assert_eq!(response.text(), "more");

    let reply = "HTTP/1.1 404 Not Found\r\nContent-Type: application/problem+json\r\nContent-Length: 45\r\n\r\n\
                 {\"type\":\"/problems/no-session\",\"status\":404 }";
    let (endpoint, _) = peer("\r\n\r\n", reply);
    assert_eq!(endpoint.get("/").send().problem(), "no-session");
}

#[test]
fn raw_bytes_are_sent_unchanged_and_all_bytes_that_come_back_are_returned() {
    let (endpoint, seen) = peer("\0!", "no HTTP");
    assert_eq!(endpoint.raw("GET\0!"), b"no HTTP");
    assert_eq!(seen.join().unwrap(), "GET\\x00!");

    let (endpoint, _) = peer("\0!", "first\r\nsecond");
    assert_eq!(endpoint.first_line("GET\0!"), "first");
}

#[test]
fn a_server_that_goes_away_is_an_error_and_not_a_response() {
    let (endpoint, _) = peer("\r\n\r\n", "");
    endpoint.get("/").try_send().unwrap_err();
    endpoint.get("/").try_send().unwrap_err();
}

#[test]
fn a_connection_carries_several_requests_on_a_socket_too() {
    let folder = sessions_harness::Folder::new();
    let listener = UnixListener::bind(folder.path().join("socket")).unwrap();
    let seen = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        ["/1", "/2"].map(|_| serve(&stream, "\r\n\r\n", NO_CONTENT))
    });
    let endpoint = Endpoint::at_socket(folder.path().join("socket"));
    let mut connection = endpoint.connect();
    for target in ["/1", "/2"] {
        connection.send(&endpoint.get(target)).assert_status(204);
    }
    let wanted = ["/1", "/2"].map(|target| format!("GET {target} HTTP/1.1\\r\\nhost: localhost\\r\\n\\r\\n"));
    assert_eq!(seen.join().unwrap(), wanted);
}
