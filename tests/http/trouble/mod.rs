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

use crate::harness::{Client, Service, ServiceBuilder};

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
