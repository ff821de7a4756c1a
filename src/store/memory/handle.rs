//! An open key: a hash, a sorted set or a set.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::super::keyspace::{self, HashKey, Name, Order, Position, Range, SetKey, SortedSetKey, StreamKey};
use super::{Memory, Value};
use sessions_model::index::score;
use sessions_model::session::{Field, Fields, Seconds};

/// A key, opened.
#[derive(Debug)]
pub(crate) struct Handle {
    pub(super) memory: Memory,
    pub(super) key: Vec<u8>,
}

impl Handle {
    fn fields_stored(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        match self.memory.get(&self.key) {
            Some(Value::Hash(hash)) => hash,
            _ => BTreeMap::new(),
        }
    }

    fn scores(&self) -> BTreeMap<Vec<u8>, f64> {
        match self.memory.get(&self.key) {
            Some(Value::SortedSet(set)) => set,
            _ => BTreeMap::new(),
        }
    }

    fn members_stored(&self) -> BTreeSet<Vec<u8>> {
        match self.memory.get(&self.key) {
            Some(Value::Set(set)) => set,
            _ => BTreeSet::new(),
        }
    }

    fn store(&self, value: Value) {
        let empty = match &value {
            Value::Hash(hash) => hash.is_empty(),
            Value::SortedSet(set) => set.is_empty(),
            Value::Set(set) => set.is_empty(),
            Value::Stream(_) => false,
        };
        if empty {
            self.memory.keys.borrow_mut().remove(&self.key);
        } else {
            self.memory.put(&self.key, value);
        }
    }
}

fn contains(members: &[impl AsRef<[u8]>], member: &[u8]) -> bool {
    members.iter().any(|other| other.as_ref() == member)
}

impl HashKey for Handle {
    type Bytes = Vec<u8>;

    fn is_empty(&self) -> bool {
        self.fields_stored().is_empty()
    }

    fn len(&self) -> usize {
        self.fields_stored().len()
    }

    fn fields(&self) -> Fields<Vec<u8>> {
        let hash = self.fields_stored();
        Fields::read(|field| hash.get(field.name().as_bytes()).cloned())
    }

    fn fields_without_data(&self) -> Fields<Vec<u8>> {
        Fields {
            data: None,
            ..self.fields()
        }
    }

    fn life_fields(&self) -> Fields<Vec<u8>> {
        self.fields().of_life()
    }

    fn all_fields(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.fields_stored().into_iter().collect()
    }

    fn set(&mut self, fields: &[(Name<'_>, keyspace::Value<'_>)]) {
        let mut hash = self.fields_stored();
        for (name, value) in fields {
            let name = match name {
                Name::Known(field) => field.name().as_bytes(),
                Name::Other(name) => name,
            };
            let value = match value {
                keyspace::Value::Text(text) => text.to_vec(),
                keyspace::Value::Integer(number) => number.to_string().into_bytes(),
            };
            hash.insert(name.to_vec(), value);
        }
        self.store(Value::Hash(hash));
    }

    fn expire_at(&mut self, _at: Seconds) {}

    fn delete(&mut self, fields: &[Field]) {
        let mut hash = self.fields_stored();
        for field in fields {
            hash.remove(field.name().as_bytes());
        }
        self.store(Value::Hash(hash));
    }
}

impl SortedSetKey for Handle {
    fn len(&self) -> usize {
        self.scores().len()
    }

    fn add(&mut self, member: &[u8], at: Seconds) {
        let mut set = self.scores();
        set.insert(member.to_vec(), score(at));
        self.store(Value::SortedSet(set));
    }

    fn raise(&mut self, member: &[u8], to: Seconds) {
        let old = self.scores().get(member).copied();
        if old.is_none_or(|old| old < score(to)) {
            SortedSetKey::add(self, member, to);
        }
    }

    fn remove(&mut self, members: &[impl AsRef<[u8]>]) -> usize {
        let mut set = self.scores();
        let before = set.len();
        set.retain(|member, _| !contains(members, member));
        let removed = before - set.len();
        self.store(Value::SortedSet(set));
        removed
    }

    fn score_of(&self, member: &[u8]) -> Option<f64> {
        self.scores().get(member).copied()
    }

    fn count_from(&self, min: f64) -> usize {
        self.scores().values().filter(|score| **score >= min).count()
    }

    fn page(&self, range: Range, order: Order, after: Option<&Position>, count: usize) -> Vec<Position> {
        let scores = self.scores().into_iter();
        let mut members: Vec<_> = scores.map(|(member, score)| Position { score, member }).collect();
        members.sort_by(|a, b| a.score.total_cmp(&b.score).then_with(|| a.member.cmp(&b.member)));
        if order == Order::Descending {
            members.reverse();
        }
        members.retain(|found| {
            let is_inside =
                range.min.is_none_or(|min| min <= found.score) && range.below.is_none_or(|below| found.score < below);
            is_inside && after.is_none_or(|after| found.is_behind(after, order))
        });
        members.truncate(count);
        members
    }
}

impl SetKey for Handle {
    fn len(&self) -> usize {
        self.members_stored().len()
    }

    fn holds_only(&self, members: &[impl AsRef<[u8]>]) -> bool {
        self.members_stored().iter().all(|member| contains(members, member))
    }

    fn add(&mut self, member: &[u8]) {
        let mut set = self.members_stored();
        set.insert(member.to_vec());
        self.store(Value::Set(set));
    }

    fn remove(&mut self, members: &[impl AsRef<[u8]>]) {
        let mut set = self.members_stored();
        set.retain(|member| !contains(members, member));
        self.store(Value::Set(set));
    }

    /// Visits members in the order of their hashes, as the server does, so that a portion can begin
    /// where the last one ended even if members have been added or removed. Visits all members of a
    /// small set at once, as servers do that store it as a list.
    fn visit_portion(&mut self, cursor: u64, visitor: &mut dyn FnMut(&[u8])) -> u64 {
        const PORTION: usize = 16;
        const SMALL: usize = 128;
        let place = |member: &Vec<u8>| {
            let mut hasher = DefaultHasher::new();
            member.hash(&mut hasher);
            hasher.finish().max(1)
        };
        let members = self.members_stored();
        if cursor == 0 && members.len() <= SMALL {
            members.iter().for_each(|member| visitor(member));
            return 0;
        }
        let mut ahead: Vec<_> = members.iter().map(|member| (place(member), member)).collect();
        ahead.retain(|(place, _)| *place >= cursor);
        ahead.sort_unstable();
        ahead.iter().take(PORTION).for_each(|(_, member)| visitor(member));
        ahead.get(PORTION).map_or(0, |(place, _)| *place)
    }
}

impl StreamKey for Handle {
    fn append(&mut self, fields: &[(&str, &[u8])], length: u64) -> bool {
        let mut entries = match self.memory.get(&self.key) {
            Some(Value::Stream(entries)) => entries,
            _ => Vec::new(),
        };
        let entry = fields.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec()));
        entries.push(entry.collect());
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        entries.drain(..entries.len().saturating_sub(length));
        self.store(Value::Stream(entries));
        true
    }
}
