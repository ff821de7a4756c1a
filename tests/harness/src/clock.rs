//! A server's clocks, which a test moves: time passes at once, and the calendar can be set.
//!
//! `tests/testmodule/clock.c`, preloaded into the server, reads how far ahead they are from a file.

use crate::builder::Builder;
use crate::library::library;
use crate::server::Server;
use crate::wait::{GENEROUS, wait_until};
use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

const FILE: &str = "clock";

impl Builder {
    /// For `Server::let_pass` and `Server::set_calendar`.
    pub fn own_clock(mut self) -> Builder {
        self.has_own_clock = true;
        self.environment("LD_PRELOAD", library("clock").display().to_string())
    }
}

/// Writes the file before the server starts; returns the environment variable with its path.
pub(super) fn prepare(dir: &Path) -> (&'static str, String) {
    let file = dir.join(FILE);
    fs::write(&file, [0; 16]).expect("the clock's file can be written");
    ("SESSIONS_CLOCK", file.display().to_string())
}

impl Server {
    /// Lets a second or more pass at once, by the calendar and by the steady clocks; returns when
    /// the server's cron has run since then.
    #[track_caller]
    pub fn let_pass(&self, time: Duration) {
        let time = i64::try_from(time.as_nanos()).expect("a time of this century");
        let [calendar, steady] = self.clocks();
        self.set_clocks([calendar + time, steady + time]);
        let system = UNIX_EPOCH.elapsed().expect("a clock after 1970").as_nanos();
        let wanted = (system as i64 + calendar + time) / 1_000_000_000;
        // The cron stores the time as a number of 24 bits.
        wait_until(GENEROUS, "the cron has seen the time", || {
            let noted: i64 = self.info("lru_clock").parse().expect("a number");
            (noted - wanted) & 0xFF_FFFF < 0x80_0000
        });
    }

    /// Moves the calendar alone, as an administrator who sets the machine's clock does.
    #[track_caller]
    pub fn set_calendar(&self, seconds_on: i64) {
        let [calendar, steady] = self.clocks();
        self.set_clocks([calendar + seconds_on * 1_000_000_000, steady]);
    }

    /// By how many nanoseconds the calendar and the steady clocks are ahead.
    fn clocks(&self) -> [i64; 2] {
        let bytes = fs::read(self.dir().join(FILE)).expect("the server was started with own_clock()");
        let number = |at: usize| i64::from_ne_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
        [number(0), number(8)]
    }

    fn set_clocks(&self, ahead: [i64; 2]) {
        let file = OpenOptions::new().write(true).open(self.dir().join(FILE));
        let file = file.expect("the clock's file can be written");
        for (at, number) in [(8, ahead[1]), (0, ahead[0])] {
            file.write_all_at(&number.to_ne_bytes(), at).expect("it is written");
        }
    }
}
