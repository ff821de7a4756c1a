//! The sorted sets of all parts of an app, read as if they were one.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::ops::ControlFlow;

use super::Store;
use super::keys::Keys;
use super::keyspace::{Keyspace, Order, Range, SortedSetKey};
use super::parts::Part;
use super::removal::Position;
use crate::error::Error;

/// Members that are read from a set at first; each further time twice as many.
const FIRST_PORTION: usize = 2;
const LARGEST_PORTION: usize = 1024;

/// One of the sets, read from its highest score down to a lowest.
pub(super) struct Source {
    part: Part,
    min: Option<f64>,
    portion: usize,
    /// What has been read of it, in reverse.
    read: Vec<Position>,
    after: Option<Position>,
}

/// The next member of a set.
struct Head {
    next: Position,
    source: Source,
}

impl Source {
    pub(super) const fn new(part: Part, min: Option<f64>) -> Self {
        Self {
            part,
            min,
            portion: FIRST_PORTION,
            read: Vec::new(),
            after: None,
        }
    }

    fn into_head<K: Keyspace>(mut self, store: &Store<'_, K>, name: Name<'_>) -> Result<Option<Head>, Error> {
        if self.read.is_empty() {
            let set = store.keyspace.sorted_set(&name(&store.at(self.part).keys))?;
            self.read = members_before(&set, self.min, self.after.as_ref(), self.portion);
            self.after = self.read.last().cloned();
            self.read.reverse();
            self.portion = LARGEST_PORTION.min(self.portion * 2);
        }
        Ok(self.read.pop().map(|next| Head { next, source: self }))
    }
}

/// Which of a part's sets.
pub(super) type Name<'n> = &'n dyn Fn(&Keys<'_>) -> Vec<u8>;

impl<K: Keyspace> Store<'_, K> {
    /// Visits the members of all sources, highest score first, each with the store of its part.
    pub(super) fn visit_merged(
        &self,
        sources: Vec<Source>,
        name: Name<'_>,
        mut visitor: impl FnMut(&Store<'_, K>, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let mut heads = BinaryHeap::with_capacity(sources.len());
        for source in sources {
            heads.extend(source.into_head(self, name)?);
        }
        while let Some(Head { next, source }) = heads.pop() {
            if visitor(&self.at(source.part), &next.member).is_break() {
                break;
            }
            heads.extend(source.into_head(self, name)?);
        }
        Ok(())
    }
}

/// Up to `count` members that come before a place, from the last on.
fn members_before(set: &impl SortedSetKey, min: Option<f64>, before: Option<&Position>, count: usize) -> Vec<Position> {
    let mut found = Vec::new();
    let range = Range {
        min,
        below: before.map(|position| position.score.next_up()),
    };
    set.visit(range, Order::Descending, &mut |member, score| {
        if before.is_none_or(|before| (score, member) < (before.score, before.member.as_slice())) {
            found.push(Position {
                score,
                member: member.to_vec(),
            });
        }
        if found.len() < count {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    found
}

impl Ord for Head {
    fn cmp(&self, other: &Self) -> Ordering {
        let (a, b) = (&self.next, &other.next);
        a.score.total_cmp(&b.score).then_with(|| a.member.cmp(&b.member))
    }
}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Head {}
