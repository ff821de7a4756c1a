//! Which sessions have been counted.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};

use sessions_model::stored_name::StoredName;

/// The names of the counted sessions, as hashes of 128 bits with random keys: a quarter of the
/// memory of the names, which makes it small enough to be freed at once.
#[derive(Debug, Default)]
pub(super) struct Seen {
    keys: [RandomState; 2],
    names: BTreeSet<[u64; 2]>,
}

impl Seen {
    pub(super) fn insert(&mut self, name: &StoredName) {
        self.names.insert(self.hash(name));
    }

    pub(super) fn remove(&mut self, name: &StoredName) {
        self.names.remove(&self.hash(name));
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    fn hash(&self, name: &StoredName) -> [u64; 2] {
        self.keys.each_ref().map(|key| key.hash_one(name.as_bytes()))
    }
}
