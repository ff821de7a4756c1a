//! The 10 s steps of the indexes.
//!
//! A session's hash is always exact; its scores follow in steps of 10 seconds, as
//! three sorted-set updates at every use would be most of a use's cost. The steps
//! of a session are shifted by its phase. So a score `s` in `_sessions` satisfies
//! `s <= la < s + 10`, and whoever looks back to a time T also reads the hashes of
//! the members in `[T - 10, T)`.

use crate::ident::Token;
use crate::session::{Life, Seconds};

/// The length of a step in seconds.
pub const STEP: i64 = 10;

/// The most hashes a command reads to be exact at the edge of a window; beyond,
/// scores alone decide, at most a step off.
pub const MAX_EDGE_READS: usize = 500;

/// Whether a use that moves the last activity from `from` to `to` must rewrite the scores.
pub fn steps(token: &Token, from: Seconds, to: Seconds) -> bool {
    step(token, from) != step(token, to)
}

fn step(token: &Token, at: Seconds) -> i64 {
    at.saturating_add(token.phase()).div_euclid(STEP)
}

/// The score in `SESSIONS`: the last second in which the session may still live
/// without another step, so never early and at most 9 s late. With `no_resave` the
/// end is known exactly; a lifetime's end is never passed.
pub fn due(token: &Token, life: &Life) -> Seconds {
    let la = life.last_activity;
    let last_second = if life.no_resave {
        la
    } else {
        let into_step = la.saturating_add(token.phase()).rem_euclid(STEP);
        la.saturating_add(STEP - 1 - into_step)
    };
    let end = last_second.saturating_add(life.ttl);
    life.until.map_or(end, |until| end.min(until))
}

/// A time as a score; whole seconds stay exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "scores are doubles")]
pub const fn score(at: Seconds) -> f64 {
    at as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(first: u8) -> Token {
        let mut bytes = [b'a'; 64];
        bytes[0] = first;
        Token::parse(&bytes).unwrap()
    }

    fn life(la: Seconds, ttl: i64) -> Life {
        Life {
            last_activity: la,
            ttl,
            no_resave: false,
            until: None,
        }
    }

    #[test]
    fn a_use_steps_where_its_phase_says() {
        // 'd' is 100, phase 0; 'e' is 101, phase 1.
        for (first, from, to, expected) in [
            (b'd', 100, 109, false),
            (b'd', 109, 110, true),
            (b'e', 100, 108, false),
            (b'e', 108, 109, true),
            (b'd', 100, 100, false),
            (b'd', 100, 5000, true),
        ] {
            assert_eq!(steps(&token(first), from, to), expected, "{first} {from} {to}");
        }
    }

    #[test]
    fn due_is_never_early_and_at_most_9_seconds_late() {
        for first in b'a'..=b'z' {
            for la in 1000..1020 {
                let due = due(&token(first), &life(la, 60));
                assert!((la + 60..=la + 69).contains(&due), "{first} {la} {due}");
            }
        }
    }

    #[test]
    fn due_is_the_same_throughout_a_step() {
        let at = |la| due(&token(b'd'), &life(la, 60));
        assert!((100..110).all(|la| at(la) == 169));
        assert_eq!(at(110), 179);
    }

    #[test]
    fn a_live_sessions_due_lies_ahead_whatever_numbers_are_stored() {
        let absurd = [i64::MIN, i64::MIN + 5, -1, 0, 1, 1000, i64::MAX - 5, i64::MAX];
        for la in absurd {
            for ttl in absurd {
                for no_resave in [false, true] {
                    let absurd = Life {
                        no_resave,
                        ..life(la, ttl)
                    };
                    let ahead = due(&token(b'd'), &absurd) >= 1000;
                    assert!(ahead || !absurd.is_live(1000), "la {la} ttl {ttl} {no_resave}");
                }
            }
        }
    }

    #[test]
    fn due_is_exact_with_no_resave_and_never_after_a_lifetime() {
        let fixed = Life {
            no_resave: true,
            ..life(101, 60)
        };
        assert_eq!(due(&token(b'd'), &fixed), 161);
        let limited = Life {
            until: Some(120),
            ..life(101, 60)
        };
        assert_eq!(due(&token(b'd'), &limited), 120);
    }
}
