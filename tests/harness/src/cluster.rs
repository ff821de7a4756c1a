//! Clusters of servers on loopback ports, and a client that follows redirections.

use crate::builder::{Builder, free_port};
use crate::client::Client;
use crate::reply::Reply;
use crate::server::Server;
use crate::slot::slot;
use crate::wait::{GENEROUS, wait_until};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

const SLOTS: usize = 16384;

pub struct Cluster {
    /// The primaries, then their replicas in the same order.
    pub nodes: Vec<Server>,
    primaries: usize,
}

impl Cluster {
    /// Starts this number of primaries, each with an even share of the slots, and this number of
    /// replicas of each primary.
    #[track_caller]
    pub fn start(primaries: usize, replicas: usize) -> Cluster {
        Cluster::start_with(primaries, replicas, |builder| builder)
    }

    #[track_caller]
    pub fn start_with(primaries: usize, replicas: usize, settings: impl Fn(Builder) -> Builder) -> Cluster {
        let nodes: Vec<_> = (0..primaries * (1 + replicas))
            .map(|_| settings(node()).start())
            .collect();
        let cluster = Cluster { nodes, primaries };
        for (number, primary) in cluster.primaries().iter().enumerate() {
            let first = SLOTS * number / primaries;
            let last = SLOTS * (number + 1) / primaries - 1;
            let mut client = primary.client();
            client
                .line(&format!("CLUSTER ADDSLOTSRANGE {first} {last}"))
                .assert_ok();
            client
                .line(&format!("CLUSTER SET-CONFIG-EPOCH {}", number + 1))
                .assert_ok();
        }
        for node in &cluster.nodes[1..] {
            cluster.nodes[0].meet(node);
        }
        cluster.wait_until_known();
        for (number, replica) in cluster.nodes[primaries..].iter().enumerate() {
            let primary = cluster.nodes[number % primaries].id();
            replica
                .client()
                .line(&format!("CLUSTER REPLICATE {primary}"))
                .assert_ok();
        }
        cluster.wait_until_ok();
        wait_until(GENEROUS, "the replicas are linked", || {
            let linked = |replica: &Server| replica.info("master_link_status") == "up";
            cluster.nodes[primaries..].iter().all(linked)
        });
        cluster
    }

    pub fn primaries(&self) -> &[Server] {
        &self.nodes[..self.primaries]
    }

    pub fn replicas(&self) -> &[Server] {
        &self.nodes[self.primaries..]
    }

    /// Moves this number of slots from one node to another, key by key.
    #[track_caller]
    pub fn reshard(&self, from: usize, to: usize, slots: u16) {
        let (from, to) = (self.nodes[from].id(), self.nodes[to].id());
        self.manage(&[
            "reshard",
            &self.address(),
            "--cluster-from",
            &from,
            "--cluster-to",
            &to,
            "--cluster-slots",
            &slots.to_string(),
        ]);
    }

    /// Runs `redis-cli --cluster …` and confirms all its questions.
    #[track_caller]
    pub fn manage(&self, arguments: &[&str]) {
        for _ in 0..5 {
            let Err(text) = manage(arguments) else { return };
            // Valkey requires a replica's confirmation for each slot within two seconds.
            assert!(
                text.contains("NOREPLICAS"),
                "redis-cli --cluster {arguments:?}:\n{text}"
            );
            let _ = manage(&["fix", &self.address()]);
        }
        panic!("redis-cli --cluster {arguments:?} did not succeed in five tries");
    }

    pub fn client(&self) -> Roamer {
        Roamer::new(self.nodes.iter().map(Server::port).collect())
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.nodes[0].port())
    }

    /// The primary that had the slot of a key at first.
    pub fn owner_of(&self, key: impl AsRef<[u8]>) -> &Server {
        let wanted = usize::from(slot(key));
        let number = (0..self.primaries).find(|number| wanted < SLOTS * (number + 1) / self.primaries);
        &self.nodes[number.unwrap()]
    }

    pub fn wait_until_known(&self) {
        let all = self.nodes.len().to_string();
        wait_until(GENEROUS, "the nodes know each other", || {
            let knows = |node: &Server| node.cluster_info("cluster_known_nodes") == all;
            self.nodes.iter().all(knows) && self.nodes.iter().all(|node| !node.nodes().contains("handshake"))
        });
    }

    /// Waits until every node reports `cluster_state:ok`.
    pub fn wait_until_ok(&self) {
        wait_until(GENEROUS, "the cluster is well", || {
            self.nodes.iter().all(|node| node.cluster_info("cluster_state") == "ok")
        });
    }

    /// Waits until no node is loading data or is a replica without its data. A node that has given
    /// away its last slot becomes a replica of the new owner, and while it loads that owner's data
    /// redis-cli gets LOADING from it.
    pub fn wait_until_loaded(&self) {
        wait_until(GENEROUS, "every node has its data", || {
            let loaded = |node: &Server| {
                node.info("loading") == "0"
                    && (node.info("role") == "master" || node.info("master_link_status") == "up")
            };
            self.nodes.iter().all(loaded)
        });
    }
}

