//! The primitives that a store is built on: hashes, sorted sets and sets by name.
//!
//! Two implementations: the server's low-level key API, and a plain one in memory
//! for unit tests. The trait is below the rules, so both implementations stay simple. A write
//! reaches replicas and the AOF as the same plain command with absolute values.
//!
//! An operation opens a key once and closes it before opening it again: the server deletes a key
//! with its last element even if other handles are open.

use sessions_model::error::Error;
use sessions_model::keys;
use sessions_model::session::{Field, Fields, Seconds};

/// The key has another type than expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WrongType;

impl From<WrongType> for Error {
    fn from(_: WrongType) -> Self {
        Self::WrongType
    }
}

/// The name of a hash field.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Name<'a> {
    Known(Field),
    Other(&'a [u8]),
}

/// The value of a hash field.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'a> {
    Text(&'a [u8]),
    Integer(i64),
}

pub(crate) trait Keyspace {
    type Bytes: AsRef<[u8]>;
    type Hash: HashKey<Bytes = Self::Bytes>;
    type SortedSet: SortedSetKey;
    type Set: SetKey;
    type Stream: StreamKey;

    /// Opens a hash for reading and writing; an absent key is an empty one.
    fn hash(&self, key: &[u8]) -> Result<Self::Hash, WrongType>;
    /// Opens a sorted set for reading and writing; an absent key is an empty one.
    fn sorted_set(&self, key: &[u8]) -> Result<Self::SortedSet, WrongType>;
    /// Opens a set for reading and writing; an absent key is an empty one.
    fn set(&self, key: &[u8]) -> Result<Self::Set, WrongType>;
    /// Opens a stream for appending; an absent key is an empty one.
    fn stream(&self, key: &[u8]) -> Result<Self::Stream, WrongType>;
    /// Deletes hashes and sets.
    fn unlink(&self, hashes: &[keys::Name], sets: Vec<Self::Set>);
}

pub(crate) trait HashKey {
    type Bytes: AsRef<[u8]>;

    fn is_empty(&self) -> bool;
    /// How many fields it has.
    fn len(&self) -> usize;
    /// The fields of a session.
    fn fields(&self) -> Fields<Self::Bytes>;
    /// The fields of a session without the data.
    fn fields_without_data(&self) -> Fields<Self::Bytes>;
    /// Only the fields that decide to whom the session belongs and until when it lives.
    fn life_fields(&self) -> Fields<Self::Bytes>;
    /// All fields, known and unknown.
    fn all_fields(&self) -> Vec<(Vec<u8>, Vec<u8>)>;
    fn set(&mut self, fields: &[(Name<'_>, Value<'_>)]);
    fn delete(&mut self, fields: &[Field]);
    /// Makes the server remove the key at that time, regardless of its content then.
    fn expire_at(&mut self, at: Seconds);
}

pub(crate) trait SortedSetKey {
    fn len(&self) -> usize;
    fn add(&mut self, member: &[u8], at: Seconds);
    /// Adds a member, or raises its score if the score is lower.
    fn raise(&mut self, member: &[u8], to: Seconds);
    /// Removes the members that exist; returns how many.
    fn remove(&mut self, members: &[impl AsRef<[u8]>]) -> usize;
    fn score_of(&self, member: &[u8]) -> Option<f64>;
    /// How many members have a score of at least `min`, in O(log n).
    fn count_from(&self, min: f64) -> usize;
    /// Up to `count` members of the range in that order, after a position, whose member may be
    /// gone. O(log n + count), even if many members share a score.
    fn page(&self, range: Range, order: Order, after: Option<&Position>, count: usize) -> Vec<Position>;
}

/// The position of a member in a sorted set's order: by score, then by the bytes of the member.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Position {
    pub(crate) score: f64,
    pub(crate) member: Vec<u8>,
}

impl Position {
    /// Whether this position comes after another one in the direction of `order`.
    pub(crate) fn is_behind(&self, other: &Self, order: Order) -> bool {
        let by_score = self.score.total_cmp(&other.score);
        let ordering = by_score.then_with(|| self.member.cmp(&other.member));
        match order {
            Order::Ascending => ordering.is_gt(),
            Order::Descending => ordering.is_lt(),
        }
    }
}

/// `min <= score < below`. A bound that is `None` does not exclude any score, not even infinity.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Range {
    pub(crate) min: Option<f64>,
    pub(crate) below: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Ascending,
    Descending,
}

pub(crate) trait SetKey {
    /// The number of members when the set was opened, updated by changes through this handle.
    fn len(&self) -> usize;
    /// Whether the set has no other members than these; may return false if checking is expensive.
    fn holds_only(&self, members: &[impl AsRef<[u8]>]) -> bool;
    fn add(&mut self, member: &[u8]);
    /// Removes the members that exist.
    fn remove(&mut self, members: &[impl AsRef<[u8]>]);
    /// Visits a portion of the members, starting with cursor 0; returns the next cursor, which is 0
    /// after the last portion. Members that exist during the whole visit are visited at least once,
    /// regardless of what is added or removed between the portions.
    fn visit_portion(&mut self, cursor: u64, visitor: &mut dyn FnMut(&[u8])) -> u64;

    fn members(&mut self) -> Vec<Vec<u8>> {
        let mut members = Vec::with_capacity(self.len());
        let mut cursor = 0;
        loop {
            cursor = self.visit_portion(cursor, &mut |member| members.push(member.to_vec()));
            if cursor == 0 {
                break;
            }
        }
        members.sort_unstable();
        members.dedup();
        members
    }
}

pub(crate) trait StreamKey {
    /// Appends an entry with these fields, and removes old entries so that about `length` remain.
    /// Returns whether the entry was appended, because a stream can run out of IDs.
    fn append(&mut self, fields: &[(&str, &[u8])], length: u64) -> bool;
}
