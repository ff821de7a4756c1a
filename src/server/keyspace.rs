//! The server's keyspace, through its low-level key API.
//!
//! Low-level writes reach nobody by themselves: each queues the plain command for
//! replicas and the AOF, and signals the key to WATCHers and client-side caches. Keys
//! are opened for writing without being changed, so the module has switched off the
//! server's own signal at closing.

use std::ffi::CStr;
use std::ops::ControlFlow;
use std::os::raw::{c_int, c_void};
use std::ptr;

use redis_module::raw::{
    self, REDISMODULE_HASH_NONE, REDISMODULE_KEYTYPE_EMPTY, REDISMODULE_KEYTYPE_HASH, REDISMODULE_KEYTYPE_SET,
    REDISMODULE_KEYTYPE_ZSET, REDISMODULE_READ, REDISMODULE_WRITE, RedisModuleKey, RedisModuleString,
};

use super::called::Called;
use super::info::{self, Counter};
use super::text::{self, Text};
use super::{Context, api, config, replication, work};
use crate::session::ident::App;
use crate::session::{Field, Seconds};
use crate::store::keyspace::{Event, HashKey, Keyspace, Name, Order, Range, SetKey, SortedSetKey, Tally, WrongType};

/// `REDISMODULE_HASH_DELETE`, a cast that bindgen leaves out.
const HASH_DELETE: *mut RedisModuleString = ptr::without_provenance_mut(1);

/// The selected database.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Database<'c> {
    context: Context<'c>,
}

impl<'c> Database<'c> {
    pub(crate) const fn new(context: Context<'c>) -> Self {
        Self { context }
    }

    /// How many members of a sorted set have a score below a time; 0 for another type.
    pub(super) fn count_below(&self, key: &[u8], time: Seconds) -> u64 {
        count(self.context, &Text::new(key), "-inf", &format!("({time}"))
    }

    fn open(&self, name: &[u8], wanted: isize) -> Result<Key<'c>, WrongType> {
        let name = Text::new(name);
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

    fn hash(&self, key: &[u8]) -> Result<Self::Hash, WrongType> {
        self.open(key, REDISMODULE_KEYTYPE_HASH)
    }

    fn sorted_set(&self, key: &[u8]) -> Result<Self::SortedSet, WrongType> {
        self.open(key, REDISMODULE_KEYTYPE_ZSET)
    }

    fn set(&self, key: &[u8]) -> Result<Self::Set, WrongType> {
        let Key { .. } = self.open(key, REDISMODULE_KEYTYPE_SET)?;
        Ok(SetName {
            context: self.context,
            name: Text::new(key),
        })
    }

    fn unlink(&self, keys: &[Vec<u8>]) {
        let mut unlinked = Vec::with_capacity(keys.len());
        for name in keys {
            let Ok(key) = self.open(name, REDISMODULE_KEYTYPE_HASH) else {
                continue;
            };
            // SAFETY: the key is open for writing.
            unsafe { api!(RedisModule_UnlinkKey)(key.raw) };
            key.signal();
            unlinked.push(key);
        }
        if !unlinked.is_empty() {
            let names: Vec<_> = unlinked.iter().map(|key| &key.name).collect();
            replication::queue(self.context, c"UNLINK", &names);
        }
    }

    fn notify(&self, event: Event, key: &[u8]) {
        let (event, counter) = match event {
            Event::Create => (c"sessions.create", Counter::Created),
            Event::Set => (c"sessions.set", Counter::Written),
            Event::Rotate => (c"sessions.rotate", Counter::Rotated),
            Event::Kill => (c"sessions.kill", Counter::Killed),
            Event::Expire => (c"sessions.expire", Counter::Wiped),
        };
        info::add(counter, 1);
        let key = Text::new(key);
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
    }

    fn killing_since(&self, app: App<'_>) -> Option<Seconds> {
        work::killing_since(self.context, app)
    }

    fn tally(&self, what: Tally) {
        let counter = match what {
            Tally::Read => Counter::Read,
            Tally::Missed => Counter::Missed,
        };
        info::add(counter, 1);
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

    /// Tells WATCHers and client-side caches that the key has changed.
    fn signal(&self) {
        // SAFETY: context and name are valid.
        unsafe { api!(RedisModule_SignalModifiedKey)(self.context.raw, self.name.as_ptr()) };
    }

    fn written(&self, command: &CStr, arguments: &[&Text]) {
        self.signal();
        let arguments: Vec<_> = std::iter::once(&self.name).chain(arguments.iter().copied()).collect();
        replication::queue(self.context, command, &arguments);
    }
}

impl Drop for Key<'_> {
    fn drop(&mut self) {
        // SAFETY: opened by us and closed once.
        unsafe { api!(RedisModule_CloseKey)(self.raw) }
    }
}

