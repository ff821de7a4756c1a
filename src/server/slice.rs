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
/// The longest slice on a server that is otherwise almost idle.
pub(super) const LONG_SLICE: Duration = Duration::from_micros(1750);
/// The longest slice of work that a command begins while other work is in progress: commands of
/// several clients may begin work between two slices of the timer.
pub(super) const FIRST_OF_SEVERAL: Duration = Duration::from_micros(250);

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
