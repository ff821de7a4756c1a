//! What the operations of a layout cost: CPU time, measured by replaying them in a pipeline, and
//! bytes in memory and in the AOF.

use std::time::Duration;

use crate::bucket::token;
use crate::check::{compare, new_session};
use crate::client::Client;
use crate::compact::Compact;
use crate::head::Form;
use crate::recorder::Recorder;
use crate::server::Server;
use crate::session::{Buckets, Layout, Random, Truth, Use};
use crate::size::{aof, used};
use crate::stats::median;
use crate::text::{grouped, table as markdown};
use crate::today::Today;

pub(crate) const SESSIONS: usize = 100_000;
pub(crate) const USES: usize = 10_000;
pub(crate) const ROUNDS: usize = 3;
pub(crate) const TTL: u32 = 7200;
pub(crate) const START: u64 = 1_790_000_000;
pub(crate) const SETTING: &str = "hash-max-listpack-value 2048";
pub(crate) const WORKS: [&str; 8] = [
    "GET within a step",
    "GET, first in a step",
    "SET within a step",
    "SET, first in a step",
    "CREATE",
    "KILL",
    "cleanup pass, per session",
    "KILL while the sessions become fewer",
];

#[derive(Default)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) memory: f64,
    pub(crate) filling: f64,
    /// Read when all sessions have been created.
    pub(crate) buckets: Option<Buckets>,
    /// CPU microseconds of each kind of work and bytes in the AOF, one value per round.
    pub(crate) cpu: [Vec<f64>; 8],
    pub(crate) aof: [Vec<f64>; 8],
}

/// Two servers: the one with an AOF, on which operations read and decide, and the one that is
/// measured.
pub(crate) struct Pair<L> {
    pub(crate) layout: L,
    decides: Client,
    measured: Server,
    pub(crate) client: Client,
    _server: Server,
}

impl<L: Layout> Pair<L> {
    pub(crate) fn new(make: impl FnOnce(Recorder) -> L) -> Self {
        let settings = [
            SETTING,
            "appendonly yes",
            "appendfsync no",
            "auto-aof-rewrite-percentage 0",
        ];
        let (server, measured) = (Server::start(&settings, None), Server::start(&[SETTING], None));
        let layout = make(Recorder::new(server.connect()));
        Self {
            layout,
            decides: server.connect(),
            client: measured.connect(),
            measured,
            _server: server,
        }
    }

    /// Sends what was recorded to the measured server. Returns its CPU time and the bytes of the
    /// AOF, including the MULTI and EXEC that a module's effects are wrapped in.
    pub(crate) fn replay(&mut self, aof_before: f64) -> (Duration, f64) {
        let recording = self.layout.recorder().take();
        let before = self.measured.cpu();
        self.client.run(&recording.operations, 32);
        let took = self.measured.cpu() - before;
        (
            took,
            aof(&mut self.decides) - aof_before + 29.0 * recording.transactions as f64,
        )
    }

    pub(crate) fn work(&mut self, column: &mut Column, work: usize, act: impl FnOnce(&mut L) -> usize) {
        let before = aof(&mut self.decides);
        let count = act(&mut self.layout) as f64;
        let (cpu, bytes) = self.replay(before);
        column.cpu[work].push(cpu.as_nanos() as f64 / 1e3 / count);
        column.aof[work].push(bytes / count);
    }

    pub(crate) fn assert_same(&mut self) {
        let digest = |client: &mut Client| client.call(&["DEBUG", "DIGEST"]).text();
        assert_eq!(
            digest(&mut self.decides),
            digest(&mut self.client),
            "the replay ended with other data"
        );
    }
}

pub(crate) fn today(data: usize) -> Column {
    measure("today, plain commands", data, Today::new, |_, _, _| {})
}

pub(crate) fn compact(data: usize, form: Form, load: u64) -> Column {
    let name = format!("compact, {form:?}, {load}").to_lowercase();
    measure(&name, data, |recorder| Compact::new(recorder, form, load), compare)
}

