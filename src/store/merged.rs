//! Reads the sorted sets of all parts of an app as if they were one, highest score first.
//!
//! The reading may pause after any member and continue later: it keeps its position in every set.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::keyspace::{Order, Position, Range, SortedSetKey};
use super::{Backend, Store};
use sessions_model::error::Error;
use sessions_model::ident::App;
use sessions_model::keys::{Keys, Name};
use sessions_model::parts::Part;

/// How many members are first read from a set; each further read gets twice as many.
const FIRST_PORTION: usize = 2;
const LARGEST_PORTION: usize = 256;

/// The name of one of an app's sorted sets.
pub(super) type SetOf = fn(&Keys<'_>, App<'_>) -> Name;

/// The sets, and how far each has been read.
#[derive(Debug)]
pub(super) struct Merged {
    set_of: SetOf,
    heads: BinaryHeap<Head>,
}

/// One of the sets, read from its highest score down to a lower bound.
#[derive(Debug)]
struct Source {
    part: Part,
    min: Option<f64>,
    portion: usize,
    /// The members that have been read, in reverse.
    read: Vec<Position>,
    after: Option<Position>,
}

/// The next member of a set.
#[derive(Debug)]
struct Head {
    next: Position,
    source: Source,
}

impl Merged {
    pub(super) const fn new(set_of: SetOf) -> Self {
        Self {
            set_of,
            heads: BinaryHeap::new(),
        }
    }

    /// Adds the set of a part, down to the score `min`.
    pub(super) fn add<K: Backend>(
        &mut self,
        store: &Store<'_, K>,
        app: App<'_>,
        part: Part,
        min: Option<f64>,
    ) -> Result<(), Error> {
        let source = Source {
            part,
            min,
            portion: FIRST_PORTION,
            read: Vec::new(),
            after: None,
        };
        self.push(store, app, source)
    }

    /// The next member of all sets, and its part.
    pub(super) fn next<K: Backend>(
        &mut self,
        store: &Store<'_, K>,
        app: App<'_>,
    ) -> Result<Option<(Part, Vec<u8>)>, Error> {
        let Some(Head { next, source }) = self.heads.pop() else {
            return Ok(None);
        };
        let part = source.part;
        self.push(store, app, source)?;
        Ok(Some((part, next.member)))
    }

    fn push<K: Backend>(&mut self, store: &Store<'_, K>, app: App<'_>, mut source: Source) -> Result<(), Error> {
        if source.read.is_empty() {
            let name = (self.set_of)(&store.at(source.part).keys, app);
            let range = Range {
                min: source.min,
                below: None,
            };
            let set = store.backend.sorted_set(&name)?;
            source.read = set.page(range, Order::Descending, source.after.as_ref(), source.portion);
            source.after = source.read.last().cloned();
            source.read.reverse();
            source.portion = LARGEST_PORTION.min(source.portion * 2);
        }
        self.heads.extend(source.read.pop().map(|next| Head { next, source }));
        Ok(())
    }
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
