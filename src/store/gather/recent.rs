//! Reads a page of the sessions of an id that has very many from the app's sorted set.
//!
//! The set of an id has no order, so with it a page requires reading each of the id's sessions. The
//! app's sorted set has the order, to a step, but contains the sessions of all ids: with it a page
//! requires checking each member before the page's end. It is read as far as the page requires, or
//! until that costs about as much as reading the id's set.

use super::super::keyspace::{Order, Position, Range, SortedSetKey};
use super::super::outcome::Sorting;
use super::super::{Backend, Store};
use super::best::{Best, SPARE};
use sessions_model::error::Error;
use sessions_model::ident::App;
use sessions_model::index::{Step, score};
use sessions_model::keys;
use sessions_model::session::Seconds;
use sessions_model::stored_name::StoredName;

/// The sessions of an id with fewer sessions are read from its own set for every page.
pub(in crate::store) const MANY: usize = 1000;
/// How many members of the app's set cost about as much to check as reading one hash.
const MEMBERS_PER_HASH: usize = 8;
/// How many members the first read returns. Each further read returns twice as many, because
/// continuing among many members with the same score requires a search.
const FIRST_PORTION: usize = 64;
const LARGEST_PORTION: usize = 512;

#[derive(Debug)]
pub(super) struct Recent {
    order: Order,
    range: Range,
    after: Option<Position>,
    portion: usize,
    /// How many more members are checked before the id's own set is read instead.
    left: usize,
}

/// The result of a step.
pub(super) enum Found {
    Names(Vec<StoredName>),
    /// All sessions of the page have been seen.
    Enough,
    /// The id's own set must be read.
    NotEnough,
}

/// The times between which the sessions of an id were used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    /// The beginning of the list's window.
    pub(super) from: Option<Seconds>,
    /// The score of the id in `_users`.
    pub(super) latest: Option<f64>,
}

/// Whether reading a page from the app's sorted set costs less than reading it from the set of an
/// id with this many sessions.
pub(super) fn is_less<B>(best: &Best<B>, sessions: usize) -> bool {
    let needed = best.needed().map(|needed| needed.saturating_add(SPARE));
    sessions > MANY && needed.is_some_and(|needed| needed <= sessions / 2)
}

impl Recent {
    pub(super) fn new(sorting: Sorting, times: Times, sessions: usize, step: Step) -> Self {
        // A score is at most a step lower than the last activity.
        let min = times.from.map(|from| score(from.saturating_sub(step.seconds())));
        // Each use that raises a session's score raises the id's, too. The step is added because
        // other programs, whose clocks are late, may lower the id's score.
        let below = times.latest.filter(|latest| latest.is_finite());
        #[expect(clippy::cast_precision_loss, reason = "a step has at most two digits")]
        let below = below.map(|latest| latest + step.seconds() as f64 + 1.0);
        Self {
            order: match sorting {
                Sorting::LastActiveFirst => Order::Descending,
                Sorting::LeastActiveFirst => Order::Ascending,
            },
            range: Range { min, below },
            after: None,
            portion: FIRST_PORTION,
            left: sessions.saturating_mul(MEMBERS_PER_HASH),
        }
    }

    pub(super) fn next<B, K: Backend>(
        &mut self,
        store: &Store<'_, K>,
        app: App<'_>,
        id: &[u8],
        best: &Best<B>,
    ) -> Result<Found, Error> {
        if self.has_enough(best, store.rules.index_step) {
            return Ok(Found::Enough);
        }
        let sessions = store.backend.sorted_set(&store.keys.sessions(app))?;
        let members = sessions.page(self.range, self.order, self.after.as_ref(), self.portion);
        self.portion = LARGEST_PORTION.min(self.portion * 2);
        if members.is_empty() {
            // All sessions in the window have been seen. Without a window, some sessions may be
            // missing in this set.
            let has_window = self.range.min.is_some();
            return Ok(if has_window { Found::Enough } else { Found::NotEnough });
        }
        if self.left < members.len() {
            return Ok(Found::NotEnough);
        }
        self.left -= members.len();
        let of_id = |position: &Position| {
            let (name, of) = keys::parse_session_member(&position.member)?;
            (of == id).then_some(name)
        };
        let names = members.iter().filter_map(of_id).collect();
        self.after = members.last().cloned();
        Ok(Found::Names(names))
    }

    /// Whether no session after this position can be on the page, or enough sessions have been seen
    /// for an order that is right to a step.
    fn has_enough<B>(&self, best: &Best<B>, step: Step) -> bool {
        let (Some(needed), Some(after)) = (best.needed(), &self.after) else {
            return false;
        };
        #[expect(clippy::cast_possible_truncation, reason = "`as` saturates")]
        let reached = after.score as Seconds;
        let next = match self.order {
            Order::Descending => reached.saturating_add(step.seconds() - 1),
            Order::Ascending => reached,
        };
        best.surely_ends_before(next) || best.len() >= needed.saturating_add(SPARE)
    }
}
