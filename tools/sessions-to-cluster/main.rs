//! Copies the sessions of a single server into a cluster while both are in use.
//!
//! - [`options`]: what the command line and the environment say.
//! - [`connection`]: one connection to a server.
//! - [`source`]: the single server, which is only read.
//! - [`cluster`]: the nodes, and which has which slot.
//! - [`writer`]: writing and removing sessions there, by scripts that compare first.
//! - [`copying`]: a run; [`mirror`]: removing what the source no longer has.
//! - [`report`]: what is said at the end.
//!
//! The rules, the key names and the slots are the module's own files.

mod cluster;
mod connection;
mod copying;
#[path = "../../src/error.rs"]
#[allow(dead_code, unused_imports, reason = "the module's")]
mod error;
mod mirror;
mod options;
mod report;
#[path = "../../src/session/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the module's")]
mod session;
mod source;
mod store;
mod trouble;
mod writer;

use std::env;
use std::process::ExitCode;

use options::Asked;
use trouble::Trouble;

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(trouble) => {
            eprintln!("{}: {trouble}", options::NAME);
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode, Trouble> {
    match options::read(env::args_os().skip(1), |name| env::var_os(name))? {
        Asked::Help => {
            print!("{}", options::HELP);
            Ok(ExitCode::SUCCESS)
        }
        Asked::Version => {
            println!("{} {}", options::NAME, env!("CARGO_PKG_VERSION"));
            Ok(ExitCode::SUCCESS)
        }
        Asked::Copy(options) => copying::run(&options),
    }
}
