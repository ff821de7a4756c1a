//! Measures everything in docs/benchmarks.md and writes the page; with `--cluster`, everything in
//! docs/benchmarks-cluster.md, with `--one-second` everything in docs/benchmarks-one-second.md.
//! `--rivals` and `--site` print one section of docs/benchmarks.md alone.
//!
//! `scripts/bench.sh` builds the module, installs the other packages and runs this. Each file
//! measures one thing; `goals` has the limits, `report` the text of the page.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a measurement that fails ends the run"
)]

mod client;
mod cluster;
mod costs;
mod crowd;
mod delays;
mod goals;
mod instructions;
mod latency;
mod machine;
mod memory;
mod node;
mod one_second;
mod plots;
mod report;
mod rivals;
mod safety;
mod scripts;
mod server;
mod site;
mod size;
mod stats;
mod svg;
mod text;
mod throughput;
mod uses;
mod wrap;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{env, fs};

use crowd::Crowd;
use server::Server;

/// How much is measured.
pub(crate) struct Effort {
    pub(crate) rounds: usize,
    /// Operations of one kind per round.
    pub(crate) operations: usize,
    pub(crate) sizes: &'static [usize],
    /// The number of sessions at which the tables compare everything.
    pub(crate) table_size: usize,
    /// How long a site is watched for each step.
    pub(crate) site_seconds: usize,
    pub(crate) command: &'static str,
}

const FULL: Effort = Effort {
    rounds: 5,
    operations: 20_000,
    sizes: &[1000, 10_000, 100_000, 1_000_000],
    table_size: 100_000,
    site_seconds: 12,
    command: "make bench",
};
const QUICK: Effort = Effort {
    rounds: 3,
    operations: 5000,
    sizes: &[1000, 10_000, 100_000],
    table_size: 10_000,
    site_seconds: 8,
    command: "make bench-quick",
};

impl Effort {
    fn rivals(&self) -> rivals::Effort {
        rivals::Effort {
            rounds: 3,
            sessions: self.table_size,
            requests: self.operations / 4,
        }
    }
}

pub(crate) struct Measured {
    pub(crate) effort: Effort,
    pub(crate) load_before: String,
    pub(crate) took: Duration,
    pub(crate) sizes: Vec<costs::Size>,
    pub(crate) throughput: throughput::Throughput,
    pub(crate) node: node::Rates,
    pub(crate) aof: f64,
    pub(crate) memory: memory::Memory,
    pub(crate) latency: Vec<latency::Latency>,
    pub(crate) delays: String,
    pub(crate) under_load: (f64, f64),
    pub(crate) site: site::Site,
    pub(crate) rivals: rivals::Rivals,
    pub(crate) prices: Vec<safety::Price>,
    pub(crate) parts: safety::Parts,
}

fn main() {
    let is_given = |option: &str| env::args().any(|argument| argument == option);
    let quick = is_given("--quick");
    if is_given("--cluster") {
        let measured = cluster::measure(if quick { cluster::QUICK } else { cluster::FULL });
        cluster::write(&measured, &folder(quick));
        return;
    }
    if is_given("--instructions") {
        instructions::run();
        return;
    }
    if is_given("--latency") {
        delays::run(if quick { delays::QUICK } else { delays::FULL });
        return;
    }
    if is_given("--one-second") {
        one_second::run(&folder(quick));
        return;
    }
    let effort = if quick { QUICK } else { FULL };
    if is_given("--rivals") {
        let rivals = rivals::measure(effort.rivals());
        alone("rivals.md", &rivals::document(&rivals), &rivals.goals());
        return;
    }
    if is_given("--site") {
        let site = site_alone(&effort);
        alone("site.md", &site::document(&site), &site::goals(&site));
        return;
    }
    let measured = measure(effort);
    let folder = folder(quick);
    write(&measured, &folder);
    println!("{}", goals::as_table(&measured));
    eprintln!("written: {}", folder.join("benchmarks.md").display());
}

