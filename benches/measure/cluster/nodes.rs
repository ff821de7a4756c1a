//! Servers on the first core, and a client that sends each operation to the node that has its slot.

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::operations::{Cost, cpu};
use crate::client::{Client, Operation, Reply};
use crate::crowd::{Crowd, DATA, Member, Naming, creation};
use crate::server::{Server, free_port};
use sessions_model::slot::{SLOTS, Slot};

/// An operation and the key, the id or the token that decides its node.
pub(super) type Routed = (String, Operation);

pub(super) struct Nodes {
    servers: Vec<Server>,
    naming: Naming,
}

const DEPTH: usize = 32;

impl Nodes {
    pub(super) fn start(primaries: usize) -> Self {
        Self::start_with(primaries, &[])
    }

    /// 0: one server that is not in a cluster.
    pub(super) fn start_with(primaries: usize, settings: &[&str]) -> Self {
        Self::join(primaries, |own| Server::start(&[own, settings].concat(), None))
    }

    pub(super) fn start_program(program: &str, primaries: usize, settings: &[&str]) -> Self {
        Self::join(primaries, |own| {
            Server::start_program(program, &[own, settings].concat(), None)
        })
    }

    /// Without the module.
    pub(super) fn start_plain(program: &str, primaries: usize, settings: &[&str]) -> Self {
        Self::join(primaries, |own| Server::start_plain(program, &[own, settings].concat()))
    }

    /// `start` gets the settings that make a server a node.
    fn join(primaries: usize, start: impl Fn(&[&str]) -> Server) -> Self {
        if primaries == 0 {
            return Self {
                servers: vec![start(&[])],
                naming: Naming::Single,
            };
        }
        let servers: Vec<Server> = (0..primaries)
            .map(|_| {
                let bus = format!("cluster-port {}", free_port());
                start(&["cluster-enabled yes", &bus, "cluster-node-timeout 30000"])
            })
            .collect();
        let nodes = Self {
            servers,
            naming: Naming::Cluster,
        };
        for (number, mut client) in nodes.connect().into_iter().enumerate() {
            let edge = |number: usize| (usize::from(SLOTS) * number).div_ceil(primaries);
            let (first, last) = (edge(number).to_string(), (edge(number + 1) - 1).to_string());
            must(client.call(&["CLUSTER", "ADDSLOTSRANGE", &first, &last]));
            must(client.call(&["CLUSTER", "SET-CONFIG-EPOCH", &(number + 1).to_string()]));
            let port = nodes.servers[0].port.to_string();
            let bus = match nodes.servers[0].connect().call(&["CONFIG", "GET", "cluster-port"]) {
                Reply::Array(mut pair) => pair.remove(1).text(),
                other => panic!("{other:?}"),
            };
            must(client.call(&["CLUSTER", "MEET", "127.0.0.1", &port, &bus]));
        }
        let deadline = Instant::now() + Duration::from_secs(60);
        while !nodes.connect().iter_mut().all(|client| is_well(client, primaries)) {
            assert!(Instant::now() < deadline, "the cluster does not come together");
            thread::sleep(Duration::from_millis(50));
        }
        nodes
    }

    pub(super) fn first(&self) -> &Server {
        &self.servers[0]
    }

    pub(super) fn all(&self) -> &[Server] {
        &self.servers
    }

    pub(super) fn connect(&self) -> Vec<Client> {
        self.servers.iter().map(Server::connect).collect()
    }

    /// The number of the node that has the slot of a key.
    pub(super) fn owner(&self, key: &str) -> usize {
        usize::from(Slot::of(key.as_bytes()).number()) * self.servers.len() / usize::from(SLOTS)
    }

    /// Runs operations, each with the key that decides its node, on all nodes at once.
    pub(super) fn run(&self, operations: impl IntoIterator<Item = Routed>) {
        self.measure(operations, &mut Cost::default());
    }

    /// The same, and what it costs.
    pub(super) fn measure(&self, operations: impl IntoIterator<Item = Routed>, cost: &mut Cost) {
        let mut by_node: Vec<Vec<Operation>> = self.servers.iter().map(|_| Vec::new()).collect();
        let mut count = 0.0;
        for (key, operation) in operations {
            by_node[self.owner(&key)].push(operation);
            count += 1.0;
        }
        let mut clients = self.connect();
        let (began, before) = (Instant::now(), cpu(&self.servers));
        thread::scope(|scope| {
            for (client, operations) in clients.iter_mut().zip(&by_node) {
                scope.spawn(|| client.run(operations, DEPTH));
            }
        });
        cost.rate.push(count / began.elapsed().as_secs_f64());
        cost.cpu.push((cpu(&self.servers) - before).as_secs_f64() * 1e6 / count);
    }

