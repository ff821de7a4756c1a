//! Measures the HTTP service and writes docs/benchmarks-http.md.
//!
//! `scripts/bench-http.sh` builds the measured programs and runs this. Each file measures one
//! thing; `report` has the goals and the text of the page.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a measurement that fails ends the run"
)]

mod auth;
mod compared;
mod gets;
mod load;
#[allow(dead_code, reason = "the other benchmark uses all of it")]
#[path = "../measure/machine.rs"]
mod machine;
mod memory;
mod pages;
mod process;
mod report;
#[allow(dead_code, reason = "the other benchmark uses all of it")]
#[path = "../measure/stats.rs"]
mod stats;
#[path = "../measure/text.rs"]
mod text;
mod trouble;
#[path = "../measure/wrap.rs"]
mod wrap;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{env, fs};

use compared::Sessions;

/// How much is measured.
pub(crate) struct Effort {
    pub(crate) rounds: usize,
    /// Seconds per round of one kind.
    pub(crate) seconds: u32,
    /// Seconds of load before the first round.
    pub(crate) warm_up: u32,
    /// Sessions behind the admin page.
    pub(crate) listed: usize,
    /// How many kills and failovers are tried.
    pub(crate) tries: usize,
    pub(crate) command: &'static str,
}

const FULL: Effort = Effort {
    rounds: 7,
    seconds: 5,
    warm_up: 3,
    listed: 1_000_000,
    tries: 5,
    command: "make bench-http REST_SESSIONS=…",
};
const QUICK: Effort = Effort {
    rounds: 3,
    seconds: 2,
    warm_up: 1,
    listed: 20_000,
    tries: 2,
    command: "scripts/bench-http.sh --quick",
};

pub(crate) struct Measured {
    pub(crate) effort: Effort,
    pub(crate) load_before: String,
    pub(crate) took: Duration,
    pub(crate) gets: gets::Gets,
    pub(crate) auth: Vec<auth::Auth>,
    pub(crate) memory: memory::Memory,
    pub(crate) pages: pages::Pages,
    pub(crate) trouble: trouble::Trouble,
}

fn main() {
    let quick = env::args().any(|argument| argument == "--quick");
    let measured = measure(if quick { QUICK } else { FULL });
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let folder = if quick { target.join("bench") } else { root.join("docs") };
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("benchmarks-http.md");
    fs::write(&path, wrap::wrapped(&report::document(&measured))).unwrap();
    println!("{}", report::goals(&measured));
    eprintln!("written: {}", path.display());
}

fn measure(effort: Effort) -> Measured {
    let (began, load_before) = (Instant::now(), machine::load());
    let sessions = Sessions::create();
    let gets = gets::measure(&sessions, &effort);
    let auth = auth::measure(&sessions, &effort);
    let memory = memory::measure(&sessions);
    drop(sessions);
    Measured {
        gets,
        auth,
        memory,
        pages: pages::measure(&effort),
        trouble: trouble::measure(effort.tries),
        took: began.elapsed(),
        effort,
        load_before,
    }
}

/// Where scripts/bench-http.sh has found rest-sessions.
pub(crate) fn rest_sessions_folder() -> PathBuf {
    PathBuf::from(env::var_os("REST_SESSIONS").expect("REST_SESSIONS names a folder: run scripts/bench-http.sh"))
}
