//! Counts the instructions that the server executes per operation, by callgrind. Other programs on
//! the machine hardly change the counts, so a change of one per cent is visible.
//!
//! `scripts/profile.sh` starts the server under callgrind and runs this.

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
            |_, (), operations| instructions(&server, &folder, &name) / operations,
        )
    };
    println!("|  | module | Lua | plain commands | ratio to Lua | ratio to plain commands |");
    println!("|---|---|---|---|---|---|");
    for (name, work, lua, plain) in ROWS.into_iter().filter(|(name, ..)| name.starts_with(&only)) {
        let module = count(work);
        let [lua, plain] = [lua, plain].map(|other| other.map(&mut count));
        let shown = |number: Option<f64>| number.map_or_else(String::new, |number| format!("{:.0}", number));
        let ratio = |to: Option<f64>| to.map_or_else(String::new, |to| format!("{:.2}", module / to));
        println!(
            "| {name} | {module:.0} | {} | {} | {} | {} |",
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

/// The instructions since the start. The profile is saved under the work's name.
fn instructions(server: &Server, folder: &Path, name: &str) -> f64 {
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
    let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
    total.and_then(|number| number.trim().parse().ok()).expect("totals")
}
