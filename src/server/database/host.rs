//! What a store requires from the server in addition to keys.

use redis_module::raw;

use super::super::builtin::Builtin;
use super::super::info::{self, Counter};
use super::super::text::Text;
use super::super::{api, cluster, mode, replication, unaudited, under_way};
use super::Database;
use crate::store::host::{Event, Host, Tally};
use crate::store::{Candidate, Cause};
use sessions_model::parts::{Part, Parts};
use sessions_model::stored_name::StoredName;

impl Host for Database<'_> {
    fn notify(&self, event: Event, key: &[u8]) {
        let (event, counter) = match event {
            Event::Create => (c"sessions.create", Counter::Created),
            Event::Set => (c"sessions.set", Counter::Written),
            Event::Rotate => (c"sessions.rotate", Counter::Rotated),
            Event::Kill => (c"sessions.kill", Counter::Killed),
            Event::Expire => (c"sessions.expire", Counter::Wiped),
        };
        info::add(counter, 1);
        let key = self.hash_name(key);
        // SAFETY: all pointers are valid for the call.
        unsafe {
            api!(RedisModule_NotifyKeyspaceEvent)(
                self.context.raw,
                raw::REDISMODULE_NOTIFY_MODULE,
                event.as_ptr(),
                key.as_ptr(),
            );
        }
    }

    fn publish(&self, channel: &[u8], message: &[u8]) {
        let (channel, message) = (Text::new(channel), Text::new(message));
        // SAFETY: all pointers are valid for the call.
        unsafe { api!(RedisModule_PublishMessage)(self.context.raw, channel.as_ptr(), message.as_ptr()) };
        // The cluster's bus has delivered the message to all nodes, including replicas.
        if !mode::is_cluster() {
            let mut arguments = [channel.as_ptr(), message.as_ptr()];
            replication::queue_message(self.context, Builtin::Publish, &mut arguments);
        }
    }

    fn killing(&self, session: &Candidate<'_>) -> Option<Cause> {
        under_way::killing(self.context, session)
    }

    fn rotated(&self, session: &Candidate<'_>, new: &StoredName, new_id: &[u8]) {
        under_way::rotated(self.context, session, new, new_id);
    }

    fn parts(&self) -> &Parts {
        self.parts.get_or_init(|| cluster::parts(self.context, self.access))
    }

    fn is_stable(&self, part: Part) -> bool {
        cluster::is_stable(self.context, part, self.access)
    }

    fn is_memory_full(&self) -> bool {
        // SAFETY: the context is valid.
        let flags = unsafe { api!(RedisModule_GetContextFlags)(self.context.raw) };
        flags & raw::REDISMODULE_CTX_FLAGS_OOM.cast_signed() != 0
    }

    fn not_audited(&self, key: &[u8]) {
        unaudited::report(self.context, key);
    }

    fn tally(&self, what: Tally) {
        let counter = match what {
            Tally::Read => Counter::Read,
            Tally::Missed => Counter::Missed,
            Tally::Conflict => Counter::Conflicts,
            Tally::Graced => Counter::Graced,
            Tally::Moved => Counter::Moved,
            Tally::Limited => Counter::Limited,
            Tally::Refused => Counter::Refused,
            Tally::Audited => Counter::Audited,
        };
        info::add(counter, 1);
    }
}
