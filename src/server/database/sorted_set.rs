//! Sorted sets.

use std::os::raw::c_int;

use redis_module::raw;

use super::super::builtin::Builtin;
use super::super::call;
use super::super::text::Text;
use super::super::{Context, api};
use super::Key;
use crate::store::keyspace::{Order, Position, Range, SortedSetKey};
use sessions_model::index::score;
use sessions_model::session::Seconds;
use smallvec::SmallVec;

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

    fn remove(&mut self, members: &[impl AsRef<[u8]>]) -> usize {
        let mut removed: SmallVec<[Text; 4]> = SmallVec::new();
        for member in members {
            let member = Text::new(member.as_ref());
            let mut was_there: c_int = 0;
            // SAFETY: all pointers are valid for the call.
            unsafe { api!(RedisModule_ZsetRem)(self.raw, member.as_ptr(), &raw mut was_there) };
            if was_there == 1 {
                removed.push(member);
            }
        }
        if !removed.is_empty() {
            let mut arguments: SmallVec<[_; 5]> =
                std::iter::once(&self.name).chain(&removed).map(Text::as_ptr).collect();
            self.written(Builtin::ZRem, &mut arguments);
        }
        removed.len()
    }

    fn score_of(&self, member: &[u8]) -> Option<f64> {
        if !self.exists() {
            return None;
        }
        let (member, mut score) = (Text::new(member), 0.0);
        // SAFETY: all pointers are valid for the call.
        let status = unsafe { api!(RedisModule_ZsetScore)(self.raw, member.as_ptr(), &raw mut score) };
        (status == raw::REDISMODULE_OK as c_int).then_some(score)
    }

    fn count_from(&self, min: f64) -> usize {
        if let Some(count) = count(self.context, &self.name, &min.to_string(), "+inf") {
            return usize::try_from(count).unwrap_or(usize::MAX);
        }
        let range = Range {
            min: Some(min),
            below: None,
        };
        self.walk(range, Order::Ascending, None, usize::MAX, usize::MAX)
            .map_or(0, |found| found.len())
    }

    fn page(&self, range: Range, order: Order, after: Option<&Position>, count: usize) -> Vec<Position> {
        if !self.exists() {
            return Vec::new();
        }
        let walked = self.walk(range, order, after, count, MOST_PASSED_OVER);
        walked
            .or_else(|| self.page_by_rank(range, order, after?, count))
            .or_else(|| self.walk(range, order, after, count, usize::MAX))
            .unwrap_or_default()
    }
}

/// How many members with the same score are skipped to continue after a position, before the
/// position is found by its rank, which costs about as much.
const MOST_PASSED_OVER: usize = 32;

