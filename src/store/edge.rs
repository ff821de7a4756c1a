//! The edge of a window, where scores alone do not decide.

use super::keyspace::{Order, Position, Range, SortedSetKey};
use sessions_model::index::{Step, score};
use sessions_model::session::Seconds;

/// The members within a step below a window, highest score first. `None` when they are
/// more than can be looked at one by one, or when the window has no edge.
pub(super) fn edge(set: &impl SortedSetKey, from: Option<Seconds>, step: Step, most: usize) -> Option<Vec<Position>> {
    let from = from?;
    let range = Range {
        min: Some(score(from.saturating_sub(step.seconds()))),
        below: Some(score(from)),
    };
    let members = set.page(range, Order::Descending, None, most.saturating_add(1));
    (members.len() <= most).then_some(members)
}
