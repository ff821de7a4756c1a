//! What an id with very many sessions costs.

use crate::bucket::token;
use crate::check::new_session;
use crate::compact::Compact;
use crate::costs::{Column, Pair, START, TTL};
use crate::head::Form;
use crate::recorder::Recorder;
use crate::session::{Layout, Random, Use};
use crate::size::used;
use crate::stats::median;
use crate::text::{grouped, table as markdown};
use crate::today::Today;

const SIZES: [usize; 4] = [10, 60, 1000, 10_000];
const OTHERS: usize = 10_000;
const DATA: usize = 200;
const ROUNDS: u64 = 5;
const PAGE: usize = 50;
const OPERATIONS: [&str; 4] = ["GET, first in a step", "CREATE", "KILL", "SOID LIMIT 0 50"];

pub(crate) fn table() -> String {
    let mut rows = Vec::new();
    for sessions in SIZES {
        eprintln!("an id of {sessions} sessions");
        let (today, compact) = (
            measure(sessions, Today::new),
            measure(sessions, |recorder| Compact::new(recorder, Form::Split, 24)),
        );
        let mut row = |name: &str, cell: &dyn Fn(&Column) -> String| {
            rows.push(vec![
                grouped(sessions as f64),
                name.to_owned(),
                cell(&today),
                cell(&compact),
            ]);
        };
        // What else the server keeps hides the memory of few sessions.
        if sessions >= 1000 {
            row("memory, bytes per session", &|column| grouped(column.memory));
        }
        for (work, name) in OPERATIONS.iter().enumerate() {
            row(&format!("{name}, µs"), &|column| {
                format!("{:.2}", median(&column.cpu[work]))
            });
        }
    }
    let head = ["sessions of the id", "", "today, plain commands", "compact, split, 24"];
    format!(
        "One id with several sessions, among {} sessions of as many other ids, {DATA} bytes of data, medians of {ROUNDS} \
         rounds:\n\n{}",
        grouped(OTHERS as f64),
        markdown(&head, &rows)
    )
}

fn measure<L: Layout>(sessions: usize, make: impl FnOnce(Recorder) -> L) -> Column {
    let mut pair = Pair::new(make);
    let mut random = Random(5);
    let mut make = |layout: &mut L, id: &str, now: u64| {
        let token = token(id, &mut random);
        layout.create(&token, &new_session(id, now, TTL, DATA));
        token
    };
    (0..OTHERS).for_each(|number| drop(make(&mut pair.layout, &format!("user{number}"), START)));
    pair.replay(0.0);
    let before = used(&mut pair.client);
    let mut tokens: Vec<String> = (0..sessions).map(|_| make(&mut pair.layout, "many", START)).collect();
    let mut column = Column::default();
    pair.replay(0.0);
    column.memory = (used(&mut pair.client) - before) / sessions as f64;
    let count = sessions.min(1000);
    for round in 0..ROUNDS {
        let now = START + 30 * (round + 1);
        pair.work(&mut column, 0, |layout| {
            tokens
                .iter()
                .take(count)
                .filter(|token| layout.touch(token, Use::Read, now))
                .count()
        });
        pair.work(&mut column, 3, |layout| {
            assert_eq!(layout.page("many", PAGE), sessions.min(PAGE));
            1
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
    column
}
