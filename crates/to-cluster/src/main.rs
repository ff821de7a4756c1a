//! Copies the sessions of a single server into a cluster while both are in use.
//!
//! - [`options`]: the command line and the environment; [`login`]: the address of a server;
//!   [`tls`]: certificates.
//! - [`connection`]: one connection to a server; [`reply`]: commands and replies.
//! - [`source`]: the single server, which is only read.
//! - [`cluster`]: the nodes and their slots.
//! - [`writer`]: writes and removes sessions on the cluster, with scripts that compare first.
//! - [`run`]: the order of the work; [`copying`]: copies the sessions of one app; [`mirror`]:
//!   removes sessions that the source no longer has; [`mark`]: shows whether a copy has been used.
//! - [`report`]: the report at the end.
//!
//! The rules, the key names and the slots are those of the module: the crate `sessions-model`.

mod cluster;
mod connection;
mod copying;
mod failure;
mod login;
mod mark;
mod mirror;
mod options;
mod reply;
mod report;
mod run;
mod source;
mod tls;
mod writer;

use std::env;
use std::process::ExitCode;

use failure::Failure;
use options::Request;

fn main() -> ExitCode {
    // redis-rs requires the program to choose a provider, even if only one is compiled in.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match start() {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("{}: {failure}", options::NAME);
            ExitCode::FAILURE
        }
    }
}

fn start() -> Result<ExitCode, Failure> {
    match options::read(env::args_os().skip(1), |name| env::var_os(name))? {
        Request::Help => {
            print!("{}", options::HELP);
            Ok(ExitCode::SUCCESS)
        }
        Request::Version => {
            println!("{} {}", options::NAME, env!("CARGO_PKG_VERSION"));
            Ok(ExitCode::SUCCESS)
        }
        Request::Copy(options) => run::run(&options),
    }
}
