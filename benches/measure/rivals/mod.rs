//! Alternatives to the module, each tuned as its documentation advises: the server CPU, commands
//! and round trips of a request that reads a session and extends its life, requests per second as
//! clients see them, and bytes per session. Each store has its own server; they are measured in
//! turn.

mod layout;
mod report;

use std::env;
use std::time::Instant;

use crate::client::{Client, Operation, Reply, run_wide};
use crate::crowd::Crowd;
use crate::machine::server_program;
use crate::memory::recommendation;
use crate::server::{Server, info};
use crate::size::used;
use crate::uses::CONNECTIONS;
pub(crate) use layout::{Layout, Rival, first_minutes, together};
pub(crate) use report::document;
use sessions_model::index::Step;

/// With this step, half of the uses are first uses if users click every half minute.
const STEP: Step = Step::LONGEST;
/// Connections that each have one request in flight.
pub(crate) const CLIENTS: usize = 50;
pub(crate) const DEPTH: usize = 32;
/// One client alone spends most of its time waiting: fewer requests are enough.
pub(crate) const ALONE: usize = 10;

pub(crate) struct Effort {
    pub(crate) rounds: usize,
    pub(crate) sessions: usize,
    /// Requests per round.
    pub(crate) requests: usize,
}

pub(crate) struct Rivals {
    pub(crate) effort: Effort,
    pub(crate) servers: Vec<OnServer>,
}

/// The measurements on one server program, for the stores whose commands it has.
pub(crate) struct OnServer {
    pub(crate) name: String,
    pub(crate) rows: Vec<Row>,
}

pub(crate) struct Row {
    pub(crate) rival: Rival,
    /// Commands and round trips per request.
    pub(crate) commands: f64,
    pub(crate) round_trips: f64,
    /// Bytes of `used_memory` per session.
    pub(crate) bytes: f64,
    pub(crate) rounds: Vec<Round>,
}

/// One round of one kind of request.
pub(crate) struct Round {
    /// Microseconds of server CPU per request, in pipelines.
    pub(crate) cpu: f64,
    /// Requests per second: in pipelines, with one request in flight on each of many connections,
    /// and of one connection alone.
    pub(crate) pipelined: f64,
    pub(crate) many: f64,
    pub(crate) alone: f64,
}

/// A store with its sessions.
struct Store {
    layout: Layout,
    server: Server,
    bytes: f64,
    minutes: Vec<usize>,
}

/// Measures on the server programs that `SESSIONS_BENCH_SERVERS` lists, separated by colons.
pub(crate) fn measure(effort: Effort) -> Rivals {
    let programs = env::var("SESSIONS_BENCH_SERVERS").unwrap_or_else(|_| server_program());
    let servers = programs
        .split(':')
        .filter(|program| !program.is_empty())
        .map(|program| on_server(program, &effort))
        .collect();
    Rivals { effort, servers }
}

fn on_server(program: &str, effort: &Effort) -> OnServer {
    let setting = format!("sessions.index-step {}", STEP.seconds());
    let server = Server::start_program(program, &[&recommendation(), &setting], None);
    let mut client = server.connect();
    let name = name_of(&mut client);
    eprintln!("rivals on {name}");
    let before = used(&mut client);
    let mut crowd = Crowd::gather(&mut client, effort.sessions);
    crowd.step = STEP;
    let bytes = (used(&mut client) - before) / effort.sessions as f64;
    let mut stores = vec![Store {
        layout: Layout::Module,
        server,
        bytes,
        minutes: Vec::new(),
    }];
    for layout in Layout::ALL {
        if layout != Layout::Module
            && layout
                .requires()
                .is_none_or(|command| has_command(&mut client, command))
        {
            stores.push(Store::fill(program, layout, &crowd));
        }
    }
    let mut rows: Vec<Row> = Vec::new();
    for round in 0..effort.rounds {
        for rival in Rival::ALL {
            let Some(store) = stores.iter_mut().find(|store| store.layout == rival.layout()) else {
                continue;
            };
            let (measured, trips) = store.round(rival, &mut crowd, effort.requests);
            match rows.iter_mut().find(|row| row.rival == rival) {
                Some(row) => row.rounds.push(measured),
                None => {
                    debug_assert_eq!(round, 0);
                    let requests = trips.len() as f64;
                    let all = trips.iter().flatten();
                    rows.push(Row {
                        rival,
                        commands: all.map(Operation::commands).sum::<usize>() as f64 / requests,
                        round_trips: trips.iter().map(Vec::len).sum::<usize>() as f64 / requests,
                        bytes: store.bytes,
                        rounds: vec![measured],
                    });
                }
            }
        }
    }
    OnServer { name, rows }
}

/// Such as "Redis 8.2.3 (jemalloc)".
pub(crate) fn name_of(client: &mut Client) -> String {
    let server = info(client, "server");
    let memory = info(client, "memory");
    let of = |name: &str| server.get(name).cloned();
    let product = match of("valkey_version") {
        Some(version) => format!("Valkey {version}"),
        None => format!("Redis {}", of("redis_version").unwrap_or_default()),
    };
    let allocator = memory.get("mem_allocator").map_or("", String::as_str);
    format!("{product} ({})", allocator.split('-').next().unwrap_or(""))
}

