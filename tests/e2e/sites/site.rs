//! One example site, or another program that serves HTTP, running on a port of its own.

use crate::harness::*;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The languages in which `examples/` has the same site.
pub(super) const LANGUAGES: [&str; 3] = ["python", "node", "rust"];

pub(super) struct Site {
    _program: Program,
    pub(super) port: u16,
}

impl Site {
    /// Starts `examples/<language>`; `None` if its packages are not installed.
    #[track_caller]
    pub(super) fn start(language: &str, server: &Server, variables: &[(&str, &str)]) -> Option<Site> {
        let mut command = match language {
            "python" => python()?,
            "node" => node(server)?,
            "rust" => rust()?,
            other => panic!("no site in {other}"),
        };
        command.envs(variables.iter().copied());
        Some(Site::run(command, server))
    }

    /// Starts a program that listens on `PORT` and connects to the Redis in `REDIS_URL`.
    #[track_caller]
    pub(super) fn run(mut command: Command, server: &Server) -> Site {
        let port = free_port();
        command
            .env("PORT", port.to_string())
            .env("REDIS_URL", format!("redis://127.0.0.1:{}", server.port()));
        Site {
            _program: Program::start(command, port, server.dir()),
            port,
        }
    }
}

#[track_caller]
fn python() -> Option<Command> {
    let program = client_folder("python-site", "bin/flask")?.join("bin/python");
    let mut command = Command::new(program);
    command.arg(repository("examples/python/app.py"));
    Some(command)
}

/// Node.js looks for the packages that a module imports only next to the module, so the site is
/// assembled in the server's directory.
#[track_caller]
fn node(server: &Server) -> Option<Command> {
    let program = node_20()?;
    let packages = client_folder("node-site", "node_modules/sessions-for-redis")?.join("node_modules");
    let site = server.dir().join("site");
    fs::create_dir_all(site.join("node")).expect("a directory");
    fs::copy(repository("examples/node/app.mjs"), site.join("node/app.mjs")).expect("the site is copied");
    link(&packages, &site.join("node/node_modules"));
    for shared in ["pages", "static"] {
        link(&repository("examples").join(shared), &site.join(shared));
    }
    let mut command = Command::new(program);
    command.arg(site.join("node/app.mjs"));
    Some(command)
}

/// Builds the site, so that the program matches the source; `scripts/clients.sh` has fetched and
/// built the crates.
#[track_caller]
fn rust() -> Option<Command> {
    let target = client_folder("rust-site", "debug")?;
    let build = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--locked", "--offline", "--manifest-path"])
        .arg(repository("examples/rust/Cargo.toml"))
        .arg("--target-dir")
        .arg(&target)
        .output()
        .expect("cargo can be run");
    assert!(
        build.status.success(),
        "the Rust site does not build:\n{}",
        String::from_utf8_lossy(&build.stderr)
    );
    Some(Command::new(target.join("debug/corner-shop")))
}

pub(super) fn link(from: &Path, to: &Path) {
    if !to.exists() {
        std::os::unix::fs::symlink(from, to).expect("a link");
    }
}

#[test]
fn each_site_is_under_150_lines_of_code() {
    for source in ["python/app.py", "node/app.mjs", "rust/src/main.rs"] {
        let text = fs::read_to_string(repository("examples").join(source)).expect("the source");
        let lines = text.lines().map(str::trim);
        let code = lines.filter(|line| !line.is_empty() && !line.starts_with("//") && !line.starts_with("# "));
        let count = code.count();
        assert!(count < 150, "{source} has {count} lines of code");
    }
}
