//! The sessions of an id in the order of a list, as far as the list can show them.

use std::collections::BTreeMap;

use super::super::outcome::{ListEntry, Sorting};
use sessions_model::index::MAX_EDGE_READS;
use sessions_model::number::Limit;
use sessions_model::session::Seconds;
use sessions_model::stored_name::StoredName;

/// How many more sessions are kept than the limit can show: they replace sessions that other
/// clients rotate, end or move to another id while the list is gathered.
pub(super) const SPARE: usize = MAX_EDGE_READS;

/// Lower ranks come first.
type Rank = i128;

/// The best sessions seen so far. `None` instead of an entry: the session is read again when it is
/// shown.
#[derive(Debug)]
pub(super) struct Best<B> {
    sorting: Sorting,
    limit: Limit,
    entries: BTreeMap<(Rank, StoredName), Option<ListEntry<B>>>,
    ranks: BTreeMap<StoredName, Rank>,
}

impl<B> Best<B> {
    pub(super) const fn new(sorting: Sorting, limit: Limit) -> Self {
        Self {
            sorting,
            limit,
            entries: BTreeMap::new(),
            ranks: BTreeMap::new(),
        }
    }

    pub(super) const fn sorting(&self) -> Sorting {
        self.sorting
    }

    pub(super) const fn limit(&self) -> Limit {
        self.limit
    }

    /// How many sessions the list needs, including the skipped ones. `None`: all.
    pub(super) fn needed(&self) -> Option<usize> {
        self.limit.count.map(|count| self.limit.offset.saturating_add(count))
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn remove(&mut self, name: &StoredName) {
        if let Some(rank) = self.ranks.remove(name) {
            self.entries.remove(&(rank, *name));
        }
    }

    /// Adds a session, or changes the position of one that was added before.
    pub(super) fn put(&mut self, name: StoredName, last_activity: Seconds, entry: Option<ListEntry<B>>) {
        let rank = self.rank(last_activity);
        if let Some(old) = self.ranks.insert(name, rank) {
            self.entries.remove(&(old, name));
        }
        self.entries.insert((rank, name), entry);
        let most = self.needed().map_or(usize::MAX, |needed| needed.saturating_add(SPARE));
        if self.entries.len() > most
            && let Some(((_, worst), _)) = self.entries.pop_last()
        {
            self.ranks.remove(&worst);
        }
    }

    /// Whether no session with the last activity `next`, or later in the order, can belong to the
    /// sessions that the list needs. False if fewer sessions than that have been found.
    pub(super) fn surely_ends_before(&self, next: Seconds) -> bool {
        let beyond = self.needed().and_then(|needed| self.len().checked_sub(needed));
        let last = beyond.and_then(|beyond| self.entries.keys().rev().nth(beyond));
        last.is_some_and(|(rank, _)| *rank < self.rank(next))
    }

    pub(super) fn pop_first(&mut self) -> Option<(StoredName, Option<ListEntry<B>>)> {
        let ((_, name), entry) = self.entries.pop_first()?;
        self.ranks.remove(&name);
        Some((name, entry))
    }

    pub(super) fn sort(&self, listed: &mut [ListEntry<B>]) {
        listed.sort_by_key(|entry| (self.rank(entry.session.last_activity), entry.name));
    }

    fn rank(&self, last_activity: Seconds) -> Rank {
        let last_activity = Rank::from(last_activity);
        match self.sorting {
            Sorting::LastActiveFirst => -last_activity,
            Sorting::LeastActiveFirst => last_activity,
        }
    }
}
