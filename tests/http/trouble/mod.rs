//! Failures around the service while it is used: servers that are killed, hang, swap roles or
//! refuse commands. No response is wrong, no command runs twice, and the service recovers without a
//! restart.

mod clusters;
mod ending;
mod hanging;
mod killed;
mod load;
mod places;
mod refusing;
mod sentinel;

use crate::harness::{Client, Endpoint, Reply, Server, Service, ServiceBuilder};
use load::{Kept, Load};

/// The cookie by which `/auth/shop` reads a session.
const APP: &str = "[apps.shop]\ncookie = \"sid\"\n";

/// A service without keys that creates sessions of the app `shop` and reads them by `/auth/shop`.
fn shop() -> ServiceBuilder {
    Service::builder().no_auth().config(APP)
}

/// How many live sessions an id has.
fn sessions_of(id: &str, mut run: impl FnMut(&[&str]) -> Reply) -> i64 {
    run(&["SESSIONS.COUNTSOID", "shop", id]).int()
}

/// Under load, `again` ends the service and starts it, three times. A Unix socket, unlike a port,
/// cannot be taken by another process between two starts.
fn restarted_under_load(again: impl Fn(&mut Service, &Load)) {
    let server = Server::start();
    let load = Load::on(&mut server.client());
    let mut service = shop().redis(&server).listen_unix().start();
    let endpoint = Endpoint::clone(&service);
    load.meanwhile(&endpoint, || {
        for _ in 0..3 {
            again(&mut service, &load);
            load.served_again();
        }
    });
    let mut client = server.client();
    load.assert_counts(Kept::All, |command| client.run(command));
}

/// Whether a server reports this role and, if it is a replica, a link to its primary. A server that
/// changes its role may close the connection on which it is asked.
fn has_role(server: &Server, role: &str) -> bool {
    let url = format!("redis+unix://{}", server.socket().display());
    let said = Client::connect(&url).and_then(|mut client| client.try_run(&["INFO", "replication"]));
    said.is_ok_and(|reply| {
        let text = String::from_utf8_lossy(reply.bytes()).into_owned();
        let says = |line: String| text.lines().any(|said| said == line);
        says(format!("role:{role}")) && (role == "master" || says("master_link_status:up".into()))
    })
}
