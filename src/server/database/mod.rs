//! The server's keyspace, through its low-level key API.
//!
//! Low-level writes reach neither replicas nor clients by themselves. So each write queues the
//! plain command for replicas and the AOF, and signals the key to clients that WATCH it and to
//! client-side caches. Keys may be opened for writing without being changed, so the module has
//! switched off the server's own signal at closing.

mod hash;
mod host;
mod set;
mod sorted_set;
mod stream;

use std::cell::{OnceCell, RefCell};
use std::os::raw::c_void;
use std::ptr;

use redis_module::raw::{
    REDISMODULE_KEYTYPE_EMPTY, REDISMODULE_KEYTYPE_HASH, REDISMODULE_KEYTYPE_SET, REDISMODULE_KEYTYPE_STREAM,
    REDISMODULE_KEYTYPE_ZSET, REDISMODULE_READ, REDISMODULE_WRITE, RedisModuleKey, RedisModuleString,
};

use super::acl::Access;
use super::builtin::Builtin;
use super::text::{self, Text};
use super::{Context, api, config, replication};
use crate::store::keyspace::{Keyspace, WrongType};
use sessions_model::keys;
use sessions_model::parts::Parts;
use sessions_model::session::Seconds;
use set::SetName;
use smallvec::SmallVec;

/// The selected database, for the length of a command or a slice of work.
#[derive(Debug)]
pub(crate) struct Database<'c> {
    context: Context<'c>,
    access: Access,
    parts: OnceCell<Parts>,
    /// The name of the hash that was opened last, because a command uses its session's hash name
    /// more than once.
    recent: RefCell<Option<Text>>,
}

impl<'c> Database<'c> {
    pub(crate) fn new(context: Context<'c>, access: Access) -> Self {
        config::renew_kept_strings();
        Self {
            context,
            access,
            parts: OnceCell::new(),
            recent: RefCell::new(None),
        }
    }

    /// How many members of a sorted set have a score below a time; 0 if the key has another type.
    pub(super) fn count_below(&self, key: &[u8], time: Seconds) -> u64 {
        let Ok(set) = self.open(Text::new(key), REDISMODULE_KEYTYPE_ZSET) else {
            return 0;
        };
        sorted_set::count(self.context, &set.name, "-inf", &format!("({time}")).unwrap_or(0)
    }

    /// The name of a session's hash.
    fn hash_name(&self, name: &[u8]) -> Text {
        let mut recent = self.recent.borrow_mut();
        match &*recent {
            Some(text) if text.as_ref() == name => text.clone(),
            _ => recent.insert(Text::new(name)).clone(),
        }
    }

    fn open(&self, name: Text, wanted: isize) -> Result<Key<'c>, WrongType> {
        let mode = REDISMODULE_READ | REDISMODULE_WRITE;
        // SAFETY: context and name are valid; a key opened for writing is never null.
        let raw = unsafe { api!(RedisModule_OpenKey)(self.context.raw, name.as_ptr(), mode.cast_signed()) };
        let key = Key {
            context: self.context,
            raw,
            name,
        };
        let found = key.kind();
        if found == wanted || found == REDISMODULE_KEYTYPE_EMPTY {
            Ok(key)
        } else {
            Err(WrongType)
        }
    }
}

impl<'c> Keyspace for Database<'c> {
    type Bytes = Text;
    type Hash = Key<'c>;
    type SortedSet = Key<'c>;
    type Set = SetName<'c>;
    type Stream = Key<'c>;

    fn hash(&self, key: &[u8]) -> Result<Self::Hash, WrongType> {
        self.open(self.hash_name(key), REDISMODULE_KEYTYPE_HASH)
    }

    fn sorted_set(&self, key: &[u8]) -> Result<Self::SortedSet, WrongType> {
        self.open(Text::name(key), REDISMODULE_KEYTYPE_ZSET)
    }

    fn set(&self, key: &[u8]) -> Result<Self::Set, WrongType> {
        let open = self.open(Text::new(key), REDISMODULE_KEYTYPE_SET)?;
        Ok(SetName {
            context: self.context,
            name: open.name.clone(),
            length: open.length(),
            key: open.exists().then_some(open),
        })
    }

