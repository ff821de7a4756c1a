//! One slice of work.

use std::time::{Duration, Instant};

use super::acl::Access;
use super::database::Database;
use super::under_way::Work;
use super::{Context, clock, config, failure, info};
use crate::store::{Job, Progress, Store};
use sessions_model::error::Error;
use sessions_model::parts::Part;
use sessions_model::session::Seconds;

/// The longest slice on a busy server.
pub(super) const SLICE: Duration = Duration::from_millis(1);
/// The longest slice on a server that is otherwise almost idle, where most pauses are short.
pub(super) const SHORT_SLICE: Duration = Duration::from_micros(500);

/// The circumstances in which a command begins work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beginning {
    /// The client cannot be blocked.
    InOneGo,
    Alone,
    /// Other work is in progress: commands of several clients may begin work between two slices of
    /// the timer.
    DuringOtherWork,
}

impl Beginning {
    /// `in_progress`: how much other work there is.
    pub(super) const fn during(in_progress: usize) -> Self {
        match in_progress {
            0 => Self::Alone,
            _ => Self::DuringOtherWork,
        }
    }

    /// How long the first slice may be.
    pub(super) const fn budget(self) -> Duration {
        match self {
            Self::InOneGo => Duration::MAX,
            Self::Alone => SLICE,
            Self::DuringOtherWork => Duration::from_micros(250),
        }
    }
}

/// Does a slice of work, including its reply and freeing its memory, and records how long this
/// took.
pub(super) fn timed<T>(slice: impl FnOnce() -> T) -> T {
    let (began, cpu) = (Instant::now(), clock::thread_cpu());
    let done = slice();
    info::sliced(began.elapsed(), clock::thread_cpu().saturating_sub(cpu));
    done
}

/// Works until the budget is used up, with the same time for all steps.
pub(super) fn slice(context: Context<'_>, work: &mut Work, budget: Duration, now: Seconds) -> Result<Progress, Error> {
    let began = Instant::now();
    let access = if work.writes() { Access::ReadWrite } else { Access::Read };
    let database = Database::new(context, access);
    let rules = config::settings(context).rules;
    let (mut elapsed, mut longest_step) = (Duration::ZERO, Duration::ZERO);
    let store = Store::new(&database, rules, Part::Whole, now);
    loop {
        if failure::watched(context, "work in slices", || work.step(&store))? == Progress::Finished {
            return Ok(Progress::Finished);
        }
        let before = std::mem::replace(&mut elapsed, began.elapsed());
        longest_step = longest_step.max(elapsed.saturating_sub(before));
        // Another step may take as long as the longest one so far.
        if elapsed.saturating_add(longest_step) >= budget {
            return Ok(Progress::Unfinished);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_begins_during_other_work_gets_a_quarter_of_a_millisecond() {
        assert_eq!(Beginning::during(0).budget(), Duration::from_millis(1));
        for in_progress in [1, 2, 100] {
            let budget = Beginning::during(in_progress).budget();
            assert_eq!(budget, Duration::from_micros(250), "{in_progress}");
        }
        assert_eq!(Beginning::InOneGo.budget(), Duration::MAX);
    }
}