impl Key<'_> {
    /// A page that begins with the first member that has the position's score. `None` if more
    /// members than allowed would have to be skipped.
    fn walk(
        &self,
        range: Range,
        order: Order,
        after: Option<&Position>,
        count: usize,
        most_passed_over: usize,
    ) -> Option<Vec<Position>> {
        let (mut min, mut max) = (
            range.min.unwrap_or(f64::NEG_INFINITY),
            range.below.unwrap_or(f64::INFINITY),
        );
        let mut max_excluded = c_int::from(range.below.is_some());
        match (order, after) {
            (Order::Ascending, Some(after)) => min = min.max(after.score),
            (Order::Descending, Some(after)) if after.score < max => (max, max_excluded) = (after.score, 0),
            _ => {}
        }
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
        let mut found = Vec::new();
        let mut passed_over = 0;
        // SAFETY: the key holds a sorted set, which does not change during that time; each current
        // element is a new string that the module owns.
        unsafe {
            first(self.raw, min, max, 0, max_excluded);
            while found.len() < count
                && passed_over <= most_passed_over
                && api!(RedisModule_ZsetRangeEndReached)(self.raw) == 0
            {
                let mut score = 0.0;
                let member = api!(RedisModule_ZsetRangeCurrentElement)(self.raw, &raw mut score);
                if member.is_null() {
                    break;
                }
                let member = Text::from_owned(member).as_ref().to_vec();
                let position = Position { score, member };
                if after.is_none_or(|after| position.is_behind(after, order)) {
                    found.push(position);
                } else {
                    passed_over += 1;
                }
                next(self.raw);
            }
            api!(RedisModule_ZsetRangeStop)(self.raw);
        }
        (passed_over <= most_passed_over).then_some(found)
    }

    /// The same page if many members share the position's score: the members after it are found by
    /// rank, in O(log² n). `None` if the server runs no commands about this key.
    fn page_by_rank(&self, range: Range, order: Order, after: &Position, count: usize) -> Option<Vec<Position>> {
        let Ranks { first, behind, end } = self.ranks(after, order)?;
        let most = i64::try_from(count).unwrap_or(i64::MAX);
        let (from, to) = match order {
            Order::Ascending => (behind, end.min(behind.saturating_add(most))),
            Order::Descending => (first.max(behind.saturating_sub(most)), behind),
        };
        // Without members, the last rank may be -1, which would mean the end of the set.
        let mut members = if from < to {
            members(self.context, &self.name, from, to - 1)?
        } else {
            Vec::new()
        };
        if order == Order::Descending {
            members.reverse();
        }
        let score = after.score;
        let mut page: Vec<_> = members.into_iter().map(|member| Position { score, member }).collect();
        let rest = match order {
            Order::Ascending => Range {
                min: Some(score.next_up()),
                ..range
            },
            Order::Descending => Range {
                below: Some(score),
                ..range
            },
        };
        page.extend(self.walk(rest, order, None, count - page.len(), usize::MAX)?);
        Some(page)
    }

    /// The ranks of the members that share a position's score.
    fn ranks(&self, place: &Position, order: Order) -> Option<Ranks> {
        let score = place.score.to_string();
        let bound = |text: &str| count(self.context, &self.name, "-inf", text).and_then(|n| i64::try_from(n).ok());
        let (first, end) = (bound(&format!("({score}"))?, bound(&score)?);
        let (mut low, mut high) = (first, end);
        while low < high {
            let middle = low + (high - low) / 2;
            let member = members(self.context, &self.name, middle, middle)?.pop()?;
            let is_below = match order {
                Order::Ascending => member <= place.member,
                Order::Descending => member < place.member,
            };
            if is_below {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Some(Ranks {
            first,
            behind: low,
            end,
        })
    }

    /// ZADD with flags `REDISMODULE_ZADD_*`; replicated unless nothing changed.
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

/// ZCOUNT, because the low-level API has no function in O(log n). `None`: a server in a cluster
/// runs no commands about this key, for example a replica; there the sets of single slots are
/// short.
pub(super) fn count(context: Context<'_>, key: &Text, min: &str, max: &str) -> Option<u64> {
    let (min, max) = (Text::new(min.as_bytes()), Text::new(max.as_bytes()));
    let reply = call::ask(context, Builtin::ZCount, &[key, &min, &max]);
    reply.was_run().then(|| reply.count())
}

/// ZRANGE: the members of these ranks, ascending. `None`: as for ZCOUNT.
fn members(context: Context<'_>, key: &Text, first: i64, last: i64) -> Option<Vec<Vec<u8>>> {
    let (first, last) = (Text::integer(first), Text::integer(last));
    let reply = call::ask(context, Builtin::ZRange, &[key, &first, &last]);
    let elements = reply.was_run().then(|| reply.whole())?;
    let found = (0..).map_while(|index| elements.at(index).bytes());
    Some(found.map(<[u8]>::to_vec).collect())
}

/// Ranks of the members that share a score: the rank of the first, the rank after the last, and the
/// number of members below a position among them; if the order is ascending, this includes the
/// member at the position.
struct Ranks {
    first: i64,
    behind: i64,
    end: i64,
}
