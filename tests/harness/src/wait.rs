//! Waits for conditions, with a deadline instead of a fixed sleep.

use crate::client::Client;
use crate::stored::now;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A deadline that only a broken server misses, even on a busy machine.
pub const GENEROUS: Duration = Duration::from_secs(60);

/// Calls `done` repeatedly until it is true; panics with `what` when the deadline has passed.
#[track_caller]
pub fn wait_until(deadline: Duration, what: &str, mut done: impl FnMut() -> bool) {
    let end = Instant::now() + deadline;
    while !done() {
        assert!(Instant::now() < end, "waited {deadline:?} in vain until {what}");
        sleep(Duration::from_millis(5));
    }
}

/// Runs `act` with the server's time within one second. If another second begins while `act` runs,
/// empties the server and tries again. `act` must return differences that a new second explains
/// instead of panicking.
#[track_caller]
pub fn in_one_second<T>(client: &mut Client, mut act: impl FnMut(&mut Client, i64) -> T) -> T {
    for _ in 0..50 {
        client.run(&["FLUSHALL"]);
        let start = now(client);
        let result = act(client, start);
        if now(client) == start {
            return result;
        }
    }
    panic!("a second ticked over in each of 50 tries");
}

/// Catches work in the middle, which a fast machine may finish before the test sees it. `attempt`
/// gets a number of sessions and returns `None` if it came too late; then it is called again with a
/// larger number.
#[track_caller]
pub fn catch_under_way<T>(attempt: impl FnMut(i64) -> Option<T>) -> T {
    let caught = [3_000, 12_000, 48_000, 192_000, 768_000].into_iter().find_map(attempt);
    caught.expect("work with so many sessions is caught in the middle")
}