    /// Creates a session of each id; their tokens.
    pub(super) fn fill(&self, ids: &[String]) -> Vec<String> {
        let mut by_node: Vec<(Vec<usize>, Vec<Operation>)> = self.servers.iter().map(|_| Default::default()).collect();
        for (number, id) in ids.iter().enumerate() {
            let (numbers, operations) = &mut by_node[self.owner(id)];
            numbers.push(number);
            operations.push(creation(id, Some(DATA)));
        }
        let mut tokens = vec![String::new(); ids.len()];
        thread::scope(|scope| {
            let running: Vec<_> = self
                .connect()
                .into_iter()
                .zip(&by_node)
                .map(|(mut client, (_, operations))| scope.spawn(move || client.ask(operations, DEPTH)))
                .collect();
            for (node, (numbers, _)) in running.into_iter().zip(&by_node) {
                for (number, reply) in numbers.iter().zip(node.join().unwrap()) {
                    tokens[*number] = reply.text();
                }
            }
        });
        tokens
    }

    /// The sessions of so many ids, which it creates.
    pub(super) fn gather(&self, ids: Vec<String>) -> Crowd {
        let tokens = self.fill(&ids);
        let members = ids.into_iter().zip(tokens).map(|(id, token)| Member { token, id });
        Crowd::of(members.collect(), self.naming)
    }

    pub(super) fn is_on_first(&self, slot: u16) -> bool {
        usize::from(slot) * self.servers.len() < usize::from(SLOTS)
    }

    /// Moves a slot from the first node to the second, ten keys at a time as redis-cli does.
    /// Returns the longest time that one step took, in milliseconds.
    pub(super) fn move_slot(&self, slot: u16) -> f64 {
        let mut clients = self.connect();
        let ids: Vec<String> = clients
            .iter_mut()
            .map(|client| client.call(&["CLUSTER", "MYID"]).text())
            .collect();
        let (slot, port) = (slot.to_string(), self.servers[1].port.to_string());
        must(clients[1].call(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &ids[0]]));
        must(clients[0].call(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &ids[1]]));
        let mut longest: f64 = 0.0;
        loop {
            let keys = match clients[0].call(&["CLUSTER", "GETKEYSINSLOT", &slot, "10"]) {
                Reply::Array(keys) => keys.into_iter().map(Reply::text).collect::<Vec<_>>(),
                other => panic!("{other:?}"),
            };
            if keys.is_empty() {
                break;
            }
            let mut words = vec!["MIGRATE", "127.0.0.1", &port, "", "0", "60000", "KEYS"];
            words.extend(keys.iter().map(String::as_str));
            let began = Instant::now();
            must(clients[0].call(&words));
            longest = longest.max(began.elapsed().as_secs_f64() * 1e3);
        }
        for client in clients.iter_mut().rev() {
            must(client.call(&["CLUSTER", "SETSLOT", &slot, "NODE", &ids[1]]));
        }
        longest
    }

    /// Moves slots from the first node to the second.
    pub(super) fn reshard(&self, slots: usize) {
        let id = |server: &Server| server.connect().call(&["CLUSTER", "MYID"]).text();
        let address = format!("127.0.0.1:{}", self.servers[0].port);
        let status = Command::new("redis-cli")
            .args(["--cluster", "reshard", &address, "--cluster-yes"])
            .args(["--cluster-from", &id(&self.servers[0])])
            .args(["--cluster-to", &id(&self.servers[1])])
            .args(["--cluster-slots", &slots.to_string()])
            .stdout(Stdio::null())
            .status()
            .expect("redis-cli runs");
        assert!(status.success(), "redis-cli --cluster reshard");
    }
}

pub(super) fn keys(client: &mut Client) -> f64 {
    match client.call(&["DBSIZE"]) {
        Reply::Integer(count) => count as f64,
        other => panic!("{other:?}"),
    }
}

fn is_well(client: &mut Client, nodes: usize) -> bool {
    let info = client.call(&["CLUSTER", "INFO"]).text();
    info.contains("cluster_state:ok") && info.contains(&format!("cluster_known_nodes:{nodes}\r"))
}

fn must(reply: Reply) {
    assert!(matches!(reply, Reply::Text(_)), "{reply:?}");
}
