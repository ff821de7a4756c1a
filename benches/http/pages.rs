//! The first page of the admin page's list of sessions.

use std::time::Instant;

use sessions_harness::{Client, Endpoint, Server};

use crate::Effort;
use crate::compared::service;

/// Commands in flight at the same time.
const AT_ONCE: usize = 1000;
const PATH: &str = "/admin/apps/webapp/sessions";

pub(crate) struct Pages {
    pub(crate) sessions: usize,
    /// Milliseconds of each request; the first request follows the log-in.
    pub(crate) took: Vec<f64>,
}

pub(crate) fn measure(effort: &Effort) -> Pages {
    let server = Server::builder().tcp().start();
    eprintln!("creating {} sessions", effort.listed);
    create(&mut server.client(), effort.listed);
    let ours = service(server.port(), "0");
    let cookie = log_in(&ours.service, &ours.service.key("bench").text);
    let took = (0..20).map(|_| page(&ours.service, &cookie)).collect();
    Pages {
        sessions: effort.listed,
        took,
    }
}

fn create(client: &mut Client, count: usize) {
    for from in (0..count).step_by(AT_ONCE) {
        let numbers = from..count.min(from + AT_ONCE);
        for number in numbers.clone() {
            let id = format!("user{number}");
            client.send(&[
                "SESSIONS.CREATE",
                "webapp",
                &id,
                "IP",
                "203.0.113.7",
                "UA",
                "Mozilla/5.0 Firefox/140.0",
            ]);
        }
        for _ in numbers {
            client.receive().text();
        }
    }
}

/// The cookie of a log-in with the key.
fn log_in(service: &Endpoint, key: &str) -> String {
    let origin = format!("http://127.0.0.1:{}", service.port());
    let response = service
        .post("/admin/log-in")
        .header("Origin", origin)
        .form(&[("key", key)])
        .send();
    let cookie = response.header("set-cookie");
    let cookie = cookie.unwrap_or_else(|| panic!("no log-in: {response:?}"));
    cookie.split(';').next().unwrap_or_default().to_owned()
}

/// Milliseconds that the first page takes.
fn page(service: &Endpoint, cookie: &str) -> f64 {
    let from = Instant::now();
    let response = service.get(PATH).header("Cookie", cookie).send();
    let took = from.elapsed().as_secs_f64() * 1e3;
    let response = response.assert_status(200);
    assert!(response.text().contains("203.0.113.7"), "{response:?}");
    took
}
