//! How busy the server is in the pauses between two slices, which decides how long a slice may be.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::clock;
use super::slice::{LONG_SLICE, SLICE};

/// Below this share of CPU time in the pauses, the server is otherwise almost idle.
const QUIET: f64 = 0.2;

/// The share of CPU time that the server's thread used in the last pauses.
#[derive(Debug)]
struct Load {
    average: f64,
    /// When the pause began, and the thread's CPU time at that moment.
    pause: Option<(Instant, Duration)>,
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
        }
    }

    /// Adds a pause to the average, in which the last pauses count most.
    fn add(&mut self, pause: Duration, cpu: Duration) {
        if !pause.is_zero() {
            let share = (cpu.as_secs_f64() / pause.as_secs_f64()).min(1.0);
            self.average += (share - self.average) / 8.0;
        }
    }

    fn slice(&self) -> Duration {
        if self.average < QUIET { LONG_SLICE } else { SLICE }
    }
}

/// Called after a slice if another one follows.
pub(super) fn begin() {
    load().pause = Some((Instant::now(), clock::thread_cpu()));
}

/// Called before a slice; returns how long it may be.
pub(super) fn end() -> Duration {
    let mut load = load();
    if let Some((began, cpu)) = load.pause.take() {
        load.add(began.elapsed(), clock::thread_cpu().saturating_sub(cpu));
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

    const PAUSE: Duration = Duration::from_millis(1);

    #[test]
    fn slices_are_long_only_while_the_server_does_next_to_nothing_in_the_pauses() {
        let mut load = Load::new();
        assert_eq!(load.slice(), SLICE);
        for _ in 0..40 {
            load.add(PAUSE, PAUSE / 20);
        }
        assert_eq!(load.slice(), LONG_SLICE);
        // One busy pause among quiet ones is an exception, some in a row are not.
        load.add(PAUSE, PAUSE);
        assert_eq!(load.slice(), LONG_SLICE);
        load.add(PAUSE, PAUSE);
        assert_eq!(load.slice(), SLICE);
        load.add(Duration::ZERO, PAUSE);
        assert!(load.average < 1.0);
    }
}