impl HashKey for Key<'_> {
    type Bytes = Text;

    fn is_empty(&self) -> bool {
        !self.exists()
    }

    fn fields(&self) -> [Option<Text>; Field::COUNT] {
        let mut found = [ptr::null_mut::<RedisModuleString>(); Field::COUNT];
        if self.exists() {
            let [n0, n1, n2, n3, n4, n5, n6, n7, n8, n9] = config::field_names();
            let [v0, v1, v2, v3, v4, v5, v6, v7, v8, v9] = found.each_mut().map(ptr::from_mut);
            let end: *mut c_void = ptr::null_mut();
            // SAFETY: pairs of a field name and where to put its value, ended by a null
            // pointer; the key holds a hash.
            unsafe {
                api!(RedisModule_HashGet)(
                    self.raw,
                    REDISMODULE_HASH_NONE.cast_signed(),
                    n0,
                    v0,
                    n1,
                    v1,
                    n2,
                    v2,
                    n3,
                    v3,
                    n4,
                    v4,
                    n5,
                    v5,
                    n6,
                    v6,
                    n7,
                    v7,
                    n8,
                    v8,
                    n9,
                    v9,
                    end,
                );
            }
        }
        // SAFETY: each value that was found is a new string of ours.
        found.map(|value| (!value.is_null()).then(|| unsafe { Text::from_owned(value) }))
    }

    fn all_fields(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut fields: Vec<(Vec<u8>, Vec<u8>)> = Vec::with_capacity(self.length());
        // SAFETY: the cursor is made, used and destroyed here; `push_field` gets back
        // the pointer to `fields`, which outlives the scan.
        unsafe {
            let cursor = api!(RedisModule_ScanCursorCreate)();
            let to = ptr::from_mut(&mut fields).cast();
            while api!(RedisModule_ScanKey)(self.raw, cursor, Some(push_field), to) != 0 {}
            api!(RedisModule_ScanCursorDestroy)(cursor);
        }
        if fields.len() > self.length() {
            // A scan of a large hash may meet a field twice.
            fields.sort_unstable();
            fields.dedup_by(|a, b| a.0 == b.0);
        }
        fields
    }

    fn set(&mut self, fields: &[(Name<'_>, &[u8])]) {
        let mut arguments = Vec::with_capacity(fields.len() * 2);
        for (name, value) in fields {
            let name = match name {
                Name::Known(field) => Text::new(field.name().as_bytes()),
                Name::Other(name) => Text::new(name),
            };
            let value = Text::new(value);
            self.set_one(name.as_ptr(), value.as_ptr());
            arguments.extend([name, value]);
        }
        self.written(c"HSET", &arguments.iter().collect::<Vec<_>>());
    }

    fn delete(&mut self, field: Field) {
        let name = Text::new(field.name().as_bytes());
        self.set_one(name.as_ptr(), HASH_DELETE);
        self.written(c"HDEL", &[&name]);
    }
}

impl Key<'_> {
    fn set_one(&mut self, name: *mut RedisModuleString, value: *mut RedisModuleString) {
        let end: *mut c_void = ptr::null_mut();
        // SAFETY: one pair, ended by a null pointer; the server copies both strings. The
        // key holds a hash or nothing and is open for writing, so this can't fail.
        unsafe { api!(RedisModule_HashSet)(self.raw, REDISMODULE_HASH_NONE.cast_signed(), name, value, end) };
    }
}

unsafe extern "C" fn push_field(
    _key: *mut RedisModuleKey,
    field: *mut RedisModuleString,
    value: *mut RedisModuleString,
    to: *mut c_void,
) {
    // SAFETY: `to` is what `all_fields` passed; the strings live as long as this call.
    unsafe {
        let fields = &mut *to.cast::<Vec<(Vec<u8>, Vec<u8>)>>();
        fields.push((text::bytes(field).to_vec(), text::bytes(value).to_vec()));
    }
}

