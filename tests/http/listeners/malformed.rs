//! Requests about whose length a gateway and the service could disagree: one would read bytes as
//! the body that the other reads as the next request. Each such request is refused, or it is read
//! in one way and the connection is closed.

use super::{statuses, strict};
use crate::harness::Server;

/// A second request in what may be the body of the first.
const SECOND: &str = "GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n";

#[test]
fn nothing_in_a_body_is_taken_for_a_request() {
    let server = Server::start();
    let service = strict(&server).start();
    let chunked = "2\r\n{}\r\n0\r\n\r\n";
    let tables: [(&str, String, &[u16]); 22] = [
        // Read in the one way that RFC 9112 allows; nothing more is read from this connection.
        (
            "Content-Length: 2\r\nTransfer-Encoding: chunked",
            format!("{chunked}{SECOND}"),
            &[201],
        ),
        (
            "Transfer-Encoding: chunked\r\nContent-Length: 2",
            format!("{chunked}{SECOND}"),
            &[201],
        ),
        (
            "Transfer-Encoding: chunked\r\nContent-Length: 70",
            format!("{chunked}{SECOND}"),
            &[201],
        ),
        // Ambiguous lengths.
        (
            "Content-Length: 2\r\nContent-Length: 3",
            format!("{{}}{SECOND}"),
            &[400],
        ),
        ("Content-Length: 2, 2", format!("{{}}{SECOND}"), &[400]),
        ("Content-Length: +2", format!("{{}}{SECOND}"), &[400]),
        ("Content-Length: -2", format!("{{}}{SECOND}"), &[400]),
        ("Content-Length: 0x2", format!("{{}}{SECOND}"), &[400]),
        ("Content-Length: 2 2", format!("{{}}{SECOND}"), &[400]),
        ("Content-Length:", format!("{{}}{SECOND}"), &[400]),
        ("Content-Length : 2", format!("{{}}{SECOND}"), &[400]),
        ("Content-Length: 99999999999999999999", format!("{{}}{SECOND}"), &[400]),
        ("Transfer-Encoding: identity", format!("{{}}{SECOND}"), &[400]),
        ("Transfer-Encoding: xchunked", format!("{chunked}{SECOND}"), &[400]),
        (
            "Transfer-Encoding: chunked, identity",
            format!("{chunked}{SECOND}"),
            &[400],
        ),
        ("Transfer-Encoding: \u{b}chunked", format!("{chunked}{SECOND}"), &[400]),
        ("Transfer-Encoding:\r\n chunked", format!("{chunked}{SECOND}"), &[400]),
        (
            "X: a\rTransfer-Encoding: chunked\r\nContent-Length: 2",
            format!("{{}}{SECOND}"),
            &[400],
        ),
        // Chunks without a valid length.
        (
            "Transfer-Encoding: chunked",
            format!("-2\r\n{{}}\r\n0\r\n\r\n{SECOND}"),
            &[400],
        ),
        (
            "Transfer-Encoding: chunked",
            format!("0x2\r\n{{}}\r\n0\r\n\r\n{SECOND}"),
            &[400],
        ),
        ("Transfer-Encoding: chunked", format!("2\n{{}}\n0\n\n{SECOND}"), &[400]),
        (
            "Transfer-Encoding: chunked",
            format!("fffffffffffffffff\r\n{{}}\r\n0\r\n\r\n{SECOND}"),
            &[400],
        ),
    ];
    for (headers, body, expected) in tables {
        let head = "POST /v1/apps/shop/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
        let came = service.raw(format!("{head}{headers}\r\n\r\n{body}"));
        assert_eq!(
            statuses(&came),
            expected,
            "{headers:?} {body:?}: {}",
            came.escape_ascii()
        );
    }
}

#[test]
fn a_request_behind_another_is_read_where_that_one_ends() {
    let server = Server::start();
    let service = strict(&server).start();
    for (headers, body) in [
        ("Content-Length: 2", "{}"),
        ("Content-Length: 2\r\nContent-Length: 2", "{}"),
        ("Transfer-Encoding: chunked", "2\r\n{}\r\n0\r\n\r\n"),
        (
            "Transfer-Encoding: Chunked",
            "1;a=b\r\n{\r\n1\r\n}\r\n0\r\nX: a\r\n\r\n",
        ),
    ] {
        let head = "POST /v1/apps/shop/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
        let came = service.raw(format!("{head}{headers}\r\n\r\n{body}{SECOND}"));
        assert_eq!(statuses(&came), [201, 404], "{headers:?}: {}", came.escape_ascii());
    }
}

#[test]
fn bytes_that_are_not_a_request_are_refused() {
    let server = Server::start();
    let service = strict(&server).start();
    for (bytes, expected) in [
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", None),
        ("GET /livez HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n", Some(400)),
        ("GET /livez HTTP/1.1\r\nHost: localhost\r\nX y: a\r\n\r\n", Some(400)),
        ("GET /live z HTTP/1.1\r\nHost: localhost\r\n\r\n", Some(400)),
        ("GET /livez HTTP/9.9\r\nHost: localhost\r\n\r\n", Some(400)),
        ("G\u{e4}T /livez HTTP/1.1\r\nHost: localhost\r\n\r\n", Some(400)),
        ("\u{16}\u{3}\u{1}\u{2}\0\u{1}\0", Some(400)),
    ] {
        let came = service.raw(bytes);
        let expected: Vec<u16> = expected.into_iter().collect();
        assert_eq!(statuses(&came), expected, "{bytes:?}: {}", came.escape_ascii());
    }
}
