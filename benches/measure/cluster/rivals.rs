//! SESSIONS.GET on three primaries, compared with strings and with a hash per user: requests per
//! second with one request in flight through a cluster client, and in pipelines to one node.
//!
//! There are two clients: the benchmark's own, which knows the node of each slot as every cluster
//! client does, and node-redis. The commands of Spring Session are omitted, because its keys of one
//! session are in several slots.

use std::fmt::Write;
use std::time::Instant;
use std::{env, fs};

use super::nodes::Nodes;
use super::{Effort, ids};
use crate::client::{Client, Operation, run_wide};
use crate::crowd::Crowd;
use crate::machine::server_program;
use crate::memory::recommendation;
use crate::node;
use crate::rivals::{ALONE, CLIENTS, DEPTH, Layout, Rival, first_minutes, has_command, name_of, together};
use crate::uses::CONNECTIONS;

const PRIMARIES: usize = 3;
/// The largest number of rounds.
const ROUNDS: usize = 3;

pub(super) const RIVALS: [Rival; 6] = [
    Rival::Within,
    Rival::First,
    Rival::Mixed,
    Rival::GetExpire,
    Rival::GetEx,
    Rival::UserHash,
];
/// The requests that node-redis sends.
const BY_NODE_REDIS: [Rival; 3] = [Rival::Mixed, Rival::GetExpire, Rival::UserHash];

pub(super) struct OnServer {
    pub(super) name: String,
    pub(super) rows: Vec<Row>,
}

pub(super) struct Row {
    pub(super) rival: Rival,
    pub(super) rounds: Vec<Round>,
}

/// Requests per second.
#[derive(Clone, Copy, Default)]
pub(super) struct Round {
    /// Server CPU of one node per request, in pipelines to it, in microseconds.
    pub(super) cpu: f64,
    pub(super) pipelined: f64,
    /// With one request in flight per client: many clients, and one client.
    pub(super) many: f64,
    pub(super) alone: f64,
    /// The same through node-redis.
    pub(super) node_many: f64,
    pub(super) node_alone: f64,
}

/// A store on a cluster of its own.
struct Store {
    layout: Layout,
    nodes: Nodes,
    minutes: Vec<usize>,
}

/// A request: the number of its node, and its round trips.
type Request = (usize, Vec<Operation>);

pub(super) fn measure(effort: &Effort) -> Vec<OnServer> {
    let programs = env::var("SESSIONS_BENCH_SERVERS").unwrap_or_else(|_| server_program());
    let programs = programs.split(':').filter(|program| !program.is_empty());
    programs.map(|program| on_server(program, effort)).collect()
}

fn on_server(program: &str, effort: &Effort) -> OnServer {
    let setting = recommendation();
    let nodes = Nodes::start_program(program, PRIMARIES, &[&setting]);
    let mut client = nodes.first().connect();
    let name = name_of(&mut client);
    eprintln!("SESSIONS.GET and what people use instead on three primaries, {name}");
    let mut crowd = nodes.gather(ids(effort.sessions));
    let mut stores = vec![Store {
        layout: Layout::Module,
        nodes,
        minutes: Vec::new(),
    }];
    for layout in [Layout::Text, Layout::UserHash] {
        if layout
            .requires()
            .is_none_or(|command| has_command(&mut client, command))
        {
            stores.push(Store::fill(program, layout, &crowd));
        }
    }
    let mut rows: Vec<Row> = Vec::new();
    for round in 0..effort.rounds.min(ROUNDS) {
        for number in 0..RIVALS.len() {
            let rival = RIVALS[(number + round) % RIVALS.len()];
            let Some(store) = stores.iter_mut().find(|store| store.layout == rival.layout()) else {
                continue;
            };
            let measured = store.round(rival, &mut crowd, effort.requests);
            match rows.iter_mut().find(|row| row.rival == rival) {
                Some(row) => row.rounds.push(measured),
                None => rows.push(Row {
                    rival,
                    rounds: vec![measured],
                }),
            }
        }
    }
    rows.sort_by_key(|row| RIVALS.iter().position(|rival| *rival == row.rival));
    OnServer { name, rows }
}

impl Store {
    fn fill(program: &str, layout: Layout, crowd: &Crowd) -> Self {
        let nodes = Nodes::start_plain(program, PRIMARIES, &[&recommendation()]);
        let count = crowd.members.len();
        let rival = RIVALS.into_iter().find(|rival| rival.layout() == layout);
        let rival = rival.expect("a request of each layout");
        nodes.run((0..count).map(|number| (rival.routed_by(crowd, number), layout.creation(crowd, number))));
        Self {
            layout,
            minutes: first_minutes(count),
            nodes,
        }
    }