impl SortedSetKey for Key<'_> {
    fn len(&self) -> usize {
        self.length()
    }

    fn score(&self, member: &[u8]) -> Option<f64> {
        let member = Text::new(member);
        let mut score = 0.0;
        // SAFETY: all pointers are valid for the call.
        let status = unsafe { api!(RedisModule_ZsetScore)(self.raw, member.as_ptr(), &raw mut score) };
        (status == raw::REDISMODULE_OK as c_int).then_some(score)
    }

    fn add(&mut self, member: &[u8], score: f64) {
        let member = Text::new(member);
        // SAFETY: all pointers are valid for the call, and no flags are wanted.
        unsafe { api!(RedisModule_ZsetAdd)(self.raw, score, member.as_ptr(), ptr::null_mut()) };
        self.written(c"ZADD", &[&Text::new(score.to_string().as_bytes()), &member]);
    }

    fn remove(&mut self, members: &[Vec<u8>]) -> usize {
        let mut removed = Vec::with_capacity(members.len());
        for member in members {
            let member = Text::new(member);
            let mut was_there: c_int = 0;
            // SAFETY: all pointers are valid for the call.
            unsafe { api!(RedisModule_ZsetRem)(self.raw, member.as_ptr(), &raw mut was_there) };
            if was_there == 1 {
                removed.push(member);
            }
        }
        if !removed.is_empty() {
            self.written(c"ZREM", &removed.iter().collect::<Vec<_>>());
        }
        removed.len()
    }

    fn count_from(&self, min: f64) -> usize {
        let count = count(self.context, &self.name, &min.to_string(), "+inf");
        usize::try_from(count).unwrap_or(usize::MAX)
    }

    fn visit(&self, range: Range, order: Order, visitor: &mut dyn FnMut(&[u8], f64) -> ControlFlow<()>) {
        if !self.exists() {
            return;
        }
        let min = range.min.unwrap_or(f64::NEG_INFINITY);
        let max = range.below.unwrap_or(f64::INFINITY);
        let max_excluded = c_int::from(range.below.is_some());
        let (first, next) = match order {
            Order::Ascending => unsafe {
                // SAFETY: only reads the function pointers.
                (api!(RedisModule_ZsetFirstInScoreRange), api!(RedisModule_ZsetRangeNext))
            },
            Order::Descending => unsafe {
                // SAFETY: only reads the function pointers.
                (api!(RedisModule_ZsetLastInScoreRange), api!(RedisModule_ZsetRangePrev))
            },
        };
        // SAFETY: the key holds a sorted set, which the visitor must not change; each
        // current element is a new string of ours.
        unsafe {
            first(self.raw, min, max, 0, max_excluded);
            while api!(RedisModule_ZsetRangeEndReached)(self.raw) == 0 {
                let mut score = 0.0;
                let member = api!(RedisModule_ZsetRangeCurrentElement)(self.raw, &raw mut score);
                if member.is_null() || visitor(Text::from_owned(member).as_ref(), score).is_break() {
                    break;
                }
                next(self.raw);
            }
            api!(RedisModule_ZsetRangeStop)(self.raw);
        }
    }
}

/// ZCOUNT: the low-level API has nothing in O(log n).
fn count(context: Context<'_>, key: &Text, min: &str, max: &str) -> u64 {
    let (min, max) = (Text::new(min.as_bytes()), Text::new(max.as_bytes()));
    // SAFETY: the format announces three strings.
    let reply = unsafe {
        Called::new(api!(RedisModule_Call)(
            context.raw,
            c"ZCOUNT".as_ptr(),
            c"sss".as_ptr(),
            key.as_ptr(),
            min.as_ptr(),
            max.as_ptr(),
        ))
    };
    u64::try_from(reply.integer()).unwrap_or(0)
}

/// A set by its name: there is no low-level API for sets, and the commands that stand
/// in for it delete an emptied key under an open handle.
#[derive(Debug)]
pub(crate) struct SetName<'c> {
    context: Context<'c>,
    name: Text,
}

impl SetKey for SetName<'_> {
    fn len(&self) -> usize {
        let database = Database::new(self.context);
        database
            .open(self.name.as_ref(), REDISMODULE_KEYTYPE_SET)
            .map_or(0, |key| key.length())
    }

    fn add(&mut self, member: &[u8]) {
        let member = Text::new(member);
        // SAFETY: the format announces two strings and asks for replication.
        drop(unsafe {
            Called::new(api!(RedisModule_Call)(
                self.context.raw,
                c"SADD".as_ptr(),
                c"!ss".as_ptr(),
                self.name.as_ptr(),
                member.as_ptr(),
            ))
        });
    }

    fn remove(&mut self, members: &[Vec<u8>]) {
        if members.is_empty() {
            return;
        }
        let members: Vec<_> = members.iter().map(|member| Text::new(member)).collect();
        let mut pointers: Vec<_> = members.iter().map(Text::as_ptr).collect();
        // SAFETY: the format announces a string, an array of strings and its length,
        // and asks for replication.
        drop(unsafe {
            Called::new(api!(RedisModule_Call)(
                self.context.raw,
                c"SREM".as_ptr(),
                c"!sv".as_ptr(),
                self.name.as_ptr(),
                pointers.as_mut_ptr(),
                pointers.len(),
            ))
        });
    }

    fn visit_portion(&self, cursor: u64, visitor: &mut dyn FnMut(&[u8])) -> u64 {
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
