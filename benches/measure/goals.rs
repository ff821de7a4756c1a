//! The goals, and whether the run met them.

use crate::Measured;
use crate::costs::Costs;
use crate::stats::{median, ratio};
use crate::text::{grouped, table};
use crate::uses::Work;

pub(crate) struct Goal {
    pub(crate) what: String,
    pub(crate) goal: String,
    pub(crate) result: String,
    pub(crate) met: bool,
}

/// A goal of at most `limit`.
pub(crate) fn at_most(what: &str, limit: f64, found: f64) -> Goal {
    Goal {
        what: what.to_owned(),
        goal: format!("at most {limit:.2}"),
        result: format!("{found:.2}"),
        met: found <= limit,
    }
}

pub(crate) fn at_least(what: &str, limit: f64, found: f64) -> Goal {
    Goal {
        what: what.to_owned(),
        goal: format!("at least {limit:.2}"),
        result: format!("{found:.2}"),
        met: found >= limit,
    }
}

pub(crate) fn as_table(measured: &Measured) -> String {
    table_of(&all(measured))
}

pub(crate) fn table_of(goals: &[Goal]) -> String {
    let rows: Vec<Vec<String>> = goals
        .iter()
        .map(|goal| {
            let verdict = if goal.met { "met" } else { "**missed**" };
            vec![
                goal.what.clone(),
                goal.goal.clone(),
                goal.result.clone(),
                verdict.to_owned(),
            ]
        })
        .collect();
    table(&["what", "goal", "this run", ""], &rows)
}

fn all(measured: &Measured) -> Vec<Goal> {
    let mut goals = Vec::new();
    for size in measured.sizes.iter().filter(|size| size.sessions >= 10_000) {
        let (costs, sessions) = (&size.costs, grouped(size.sessions as f64));
        let of = |than: &str| format!("ratio of GET within a step to {than}, server CPU, {sessions} sessions");
        goals.push(at_most(
            &of("HGETALL of the same hash"),
            2.5,
            costs.ratio(Work::GetWithin, Work::HGetAll),
        ));
        goals.push(at_most(&of("Lua"), 0.2, costs.ratio(Work::GetWithin, Work::GetLua)));
        let first = format!("ratio of GET, first use in a step, to Lua, server CPU, {sessions} sessions");
        goals.push(at_most(&first, 2.0 / 3.0, costs.ratio(Work::GetStepping, Work::GetLua)));
    }
    goals.extend(of_writes(measured.table()));
    let throughput = &measured.throughput;
    goals.push(at_least(
        "ratio of GET to PING, 50 clients, no pipelining, commands per second",
        0.9,
        ratio(&throughput.get, &throughput.ping),
    ));
    for (what, rates) in measured.node_ratios() {
        goals.push(at_least(
            &format!("ratio of {what} from Node.js to redis-sessions, operations per second"),
            2.5,
            rates,
        ));
    }
    goals.push(Goal {
        what: "bytes of AOF per GET within a step".to_owned(),
        goal: "at most 150".to_owned(),
        result: format!("{:.0}", measured.aof),
        met: measured.aof <= 150.0,
    });
    let memory = &measured.memory;
    goals.push(at_most(
        "ratio of memory per session, no data, to redis-sessions",
        1.03,
        memory.module / memory.package,
    ));
    goals.push(Goal {
        what: "ratio of memory per session, 200 bytes of data, recommended setting to default".to_owned(),
        goal: "below 1".to_owned(),
        result: format!("{:.2}", memory.recommended / memory.default),
        met: memory.recommended < memory.default,
    });
    goals.extend(of_latency(measured));
    goals.extend(crate::site::goals(&measured.site));
    goals.extend(measured.rivals.goals());
    let extra = measured.parts.slot / 1e3 / (measured.table().cpu(Work::Create) - measured.parts.slot / 1e3);
    goals.push(at_most(
        "ratio of CREATE to CREATE with plain random tokens (estimated)",
        1.1,
        1.0 + extra,
    ));
    goals
}

fn of_writes(costs: &Costs) -> Vec<Goal> {
    [
        ("CREATE", 0.85, Work::Create, Work::CreateLua),
        ("SET within a step", 1.0 / 3.0, Work::SetWithin, Work::SetLua),
        ("SET, first use in a step", 2.0 / 3.0, Work::SetStepping, Work::SetLua),
        ("KILL", 2.0 / 3.0, Work::Kill, Work::KillLua),
    ]
    .map(|(what, limit, of, to)| {
        at_most(
            &format!("ratio of {what} to Lua, server CPU"),
            limit,
            costs.ratio(of, to),
        )
    })
    .into()
}

fn of_latency(measured: &Measured) -> Vec<Goal> {
    let mut goals = Vec::new();
    for run in measured.latency.iter().filter(|run| run.beside.is_ours()) {
        for (what, limit, own, seen) in [
            (
                "99.9th percentile",
                5.0,
                run.own_percentile(0.999),
                run.percentile(0.999),
            ),
            ("maximum", 20.0, run.own_maximum(), run.maximum()),
        ] {
            goals.push(Goal {
                what: format!("PING during {}, {what}", run.beside.name()),
                goal: format!("under {limit:.0} ms"),
                result: format!("{seen:.2} ms (own {own:.2} ms)"),
                met: seen < limit,
            });
        }
    }
    let (rate, _) = measured.under_load;
    goals.push(Goal {
        what: "timed-out sessions wiped per second while other clients are served".to_owned(),
        goal: "at least 30,000".to_owned(),
        result: grouped(rate),
        met: rate >= 30_000.0,
    });
    goals
}

impl Measured {
    /// The costs at the size of the tables.
    pub(crate) fn table(&self) -> &Costs {
        let size = self.sizes.iter().find(|size| size.sessions == self.effort.table_size);
        &size.expect("the table's size is one of the sizes").costs
    }

    /// For each command from Node.js, the ratio of its rate to the rate of redis-sessions.
    pub(crate) fn node_ratios(&self) -> Vec<(&'static str, f64)> {
        let rates = |library: &str, what: &str| {
            self.node
                .get(&(library.to_owned(), what.to_owned()))
                .map_or(&[][..], Vec::as_slice)
        };
        crate::node::COMMANDS
            .map(|what| (what, ratio(rates("module", what), rates("package", what))))
            .into()
    }

    pub(crate) fn node_rate(&self, library: &str, what: &str) -> f64 {
        self.node
            .get(&(library.to_owned(), what.to_owned()))
            .map_or(0.0, |rates| median(rates))
    }
}
