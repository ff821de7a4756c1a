//! What may go wrong around the service while it is used: servers that are killed, hang, change places or refuse. No
//! answer is wrong, nothing is done twice, and the service recovers without a restart.

mod clusters;
mod ending;
mod hanging;
mod killed;
mod load;
mod places;
mod refusing;
mod sentinel;

use crate::harness::{Client, Server, Service, ServiceBuilder};

/// The cookie by which `/auth/shop` reads a session.
const APP: &str = "[apps.shop]\ncookie = \"sid\"\n";

/// A service without keys that creates sessions of the app `shop` and reads them by `/auth/shop`.
fn shop() -> ServiceBuilder {
    Service::builder().no_auth().config(APP)
}

/// How many live sessions an id has.
fn sessions_of(client: &mut Client, id: &str) -> i64 {
    client.run(&["SESSIONS.COUNTSOID", "shop", id]).int()
}

/// Whether a server says that it has this role, and is linked if it is a replica. A server that changes its role may close
/// the connection on which it is asked.
fn has_role(server: &Server, role: &str) -> bool {
    let url = format!("redis+unix://{}", server.socket().display());
    let said = Client::connect(&url).and_then(|mut client| client.try_run(&["INFO", "replication"]));
    said.is_ok_and(|reply| {
        let text = String::from_utf8_lossy(reply.bytes()).into_owned();
        let says = |line: String| text.lines().any(|said| said == line);
        says(format!("role:{role}")) && (role == "master" || says("master_link_status:up".into()))
    })
}
