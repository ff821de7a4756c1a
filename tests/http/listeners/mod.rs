//! Listeners: which clients they serve, under which names, and how they treat requests that are
//! slow, huge or malformed.

mod crowd;
mod hosts;
mod huge;
mod malformed;
mod open;
mod routes;
mod slow;
mod sockets;
mod tls;

use crate::harness::{Server, Service, ServiceBuilder};

/// A service without keys whose limits are the smallest: a second, 1,000 bytes of body.
fn strict(server: &Server) -> ServiceBuilder {
    let limits = "[limits]\nseconds = 1\nbody-bytes = 1000\n";
    Service::builder().redis(server).no_auth().config(limits)
}

/// The statuses of all responses on a connection.
fn statuses(came: &[u8]) -> Vec<u16> {
    let text = String::from_utf8_lossy(came);
    let lines = text.split("HTTP/1.1 ").skip(1);
    lines.map(|line| line[..3].parse().expect("a status")).collect()
}
