//! Requests that are larger than they may be are refused before they have been read.

use super::{statuses, strict};
use crate::harness::{Server, Service};

const POST: &str = "POST /v1/apps/shop/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";

/// The peer never sends the body: a response before it proves that nothing waits for it.
#[test]
fn a_body_that_is_announced_as_too_large_is_refused_at_once_and_the_connection_closed() {
    let server = Server::start();
    let service = strict(&server).start();
    for head in [
        "Content-Length: 1001\r\n\r\n",
        "Content-Length: 1000000000000000000\r\n\r\n",
        "Content-Length: 1001\r\nExpect: 100-continue\r\n\r\n",
    ] {
        let came = service.raw(format!("{POST}{head}"));
        assert_eq!(statuses(&came), [413], "{head}: {}", came.escape_ascii());
        assert!(String::from_utf8_lossy(&came).contains("/problems/too-large"), "{head}");
    }
}

#[test]
fn a_body_in_chunks_is_refused_once_it_is_too_large() {
    let server = Server::start();
    let service = strict(&server).start();
    let chunk = |length: usize| format!("{length:x}\r\n{}\r\n", "a".repeat(length));
    // The last chunk never comes.
    for chunks in [
        chunk(1001),
        chunk(500).repeat(3),
        "1000000\r\n".to_owned() + &"a".repeat(2000),
    ] {
        let came = service.raw(format!("{POST}Transfer-Encoding: chunked\r\n\r\n{chunks}"));
        assert_eq!(statuses(&came), [413], "{}", came.escape_ascii());
    }
}

#[test]
fn a_body_of_the_largest_size_is_read() {
    let server = Server::start();
    let service = strict(&server).start();
    let data = |length: usize| format!(r#"{{"data":{{"a":"{}"}}}}"#, "a".repeat(length));
    let fits = data(1000 - data(0).len());
    let request = |body: String| {
        let request = service.post("/v1/apps/shop/sessions");
        request.header("Content-Type", "application/json").body(body).send()
    };
    assert_eq!((fits.len(), request(fits).status()), (1000, 201));
    assert_eq!(request(data(1001 - data(0).len())).status(), 413);
}

#[test]
fn a_head_that_is_too_large_is_refused() {
    let server = Server::start();
    let service = strict(&server).start();
    let request = |line: &str, headers: &str| {
        let head = format!("GET {line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n");
        statuses(&service.raw(head))
    };
    let long = "a".repeat(1_000_000);
    assert_eq!(request("/livez", &format!("X: {}\r\n", &long[..16_000])), [200]);
    assert_eq!(request("/livez", &"X: a\r\n".repeat(90)), [200]);
    assert_eq!(request("/livez", &format!("X: {long}\r\n")), [431]);
    assert_eq!(request("/livez", &format!("{long}: x\r\n")), [431]);
    assert_eq!(request("/livez", &"X: a\r\n".repeat(200)), [431]);
    let came = request(&format!("/{long}"), "");
    assert!(came == [414] || came == [431], "{came:?}");
}

/// A gateway may send the visitor's body along, of any size.
#[test]
fn a_body_that_nobody_reads_holds_up_nothing() {
    let server = Server::start();
    let service = Service::builder().redis(&server).no_auth().start();
    for (head, status) in [
        ("GET /livez HTTP/1.1\r\n", 200),
        ("POST /nowhere HTTP/1.1\r\n", 404),
        ("DELETE /livez HTTP/1.1\r\n", 405),
    ] {
        let came = service.raw(format!(
            "{head}Host: localhost\r\nContent-Length: 1000000000\r\n\r\nsome"
        ));
        assert_eq!(statuses(&came), [status], "{}", came.escape_ascii());
    }
}
