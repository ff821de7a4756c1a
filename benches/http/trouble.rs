//! How long it takes until the service serves again, after kill -9 of Redis and after a failover.

use std::fs;
use std::time::{Duration, Instant};

use sessions_harness::{Client, Endpoint, Folder, Server, Service, free_port};

use crate::process::{Process, wait, wait_for_port};

/// How long the killed server stays away in each try.
const AWAY: [Duration; 5] = [
    Duration::from_millis(0),
    Duration::from_millis(300),
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(8),
];

/// Seconds, one value per try.
pub(crate) struct Trouble {
    /// From when the killed server serves again to the first response of the service.
    pub(crate) restart: Vec<f64>,
    /// From when the replica is a primary to the first response.
    pub(crate) failover: Vec<f64>,
}

pub(crate) fn measure(tries: usize) -> Trouble {
    Trouble {
        restart: (0..tries).map(|at| restart(AWAY[at % AWAY.len()])).collect(),
        failover: (0..tries).map(|_| failover()).collect(),
    }
}

/// The request writes, so a replica cannot serve it.
fn is_served(endpoint: &Endpoint) -> bool {
    let create = endpoint
        .post("/v1/apps/webapp/sessions")
        .json(&serde_json::json!({ "id": "ann" }));
    create.try_send().is_ok_and(|response| response.status() == 201)
}

/// Seconds until the service serves.
fn until_served(endpoint: &Endpoint) -> f64 {
    let from = Instant::now();
    wait("the service serves again", || is_served(endpoint));
    from.elapsed().as_secs_f64()
}

fn restart(away: Duration) -> f64 {
    let mut server = Server::builder().tcp().start();
    let url = format!("redis://127.0.0.1:{}", server.port());
    let service = Service::builder().redis_url(&url).no_auth().start();
    until_served(&service);
    server.kill9();
    std::thread::sleep(away);
    server.start_again();
    until_served(&service)
}

/// Whether the server is a primary. The Sentinel closes client connections during a failover, so
/// each check opens a new one.
fn is_primary(server: &Server) -> bool {
    let role = Client::connect(&format!("redis+unix://{}", server.socket().display()))
        .and_then(|mut client| client.try_run(&["ROLE"]));
    role.is_ok_and(|role| role.list().first() == Some(&"master".into()))
}

fn failover() -> f64 {
    let mut primary = Server::builder().tcp().start();
    let replica = Server::builder().replica_of(&primary).start();
    replica.catch_up_with(&primary);
    let (folder, port) = (Folder::new(), free_port());
    let configuration = folder.path().join("sentinel.conf");
    let text = format!(
        "port {port}\nbind 127.0.0.1\ndir {}\nsentinel monitor main 127.0.0.1 {} 1\n\
         sentinel down-after-milliseconds main 500\nsentinel failover-timeout main 5000\n",
        folder.path().display(),
        primary.port()
    );
    fs::write(&configuration, text).unwrap();
    let program = std::env::var("REDIS_SERVER").unwrap_or_else(|_| "redis-server".into());
    let _sentinel = Process::start("1", &program, |sentinel| {
        sentinel.arg(&configuration).arg("--sentinel");
    });
    wait_for_port(port);
    let mut sentinel = Client::connect(&format!("redis://127.0.0.1:{port}/")).unwrap();
    wait("the Sentinel knows the replica", || {
        let replicas = format!("{:?}", sentinel.line("SENTINEL REPLICAS main"));
        replicas.contains(&replica.port().to_string())
    });
    let service = Service::builder()
        .redis_url(&format!("redis://127.0.0.1:{port}"))
        .redis_line("sentinel = \"main\"")
        .no_auth()
        .start();
    until_served(&service);
    primary.kill9();
    wait("the replica is a primary", || is_primary(&replica));
    until_served(&service)
}
