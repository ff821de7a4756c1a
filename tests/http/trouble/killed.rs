//! kill -9, as a power failure is, in the middle of requests.

use super::load::{Kept, Load};
use super::{restarted_under_load, shop};
use crate::harness::Server;

#[test]
fn a_server_that_is_killed_and_comes_back_is_used_again_and_no_session_is_made_twice() {
    let mut server = Server::builder().aof().start();
    let load = Load::on(&mut server.client());
    let service = shop().redis(&server).start();
    load.meanwhile(&service, || {
        for _ in 0..3 {
            server.kill9();
            load.fails();
            server.start_again();
            load.served_again();
        }
    });
    let mut client = server.client();
    load.assert_counts(Kept::All, |command| client.run(command));
    let outcomes = load.outcomes();
    assert!(!outcomes.contains_key(&None), "a connection broke: {outcomes:?}");
}

#[test]
fn a_service_that_is_killed_and_started_again_serves_and_no_session_is_made_twice() {
    restarted_under_load(|service, load| {
        service.kill_hard();
        load.fails();
        service.start_again();
    });
}
