//! Memory with 1,000 open connections.

use std::io::{Read, Write};

use sessions_harness::{Endpoint, Stream};

use crate::compared::{RestSessions, Sessions, service};
use crate::process::megabytes;

pub(crate) const CONNECTIONS: usize = 1000;

/// Resident megabytes.
pub(crate) struct Memory {
    /// Without connections.
    pub(crate) idle: f64,
    /// After a request on each of 1,000 connections, all open.
    pub(crate) open: f64,
    /// The maximum since the start, reached with 1,000 connections and one request in progress on
    /// each.
    pub(crate) busy: f64,
    /// rest-sessions with 1,000 connections open.
    pub(crate) rest_sessions: f64,
}

pub(crate) fn measure(sessions: &Sessions) -> Memory {
    let redis = sessions.server.port();
    let ours = service(redis, "0");
    let id = ours.service.id();
    let idle = megabytes(id, "VmRSS");
    let path = format!("/webapp/get/{}", sessions.first_token());
    let head = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\n{}\r\n\r\n",
        ours.authorization()
    );
    let streams = asked(&ours.legacy, &head);
    let open = megabytes(id, "VmRSS");
    drop(streams);
    let target = crate::load::Target {
        port: ours.legacy.port(),
        path: "/webapp/get/TOKEN",
        headers: vec![ours.authorization()],
    };
    target.load(&sessions.tokens(), CONNECTIONS, 3);
    let busy = megabytes(id, "VmHWM");
    drop(ours);
    let theirs = RestSessions::start(redis, "0");
    let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let streams = asked(&Endpoint::at_port(theirs.port), &head);
    let rest_sessions = megabytes(theirs.process.id(), "VmRSS");
    drop(streams);
    Memory {
        idle,
        open,
        busy,
        rest_sessions,
    }
}

/// Connections that have each had a response and stay open.
fn asked(endpoint: &Endpoint, head: &str) -> Vec<Stream> {
    let ask = |_| {
        let mut stream = endpoint.stream();
        stream.write_all(head.as_bytes()).unwrap();
        let mut came = [0; 4096];
        let length = stream.read(&mut came).unwrap();
        assert!(came[..length].starts_with(b"HTTP/1.1 200"));
        stream
    };
    (0..CONNECTIONS).map(ask).collect()
}
