//! The timed cleanup pass over all databases, one after the other.

use std::time::Duration;

use super::acl::Access;
use super::database::Database;
use super::guard::guarded;
use super::slice;
use super::under_way::{Caller, Running};
use super::{Context, clock, config, info, log};
use crate::store::Progress;
use sessions_model::error::Error;
use sessions_model::keys::Keys;

/// If one part or database cannot be processed, the pass continues with the others. Parts that are
/// being moved are left to the next pass, or to the pass of the other server.
pub(super) fn slice(context: Context<'_>, pass: &mut Running, budget: Duration) -> Result<Progress, Error> {
    if !context.select(pass.database) {
        return Ok(Progress::Finished);
    }
    match guarded(|| slice::slice(context, &mut pass.work, budget, clock::now())) {
        Some(Ok(Progress::Unfinished)) => {
            if let Some(part) = pass.work.part() {
                let keys = Keys::new(config::settings(context).rules.namespace, part);
                let database = Database::new(context, Access::ReadWrite);
                info::set_backlog(database.count_below(&keys.due(), clock::now()));
            }
            return Ok(Progress::Unfinished);
        }
        Some(Ok(Progress::Finished) | Err(Error::TryAgain | Error::WrongType)) => {}
        Some(Err(error)) => {
            let database = pass.database;
            log::warning(context, &format!("the cleanup pass left database {database}: {error}"));
        }
        None => {
            let database = pass.database;
            log::warning(
                context,
                &format!("internal error: the cleanup pass left database {database}"),
            );
        }
    }
    if let Caller::Timed { wiped } = &mut pass.caller {
        *wiped += pass.work.count();
    }
    info::set_backlog(0);
    pass.database += 1;
    if context.select(pass.database) {
        pass.work.restart(clock::now());
        Ok(Progress::Unfinished)
    } else {
        Ok(Progress::Finished)
    }
}

/// Counts a complete pass, and logs what it did.
pub(super) fn report(context: Context<'_>, pass: &Running, wiped: u64) {
    let skipped = pass.work.skipped();
    info::passed(pass.began.elapsed(), pass.slices, skipped);
    if skipped > 0 {
        let text = format!("the cleanup pass skipped {skipped} keys named SESSIONS that are not sorted sets");
        log::warning(context, &text);
    }
    if wiped > 0 {
        log::notice(context, &format!("the cleanup pass removed {wiped} timed-out sessions"));
    }
}