    fn stream(&self, key: &[u8]) -> Result<Self::Stream, WrongType> {
        self.open(Text::new(key), REDISMODULE_KEYTYPE_STREAM)
    }

    fn unlink(&self, hashes: &[keys::Name], sets: Vec<Self::Set>) {
        let hashes = hashes
            .iter()
            .filter_map(|name| self.open(self.hash_name(name), REDISMODULE_KEYTYPE_HASH).ok());
        let sets = sets.into_iter().filter_map(|set| set.key);
        let mut unlinked: SmallVec<[_; 4]> = SmallVec::new();
        for key in hashes.chain(sets) {
            // SAFETY: the key is open for writing.
            unsafe { api!(RedisModule_UnlinkKey)(key.raw) };
            key.signal();
            unlinked.push(key);
        }
        if !unlinked.is_empty() {
            let mut names: SmallVec<[_; 4]> = unlinked.iter().map(|key| key.name.as_ptr()).collect();
            replication::queue(self.context, Builtin::Unlink, &mut names);
        }
    }
}

/// An open key; closed on drop.
#[derive(Debug)]
pub(crate) struct Key<'c> {
    context: Context<'c>,
    raw: *mut RedisModuleKey,
    name: Text,
}

impl Key<'_> {
    fn kind(&self) -> isize {
        // SAFETY: the key is open.
        let kind = unsafe { api!(RedisModule_KeyType)(self.raw) };
        kind as isize
    }

    fn exists(&self) -> bool {
        self.kind() != REDISMODULE_KEYTYPE_EMPTY
    }

    fn length(&self) -> usize {
        // SAFETY: the key is open.
        unsafe { api!(RedisModule_ValueLength)(self.raw) }
    }

    /// Visits the fields of a hash with their values, or the members of a set, in at most this
    /// number of portions; returns whether these were all. In a large hash or set, a field or
    /// member may be visited twice.
    fn scan(&self, mut portions: usize, visitor: &mut Visitor<'_>) -> bool {
        // SAFETY: the cursor is made, used and destroyed here; `visit_scanned` gets back the
        // pointer to the visitor, which outlives the scan.
        unsafe {
            let cursor = api!(RedisModule_ScanCursorCreate)();
            let mut visitor = visitor;
            let to = ptr::from_mut(&mut visitor).cast();
            let mut unfinished = true;
            while unfinished && portions > 0 {
                unfinished = api!(RedisModule_ScanKey)(self.raw, cursor, Some(visit_scanned), to) != 0;
                portions -= 1;
            }
            api!(RedisModule_ScanCursorDestroy)(cursor);
            !unfinished
        }
    }

    /// Tells clients that WATCH the key, and client-side caches, that it has changed.
    fn signal(&self) {
        // SAFETY: context and name are valid.
        unsafe { api!(RedisModule_SignalModifiedKey)(self.context.raw, self.name.as_ptr()) };
    }

    /// Queues the plain command for a write; `arguments` begin with the key's name.
    fn written(&self, command: Builtin, arguments: &mut [*mut RedisModuleString]) {
        self.signal();
        replication::queue(self.context, command, arguments);
    }
}

impl Drop for Key<'_> {
    fn drop(&mut self) {
        // SAFETY: opened by us and closed once.
        unsafe { api!(RedisModule_CloseKey)(self.raw) }
    }
}

/// Gets a field and its value, or a member of a set and an empty value.
type Visitor<'v> = dyn FnMut(&[u8], &[u8]) + 'v;

unsafe extern "C" fn visit_scanned(
    _key: *mut RedisModuleKey,
    element: *mut RedisModuleString,
    value: *mut RedisModuleString,
    to: *mut c_void,
) {
    // SAFETY: `to` is what `scan` passed; the strings live as long as this call, and a set's
    // members have no value.
    unsafe {
        let visitor = &mut *to.cast::<&mut Visitor<'_>>();
        let value = if value.is_null() { &[] } else { text::bytes(value) };
        visitor(text::bytes(element), value);
    }
}
