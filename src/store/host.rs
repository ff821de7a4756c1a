//! What a store needs of its surroundings besides keys: events, messages, counters, the work
//! running and the hash slots of this node.

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

/// What is counted besides the events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tally {
    /// A session was read by GET.
    Read,
    /// A command named a session that is not there.
    Missed,
    /// A write was refused because of the write counter.
    Conflict,
    /// A session was found by its old token, within the grace.
    Graced,
    /// A session that was stored by its token is stored by the token's hash now.
    Moved,
    /// A session was killed because its id may not have more.
    Limited,
    /// A session was refused because its id has as many as it may have.
    Refused,
    /// An entry was added to an audit stream.
    Audited,
}

pub(crate) trait Host {
    /// Fires an event on a session's key.
    fn notify(&self, event: Event, key: &[u8]);
    fn publish(&self, channel: &[u8], message: &[u8]);
    /// Whether the server would refuse a command that needs memory.
    fn is_memory_full(&self) -> bool;
    /// Counters without an event.
    fn tally(&self, what: Tally);
    /// An event could not be added to the audit stream of that key.
    fn not_audited(&self, key: &[u8]);
    /// Which running KILLALL or KILLSOID in this database is going to kill the session, if any.
    fn killing(&self, session: &Candidate<'_>) -> Option<Cause>;
    /// Informs the running work of the new token of a session, and of its id from now on.
    fn rotated(&self, session: &Candidate<'_>, new: &StoredName, new_id: &[u8]);
    /// The parts of the data that are here.
    fn parts(&self) -> &Parts;
    /// Whether a part is wholly and stably here, for what the database was opened for: a cluster
    /// may allow reads where it refuses writes.
    fn is_stable(&self, part: Part) -> bool;
}