pub(crate) fn has_command(client: &mut Client, command: &str) -> bool {
    matches!(client.call(&["COMMAND", "INFO", command]), Reply::Array(found)
        if matches!(found.first(), Some(Reply::Array(_))))
}

/// Fails unless a request finds a session.
fn check(client: &mut Client, layout: Layout, crowd: &Crowd) {
    let rival = Rival::ALL.into_iter().find(|rival| rival.layout() == layout).unwrap();
    let request = rival.request(crowd, &mut first_minutes(1), 0);
    let read = client.ask(&request[..1], 1).remove(0);
    for _ in 1..request[0].commands() {
        client.reply();
    }
    let is_found = match &read {
        Reply::Text(text) => !text.is_empty(),
        Reply::Array(values) => !matches!(values.first(), None | Some(Reply::Null)),
        _ => false,
    };
    assert!(is_found, "{layout:?} finds no session: {read:?}");
}

impl Store {
    fn fill(program: &str, layout: Layout, crowd: &Crowd) -> Self {
        // All stores gain from what the example configuration recommends for hashes.
        let setting = recommendation();
        let settings = [&[setting.as_str()], layout.settings()].concat();
        let server = Server::start_plain(program, &settings);
        let mut client = server.connect();
        let before = used(&mut client);
        let count = crowd.members.len();
        for first in (0..count).step_by(10_000) {
            let creations: Vec<Operation> = (first..count.min(first + 10_000))
                .map(|number| layout.creation(crowd, number))
                .collect();
            client.run(&creations, 64);
        }
        check(&mut client, layout, crowd);
        Self {
            layout,
            bytes: (used(&mut client) - before) / count as f64,
            minutes: first_minutes(count),
            server,
        }
    }

    /// Makes `count` requests in each way; also returns the requests.
    fn round(&mut self, rival: Rival, crowd: &mut Crowd, count: usize) -> (Round, Vec<Vec<Operation>>) {
        let requests = self.requests(rival, crowd, count);
        let piped: Vec<Operation> = requests.iter().map(|trips| together(trips)).collect();
        let mut clients: Vec<Client> = (0..CONNECTIONS).map(|_| self.server.connect()).collect();
        let (before, began) = (self.server.cpu(), Instant::now());
        run_wide(&mut clients, &piped, DEPTH);
        let pipelined = piped.len() as f64 / began.elapsed().as_secs_f64();
        let cpu = (self.server.cpu() - before).as_nanos() as f64 / 1e3 / piped.len() as f64;
        drop(clients);
        let many = self.one_in_flight(rival, crowd, count, CLIENTS);
        let alone = self.one_in_flight(rival, crowd, count / ALONE, 1);
        let round = Round {
            cpu,
            pipelined,
            many,
            alone,
        };
        (round, requests)
    }

    /// Requests per second over TCP, each connection waiting for each reply.
    fn one_in_flight(&mut self, rival: Rival, crowd: &mut Crowd, count: usize, connections: usize) -> f64 {
        let requests = self.requests(rival, crowd, count);
        let mut clients: Vec<Client> = (0..connections)
            .map(|_| Client::connect_to_port(self.server.port).unwrap())
            .collect();
        let most = requests.iter().map(Vec::len).max().unwrap_or(0);
        let began = Instant::now();
        for wave in requests.chunks(connections) {
            for trip in 0..most {
                let trips = || wave.iter().map(|trips| trips.get(trip));
                for (client, trip) in clients.iter_mut().zip(trips()) {
                    trip.into_iter().for_each(|trip| client.send_one(trip));
                }
                for (client, trip) in clients.iter_mut().zip(trips()) {
                    trip.into_iter().for_each(|trip| client.skip_replies_of(trip));
                }
            }
        }
        requests.len() as f64 / began.elapsed().as_secs_f64()
    }

    /// Requests for sessions in the required state. In each store these sessions were touched a
    /// moment before, so that no store has a warmer cache.
    fn requests(&mut self, rival: Rival, crowd: &mut Crowd, count: usize) -> Vec<Vec<Operation>> {
        let mut client = self.server.connect();
        let picked = match rival {
            Rival::Within => crowd.within_step(&mut client, count),
            Rival::First => crowd.aged(&mut client, count),
            Rival::Mixed => {
                let within = crowd.within_step(&mut client, count / 2);
                let first = crowd.aged(&mut client, within.len());
                within.into_iter().zip(first).flat_map(|(a, b)| [a, b]).collect()
            }
            _ => crowd.any(count),
        };
        if rival.layout() != Layout::Module {
            let touches: Vec<Operation> = picked
                .iter()
                .map(|&number| together(&rival.request(crowd, &mut self.minutes, number)))
                .collect();
            client.run(&touches, 64);
        }
        picked
            .iter()
            .map(|&number| rival.request(crowd, &mut self.minutes, number))
            .collect()
    }
}