    fn round(&mut self, rival: Rival, crowd: &mut Crowd, count: usize) -> Round {
        let mut round = Round::default();
        // A third of the requests is about sessions of the first node.
        let requests = self.requests(rival, crowd, count * PRIMARIES);
        let of_first = requests.iter().filter(|(node, _)| *node == 0);
        let piped: Vec<Operation> = of_first.map(|(_, trips)| together(trips)).collect();
        let server = self.nodes.first();
        let mut clients: Vec<Client> = (0..CONNECTIONS).map(|_| server.connect()).collect();
        let (before, began) = (server.cpu(), Instant::now());
        run_wide(&mut clients, &piped, DEPTH);
        round.pipelined = piped.len() as f64 / began.elapsed().as_secs_f64();
        round.cpu = (server.cpu() - before).as_nanos() as f64 / 1e3 / piped.len() as f64;
        drop(clients);
        let requests = self.requests(rival, crowd, count);
        round.many = self.one_in_flight(&requests, CLIENTS);
        let requests = self.requests(rival, crowd, count / ALONE);
        round.alone = self.one_in_flight(&requests, 1);
        if BY_NODE_REDIS.contains(&rival) {
            round.node_many = self.by_node_redis(rival, crowd, count, CLIENTS);
            round.node_alone = self.by_node_redis(rival, crowd, count / ALONE, 1);
        }
        round
    }

    /// Requests per second over TCP. Each client has a connection to each node, and waits for each
    /// reply.
    fn one_in_flight(&self, requests: &[Request], clients: usize) -> f64 {
        let connect = |_| {
            let ports = self.nodes.all().iter().map(|server| server.port);
            ports.map(|port| Client::connect_to_port(port).unwrap()).collect()
        };
        let mut clients: Vec<Vec<Client>> = (0..clients).map(connect).collect();
        let most = requests.iter().map(|(_, trips)| trips.len()).max().unwrap_or(0);
        let began = Instant::now();
        for wave in requests.chunks(clients.len()) {
            for trip in 0..most {
                let trips = || wave.iter().map(|(node, trips)| (*node, trips.get(trip)));
                for (client, (node, trip)) in clients.iter_mut().zip(trips()) {
                    trip.into_iter().for_each(|trip| client[node].send_one(trip));
                }
                for (client, (node, trip)) in clients.iter_mut().zip(trips()) {
                    trip.into_iter().for_each(|trip| client[node].skip_replies_of(trip));
                }
            }
        }
        requests.len() as f64 / began.elapsed().as_secs_f64()
    }

    /// Requests per second of a program in Node.js.
    fn by_node_redis(&mut self, rival: Rival, crowd: &mut Crowd, count: usize, in_flight: usize) -> f64 {
        // The first requests warm up the program.
        let warm_up = 1000;
        let picked = self.prepared(rival, crowd, warm_up + count);
        let mut lines = String::new();
        for number in picked {
            let commands: Vec<String> = rival
                .commands(crowd, number)
                .iter()
                .map(|words| words.join(" "))
                .collect();
            writeln!(lines, "{}\t{}", rival.routed_by(crowd, number), commands.join("\t")).unwrap();
        }
        let file = env::temp_dir().join(format!("sessions-bench-{}-requests", std::process::id()));
        fs::write(&file, lines).unwrap();
        let numbers = [usize::from(self.nodes.first().port), warm_up, in_flight].map(|number| number.to_string());
        let output = node::script("cluster.mjs")
            .args(numbers)
            .arg(&file)
            .output()
            .expect("node runs");
        drop(fs::remove_file(&file));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let rate = String::from_utf8_lossy(&output.stdout).trim().parse();
        rate.expect("requests per second")
    }

    fn requests(&mut self, rival: Rival, crowd: &mut Crowd, count: usize) -> Vec<Request> {
        let picked = self.prepared(rival, crowd, count);
        picked
            .into_iter()
            .map(|number| {
                let node = self.nodes.owner(&rival.routed_by(crowd, number));
                (node, rival.request(crowd, &mut self.minutes, number))
            })
            .collect()
    }

    /// Sessions in the required state. Each of them was written a moment ago in every store, so that no
    /// store has a warmer cache.
    fn prepared(&mut self, rival: Rival, crowd: &mut Crowd, count: usize) -> Vec<usize> {
        let (picked, changes) = match rival {
            Rival::Within => crowd.changes_within_step(count),
            Rival::First => crowd.changes_to_age(count),
            Rival::Mixed => {
                let (within, changes) = crowd.changes_within_step(count / 2);
                let (first, older) = crowd.changes_to_age(within.len());
                let changes: Vec<Operation> = changes.into_iter().zip(older).flat_map(|(a, b)| [a, b]).collect();
                (
                    within.into_iter().zip(first).flat_map(|(a, b)| [a, b]).collect(),
                    changes,
                )
            }
            _ => {
                let picked = crowd.any(count);
                let request = |&number: &usize| together(&rival.request(crowd, &mut self.minutes, number));
                let touches = picked.iter().map(request).collect();
                (picked, touches)
            }
        };
        let keys = picked.iter().map(|&number| rival.routed_by(crowd, number));
        self.nodes.run(keys.zip(changes));
        picked
    }
}
