//! The command line of the service.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use sessions_http::config::{Overrides, Settings};
use sessions_http::keys::{self, KeyHash};
use sessions_http::log;
use sessions_http::probe::{self, Question};
use sessions_http::server::{self, Source};

/// A request makes about a hundred small allocations; with glibc's allocator they take a quarter of
/// its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Serves the sessions of a Redis server over HTTP
#[derive(Parser)]
#[command(name = "sessions-http", version)]
struct Line {
    /// The configuration file; sessions-http.toml.example explains every line
    #[arg(long, env = "SESSIONS_HTTP_CONFIG")]
    config: Option<PathBuf>,
    /// Checks the configuration, prints its errors and exits
    #[arg(long)]
    check_config: bool,
    #[command(flatten)]
    overrides: Overrides,
    #[command(subcommand)]
    command: Option<Task>,
}

#[derive(Subcommand)]
enum Task {
    /// Prints a new key and the configuration lines that accept it
    NewKey {
        /// The key's name in the log
        #[arg(default_value = "ops")]
        name: String,
    },
    /// Checks whether the running service responds, at an address from the configuration; exits
    /// with 0 if it does
    Health {
        /// Checks whether the service can serve requests, which requires a connection to Redis
        #[arg(long)]
        ready: bool,
    },
}

fn main() -> ExitCode {
    // rustls requires the program to choose a provider, even if only one is compiled in.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let line = Line::parse();
    let outcome = match &line.command {
        Some(Task::NewKey { name }) => new_key(name),
        Some(Task::Health { ready: false }) => health(&line, Question::Lives),
        Some(Task::Health { ready: true }) => health(&line, Question::IsReady),
        None => serve(line),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sessions-http: {}", error.replace('\n', "\nsessions-http: "));
            ExitCode::FAILURE
        }
    }
}

fn new_key(name: &str) -> Result<(), String> {
    let key = keys::draw().ok_or("the operating system returned no random numbers: try again")?;
    let hash = KeyHash::of_key(key.as_bytes()).ok_or("the generated key is invalid")?;
    println!("The key, for the client. It is not stored anywhere:\n\n{key}\n");
    println!("For the configuration:\n");
    println!(
        "[[keys]]\nname = {name:?}\nsha256 = \"{}\"\napps = [\"*\"]\nrights = [\"read\", \"write\", \"admin\"]",
        hash.hex()
    );
    Ok(())
}

fn settings(line: &Line) -> Result<Settings, String> {
    Settings::read(line.config.as_deref(), &line.overrides).map_err(|trouble| trouble.to_string())
}

fn health(line: &Line, question: Question) -> Result<(), String> {
    probe::ask(&settings(line)?, question)
}

fn serve(line: Line) -> Result<(), String> {
    let settings = settings(&line)?;
    if line.check_config {
        println!("The configuration is valid.");
        return Ok(());
    }
    log::install(settings.level);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads())
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    runtime.block_on(server::run(
        settings,
        Source {
            path: line.config,
            overrides: line.overrides,
        },
    ))
}

/// Half of the CPUs, as Redis and a gateway are often on the same machine. More threads would wake
/// one another for requests that take microseconds, and that costs more than it gains.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, |cpus| cpus.get().div_ceil(2))
}
