//! The steps of the indexes.
//!
//! A session's hash is always exact; its scores follow in steps of some seconds, as three
//! sorted-set updates at every use would be most of a use's cost. The steps of a session
//! are shifted by its phase. So a score `s` in `_sessions` satisfies `s <= la < s + step`,
//! and a reader that looks back to a time T also reads the hashes of the members in
//! `[T - step, T)`.
//!
//! In steps of 10 seconds the score in `SESSIONS` follows as well, as redis-sessions may
//! share the data and its wipe only checks that score. In other steps it does not: the
//! module's cleanup pass decides by the hash and corrects the score of a live session.

use crate::session::{Life, Seconds};
use crate::stored_name::StoredName;

/// The most hashes a command reads to be exact at the edge of a window; beyond,
/// scores alone decide, at most a step off.
pub const MAX_EDGE_READS: usize = 500;

/// The length of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step(Seconds);

impl Step {
    pub const SHORTEST: Self = Self(1);
    /// The one that redis-sessions can share data with.
    pub const DEFAULT: Self = Self(10);
    pub const LONGEST: Self = Self(60);

    /// A number of seconds whose bounds the server has checked.
    pub fn from_setting(seconds: i64) -> Self {
        Self(seconds.clamp(Self::SHORTEST.0, Self::LONGEST.0))
    }

    pub const fn seconds(self) -> Seconds {
        self.0
    }

    /// Whether a use that moves the last activity from `from` to `to` enters another step, so
    /// that the scores must be rewritten.
    pub fn is_left(self, name: &StoredName, from: Seconds, to: Seconds) -> bool {
        let passed = to.saturating_sub(from);
        if passed == 0 {
            return false;
        }
        passed.saturating_abs() >= self.0 || !(0..self.0).contains(&(self.into_step(name, from) + passed))
    }

    /// Whether entering another step rewrites the score in `SESSIONS` too.
    pub fn moves_due(self) -> bool {
        self == Self::DEFAULT
    }

    /// The score in `SESSIONS`: the last second in which the session may still live
    /// without another step, so never early and less than a step late. With `no_resave` the
    /// end is known exactly; a lifetime's end is never passed.
    pub fn due(self, name: &StoredName, life: &Life) -> Seconds {
        let la = life.last_activity;
        let last_second = if life.no_resave {
            la
        } else {
            la.saturating_add(self.0 - 1 - self.into_step(name, la))
        };
        let end = last_second.saturating_add(life.ttl);
        life.until.map_or(end, |until| end.min(until))
    }

    /// How many seconds of a step have passed at a time: less than its length.
    fn into_step(self, name: &StoredName, at: Seconds) -> Seconds {
        at.saturating_add(name.phase()).rem_euclid(self.0)
    }
}

/// A time as a score; whole seconds stay exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "scores are doubles")]
pub const fn score(at: Seconds) -> f64 {
    at as f64
}

#[cfg(test)]
mod tests;
