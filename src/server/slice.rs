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

/// The longest slice.
pub(super) const SLICE: Duration = Duration::from_millis(1);

/// Works until the budget is used up; all of it happens at one moment.
pub(super) fn slice(context: Context<'_>, work: &mut Work, budget: Duration, now: Seconds) -> Result<Progress, Error> {
    let (began, cpu) = (Instant::now(), clock::thread_cpu());
    let access = if work.writes() { Access::ReadWrite } else { Access::Read };
    let database = Database::new(context, access);
    let rules = config::settings(context).rules;
    let (mut elapsed, mut longest_step) = (Duration::ZERO, Duration::ZERO);
    let store = Store::new(&database, rules, Part::Whole, now);
    let progress = loop {
        if failure::watched(context, "work in slices", || work.step(&store))? == Progress::Finished {
            break Progress::Finished;
        }
        let before = std::mem::replace(&mut elapsed, began.elapsed());
        longest_step = longest_step.max(elapsed.saturating_sub(before));
        // Stops while another step still fits.
        if elapsed.saturating_add(longest_step) >= budget {
            break Progress::Unfinished;
        }
    };
    info::sliced(began.elapsed(), clock::thread_cpu().saturating_sub(cpu));
    Ok(progress)
}
