//! Sets.

use redis_module::raw::REDISMODULE_KEYTYPE_SET;

use super::super::Context;
use super::super::acl::Access;
use super::super::builtin::Builtin;
use super::super::call::{self, CallReply};
use super::super::text::Text;
use super::{Database, Key};
use crate::store::keyspace::SetKey;

/// A set. There is almost no low-level API for sets, and the commands that replace it delete an
/// emptied key even if a handle is open.
#[derive(Debug)]
pub(crate) struct SetName<'c> {
    pub(super) context: Context<'c>,
    pub(super) name: Text,
    pub(super) length: usize,
    /// Open until a command is called, which may delete the key.
    pub(super) key: Option<Key<'c>>,
}

impl SetKey for SetName<'_> {
    fn len(&self) -> usize {
        self.length
    }

    fn holds_only(&self, members: &[impl AsRef<[u8]>]) -> bool {
        let Some(key) = self.key.as_ref().filter(|_| self.length <= members.len()) else {
            return false;
        };
        // A set that has shrunk may have very many empty portions.
        const PORTIONS: usize = 1000;
        let mut only = true;
        let all = key.scan(PORTIONS, &mut |found, _| {
            only &= members.iter().any(|member| member.as_ref() == found);
        });
        all && only
    }

    fn add(&mut self, member: &[u8]) {
        self.key = None;
        let member = Text::new(member);
        let added = call::write(self.context, Builtin::SAdd, &[&self.name, &member]);
        self.length += count(&added);
    }

    fn remove(&mut self, members: &[impl AsRef<[u8]>]) {
        if members.is_empty() {
            return;
        }
        self.key = None;
        let members: Vec<_> = members.iter().map(|member| Text::new(member.as_ref())).collect();
        let arguments: Vec<_> = std::iter::once(&self.name).chain(&members).collect();
        let removed = call::write(self.context, Builtin::SRem, &arguments);
        self.length = self.length.saturating_sub(count(&removed));
    }

    fn visit_portion(&mut self, cursor: u64, visitor: &mut dyn FnMut(&[u8])) -> u64 {
        self.key = None;
        let words = [cursor.to_string().as_str(), "COUNT", "32"].map(|word| Text::new(word.as_bytes()));
        let arguments: Vec<_> = std::iter::once(&self.name).chain(&words).collect();
        let reply = call::ask(self.context, Builtin::SScan, &arguments);
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
            .and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
        next.unwrap_or_else(|| {
            reply.note_unexpected();
            0
        })
    }
}

impl SetName<'_> {
    /// For servers in a cluster that run no commands about this key, such as replicas.
    fn visit_all(&self, visitor: &mut dyn FnMut(&[u8])) {
        let database = Database::new(self.context, Access::Read);
        let Ok(key) = database.open(self.name.clone(), REDISMODULE_KEYTYPE_SET) else {
            return;
        };
        if key.exists() {
            key.scan(usize::MAX, &mut |member, _| visitor(member));
        }
    }
}

fn count(reply: &CallReply) -> usize {
    usize::try_from(reply.count()).unwrap_or(usize::MAX)
}