/// `Err`: what redis-cli printed.
fn manage(arguments: &[&str]) -> Result<(), String> {
    let output = Command::new("redis-cli")
        .arg("--cluster")
        .args(arguments)
        .arg("--cluster-yes")
        .output()
        .expect("redis-cli can be started");
    let text = || String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() { Ok(()) } else { Err(text()) }
}

/// A node that does not know other nodes yet.
pub fn node() -> Builder {
    Server::builder()
        .tcp()
        .line("cluster-enabled yes")
        .line(format!("cluster-port {}", free_port()))
        .line("cluster-node-timeout 10000")
        .line("cluster-replica-validity-factor 0")
}

impl Server {
    /// Makes two nodes members of the same cluster.
    #[track_caller]
    fn meet(&self, other: &Server) {
        let bus = other.client().line("CONFIG GET cluster-port").list()[1]
            .text()
            .to_owned();
        let command = format!("CLUSTER MEET 127.0.0.1 {} {bus}", other.port());
        self.client().line(&command).assert_ok();
    }

    /// Its id in the cluster.
    #[track_caller]
    pub fn id(&self) -> String {
        self.client().line("CLUSTER MYID").text().to_owned()
    }

    #[track_caller]
    pub fn nodes(&self) -> String {
        self.client().line("CLUSTER NODES").text().to_owned()
    }

    #[track_caller]
    pub fn cluster_info(&self, field: &str) -> String {
        let reply = self.client().line("CLUSTER INFO");
        let text = reply.text();
        let prefix = format!("{field}:");
        let value = text.lines().find_map(|line| line.strip_prefix(&prefix));
        value.unwrap_or_else(|| panic!("no {field} in {text}")).to_owned()
    }
}

/// A cluster client: it routes by slot, follows MOVED and ASK, and tries again after TRYAGAIN or if
/// a node is gone.
pub struct Roamer {
    ports: Vec<u16>,
    clients: HashMap<u16, Client>,
    owners: HashMap<u16, u16>,
    /// How often a node returned TRYAGAIN.
    pub tried_again: usize,
}

impl Roamer {
    fn new(ports: Vec<u16>) -> Roamer {
        Roamer {
            ports,
            clients: HashMap::new(),
            owners: HashMap::new(),
            tried_again: 0,
        }
    }

    /// Sends a command to the node that has the slot of its second argument.
    #[track_caller]
    pub fn run(&mut self, command: &[&str]) -> Reply {
        self.run_somewhere(command).0
    }

    /// The same; also returns whether a replica has confirmed the write within a tenth of a second.
    #[track_caller]
    pub fn run_and_wait(&mut self, command: &[&str]) -> (Reply, bool) {
        let (reply, port) = self.run_somewhere(command);
        let confirmed = self.try_on(port, false, &["WAIT", "1", "100"]);
        (reply, confirmed == Some(Reply::Int(1)))
    }

    /// The reply and the port of the node that sent it.
    #[track_caller]
    fn run_somewhere(&mut self, command: &[&str]) -> (Reply, u16) {
        let slot = slot(command[2]);
        let end = Instant::now() + GENEROUS;
        let mut port = self.owners.get(&slot).copied().unwrap_or(self.ports[0]);
        let mut asking = false;
        let mut turn = 0;
        while Instant::now() < end {
            match self.try_on(port, asking, command) {
                Some(reply) if reply.is_error_of("MOVED") => {
                    port = address_in(&reply);
                    self.owners.insert(slot, port);
                    asking = false;
                }
                Some(reply) if reply.is_error_of("ASK") => {
                    port = address_in(&reply);
                    asking = true;
                }
                Some(reply) if reply.is_error_of("TRYAGAIN") => {
                    self.tried_again += 1;
                    asking = false;
                    port = self.owners.get(&slot).copied().unwrap_or(port);
                    sleep(Duration::from_millis(1));
                }
                Some(reply) if !reply.is_error_of("CLUSTERDOWN") && !reply.is_error_of("LOADING") => {
                    self.owners.insert(slot, port);
                    return (reply, port);
                }
                _ => {
                    self.clients.remove(&port);
                    turn += 1;
                    port = self.ports[turn % self.ports.len()];
                    asking = false;
                    sleep(Duration::from_millis(10));
                }
            }
        }
        panic!("no reply to {command:?} within {GENEROUS:?}");
    }

    /// `None`: the node is gone.
    fn try_on(&mut self, port: u16, asking: bool, command: &[&str]) -> Option<Reply> {
        let client = match self.clients.entry(port) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(Client::connect(&format!("redis://127.0.0.1:{port}/")).ok()?),
        };
        if asking {
            client.try_run(&["ASKING"]).ok()?;
        }
        client.try_run(command).ok()
    }
}

/// The port in `MOVED slot host:port` and `ASK slot host:port`.
fn address_in(redirection: &Reply) -> u16 {
    let text = redirection.error().to_owned();
    text.rsplit(':')
        .next()
        .and_then(|port| port.parse().ok())
        .unwrap_or_else(|| panic!("{text}"))
}
