//! The only index of the compact layout: a sorted set per app, whose scores contain a kind, a class
//! and a time.
//!
//! | bits | content |
//! |---|---|
//! | 45-46 | kind of the session among those of its id |
//! | 33-44 | class: a number for its TTL |
//! | 0-32 | last activity in seconds, as in today's steps |
//!
//! The sessions of one kind and class are a range, ordered by last activity. All windows and the
//! cleanup pass read ranges of this set, one per kind and class in use. A double can represent
//! integers of 53 bits.

use crate::session::NAMESPACE;

/// The part that a session has among the sessions of its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The only session of its id.
    Lone = 0,
    /// One of several sessions of the id, the one that entered a step last: it represents the id in
    /// counts of users.
    Lead = 1,
    /// Any other of several sessions of the id.
    Rest = 2,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Lone, Self::Lead, Self::Rest];

    pub(crate) fn of(score: u64) -> Self {
        Self::ALL[(score >> 45) as usize]
    }
}

pub(crate) fn key() -> Vec<u8> {
    format!("{NAMESPACE}:i").into_bytes()
}

pub(crate) fn base(kind: Kind, class: u64) -> u64 {
    (kind as u64) << 45 | class << 33
}

pub(crate) fn score(kind: Kind, class: u64, la: u64) -> String {
    (base(kind, class) | la).to_string()
}

/// The last activity in a score.
pub(crate) fn time(score: u64) -> u64 {
    score & ((1 << 33) - 1)
}

/// The latest score of a kind and class.
pub(crate) fn last(kind: Kind, class: u64) -> u64 {
    base(kind, class) | ((1 << 33) - 1)
}
