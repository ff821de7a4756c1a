//! A keyspace in memory, for unit tests of the rules and for `offline`.

mod handle;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::audit::Cause;
use super::candidate::Candidate;
use super::host::{Event, Host, Tally};
use super::keyspace::{Keyspace, WrongType};
use super::work::Work;
use sessions_model::keys::Name;
use sessions_model::parts::{Part, Parts};
use sessions_model::stored_name::StoredName;

pub(crate) use handle::Handle;

/// The value of a key.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Hash(BTreeMap<Vec<u8>, Vec<u8>>),
    SortedSet(BTreeMap<Vec<u8>, f64>),
    Set(BTreeSet<Vec<u8>>),
    /// Entries as fields with their values, oldest first.
    Stream(Vec<Vec<(String, Vec<u8>)>>),
}

#[derive(Clone, Debug)]
pub(crate) struct Memory {
    parts: Parts,
    keys: Rc<RefCell<BTreeMap<Vec<u8>, Value>>>,
    events: Rc<RefCell<Vec<Event>>>,
    /// Keys of audit streams to which an event could not be added.
    not_audited: Rc<RefCell<Vec<Vec<u8>>>>,
    /// The running work.
    work: Rc<RefCell<Option<Work<Vec<u8>>>>>,
}

impl Default for Memory {
    fn default() -> Self {
        Self::with_parts(Parts::whole())
    }
}

impl Memory {
    pub(crate) fn with_parts(parts: Parts) -> Self {
        Self {
            parts,
            keys: Rc::default(),
            events: Rc::default(),
            not_audited: Rc::default(),
            work: Rc::default(),
        }
    }

    /// The same data with other parts on this node.
    #[cfg(test)]
    pub(crate) fn having(&self, parts: Parts) -> Self {
        Self { parts, ..self.clone() }
    }

    pub(crate) fn put(&self, key: &[u8], value: Value) {
        self.keys.borrow_mut().insert(key.to_vec(), value);
    }

    pub(crate) fn get(&self, key: &[u8]) -> Option<Value> {
        self.keys.borrow().get(key).cloned()
    }

    #[cfg(test)]
    pub(crate) fn key_names(&self) -> Vec<String> {
        let keys = self.keys.borrow();
        keys.keys()
            .map(|key| String::from_utf8_lossy(key).into_owned())
            .collect()
    }

    pub(crate) fn contents(&self) -> BTreeMap<Vec<u8>, Value> {
        self.keys.borrow().clone()
    }

    #[cfg(test)]
    pub(crate) fn events(&self) -> Vec<Event> {
        self.events.borrow().clone()
    }

    #[cfg(test)]
    pub(crate) fn not_audited(&self) -> Vec<Vec<u8>> {
        self.not_audited.borrow().clone()
    }

    /// Starts work, or takes it back to run a step of it.
    #[cfg(test)]
    pub(crate) fn put_under_way(&self, work: Option<Work<Vec<u8>>>) -> Option<Work<Vec<u8>>> {
        self.work.replace(work)
    }

    fn open(&self, key: &[u8], is_type: impl Fn(&Value) -> bool) -> Result<Handle, WrongType> {
        match self.keys.borrow().get(key) {
            Some(value) if !is_type(value) => Err(WrongType),
            _ => Ok(Handle {
                memory: self.clone(),
                key: key.to_vec(),
            }),
        }
    }
}

impl Keyspace for Memory {
    type Bytes = Vec<u8>;
    type Hash = Handle;
    type SortedSet = Handle;
    type Set = Handle;
    type Stream = Handle;

    fn hash(&self, key: &[u8]) -> Result<Handle, WrongType> {
        self.open(key, |value| matches!(value, Value::Hash(_)))
    }

    fn sorted_set(&self, key: &[u8]) -> Result<Handle, WrongType> {
        self.open(key, |value| matches!(value, Value::SortedSet(_)))
    }

    fn set(&self, key: &[u8]) -> Result<Handle, WrongType> {
        self.open(key, |value| matches!(value, Value::Set(_)))
    }

    fn stream(&self, key: &[u8]) -> Result<Handle, WrongType> {
        self.open(key, |value| matches!(value, Value::Stream(_)))
    }

    fn unlink(&self, hashes: &[Name], sets: Vec<Handle>) {
        let hashes = hashes.iter().map(|hash| hash.as_slice());
        for key in hashes.chain(sets.iter().map(|set| set.key.as_slice())) {
            self.keys.borrow_mut().remove(key);
        }
    }
}

impl Host for Memory {
    fn notify(&self, event: Event, _key: &[u8]) {
        self.events.borrow_mut().push(event);
    }

    fn publish(&self, _channel: &[u8], _message: &[u8]) {}

    fn killing(&self, session: &Candidate<'_>) -> Option<Cause> {
        self.work.borrow().as_ref().and_then(|work| work.killing(session))
    }

    fn rotated(&self, session: &Candidate<'_>, new: &StoredName, new_id: &[u8]) {
        if let Some(work) = self.work.borrow_mut().as_mut() {
            work.follow(session, new, new_id);
        }
    }

    fn parts(&self) -> &Parts {
        &self.parts
    }

    fn is_stable(&self, part: Part) -> bool {
        self.parts.stable.contains(part)
    }

    fn is_memory_full(&self) -> bool {
        false
    }

    fn tally(&self, _what: Tally) {}

    fn not_audited(&self, key: &[u8]) {
        self.not_audited.borrow_mut().push(key.to_vec());
    }
}
