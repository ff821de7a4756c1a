//! Lists and counts that may take longer than a slice: gathered step by step.
//!
//! Other clients may change anything between two steps. Each session is listed as its step found
//! it. A session that is created, used or ended during that time may or may not be in the list, but
//! is never in it twice.

mod best;
mod of_app;
mod of_id;
mod recent;
mod seen;
mod total;
mod users_of_app;

use super::merged::Merged;
use super::{Backend, Store};
use sessions_model::number::{Limit, Window};
use sessions_model::parts::Part;
use sessions_model::session::Seconds;

pub(crate) use of_app::OfApp;
pub(crate) use of_id::OfId;
pub(in crate::store) use total::Members;
pub(crate) use total::Total;
pub(crate) use users_of_app::UsersOfApp;

/// Members that a step checks.
const PORTION: usize = 32;
/// Parts that a step opens: few, because the edge of a window may have many members in each.
const PARTS: usize = 16;

/// Parts that have not been checked yet.
#[derive(Debug, Default)]
struct Ahead(Option<Vec<Part>>);

impl Ahead {
    /// The next parts; empty if all have been returned.
    fn next<K: Backend>(&mut self, store: &Store<'_, K>) -> Vec<Part> {
        let parts = self.0.get_or_insert_with(|| {
            let parts = store.backend.parts();
            parts.stable.iter().chain(parts.moving.iter()).collect()
        });
        parts.split_off(parts.len().saturating_sub(PARTS))
    }
}

/// A walk through one of an app's sorted sets in all parts, highest score first.
#[derive(Debug)]
struct Walk {
    window: Window,
    /// The first second of the window when the walk began.
    from: Option<Seconds>,
    limit: Limit,
    /// Matching members so far, including the skipped ones.
    matching: usize,
    ahead: Ahead,
    merged: Merged,
}

impl Walk {
    fn new(window: Window, limit: Limit, now: Seconds, merged: Merged) -> Self {
        Self {
            window,
            from: window.from(now),
            limit,
            matching: 0,
            ahead: Ahead::default(),
            merged,
        }
    }

    /// Whether this is the same part of the same list.
    fn is_same(&self, other: &Self) -> bool {
        (self.window, self.limit) == (other.window, other.limit)
    }

    /// Counts a matching member; returns whether it is within the limit.
    fn shows_next(&mut self) -> bool {
        self.matching += 1;
        self.matching > self.limit.offset
    }

    fn skips_next(&self) -> bool {
        self.matching < self.limit.offset
    }

    fn is_complete(&self) -> bool {
        self.limit.is_reached(self.matching)
    }
}
