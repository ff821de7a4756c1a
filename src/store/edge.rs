//! The edge of a window, where the scores are not exact enough.

use super::keyspace::{Order, Position, Range, SortedSetKey};
use sessions_model::index::{Step, score};
use sessions_model::session::Seconds;

/// The members within a step below a window, highest score first. `None` if there are too many to
/// check one by one, or if the window has no edge.
pub(super) fn edge(set: &impl SortedSetKey, from: Option<Seconds>, step: Step, most: usize) -> Option<Vec<Position>> {
    let from = from?;
    let range = Range {
        min: Some(score(from.saturating_sub(step.seconds()))),
        below: Some(score(from)),
    };
    let members = set.page(range, Order::Descending, None, most.saturating_add(1));
    (members.len() <= most).then_some(members)
}

/// How many members below a window are active in it by their hashes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct AtEdge {
    /// The number of active members; an estimate if only some members were read.
    active: usize,
    /// The number of members of the seconds in which no member was read.
    unread: usize,
    read: usize,
    /// Of the members that were read.
    read_active: usize,
}

impl AtEdge {
    pub(super) const fn and(self, other: Self) -> Self {
        Self {
            active: self.active + other.active,
            unread: self.unread + other.unread,
            read: self.read + other.read,
            read_active: self.read_active + other.read_active,
        }
    }

    /// The number of active members. The share of active members among the unread is assumed to be
    /// the same as among the others.
    pub(super) fn total(self) -> usize {
        self.active + share(self.unread, self.read_active, self.read)
    }
}

/// `members` times `active` divided by `read`, rounded; 0 if `read` is 0.
fn share(members: usize, active: usize, read: usize) -> usize {
    let doubled = members.saturating_mul(active).saturating_mul(2);
    doubled.saturating_add(read).checked_div(read * 2).unwrap_or(0)
}

/// Reads hashes to decide which members below a window are active in it.
pub(super) struct Look<'a, S, Reads, IsActive> {
    pub(super) set: &'a S,
    /// The beginning of the window.
    pub(super) from: Seconds,
    pub(super) step: Step,
    /// How many hashes have to be read to decide about a member.
    pub(super) reads: Reads,
    pub(super) is_active: IsActive,
}

impl<S: SortedSetKey, Reads: Fn(&Position) -> usize, IsActive: Fn(&Position) -> bool> Look<'_, S, Reads, IsActive> {
    /// Reads the hashes of all members within a step below the window. If these are more than
    /// `allowed`, reads the hashes of some members of each second, which then represent the others
    /// of that second. `allowed` is lowered by the number of hashes read.
    pub(super) fn at_edge(&self, allowed: &mut usize) -> AtEdge {
        let first = self.from.saturating_sub(self.step.seconds());
        if *allowed == 0 {
            return AtEdge {
                unread: self.members_between(first, self.from),
                ..AtEdge::default()
            };
        }
        if let Some(members) = edge(self.set, Some(self.from), self.step, *allowed)
            && members.iter().map(&self.reads).sum::<usize>() <= *allowed
        {
            return self.read(members.len(), members, usize::MAX, allowed);
        }
        let mut found = AtEdge::default();
        for at in first..self.from {
            let members = self.members_between(at, at + 1);
            if members > 0 {
                let seconds_left = usize::try_from(self.from - at).unwrap_or(1).max(1);
                let for_second = allowed.div_ceil(seconds_left);
                let some = self.some_of_second(at, members, for_second);
                found = found.and(self.read(members, some, for_second, allowed));
            }
        }
        found
    }

    fn members_between(&self, first: Seconds, end: Seconds) -> usize {
        let from = |at| self.set.count_from(score(at));
        from(first).saturating_sub(from(end))
    }

    /// Up to `most` of the members with that score, from both ends of their order, because
    /// neighbouring members may have more in common than the time.
    fn some_of_second(&self, at: Seconds, members: usize, most: usize) -> Vec<Position> {
        let range = Range {
            min: Some(score(at)),
            below: Some(score(at + 1)),
        };
        if members <= most {
            return self.set.page(range, Order::Ascending, None, members);
        }
        let mut some = self.set.page(range, Order::Ascending, None, most.div_ceil(2));
        some.extend(self.set.page(range, Order::Descending, None, most / 2));
        some
    }

    /// Decides about `some` of `members` members until `quota` hashes are read. A member with more
    /// hashes than are left of the quota is also read; otherwise ids with few sessions would
    /// represent ids with many.
    fn read(&self, members: usize, some: Vec<Position>, quota: usize, allowed: &mut usize) -> AtEdge {
        let (mut read, mut read_active, mut hashes) = (0, 0, 0);
        for member in some {
            let needed = (self.reads)(&member);
            if hashes >= quota || needed > *allowed {
                break;
            }
            hashes += needed;
            *allowed -= needed;
            read += 1;
            read_active += usize::from((self.is_active)(&member));
        }
        AtEdge {
            active: share(members, read_active, read),
            unread: if read == 0 { members } else { 0 },
            read,
            read_active,
        }
    }
}
