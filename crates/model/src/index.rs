//! The steps of the indexes.
//!
//! A session's hash is always exact. Its scores follow in steps of some seconds, because three
//! updates of sorted sets would be most of the cost of a use. The steps of a session are shifted by
//! its phase. So a score `s` in `_sessions` satisfies `s <= la < s + step`, and a reader that looks
//! back to a time T also reads the hashes of the members in `[T - step, T)`.
//!
//! If steps are 10 seconds long, the score in `SESSIONS` follows as well, because redis-sessions
//! may share the data and its wipe only checks that score. With other lengths it does not follow:
//! the module's cleanup pass decides by the hash and corrects the score of a live session.

use crate::session::{Life, Seconds};
use crate::stored_name::StoredName;

/// The maximum number of hashes that a command reads to be exact at the edge of a window. For the
/// other members only the scores decide, which are at most a step off.
pub const MAX_EDGE_READS: usize = 500;

/// The length of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step(Seconds);

impl Step {
    pub const SHORTEST: Self = Self(1);
    /// The length with which redis-sessions can share the data.
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

    /// Whether entering another step also rewrites the score in `SESSIONS`.
    pub fn moves_due(self) -> bool {
        self == Self::DEFAULT
    }

    /// The score in `SESSIONS`: the last second in which the session can still be live unless a use
    /// enters another step. So it is never early and less than a step late. With `no_resave` the
    /// end is known exactly, and the score is never after the end of the lifetime.
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

    /// How many seconds of the step have passed at a time; less than the length of a step.
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
