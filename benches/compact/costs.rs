//! What the operations of a layout cost: CPU time by replaying them in a pipeline, bytes in memory and in the AOF.

use std::time::Duration;

use crate::bucket::token;
use crate::check::{compare, new_session};
use crate::client::Client;
use crate::compact::Compact;
use crate::head::Form;
use crate::recorder::Recorder;
use crate::server::Server;
use crate::session::{Layout, Random, Truth, Use};
use crate::size::{aof, used};
use crate::stats::median;
use crate::text::{grouped, table as markdown};
use crate::today::Today;

pub(crate) const SESSIONS: usize = 100_000;
pub(crate) const USES: usize = 10_000;
pub(crate) const ROUNDS: usize = 3;
const TTL: u32 = 7200;
const START: u64 = 1_790_000_000;
pub(crate) const SETTING: &str = "hash-max-listpack-value 2048";
pub(crate) const WORKS: [&str; 7] = [
    "GET within a step",
    "GET, first in a step",
    "SET within a step",
    "SET, first in a step",
    "CREATE",
    "KILL",
    "cleanup pass, per session",
];

#[derive(Default)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) memory: f64,
    pub(crate) filling: f64,
    /// CPU of each work in microseconds and bytes in the AOF, one for each round.
    pub(crate) cpu: [Vec<f64>; 7],
    pub(crate) aof: [Vec<f64>; 7],
}

/// The server that an operation decides on, with an AOF, and the one that is measured.
struct Pair<L> {
    layout: L,
    decides: Client,
    measured: Server,
    client: Client,
    _server: Server,
}

impl<L: Layout> Pair<L> {
    fn new(make: impl FnOnce(Recorder) -> L) -> Self {
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

    /// Sends what was recorded to the other server; its CPU time, and the bytes of the AOF with the MULTI and EXEC that
    /// a module's effects stand between.
    fn replay(&mut self, aof_before: f64) -> (Duration, f64) {
        let recording = self.layout.recorder().take();
        let before = self.measured.cpu();
        self.client.run(&recording.operations, 32);
        let took = self.measured.cpu() - before;
        (
            took,
            aof(&mut self.decides) - aof_before + 29.0 * recording.transactions as f64,
        )
    }

    fn work(&mut self, column: &mut Column, work: usize, act: impl FnOnce(&mut L) -> usize) {
        let before = aof(&mut self.decides);
        let count = act(&mut self.layout) as f64;
        let (cpu, bytes) = self.replay(before);
        column.cpu[work].push(cpu.as_nanos() as f64 / 1e3 / count);
        column.aof[work].push(bytes / count);
    }

    fn assert_same(&mut self) {
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
    let mut number = SESSIONS;
    for _ in 0..ROUNDS {
        for (work, later) in [(1, 25), (0, 1), (3, 25), (2, 1)] {
            now += later;
            let tokens: Vec<String> = truth.keys().cloned().collect();
            // Those used a second ago that are still in the same step, or any.
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
    // All but the last used time out.
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
    for (work, name) in WORKS.iter().enumerate() {
        rows.push(row(&format!("{name}, µs"), &|column| {
            format!("{:.2}", median(&column.cpu[work]))
        }));
    }
    rows.push(row("CREATE while the sessions grow, µs", &|column| {
        format!("{:.2}", column.filling)
    }));
    for (work, name) in WORKS.iter().enumerate() {
        rows.push(row(&format!("{name}, bytes of AOF"), &|column| {
            grouped(median(&column.aof[work]))
        }));
    }
    format!(
        "{SESSIONS} sessions of as many ids, {data} bytes of data, medians of {ROUNDS} rounds:\n\n{}",
        markdown(&head, &rows)
    )
}

/// The operations of an id with very many sessions.
pub(crate) fn crowded() -> String {
    let mut rows = Vec::new();
    for sessions in [10, 60, 1000, 10_000] {
        let (today, compact) = (
            crowd(sessions, Today::new),
            crowd(sessions, |recorder| Compact::new(recorder, Form::Split, 24)),
        );
        for (work, name) in ["GET, first in a step", "CREATE", "KILL"].iter().enumerate() {
            rows.push(vec![
                grouped(sessions as f64),
                (*name).to_owned(),
                format!("{:.2}", today[work]),
                format!("{:.2}", compact[work]),
            ]);
        }
    }
    let head = [
        "sessions of the id",
        "operation",
        "today, plain commands",
        "compact, split, 24",
    ];
    format!(
        "Microseconds of server CPU for one id of several sessions, among 10,000 of other ids, 200 bytes of data:\n\n{}",
        markdown(&head, &rows)
    )
}

fn crowd<L: Layout>(sessions: usize, make: impl FnOnce(Recorder) -> L) -> [f64; 3] {
    let mut pair = Pair::new(make);
    let mut random = Random(5);
    let mut make = |layout: &mut L, id: &str, now: u64| {
        let token = token(id, &mut random);
        layout.create(&token, &new_session(id, now, TTL, 200));
        token
    };
    (0..10_000).for_each(|number| drop(make(&mut pair.layout, &format!("user{number}"), START)));
    let mut tokens: Vec<String> = (0..sessions).map(|_| make(&mut pair.layout, "many", START)).collect();
    let mut column = Column::default();
    pair.replay(0.0);
    let count = sessions.min(1000);
    for round in 0..5 {
        let now = START + 30 * (round + 1);
        pair.work(&mut column, 0, |layout| {
            tokens
                .iter()
                .take(count)
                .filter(|token| layout.touch(token, Use::Read, now))
                .count()
        });
        pair.work(&mut column, 2, |layout| {
            let killed = count.div_ceil(4);
            (0..killed).for_each(|_| assert!(layout.kill(&tokens.pop().unwrap(), now)));
            killed
        });
        pair.work(&mut column, 1, |layout| {
            let made = count.div_ceil(4);
            (0..made).for_each(|_| tokens.insert(0, make(layout, "many", now)));
            made
        });
    }
    pair.assert_same();
    [0, 1, 2].map(|work| median(&column.cpu[work]))
}
