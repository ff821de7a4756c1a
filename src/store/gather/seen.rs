//! Remembers which sessions have been counted.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use sessions_model::stored_name::StoredName;

/// The names of the counted sessions, as hashes of 128 bits with random keys, which need a quarter
/// of the memory of the names.
///
/// They are in up to 1,024 tables, so that no step has to grow or free a table of very many names.
#[derive(Debug, Default)]
pub(super) struct Seen {
    keys: [RandomState; 2],
    tables: HashMap<u64, HashSet<[u64; 2]>>,
    len: usize,
}

impl Seen {
    pub(super) fn insert(&mut self, name: &StoredName) {
        let hash = self.hash(name);
        let is_new = self.tables.entry(table_of(hash)).or_default().insert(hash);
        self.len += usize::from(is_new);
    }

    pub(super) fn remove(&mut self, name: &StoredName) {
        let hash = self.hash(name);
        let table = self.tables.get_mut(&table_of(hash));
        let was_there = table.is_some_and(|table| table.remove(&hash));
        self.len -= usize::from(was_there);
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    fn hash(&self, name: &StoredName) -> [u64; 2] {
        self.keys.each_ref().map(|key| key.hash_one(name.as_bytes()))
    }
}

const fn table_of([hash, _]: [u64; 2]) -> u64 {
    hash % 1024
}