fn measure<L: Layout>(
    name: &str,
    data: usize,
    make: impl FnOnce(Recorder) -> L,
    check: impl Fn(&mut L, &Truth, u64),
) -> Column {
    eprintln!("{name}, {data} bytes");
    let mut pair = Pair::new(make);
    let mut column = Column {
        name: name.to_owned(),
        ..Column::default()
    };
    let (mut random, mut now, mut truth) = (Random(11), START, Truth::new());
    let before = used(&mut pair.client);
    let mut filling = Vec::new();
    let create = |layout: &mut L, truth: &mut Truth, random: &mut Random, now: u64, number: usize| {
        let session = new_session(&format!("user{number:06}"), now, TTL, data);
        let token = token(&session.id, random);
        layout.create(&token, &session);
        truth.insert(token, session);
    };
    for first in (0..SESSIONS).step_by(10_000) {
        (first..first + 10_000).for_each(|number| create(&mut pair.layout, &mut truth, &mut random, now, number));
        filling.push(pair.replay(0.0).0.as_nanos() as f64 / 1e7);
    }
    column.filling = median(&filling[5..]);
    column.memory = (used(&mut pair.client) - before) / SESSIONS as f64;
    column.buckets = pair.layout.buckets_by_size();
    pair.replay(0.0);
    let mut number = SESSIONS;
    for _ in 0..ROUNDS {
        for (work, later) in [(1, 25), (0, 1), (3, 25), (2, 1)] {
            now += later;
            let tokens: Vec<String> = truth.keys().cloned().collect();
            // One second after the last use: only sessions that are still in the same step.
            // Otherwise any.
            let picked: Vec<String> = if later == 1 {
                let recent = |token: &&String| truth[*token].la + 1 == now;
                tokens.iter().filter(recent).cloned().collect()
            } else {
                random
                    .pick(USES, tokens.len())
                    .into_iter()
                    .map(|place| tokens[place].clone())
                    .collect()
            };
            let new = random.text(data.max(1)).into_bytes();
            let usage = if work < 2 { Use::Read } else { Use::Write(&new) };
            pair.work(&mut column, work, |layout| {
                for token in &picked {
                    assert!(layout.touch(token, usage, now));
                    usage.apply(truth.get_mut(token).unwrap(), now);
                }
                picked.len()
            });
        }
        let tokens: Vec<String> = truth.keys().cloned().collect();
        let picked = random.pick(USES / 2, tokens.len());
        pair.work(&mut column, 5, |layout| {
            picked.iter().filter(|&&place| layout.kill(&tokens[place], now)).count()
        });
        picked.iter().for_each(|&place| drop(truth.remove(&tokens[place])));
        pair.work(&mut column, 4, |layout| {
            (0..USES / 2).for_each(|more| create(layout, &mut truth, &mut random, now, number + more));
            USES / 2
        });
        number += USES / 2;
    }
    // Half of the sessions are removed before buckets are merged, then half of the rest.
    for (rest, works) in [(2, None), (4, Some(7))] {
        let mut tokens: Vec<String> = truth.keys().cloned().collect();
        let killed = tokens.len() - SESSIONS / rest;
        let picked = random.pick(killed, tokens.len());
        let picked: Vec<String> = picked
            .into_iter()
            .map(|place| std::mem::take(&mut tokens[place]))
            .collect();
        let kill = |layout: &mut L| picked.iter().filter(|token| layout.kill(token, now)).count();
        match works {
            Some(work) => pair.work(&mut column, work, kill),
            None => {
                kill(&mut pair.layout);
                pair.replay(0.0);
            }
        }
        picked.iter().for_each(|token| drop(truth.remove(token)));
    }
    // All sessions but the most recently used time out.
    now += u64::from(TTL) - 10;
    let left = truth.len();
    let due = now + 20;
    truth.retain(|_, session| session.is_live(due));
    pair.work(&mut column, 6, |layout| layout.clean(due));
    assert!(truth.len() < left, "nothing timed out");
    pair.assert_same();
    check(&mut pair.layout, &truth, due);
    column
}

pub(crate) fn table(data: usize, columns: &[Column]) -> String {
    let mut head = vec![""];
    head.extend(columns.iter().map(|column| column.name.as_str()));
    let row = |name: &str, value: &dyn Fn(&Column) -> String| -> Vec<String> {
        std::iter::once(name.to_owned())
            .chain(columns.iter().map(value))
            .collect()
    };
    let mut rows = vec![row("memory, bytes per session", &|column| grouped(column.memory))];
    let or_nothing = |values: &[f64], text: &dyn Fn(f64) -> String| {
        let median = (!values.is_empty()).then(|| median(values));
        median.map(text).unwrap_or_default()
    };
    for (work, name) in WORKS.iter().enumerate() {
        rows.push(row(&format!("{name}, µs"), &|column| {
            or_nothing(&column.cpu[work], &|time| format!("{time:.2}"))
        }));
    }
    rows.push(row("CREATE while the sessions grow, µs", &|column| {
        format!("{:.2}", column.filling)
    }));
    for (work, name) in WORKS.iter().enumerate() {
        rows.push(row(&format!("{name}, bytes of AOF"), &|column| {
            or_nothing(&column.aof[work], &grouped)
        }));
    }
    let mut of_buckets = |name: &str, value: &dyn Fn(&Buckets) -> String| {
        rows.push(row(name, &|column| {
            column.buckets.as_ref().map(value).unwrap_or_default()
        }));
    };
    of_buckets("buckets", &|buckets| grouped(buckets.count as f64));
    of_buckets("sessions in the fullest bucket", &|buckets| buckets.most.to_string());
    of_buckets("bytes of the largest bucket", &|buckets| {
        grouped(buckets.largest as f64)
    });
    of_buckets("buckets above 10 KB", &|buckets| {
        format!("{:.0} %", 100.0 * buckets.above as f64 / buckets.count as f64)
    });
    format!(
        "{SESSIONS} sessions of as many ids, {data} bytes of data, medians of {ROUNDS} rounds:\n\n{}",
        markdown(&head, &rows)
    )
}
