//! Counts the instructions that the server executes per operation, by callgrind. Other programs on
//! the machine hardly change the counts, so a change of one per cent is visible.
//!
//! `scripts/profile.sh` starts the server under callgrind and runs this.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use crate::crowd::Crowd;
use crate::scripts::Scripts;
use crate::server::Server;
use crate::uses::{self, Work};

const SESSIONS: usize = 20_000;
/// Few enough that a slow server finishes them before the step in which they began is over.
const OPERATIONS: usize = 1000;

/// The rows of the table: the work of the module, the same work in Lua, and the same with plain
/// commands.
const ROWS: [(&str, Work, Option<Work>, Option<Work>); 9] = [
    ("PING", Work::Ping, None, None),
    ("HGETALL of a session", Work::HGetAll, None, None),
    ("PEEK", Work::Peek, None, None),
    (
        "GET within a step",
        Work::GetWithin,
        Some(Work::GetLua),
        Some(Work::GetWithinFloor),
    ),
    (
        "GET, first use in a step",
        Work::GetStepping,
        Some(Work::GetLua),
        Some(Work::GetSteppingFloor),
    ),
    (
        "SET within a step",
        Work::SetWithin,
        Some(Work::SetLua),
        Some(Work::SetWithinFloor),
    ),
    (
        "SET, first use in a step",
        Work::SetStepping,
        Some(Work::SetLua),
        Some(Work::SetSteppingFloor),
    ),
    ("CREATE", Work::Create, Some(Work::CreateLua), Some(Work::CreateFloor)),
    ("KILL", Work::Kill, Some(Work::KillLua), Some(Work::KillFloor)),
];

/// Prints the table.
pub(crate) fn run() {
    let folder = PathBuf::from(env::var_os("SESSIONS_PROFILE").expect("SESSIONS_PROFILE: run scripts/profile.sh"));
    let only = env::var("SESSIONS_PROFILE_ONLY").unwrap_or_default();
    // The server's periodic tasks would add more instructions the longer the operations take.
    let server = Server::start(&["hz 1", "dynamic-hz no"], None);
    let mut client = server.connect();
    let mut crowd = Crowd::gather(&mut client, SESSIONS);
    let sources = Scripts::load(&mut client);
    let mut count = |work: Work| {
        let name = format!("{work:?}");
        uses::carry_out(
            &server,
            &mut crowd,
            &sources,
            work,
            OPERATIONS,
            |_| start(&server),
            |_, (), operations| instructions(&server, &folder, &name).per(operations),
        )
    };
    println!("|  | module | without its own code | Lua | plain commands | ratio to Lua | ratio to plain commands |");
    println!("|---|---|---|---|---|---|---|");
    for (name, work, lua, plain) in ROWS.into_iter().filter(|(name, ..)| name.starts_with(&only)) {
        let Counted { total: module, outside } = count(work);
        let [lua, plain] = [lua, plain].map(|other| other.map(|work| count(work).total));
        let shown = |number: Option<f64>| number.map_or_else(String::new, |number| format!("{:.0}", number));
        let ratio = |to: Option<f64>| to.map_or_else(String::new, |to| format!("{:.2}", module / to));
        println!(
            "| {name} | {module:.0} | {outside:.0} | {} | {} | {} | {} |",
            shown(lua),
            shown(plain),
            ratio(lua),
            ratio(plain)
        );
    }
}

fn control(server: &Server, argument: &str) {
    let done = Command::new("callgrind_control")
        .args([argument, &server.process_id().to_string()])
        .output()
        .expect("callgrind_control is a part of valgrind");
    assert!(done.status.success(), "{done:?}");
}

fn start(server: &Server) {
    control(server, "--instr=on");
    control(server, "--zero");
}

/// Instructions.
struct Counted {
    total: f64,
    /// Those outside of the module's own library: in the server, which includes the functions that
    /// the module calls, and in the system's libraries.
    outside: f64,
}

impl Counted {
    fn per(&self, operations: f64) -> Self {
        Self {
            total: self.total / operations,
            outside: self.outside / operations,
        }
    }

    /// Adds up a profile in callgrind's format.
    fn of(profile: &str) -> Self {
        let by_object = by_object(profile);
        let total = by_object.values().sum();
        let inside = by_object.iter().filter(|(object, _)| object.contains("libsessions"));
        Self {
            total,
            outside: total - inside.map(|(_, instructions)| instructions).sum::<f64>(),
        }
    }
}

/// The instructions in each executable or library.
fn by_object(profile: &str) -> HashMap<&str, f64> {
    let mut names = HashMap::new();
    let mut counts = HashMap::new();
    let mut object = "";
    let mut lines = profile.lines();
    while let Some(line) = lines.next() {
        if let Some(position) = line.strip_prefix("ob=") {
            object = named(position, &mut names);
        } else if let Some(position) = line.strip_prefix("cob=") {
            named(position, &mut names);
        } else if line.starts_with("calls=") {
            // The next line is what the called function executed, which is counted there.
            lines.next();
        } else if line.starts_with(|first: char| first.is_ascii_digit() || "+-*".contains(first)) {
            let count: f64 = line
                .split(' ')
                .nth(1)
                .and_then(|count| count.parse().ok())
                .unwrap_or(0.0);
            *counts.entry(object).or_default() += count;
        }
    }
    counts
}

/// The name of an object, which only its first line has: `(1) /usr/bin/server`, then `(1)`.
fn named<'t>(position: &'t str, names: &mut HashMap<&'t str, &'t str>) -> &'t str {
    match position.split_once(' ') {
        Some((number, name)) => {
            names.insert(number, name);
            name
        }
        None => names.get(position).copied().unwrap_or_default(),
    }
}

/// The instructions since the start. The profile is saved under the work's name.
fn instructions(server: &Server, folder: &Path, name: &str) -> Counted {
    control(server, &format!("--dump={name}"));
    control(server, "--instr=off");
    let newest = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|end| end.to_string_lossy().parse::<u32>().is_ok())
        })
        .max_by_key(|path| fs::metadata(path).and_then(|data| data.modified()).unwrap())
        .expect("a dump");
    let kept = folder.join(format!("{name}.callgrind"));
    fs::rename(newest, &kept).unwrap();
    let text = fs::read_to_string(kept).unwrap();
    let counted = Counted::of(&text);
    let totals = text.lines().find_map(|line| line.strip_prefix("totals: "));
    let totals: f64 = totals.and_then(|number| number.trim().parse().ok()).expect("totals");
    assert_eq!(counted.total, totals, "all lines of the profile are understood");
    counted
}
