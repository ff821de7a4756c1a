//! Sorted sets.

use std::ops::ControlFlow;
use std::os::raw::c_int;

use redis_module::raw;

use super::super::builtin::Builtin;
use super::super::called;
use super::super::text::Text;
use super::super::{Context, api};
use super::Key;
use crate::session::Seconds;
use crate::store::index::score;
use crate::store::keyspace::{Order, Range, SortedSetKey};

impl SortedSetKey for Key<'_> {
    fn len(&self) -> usize {
        self.length()
    }

    fn add(&mut self, member: &[u8], at: Seconds) {
        self.add_with(0, member, at);
    }

    fn raise(&mut self, member: &[u8], to: Seconds) {
        self.add_with(raw::REDISMODULE_ZADD_GT, member, to);
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
            let mut arguments: Vec<_> = std::iter::once(&self.name).chain(&removed).map(Text::as_ptr).collect();
            self.written(Builtin::ZRem, &mut arguments);
        }
        removed.len()
    }

    fn count_from(&self, min: f64) -> usize {
        if let Some(count) = count(self.context, &self.name, &min.to_string(), "+inf") {
            return usize::try_from(count).unwrap_or(usize::MAX);
        }
        let mut counted = 0;
        let range = Range {
            min: Some(min),
            below: None,
        };
        self.visit(range, Order::Ascending, &mut |_, _| {
            counted += 1;
            ControlFlow::Continue(())
        });
        counted
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

impl Key<'_> {
    /// ZADD with `REDISMODULE_ZADD_*`; sent on unless they left everything as it was.
    fn add_with(&mut self, flags: u32, member: &[u8], at: Seconds) {
        let member = Text::new(member);
        let mut flags = flags.cast_signed();
        // SAFETY: all pointers are valid for the call, which puts into the flags what it did.
        unsafe { api!(RedisModule_ZsetAdd)(self.raw, score(at), member.as_ptr(), &raw mut flags) };
        if flags & raw::REDISMODULE_ZADD_NOP.cast_signed() == 0 {
            let at = Text::integer(at);
            self.written(Builtin::ZAdd, &mut [self.name.as_ptr(), at.as_ptr(), member.as_ptr()]);
        }
    }
}

/// ZCOUNT: the low-level API has nothing in O(log n). `None`: a cluster's server runs no
/// commands about this key, being a replica, say; there the sets of single slots are short.
pub(super) fn count(context: Context<'_>, key: &Text, min: &str, max: &str) -> Option<u64> {
    let (min, max) = (Text::new(min.as_bytes()), Text::new(max.as_bytes()));
    let reply = called::ask(context, Builtin::ZCount, &[key, &min, &max]);
    reply.was_run().then(|| reply.count())
}