/// Prints a section that was measured alone, and writes it to a file that is not part of the page.
fn alone(name: &str, section: &str, goals: &[goals::Goal]) {
    let folder = target().join("bench");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(name), section).unwrap();
    println!("{section}\n\n{}", goals::table_of(goals));
}

fn site_alone(effort: &Effort) -> site::Site {
    let sessions = effort.sizes.last().copied().unwrap_or(0);
    eprintln!("creating {sessions} sessions");
    let server = Server::start(&[], None);
    let crowd = Crowd::gather(&mut server.connect(), sessions);
    site::measure(&server.dump(), &crowd, effort.site_seconds)
}

/// The folder for the page.
fn folder(quick: bool) -> PathBuf {
    if quick {
        target().join("bench")
    } else {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs")
    }
}

fn measure(effort: Effort) -> Measured {
    let (began, load_before) = (Instant::now(), machine::load());
    let server = Server::start(&[], None);
    let mut client = server.connect();
    let mut crowd = Crowd::gather(&mut client, effort.sizes[0]);
    let sizes = costs::growth(&server, &mut crowd, &effort);
    let live = server.dump();
    let timed_out = snapshot_of_timed_out(&live, &crowd);
    let latency = latency::Beside::ALL
        .map(|beside| latency::measure(beside, &live, &timed_out))
        .into();
    let under_load = latency::wipe_under_load(&timed_out);
    drop(fs::remove_file(timed_out));
    let site = site::measure(&live, &crowd, effort.site_seconds);
    drop(server);
    let delays = delays::all(&effort);

    let server = Server::start(&[], None);
    let mut crowd = Crowd::gather(&mut server.connect(), effort.table_size);
    let prices = safety::prices(&server, &mut crowd, &effort);
    let throughput = throughput::measure(&server, &effort);
    let node = node::end_to_end(&server, &effort);
    drop(server);
    Measured {
        aof: memory::aof_of_get(),
        memory: memory::measure(&effort),
        parts: safety::parts(),
        rivals: rivals::measure(effort.rivals()),
        site,
        took: began.elapsed(),
        effort,
        load_before,
        sizes,
        throughput,
        node,
        latency,
        delays,
        under_load,
        prices,
    }
}

/// Creates a snapshot in which all sessions of another snapshot have timed out.
fn snapshot_of_timed_out(live: &Path, crowd: &Crowd) -> PathBuf {
    eprintln!("timing out {} sessions", crowd.members.len());
    let server = Server::start(&[], Some(live));
    latency::time_out(&mut server.connect(), crowd);
    let kept = env::temp_dir().join(format!("sessions-bench-{}.rdb", std::process::id()));
    // The server replaces its snapshot by a new file, so the link keeps the old one.
    fs::hard_link(server.dump(), &kept).unwrap();
    kept
}

fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target"), PathBuf::from)
}

fn write(measured: &Measured, folder: &Path) {
    let plots = folder.join("benchmarks");
    fs::create_dir_all(&plots).unwrap();
    let run = |beside| measured.latency.iter().find(|run| run.beside == beside).unwrap();
    let beside = [run(latency::Beside::KillAll), run(latency::Beside::KillAllScript)];
    fs::write(plots.join("throughput.svg"), plots::throughput(measured.table())).unwrap();
    fs::write(plots.join("growth.svg"), plots::growth(&measured.sizes)).unwrap();
    fs::write(plots.join("latency.svg"), plots::latency(beside, measured.largest())).unwrap();
    fs::write(plots.join("goals.md"), wrap::wrapped(&report::goals(measured))).unwrap();
    fs::write(folder.join("benchmarks.md"), wrap::wrapped(&report::document(measured))).unwrap();
}

impl Measured {
    /// The largest number of sessions.
    pub(crate) fn largest(&self) -> usize {
        self.effort.sizes.last().copied().unwrap_or(0)
    }
}
