//! Rounds of measurements, and how costs grow with the number of sessions.

use std::collections::BTreeMap;

use crate::Effort;
use crate::client::Client;
use crate::crowd::Crowd;
use crate::scripts::{self, Scripts};
use crate::server::Server;
use crate::stats::{median, ratio};
use crate::uses::{self, Cost, Work};

/// Each round's costs of each work.
pub(crate) struct Costs(BTreeMap<Work, Vec<Cost>>);

impl Costs {
    fn all(&self, work: Work, of: impl Fn(&Cost) -> f64) -> Vec<f64> {
        self.0.get(&work).into_iter().flatten().map(of).collect()
    }

    pub(crate) fn cpu(&self, work: Work) -> f64 {
        median(&self.all(work, |cost| cost.cpu))
    }

    pub(crate) fn inside(&self, work: Work) -> f64 {
        median(&self.all(work, |cost| cost.inside))
    }

    /// The ratio of one work's CPU time to another's.
    pub(crate) fn ratio(&self, of: Work, to: Work) -> f64 {
        ratio(&self.all(of, |cost| cost.cpu), &self.all(to, |cost| cost.cpu))
    }
}

/// The costs at one number of sessions.
pub(crate) struct Size {
    pub(crate) sessions: usize,
    pub(crate) costs: Costs,
}

fn side_by_side(server: &Server, crowd: &mut Crowd, works: &[Work], effort: &Effort) -> Costs {
    let mut client = server.connect();
    let sources = Scripts::load(&mut client);
    scripts::check(&mut client, &sources, crowd);
    let mut costs: BTreeMap<Work, Vec<Cost>> = BTreeMap::new();
    for _ in 0..effort.rounds {
        for &work in works {
            costs
                .entry(work)
                .or_default()
                .push(round(server, crowd, &sources, work, effort.operations));
        }
    }
    Costs(costs)
}

/// Measures one round. With few sessions, it goes through all of them several times.
fn round(server: &Server, crowd: &mut Crowd, scripts: &Scripts, work: Work, operations: usize) -> Cost {
    let times = (operations / 4 / crowd.members.len()).max(1);
    let costs: Vec<Cost> = (0..times)
        .map(|_| uses::measure(server, crowd, scripts, work, operations))
        .collect();
    Cost {
        cpu: median(&costs.iter().map(|cost| cost.cpu).collect::<Vec<_>>()),
        inside: median(&costs.iter().map(|cost| cost.inside).collect::<Vec<_>>()),
    }
}

/// Measures at each of the sizes; at the end, `crowd` has as many sessions as the last size. At the
/// size of the tables all works are measured, at the other sizes only the works of `GROWTH`.
pub(crate) fn growth(server: &Server, crowd: &mut Crowd, effort: &Effort) -> Vec<Size> {
    let mut client: Client = server.connect();
    let mut sizes = Vec::new();
    for &sessions in effort.sizes {
        eprintln!("costs at {sessions} sessions");
        crowd.grow(&mut client, sessions);
        let works: &[Work] = if sessions == effort.table_size {
            &Work::ALL
        } else {
            &Work::GROWTH
        };
        let costs = side_by_side(server, crowd, works, effort);
        sizes.push(Size { sessions, costs });
    }
    sizes
}
