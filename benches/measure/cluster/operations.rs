//! What an operation costs on one server without a cluster and on one, two and three primaries. The
//! arrangements take turns.

use std::time::Duration;

use super::nodes::{Nodes, Routed};
use super::{Effort, ids};
use crate::client::operation;
use crate::crowd::{APP, Crowd, DATA, Member, creation};
use crate::server::Server;
use crate::uses::CHANGE;

/// Microseconds of all servers' main threads per operation, and operations per second: one figure
/// per round.
#[derive(Clone, Default)]
pub(super) struct Cost {
    pub(super) cpu: Vec<f64>,
    pub(super) rate: Vec<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A plain command, which shows what the server itself does in a cluster.
    HGetAll,
    GetWithin,
    GetFirst,
    SetWithin,
    Create,
    Kill,
}

impl Kind {
    pub(super) const ALL: [Self; 6] = [
        Self::HGetAll,
        Self::GetWithin,
        Self::GetFirst,
        Self::SetWithin,
        Self::Create,
        Self::Kill,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::HGetAll => "HGETALL of a session",
            Self::GetWithin => "GET within a step",
            Self::GetFirst => "GET, first use in a step",
            Self::SetWithin => "SET within a step",
            Self::Create => "CREATE",
            Self::Kill => "KILL",
        }
    }
}

/// The results of one arrangement of servers.
pub(super) struct Arrangement {
    pub(super) name: String,
    costs: [Cost; Kind::ALL.len()],
}

impl Arrangement {
    pub(super) fn cost(&self, kind: Kind) -> &Cost {
        &self.costs[kind as usize]
    }
}

/// The servers of an arrangement with their sessions.
struct Running {
    measured: Arrangement,
    nodes: Nodes,
    crowd: Crowd,
}

pub(super) fn measure(effort: &Effort) -> Vec<Arrangement> {
    eprintln!("operations without a cluster and on one, two and three primaries");
    let mut all: Vec<Running> = (0..=3).map(|primaries| Running::start(primaries, effort)).collect();
    for round in 0..effort.rounds {
        for kind in Kind::ALL {
            let count = all.len();
            for number in 0..count {
                all[(number + round) % count].round(kind, effort.operations);
            }
        }
    }
    all.into_iter().map(|running| running.measured).collect()
}

pub(super) fn cpu(servers: &[Server]) -> Duration {
    servers.iter().map(Server::cpu).sum()
}

pub(super) fn about(command: &str, token: &str) -> Routed {
    let words = [command.as_bytes(), APP.as_bytes(), token.as_bytes()];
    (token.to_owned(), operation(&words))
}

impl Running {
    /// `primaries` 0: a server that is not in a cluster.
    fn start(primaries: usize, effort: &Effort) -> Self {
        let nodes = Nodes::start(primaries);
        let name = match primaries {
            0 => "no cluster".to_owned(),
            1 => "1 primary".to_owned(),
            more => format!("{more} primaries"),
        };
        Self {
            measured: Arrangement {
                name,
                costs: std::array::from_fn(|_| Cost::default()),
            },
            crowd: nodes.gather(ids(effort.sessions)),
            nodes,
        }
    }

    fn round(&mut self, kind: Kind, count: usize) {
        let Self { measured, nodes, crowd } = self;
        let token = |crowd: &Crowd, number: usize| crowd.members[number].token.clone();
        let (picked, changes) = match kind {
            Kind::HGetAll | Kind::GetWithin | Kind::SetWithin => crowd.changes_within_step(count),
            Kind::GetFirst => crowd.changes_to_age(count),
            Kind::Create | Kind::Kill => (crowd.any(count), Vec::new()),
        };
        nodes.run(picked.iter().map(|&number| token(crowd, number)).zip(changes));
        let operations: Vec<Routed> = picked
            .iter()
            .map(|&number| {
                let Member { token, .. } = &crowd.members[number];
                match kind {
                    Kind::HGetAll => (token.clone(), operation(&[b"HGETALL", crowd.key(number).as_bytes()])),
                    Kind::GetWithin | Kind::GetFirst => about("SESSIONS.GET", token),
                    Kind::SetWithin => {
                        let words = ["SESSIONS.SET", APP, token.as_str(), CHANGE].map(str::as_bytes);
                        (token.clone(), operation(&words))
                    }
                    Kind::Create => (new_id(number), creation(&new_id(number), Some(DATA))),
                    Kind::Kill => about("SESSIONS.KILL", token),
                }
            })
            .collect();
        nodes.measure(operations, &mut measured.costs[kind as usize]);
        match kind {
            Kind::Create => nodes.run(picked.iter().map(|&number| about("SESSIONS.KILLSOID", &new_id(number)))),
            Kind::Kill => {
                let ids: Vec<String> = picked.iter().map(|&number| crowd.members[number].id.clone()).collect();
                for (&number, token) in picked.iter().zip(nodes.fill(&ids)) {
                    crowd.members[number].token = token;
                }
            }
            _ => {}
        }
    }
}

fn new_id(number: usize) -> String {
    format!("new{number}")
}
