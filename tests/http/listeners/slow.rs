//! Clients that send slowly, send nothing or do not read are disconnected; otherwise they could
//! hold all connections or all memory.

use super::{statuses, strict};
use crate::harness::{GENEROUS, Server, Service, wait_until};
use std::io::{Read, Write};
use std::time::{Duration, Instant};

const POST: &str = "POST /v1/apps/shop/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";

#[test]
fn a_head_that_does_not_arrive_in_time_ends_the_connection() {
    let server = Server::start();
    let service = strict(&server).start();
    for sent in [
        "",
        "GET",
        "GET /livez HTTP/1.1\r\n",
        "GET /livez HTTP/1.1\r\nHost: localhost\r\nX: a",
    ] {
        let came = service.raw(sent);
        assert_eq!(statuses(&came), [0_u16; 0], "{sent:?}: {}", came.escape_ascii());
    }
}

#[test]
fn a_body_that_does_not_arrive_in_time_is_408_and_ends_the_connection() {
    let server = Server::start();
    let service = strict(&server).start();
    for sent in [
        "Content-Length: 10\r\n\r\n{",
        "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
    ] {
        let came = service.raw(format!("{POST}{sent}"));
        assert_eq!(statuses(&came), [408], "{sent:?}");
        assert!(
            String::from_utf8_lossy(&came).contains("/problems/slow-request"),
            "{sent:?}"
        );
    }
}

/// Each byte arrives in time, but the whole request does not.
#[test]
fn a_request_that_arrives_byte_by_byte_is_cut_too() {
    let server = Server::start();
    let service = strict(&server).start();
    for start in [
        "GET /livez HTTP/1.1\r\nX: ".to_owned(),
        format!("{POST}Content-Length: 1000\r\n\r\n"),
    ] {
        let mut stream = service.stream();
        stream.set_timeout(Duration::from_millis(20));
        stream.write_all(start.as_bytes()).unwrap();
        let end = Instant::now() + GENEROUS;
        let is_cut = |stream: &mut crate::harness::Stream| {
            let mut part = [0; 1000];
            match stream.read(&mut part) {
                Ok(0) => true,
                Ok(_) => false,
                Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
            }
        };
        // The read in `is_cut` waits between two bytes.
        while !is_cut(&mut stream) {
            assert!(Instant::now() < end, "not cut: {start}");
            let _ = stream.write(b" ");
        }
    }
}

#[test]
fn an_idle_connection_serves_again_and_is_closed_in_time() {
    let server = Server::start();
    let service = strict(&server).start();
    let mut stream = service.stream();
    stream.set_timeout(GENEROUS);
    let mut came = Vec::new();
    for expected in 1..=3 {
        stream
            .write_all(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .unwrap();
        while statuses(&came).len() < expected || !came.ends_with(b"live\n") {
            let mut part = [0; 1000];
            let length = stream.read(&mut part).unwrap();
            assert_ne!(length, 0, "closed after {}", came.escape_ascii());
            came.extend_from_slice(&part[..length]);
        }
    }
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).unwrap();
    assert_eq!((statuses(&came), rest), (vec![200, 200, 200], Vec::new()));
}

/// Sessions that make a list larger than what the system takes for a client that does not read.
fn large_list(server: &Server) -> &'static str {
    let data = format!("{{\"x\":\"{}\"}}", "x".repeat(60_000));
    let mut client = server.client();
    for number in 0..250 {
        client.run(&["SESSIONS.CREATE", "shop", &format!("u{number}"), "DATA", &data]);
    }
    "GET /v1/apps/shop/sessions?limit=500 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
}

const LARGE: usize = 15_000_000;

#[test]
fn a_client_that_reads_nothing_is_cut_and_its_response_is_forgotten() {
    let server = Server::start();
    let request = large_list(&server);
    for builder in [strict(&server), strict(&server).listen_unix()] {
        let service = builder.start();
        let mut stream = service.stream();
        stream.set_timeout(GENEROUS);
        stream.write_all(request.as_bytes()).unwrap();
        wait_until(GENEROUS, "the response has begun", || {
            service.log().contains("/v1/apps/{app}/sessions")
        });
        wait_until(GENEROUS, "the question's connection is the only one", || {
            let metrics = service.get("/metrics").send();
            metrics.text().contains("sessions_http_connections 1\n")
        });
        let mut came = Vec::new();
        let _ = stream.read_to_end(&mut came);
        assert!(came.len() < LARGE, "{}", came.len());
    }
}

#[test]
fn a_client_that_reads_slowly_gets_all_of_it() {
    let server = Server::start();
    let request = large_list(&server);
    // Longer than a busy machine may keep this client from reading.
    let limits = "[limits]\nseconds = 2\n";
    let service = Service::builder().redis(&server).no_auth().config(limits).start();
    let mut stream = service.stream();
    stream.set_timeout(GENEROUS);
    stream.write_all(request.as_bytes()).unwrap();
    let begun = Instant::now();
    let (mut part, mut came) = (vec![0; 100_000], 0);
    while let length @ 1.. = stream.read(&mut part).unwrap() {
        came += length;
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(came > LARGE, "{came}");
    assert!(begun.elapsed() > Duration::from_secs(2), "as fast as any other client");
}
