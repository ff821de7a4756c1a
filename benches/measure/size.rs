//! How large the server's memory and its AOF are.

use std::thread;
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::server::info_number;

/// Bytes in memory, after the buffers of former clients are freed.
pub(crate) fn used(client: &mut Client) -> f64 {
    let mut least = f64::INFINITY;
    for _ in 0..5 {
        thread::sleep(Duration::from_millis(100));
        least = least.min(info_number(client, "memory", "used_memory"));
    }
    least
}

/// Bytes of the AOF, once it has stopped growing.
pub(crate) fn aof(client: &mut Client) -> f64 {
    let deadline = Instant::now() + Duration::from_secs(5);
    let mut length = -1.0;
    loop {
        let now = info_number(client, "persistence", "aof_current_size");
        if now.total_cmp(&length).is_eq() || Instant::now() > deadline {
            return now;
        }
        length = now;
        thread::sleep(Duration::from_millis(20));
    }
}
