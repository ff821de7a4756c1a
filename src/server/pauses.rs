//! How long slices and the pauses between them are, by how busy the server is in the pauses.
//!
//! On a busy server a pause of a millisecond follows each slice of a millisecond, so that clients
//! have most of the CPU. If the server is otherwise almost idle, slices take half of that, and only
//! one of eight pauses takes a millisecond. In the others the server only serves the clients that
//! have sent something during the slice. The long pauses remain, because only they show how busy
//! the server is: a client that sends one command after the other gets one reply in a short pause.
//! If the short pauses are long, because the server writes each slice to the disk (`appendfsync
//! always`), slices take a millisecond, so that there are fewer writes.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::clock;
use super::slice::{SHORT_SLICE, SLICE};

/// What is between two slices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pause {
    /// Turns of the event loop, in which the clients are served that have sent something.
    Turns,
    /// At least this time.
    Milliseconds(i64),
}

/// The shortest pause of the server's timers.
pub(super) const TIMED: Pause = Pause::Milliseconds(1);
/// Below this share of CPU time in the timed pauses, the server is otherwise almost idle.
const QUIET: f64 = 0.2;
/// After a pause of turns with at least this CPU time, the next pause is timed.
const MUCH: Duration = Duration::from_micros(100);
/// The number of pauses of turns between two timed ones.
const IN_A_ROW: u8 = 7;

/// The share of CPU time that the server's thread used in the last timed pauses.
#[derive(Debug)]
struct Load {
    average: f64,
    /// The pause, when it began, and the thread's CPU time at that moment.
    pause: Option<(Pause, Instant, Duration)>,
    /// How many pauses of turns may still come before the next timed one.
    left: u8,
    /// Whether the last pause of turns was longer than a short slice.
    is_slow: bool,
}

static LOAD: Mutex<Load> = Mutex::new(Load::new());

fn load() -> MutexGuard<'static, Load> {
    LOAD.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Load {
    /// Nothing is known yet, so the server counts as busy.
    const fn new() -> Self {
        Self {
            average: 1.0,
            pause: None,
            left: 0,
            is_slow: false,
        }
    }

    /// Adds a pause. The last timed pauses count most in the average.
    fn add(&mut self, pause: Pause, took: Duration, cpu: Duration) {
        match pause {
            Pause::Turns => {
                self.left = if cpu < MUCH { self.left.saturating_sub(1) } else { 0 };
                self.is_slow = took > SHORT_SLICE;
            }
            Pause::Milliseconds(_) => {
                if !took.is_zero() {
                    let share = (cpu.as_secs_f64() / took.as_secs_f64()).min(1.0);
                    self.average += (share - self.average) / 8.0;
                }
                self.left = if self.is_quiet() { IN_A_ROW } else { 0 };
            }
        }
    }

    fn is_quiet(&self) -> bool {
        self.average < QUIET
    }

    fn slice(&self) -> Duration {
        if self.is_quiet() && !self.is_slow {
            SHORT_SLICE
        } else {
            SLICE
        }
    }

    const fn next(&self) -> Pause {
        if self.left > 0 { Pause::Turns } else { TIMED }
    }
}

/// The pause that comes after a slice if another slice follows.
pub(super) fn next() -> Pause {
    load().next()
}

pub(super) fn begin(pause: Pause) {
    load().pause = Some((pause, Instant::now(), clock::thread_cpu()));
}

/// Called before a slice; returns how long it may be.
pub(super) fn end() -> Duration {
    let mut load = load();
    if let Some((pause, began, cpu)) = load.pause.take() {
        load.add(pause, began.elapsed(), clock::thread_cpu().saturating_sub(cpu));
    }
    load.slice()
}

/// Called after a slice if no other follows.
pub(super) fn forget() {
    *load() = Load::new();
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    impl Load {
        /// A server whose thread used this share of the last timed pauses.
        fn of(percent: u32) -> Self {
            let mut load = Self::new();
            for _ in 0..40 {
                load.add(TIMED, MILLISECOND, MILLISECOND * percent / 100);
            }
            load
        }
    }

    #[test]
    fn slices_and_pauses_are_short_only_while_the_server_does_next_to_nothing_in_the_timed_pauses() {
        let long = (SLICE, TIMED);
        let short = (SHORT_SLICE, Pause::Turns);
        let both = |load: &Load| (load.slice(), load.next());
        assert_eq!(both(&Load::new()), long);
        assert_eq!(both(&Load::of(30)), long);
        let mut load = Load::of(5);
        assert_eq!(both(&load), short);
        // One busy pause among quiet ones is an exception, some in a row are not.
        load.add(TIMED, MILLISECOND, MILLISECOND);
        assert_eq!(both(&load), short);
        load.add(TIMED, MILLISECOND, MILLISECOND);
        assert_eq!(both(&load), long);
        load.add(TIMED, Duration::ZERO, MILLISECOND);
        assert!(load.average < 1.0);
    }

    #[test]
    fn one_of_eight_pauses_of_a_quiet_server_is_timed() {
        let mut load = Load::of(5);
        let pauses = [(); 24].map(|()| {
            let pause = load.next();
            load.add(pause, MILLISECOND, MUCH / 2);
            pause
        });
        let timed = pauses.iter().enumerate().filter(|(_, pause)| **pause == TIMED);
        assert_eq!(timed.map(|(at, _)| at).collect::<Vec<_>>(), [7, 15, 23]);
    }

    #[test]
    fn a_timed_pause_follows_a_short_one_with_many_commands() {
        let mut load = Load::of(0);
        load.add(Pause::Turns, MUCH, MUCH);
        assert_eq!(load.next(), TIMED);
        load.add(TIMED, MILLISECOND, Duration::ZERO);
        assert_eq!(load.next(), Pause::Turns);
    }

    #[test]
    fn slices_are_long_while_the_server_waits_for_the_disk_in_short_pauses() {
        let mut load = Load::of(0);
        load.add(Pause::Turns, SHORT_SLICE * 2, Duration::ZERO);
        assert_eq!((load.slice(), load.next()), (SLICE, Pause::Turns));
        load.add(Pause::Turns, SHORT_SLICE / 2, Duration::ZERO);
        assert_eq!((load.slice(), load.next()), (SHORT_SLICE, Pause::Turns));
    }
}
