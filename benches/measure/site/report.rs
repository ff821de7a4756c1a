//! The text about a site as it is.

use super::visits::{CLICKS_APART, OPEN, VISIT};
use super::{Run, Second, Site, Window};
use crate::goals::{Goal, at_most};
use crate::stats::{maximum, median, ratio};
use crate::text::{grouped, table};

impl Run {
    fn all(&self, of: impl Fn(&Second) -> f64) -> Vec<f64> {
        self.seconds.iter().map(of).collect()
    }

    fn ratio(&self) -> f64 {
        ratio(&self.all(|second| second.cpu), &self.all(|second| second.hgetall))
    }

    /// The share of uses that write indexes.
    fn share(&self) -> f64 {
        let uses: usize = self.seconds.iter().map(|second| second.uses).sum();
        let indexed: usize = self.seconds.iter().map(|second| second.indexed).sum();
        indexed as f64 / uses.max(1) as f64
    }
}

impl Window {
    /// The relative errors, with their sign.
    fn errors(&self) -> Vec<f64> {
        let pairs = self.replies.iter().zip(&self.truths);
        pairs.map(|(reply, truth)| (reply - truth) / truth.max(1.0)).collect()
    }

    fn largest_error(&self) -> f64 {
        maximum(&self.errors().into_iter().map(f64::abs).collect::<Vec<_>>())
    }
}

pub(crate) fn goals(site: &Site) -> Vec<Goal> {
    let mut goals = Vec::new();
    for run in &site.runs {
        let sessions = grouped(site.sessions as f64);
        if run.step == 60 {
            let what =
                format!("ratio of an average use of a site to HGETALL, server CPU, {sessions} sessions, steps of 60 s");
            goals.push(at_most(&what, 2.5, run.ratio()));
        }
        for window in run.windows.iter().filter(|window| window.name.starts_with("ACTIVITY")) {
            let error = window.largest_error();
            goals.push(Goal {
                what: format!("largest error of {}, steps of {} s", window.name, run.step),
                goal: "at most 1 %".to_owned(),
                result: percent(error),
                met: error <= 0.01,
            });
        }
    }
    goals
}

fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

/// A section of the page.
pub(crate) fn document(site: &Site) -> String {
    let costs: Vec<Vec<String>> = site
        .runs
        .iter()
        .map(|run| {
            vec![
                run.step.to_string(),
                grouped(median(&run.all(|second| second.uses as f64))),
                percent(run.share()),
                format!("{:.2}", median(&run.all(|second| second.cpu))),
                format!("{:.2}", median(&run.all(|second| second.hgetall))),
                format!("{:.2}", run.ratio()),
            ]
        })
        .collect();
    let windows: Vec<Vec<String>> = site
        .runs
        .iter()
        .flat_map(|run| run.windows.iter().map(|window| (run.step, window)))
        .map(|(step, window)| {
            let errors = window.errors();
            vec![
                format!("`{}`", window.name),
                step.to_string(),
                grouped(median(&window.truths)),
                format!(
                    "{:+.2} %",
                    errors.iter().sum::<f64>() / errors.len().max(1) as f64 * 100.0
                ),
                percent(window.largest_error()),
                format!("{:.2}", median(&window.milliseconds)),
            ]
        })
        .collect();
    let head = [
        "`sessions.index-step`",
        "uses per second",
        "uses that write indexes",
        "average use, µs",
        "HGETALL, µs",
        "ratio of use to HGETALL",
    ];
    format!(
        "## A site as it is\n\n{} sessions, each of another user. Visits begin at random and last {:.0} minutes on average, \
         clicks are {CLICKS_APART:.0} s apart on average, both exponentially distributed; about {} visits are open at a time. \
         Each click is a SESSIONS.GET. Each second's clicks are made in that second by the real clock, for {} seconds per step, \
         in pipelines; *HGETALL* reads as many other sessions of open visits. Microseconds of server CPU, medians of the \
         seconds.\n\n{}\n\
         Each second the counts are compared with the truth, which the benchmark knows of its visitors. *Mean error* is signed; \
         *ms* is the time until the reply.\n\n{}\n[The index step](index-step.md) says what these errors depend on.",
        grouped(site.sessions as f64),
        VISIT / 60.0,
        grouped(site.sessions as f64 * OPEN),
        site.runs.iter().map(|run| run.seconds.len()).max().unwrap_or(0),
        table(&head, &costs),
        table(
            &["question", "step, s", "truth", "mean error", "largest error", "ms"],
            &windows
        ),
    )
}
