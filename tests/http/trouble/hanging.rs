//! A server that does not reply, though its connections are open.

use super::load::{Kept, Load};
use super::shop;
use crate::harness::{GENEROUS, Server, Service, wait_until};
use crate::legacy::listening;
use std::process::Command;

fn send(pid: &str, name: &str) {
    let sent = Command::new("kill").args(["-s", name, pid]).status();
    assert!(sent.is_ok_and(|status| status.success()), "{name} could not be sent");
}

/// A late reply must not be used for a later request.
#[test]
fn a_server_that_hangs_fails_requests_in_time_and_mixes_up_nothing_when_it_continues() {
    let server = Server::start();
    let load = Load::on(&mut server.client());
    let service = shop().redis(&server).start();
    let pid = server.info("process_id");
    load.meanwhile(&service, || {
        for _ in 0..2 {
            send(&pid, "STOP");
            load.fails();
            send(&pid, "CONT");
            load.served_again();
        }
    });
    let mut client = server.client();
    load.assert_counts(Kept::All, |command| client.run(command));
    // 504 for a request whose time is over, 503 once the service has noticed that the server hangs.
    let has_failed = [503, 504]
        .iter()
        .any(|status| load.outcomes().contains_key(&Some(*status)));
    assert!(has_failed, "{:?}", load.outcomes());
}

/// Long commands may take minutes, but a server that hangs must be noticed earlier.
#[test]
fn a_server_that_hangs_is_noticed_and_fails_long_commands_too() {
    let server = Server::start();
    let service = Service::builder().redis(&server).no_auth().start();
    let pid = server.info("process_id");
    send(&pid, "STOP");
    // Sent before the service can notice that the server hangs, so it is unknown whether the
    // command has run.
    let outcome = |target: &str, method: &str| service.request(method, target).send();
    let response = outcome("/v1/apps/shop/user/sessions?id=u1", "DELETE");
    assert_eq!((response.status(), response.problem().as_str()), (503, "unavailable"));
    assert!(response.text().contains("may have run"), "{response:?}");
    wait_until(GENEROUS, "a connection to it does not count as one", || {
        let response = outcome("/v1/apps/shop/counts", "GET");
        assert_eq!(response.status(), 503, "{response:?}");
        response.text().contains("nothing was done")
    });
    outcome("/readyz", "GET").assert_status(503);
    send(&pid, "CONT");
    wait_until(GENEROUS, "the server is used again", || {
        outcome("/v1/apps/shop/counts", "GET").status() == 200
    });
    let connected = service.log().matches("\"connected to Redis\"").count();
    assert_eq!(connected, 2, "{}", service.log());
}

/// `timeout` in redis.conf closes connections that are idle, and the connection for long commands
/// is idle most of the time.
#[test]
fn a_server_that_closes_idle_connections_is_ready_for_long_commands_too() {
    let server = Server::builder().line("timeout 2").start();
    let (_service, legacy) = listening(Service::builder().redis(&server).no_auth());
    wait_until(GENEROUS, "both connections are older than they may be idle", || {
        let list = server.client().line("CLIENT LIST");
        let ages = list
            .text()
            .split_whitespace()
            .filter_map(|field| field.strip_prefix("age="));
        ages.filter_map(|age| age.parse::<u64>().ok())
            .filter(|age| *age > 4)
            .count()
            == 2
    });
    let before = server.info("total_connections_received");
    legacy.request("DELETE", "/shop/killall").send().assert_status(200);
    // One more: the connection that reads this number.
    let after = server.info("total_connections_received");
    assert_eq!(after.parse::<u64>().unwrap(), before.parse::<u64>().unwrap() + 1);
}
