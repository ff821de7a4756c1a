//! What a store needs in addition to keys: events, messages, counters, the work in progress and the
//! hash slots of this node.

use super::audit::Cause;
use super::candidate::Candidate;
use sessions_model::parts::{Part, Parts};
use sessions_model::stored_name::StoredName;

/// The module's keyspace events, on a session's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Create,
    Set,
    Rotate,
    Kill,
    Expire,
}

/// What is counted in addition to the events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tally {
    /// A session was read by GET.
    Read,
    /// A command named a session that does not exist.
    Missed,
    /// A write was refused because of the write counter.
    Conflict,
    /// A session was found by its old token, within the grace.
    Graced,
    /// A session that was stored under its token was moved to the token's hash.
    Moved,
    /// A session was killed because its id had too many.
    Limited,
    /// A session was refused because its id had too many.
    Refused,
    /// An entry was added to an audit stream.
    Audited,
}

pub(crate) trait Host {
    /// Fires an event on a session's key.
    fn notify(&self, event: Event, key: &[u8]);
    fn publish(&self, channel: &[u8], message: &[u8]);
    /// Whether the server refuses commands that need memory.
    fn is_memory_full(&self) -> bool;
    /// Increments a counter without an event.
    fn tally(&self, what: Tally);
    /// Reports that an event could not be added to the audit stream under that key.
    fn not_audited(&self, key: &[u8]);
    /// Which running KILLALL or KILLSOID in this database is going to kill the session, if any.
    fn killing(&self, session: &Candidate<'_>) -> Option<Cause>;
    /// Informs the running work of the new token of a session, and of its id from now on.
    fn rotated(&self, session: &Candidate<'_>, new: &StoredName, new_id: &[u8]);
    /// The parts of the data on this node.
    fn parts(&self) -> &Parts;
    /// Whether a part is stably on this node for the access with which the database was opened: a
    /// cluster may allow reads and refuse writes.
    fn is_stable(&self, part: Part) -> bool;
}
