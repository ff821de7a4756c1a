//! Which clients of other languages are installed: by `scripts/clients.sh` in `target/clients`, or
//! by the system. A test is skipped if its client is not installed.

use crate::harness::{clients, skip};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A program and the environment in which it finds its libraries.
pub(crate) struct Tool {
    program: PathBuf,
    arguments: Vec<String>,
    variables: Vec<(&'static str, PathBuf)>,
}

impl Tool {
    /// A command that runs a source file.
    pub(crate) fn command(&self, source: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).arg(source);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// Node.js with the npm packages redis and redis-sessions.
pub(crate) fn node() -> Option<Tool> {
    let modules = clients().join("node/node_modules");
    let found = runs("node", &["--version"]) && modules.join("redis-sessions").is_dir();
    let tool = Tool {
        program: "node".into(),
        arguments: vec![],
        variables: vec![("NODE_PATH", modules)],
    };
    found_or_skipped(found, "node", tool)
}

/// Python with redis-py.
pub(crate) fn python() -> Option<Tool> {
    let program = clients().join("python/bin/python");
    let found = runs(&program, &["-c", "import redis"]);
    let tool = Tool {
        program,
        arguments: vec![],
        variables: vec![],
    };
    found_or_skipped(found, "python", tool)
}

/// PHP with phpredis.
pub(crate) fn php() -> Option<Tool> {
    let found = runs("php", &["-r", "exit(extension_loaded('redis') ? 0 : 1);"]);
    let tool = Tool {
        program: "php".into(),
        arguments: vec![],
        variables: vec![],
    };
    found_or_skipped(found, "php", tool)
}

/// Go with redigo, where Debian puts its packages for Go.
pub(crate) fn go() -> Option<Tool> {
    let packages = PathBuf::from("/usr/share/gocode");
    let redigo = packages.join("src/github.com/gomodule/redigo");
    let found = runs("go", &["version"]) && redigo.is_dir();
    let tool = Tool {
        program: "go".into(),
        arguments: vec!["run".into()],
        variables: vec![
            ("GOPATH", packages),
            ("GO111MODULE", "off".into()),
            ("GOCACHE", clients().join("go-cache")),
        ],
    };
    found_or_skipped(found, "go", tool)
}

fn runs(program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

#[track_caller]
fn found_or_skipped(found: bool, name: &str, tool: Tool) -> Option<Tool> {
    if !found {
        skip(name);
    }
    found.then_some(tool)
}
