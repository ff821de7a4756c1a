//! The goals, and whether this run met them.

use crate::Measured;
use crate::costs::Costs;
use crate::stats::{median, ratio};
use crate::text::{grouped, table};
use crate::uses::Work;

struct Goal {
    what: String,
    goal: String,
    result: String,
    met: bool,
}

/// At most `limit` times.
fn at_most(what: &str, limit: f64, found: f64) -> Goal {
    Goal {
        what: what.to_owned(),
        goal: format!("at most {limit:.2}"),
        result: format!("{found:.2}"),
        met: found <= limit,
    }
}

fn at_least(what: &str, limit: f64, found: f64) -> Goal {
    Goal {
        what: what.to_owned(),
        goal: format!("at least {limit:.2}"),
        result: format!("{found:.2}"),
        met: found >= limit,
    }
}

pub(crate) fn as_table(measured: &Measured) -> String {
    let rows: Vec<Vec<String>> = all(measured)
        .into_iter()
        .map(|goal| {
            let verdict = if goal.met { "met" } else { "**missed**" };
            vec![goal.what, goal.goal, goal.result, verdict.to_owned()]
        })
        .collect();
    table(&["what", "goal", "this run", ""], &rows)
}

fn all(measured: &Measured) -> Vec<Goal> {
    let mut goals = Vec::new();
    for size in measured.sizes.iter().filter(|size| size.sessions >= 10_000) {
        let (costs, sessions) = (&size.costs, grouped(size.sessions as f64));
        let of = |than: &str| format!("GET within a step : {than}, server CPU, {sessions} sessions");
        goals.push(at_most(
            &of("HGETALL of the same hash"),
            2.5,
            costs.ratio(Work::GetWithin, Work::HGetAll),
        ));
        goals.push(at_most(&of("Lua"), 0.2, costs.ratio(Work::GetWithin, Work::GetLua)));
        let first = format!("GET, first use in a step : Lua, server CPU, {sessions} sessions");
        goals.push(at_most(&first, 2.0 / 3.0, costs.ratio(Work::GetStepping, Work::GetLua)));
    }
    goals.extend(of_writes(measured.table()));
    let throughput = &measured.throughput;
    goals.push(at_least(
        "GET : PING, 50 clients, no pipelining, commands a second",
        0.9,
        ratio(&throughput.get, &throughput.ping),
    ));
    for (what, rates) in measured.node_ratios() {
        goals.push(at_least(
            &format!("{what} from Node.js : redis-sessions, operations a second"),
            2.5,
            rates,
        ));
    }
    goals.push(Goal {
        what: "bytes of AOF a GET within a step".to_owned(),
        goal: "at most 150".to_owned(),
        result: format!("{:.0}", measured.aof),
        met: measured.aof <= 150.0,
    });
    let memory = &measured.memory;
    goals.push(at_most(
        "memory a session, no data : redis-sessions",
        1.03,
        memory.module / memory.package,
    ));
    goals.push(Goal {
        what: "memory a session, 200 bytes of data, recommended setting : default".to_owned(),
        goal: "below 1".to_owned(),
        result: format!("{:.2}", memory.recommended / memory.default),
        met: memory.recommended < memory.default,
    });
    goals.extend(of_latency(measured));
    let extra = measured.parts.slot / 1e3 / (measured.table().cpu(Work::Create) - measured.parts.slot / 1e3);
    goals.push(at_most(
        "CREATE : CREATE with plain random tokens (estimated)",
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
    .map(|(what, limit, of, to)| at_most(&format!("{what} : Lua, server CPU"), limit, costs.ratio(of, to)))
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
                what: format!("PING beside {}, {what}", run.beside.name()),
                goal: format!("under {limit:.0} ms"),
                result: format!("{seen:.2} ms (own {own:.2} ms)"),
                met: seen < limit,
            });
        }
    }
    let (rate, _) = measured.under_load;
    goals.push(Goal {
        what: "timed-out sessions wiped a second while others are served".to_owned(),
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

    /// How many times as fast as redis-sessions each command is from Node.js.
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
