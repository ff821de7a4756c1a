//! Sets.

use redis_module::raw::REDISMODULE_KEYTYPE_SET;

use super::super::called::Called;
use super::super::text::Text;
use super::super::{Context, api};
use super::{Database, Key};
use crate::store::keyspace::SetKey;

/// A set: there is next to no low-level API for sets, and the commands that stand in for
/// it delete an emptied key under an open handle.
#[derive(Debug)]
pub(crate) struct SetName<'c> {
    pub(super) context: Context<'c>,
    pub(super) name: Text,
    pub(super) length: usize,
    /// Open until a command is called, which may delete it.
    pub(super) key: Option<Key<'c>>,
}

impl SetKey for SetName<'_> {
    fn len(&self) -> usize {
        self.length
    }

    fn holds_only(&self, members: &[Vec<u8>]) -> bool {
        let Some(key) = self.key.as_ref().filter(|_| self.length <= members.len()) else {
            return false;
        };
        // A set that has shrunk may have very many empty portions.
        const PORTIONS: usize = 1000;
        let mut only = true;
        let all = key.scan(PORTIONS, &mut |found, _| {
            only &= members.iter().any(|member| member == found);
        });
        all && only
    }

    fn add(&mut self, member: &[u8]) {
        self.key = None;
        let member = Text::new(member);
        // SAFETY: the format announces two strings and asks for replication.
        let added = unsafe {
            Called::new(api!(RedisModule_Call)(
                self.context.raw,
                c"SADD".as_ptr(),
                c"!ss".as_ptr(),
                self.name.as_ptr(),
                member.as_ptr(),
            ))
        };
        self.length += count(&added);
    }

    fn remove(&mut self, members: &[Vec<u8>]) {
        if members.is_empty() {
            return;
        }
        self.key = None;
        let members: Vec<_> = members.iter().map(|member| Text::new(member)).collect();
        let mut pointers: Vec<_> = members.iter().map(Text::as_ptr).collect();
        // SAFETY: the format announces a string, an array of strings and its length,
        // and asks for replication.
        let removed = unsafe {
            Called::new(api!(RedisModule_Call)(
                self.context.raw,
                c"SREM".as_ptr(),
                c"!sv".as_ptr(),
                self.name.as_ptr(),
                pointers.as_mut_ptr(),
                pointers.len(),
            ))
        };
        self.length = self.length.saturating_sub(count(&removed));
    }

    fn visit_portion(&mut self, cursor: u64, visitor: &mut dyn FnMut(&[u8])) -> u64 {
        self.key = None;
        let cursor = Text::new(cursor.to_string().as_bytes());
        // SAFETY: the format announces two strings and two C strings.
        let reply = unsafe {
            Called::new(api!(RedisModule_Call)(
                self.context.raw,
                c"SSCAN".as_ptr(),
                c"sscc".as_ptr(),
                self.name.as_ptr(),
                cursor.as_ptr(),
                c"COUNT".as_ptr(),
                c"32".as_ptr(),
            ))
        };
        if !reply.was_run() {
            self.visit_all(visitor);
            return 0;
        }
        let members = reply.whole().at(1);
        for index in 0.. {
            let Some(bytes) = members.at(index).bytes() else { break };
            visitor(bytes);
        }
        let next = reply
            .whole()
            .at(0)
            .bytes()
            .and_then(|digits| std::str::from_utf8(digits).ok());
        next.and_then(|digits| digits.parse().ok()).unwrap_or(0)
    }
}

impl SetName<'_> {
    /// Where a cluster's server runs no commands about this key, being a replica, say.
    fn visit_all(&self, visitor: &mut dyn FnMut(&[u8])) {
        let database = Database::new(self.context);
        let Ok(key) = database.open(self.name.as_ref(), REDISMODULE_KEYTYPE_SET) else {
            return;
        };
        if key.exists() {
            key.scan(usize::MAX, &mut |member, _| visitor(member));
        }
    }
}

fn count(reply: &Called) -> usize {
    usize::try_from(reply.integer()).unwrap_or(0)
}
