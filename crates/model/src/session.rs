//! The rules of a session: when it is live and what a use changes. The code is pure: no server, no
//! clock, no keys; the time is an argument.

use crate::limits::MAX_GRACE;
use crate::number::{Lifetime, Ttl};
use crate::stored_name::Storage;

pub use crate::field::{Field, Fields};
pub use crate::number::Seconds;

/// A session as stored. `B` is whatever holds a field's bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Session<B> {
    /// Empty: the session is anonymous.
    pub id: B,
    pub storage: Storage,
    pub reads: i64,
    pub writes: i64,
    pub ip: Option<B>,
    pub user_agent: Option<B>,
    /// When it was last used.
    pub last_activity: Seconds,
    /// Idle timeout; with `no_resave` what was left of it at `last_activity`.
    pub ttl: i64,
    /// JSON text of the session's own data.
    pub data: Option<B>,
    /// Use does not extend the life.
    pub no_resave: bool,
    /// `None`: the session was created by redis-sessions.
    pub created: Option<Seconds>,
    /// The last second of an absolute limit.
    pub until: Option<Seconds>,
    /// The last second in which the previous token still works.
    pub graced: Option<Seconds>,
}

/// The fields that decide how long a session lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    pub last_activity: Seconds,
    /// As [`Session::ttl`].
    pub ttl: i64,
    pub no_resave: bool,
    pub until: Option<Seconds>,
}

/// The timeouts that a use may set; `None` values do not change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// The idle timeout, starting with the use.
    pub ttl: Option<Ttl>,
    /// The absolute limit, counted from the use.
    pub lifetime: Option<Lifetime>,
    /// From then on, use does not extend the life. This cannot be undone.
    pub no_resave: bool,
}

impl Terms {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Life {
    /// Seconds since the last use; 0 if the clock was set back.
    pub fn idle(&self, now: Seconds) -> i64 {
        now.saturating_sub(self.last_activity).max(0)
    }

    /// Exact for any stored numbers, because the cleanup pass requires that the end of a live
    /// session is in the future.
    pub fn is_live(&self, now: Seconds) -> bool {
        let idle = (i128::from(now) - i128::from(self.last_activity)).max(0);
        idle <= i128::from(self.ttl) && self.until.is_none_or(|until| now <= until)
    }

    /// The idle timeout to show; with `no_resave`, the rest of it.
    pub fn ttl_shown(&self, now: Seconds) -> i64 {
        if self.no_resave {
            self.ttl.saturating_sub(self.idle(now))
        } else {
            self.ttl
        }
    }

    /// The life after a use at `now`. The last activity is never lowered.
    #[must_use]
    pub fn used(&self, now: Seconds, terms: &Terms) -> Self {
        Self {
            last_activity: self.last_activity.max(now),
            ttl: terms.ttl.map_or_else(|| self.ttl_shown(now), Ttl::seconds),
            no_resave: self.no_resave || terms.no_resave,
            until: terms.lifetime.map(|lifetime| lifetime.ends(now)).or(self.until),
        }
    }
}

impl<B: AsRef<[u8]>> Session<B> {
    /// Reads the fields of a hash. `None` if they are not a session: there is neither `id` nor
    /// `hashed`, or `la` or `ttl` is unreadable.
    pub fn from_fields(fields: Fields<B>) -> Option<Self> {
        let number = |field: &Option<B>| field.as_ref().and_then(|b| stored_integer(b.as_ref()));
        let known = |field: Option<B>| field.filter(|b| !b.as_ref().is_empty());
        let storage = fields.storage();
        Some(Self {
            reads: number(&fields.reads).unwrap_or(0),
            writes: number(&fields.writes).unwrap_or(0),
            last_activity: number(&fields.last_activity)?,
            ttl: number(&fields.ttl)?,
            no_resave: fields.no_resave.is_some_and(|b| b.as_ref() == b"1"),
            created: number(&fields.created),
            until: number(&fields.until),
            graced: number(&fields.graced),
            storage,
            id: fields.hashed.or(fields.id)?,
            ip: known(fields.ip),
            user_agent: known(fields.user_agent),
            data: known(fields.data),
        })
    }

    pub fn is_anonymous(&self) -> bool {
        self.id.as_ref().is_empty()
    }
}

impl<B> Session<B> {
    /// Whether the previous token may still work. If the clock was set back, the grace lasts at
    /// most as long as the longest grace.
    pub fn is_graced(&self, now: Seconds) -> bool {
        self.graced.is_some_and(|until| grace_left(until, now).is_some())
    }

    pub const fn life(&self) -> Life {
        Life {
            last_activity: self.last_activity,
            ttl: self.ttl,
            no_resave: self.no_resave,
            until: self.until,
        }
    }
}

/// The remaining seconds of a grace. `None`: the grace is over, or longer than allowed.
pub fn grace_left(until: Seconds, now: Seconds) -> Option<Seconds> {
    let left = until.saturating_sub(now);
    (0..=MAX_GRACE).contains(&left).then_some(left)
}

/// Any number with this many digits fits into an `i64`.
const MOST_DIGITS: usize = 18;

/// A number in a stored field. redis-sessions reads numbers with JavaScript's `Number`, so this
/// also accepts decimals, which are cut. Text without a finite value is unreadable.
fn stored_integer(text: &[u8]) -> Option<i64> {
    // Nearly all numbers were stored by this module: digits that cannot overflow.
    if (1..=MOST_DIGITS).contains(&text.len()) && text.iter().all(u8::is_ascii_digit) {
        return Some(
            text.iter()
                .fold(0, |number, digit| number * 10 + i64::from(digit - b'0')),
        );
    }
    let text = std::str::from_utf8(text).ok()?;
    if let Ok(integer) = text.parse::<i64>() {
        return Some(integer);
    }
    let number = text.parse::<f64>().ok().filter(|n| n.is_finite())?;
    #[expect(clippy::cast_possible_truncation, reason = "`as` saturates")]
    let cut = number.trunc() as i64;
    Some(cut)
}

#[cfg(test)]
mod tests;
