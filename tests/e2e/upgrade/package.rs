//! The Debian package that `make package` builds, installed into a folder of the test.

use super::files::Folder;
use super::installed::files_in;
use crate::harness::*;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const LIBRARY: &str = "/usr/lib/redis/modules/libsessions.so";
const EXAMPLE: &str = "/usr/share/doc/sessions/examples/redis.conf.example";

/// Starts and uses a server with an installed example configuration. The only changes are the
/// address and the folder of the installation in front of the module's path.
#[track_caller]
pub(super) fn example_starts(root: &Path, example: &Path, library: &str) {
    let text = fs::read_to_string(example).expect("the example is there");
    for foreign in ["target/", "make build"] {
        assert!(
            !text.contains(foreign),
            "{foreign} means nothing to who installed it:\n{text}"
        );
    }
    let load = format!("loadmodule {library}");
    assert!(text.lines().any(|line| line == load), "{text}");
    let inside = format!("loadmodule {}{library}", root.display());
    let lines = text.lines().filter(|line| !line.starts_with("port "));
    let server = lines
        .map(|line| line.replace(&load, &inside))
        .fold(Server::builder().without_module(), Builder::line)
        .start();
    let mut client = server.client();
    let token = create(&mut client, "webapp", "u1", &[]);
    assert_eq!(
        client.run(&["SESSIONS.GET", "webapp", &token]).session().text("id"),
        "u1"
    );
    assert_eq!(client.line("CONFIG GET appendonly").texts()[1], "yes");
}

/// Runs a program that must not fail; returns its standard output.
#[track_caller]
fn run(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?} can't be run: {error}"));
    assert!(output.status.success(), "{command:?}: {output:?}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// The package of this version; `None` if `make package` has not been run.
#[track_caller]
fn package() -> Option<PathBuf> {
    let clients = std::env::var_os("SESSIONS_CLIENTS").map(PathBuf::from);
    let target = match &clients {
        Some(path) => path.parent().expect("target/clients").to_owned(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("target"),
    };
    let start = format!("sessions_{}-", env!("CARGO_PKG_VERSION"));
    let found = fs::read_dir(target.join("debian")).ok().and_then(|entries| {
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let name = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        paths
            .filter(|path| name(path).starts_with(&start) && name(path).ends_with(".deb"))
            .max_by_key(|path| path.metadata().and_then(|data| data.modified()).ok())
    });
    if found.is_none() {
        skip("cargo-deb");
    }
    found
}

/// dpkg, with a folder as the whole system.
fn dpkg(root: &Path) -> Command {
    let mut command = Command::new("dpkg");
    command
        .arg(format!("--root={}", root.display()))
        .args(["--force-not-root", "--force-script-chrootless", "--force-depends"])
        // Small container images omit documentation.
        .arg("--path-include=/usr/share/doc/sessions/*");
    command
}

#[test]
fn the_package_installs_loads_and_can_be_removed() {
    let Some(package) = package() else { return };
    let folder = Folder::new();
    let root = folder.path();
    for path in ["updates", "info"] {
        fs::create_dir_all(root.join("var/lib/dpkg").join(path)).expect("a folder");
    }
    fs::write(root.join("var/lib/dpkg/status"), "").expect("a file");
    let is_root = run(Command::new("id").arg("-u")) == "0";
    if is_root {
        run(dpkg(root).arg("-i").arg(&package));
        let status = run(dpkg(root).args(["-s", "sessions"]));
        assert!(status.contains("\nStatus: install ok installed\n"), "{status}");
    } else {
        // Only root may give files to root.
        run(Command::new("dpkg-deb").arg("-x").arg(&package).arg(root));
    }
    let mut wanted: Vec<PathBuf> = [
        "/usr/bin/prometheus-sessions.sh",
        "/usr/bin/sessions-http",
        "/usr/bin/sessions-to-cluster",
        LIBRARY,
        "/usr/lib/systemd/system/sessions-http.service",
        EXAMPLE,
        "/usr/share/doc/sessions/examples/sessions-http.toml.example",
        "/usr/share/doc/sessions/http-operations.md",
        "/usr/share/doc/sessions/CHANGELOG.md",
        "/usr/share/doc/sessions/copyright",
    ]
    .map(|path| root.join(&path[1..]))
    .into();
    wanted.sort();
    assert_eq!(files_in(&root.join("usr")), wanted);
    assert!(!root.join("etc").exists(), "it has no business there");
    example_starts(root, &root.join(&EXAMPLE[1..]), LIBRARY);
    let version = run(Command::new(root.join("usr/bin/sessions-http")).arg("--version"));
    assert_eq!(version, format!("sessions-http {}", env!("CARGO_PKG_VERSION")));
    if is_root {
        run(dpkg(root).args(["-r", "sessions"]));
        assert!(!root.join("usr/lib/redis").exists(), "nothing stays");
    }
}

#[test]
fn the_package_names_its_dependencies() {
    let Some(package) = package() else { return };
    let field = |name: &str| run(Command::new("dpkg-deb").arg("-f").arg(&package).arg(name));
    assert_eq!(field("Package"), "sessions");
    assert_eq!(field("Version").split('-').next(), Some(env!("CARGO_PKG_VERSION")));
    assert!(field("Depends").contains("libc6 (>= "), "{}", field("Depends"));
    assert_eq!(field("Recommends"), "redis-server (>= 5:7.0) | valkey-server");
    assert!(field("Description").contains(&format!("loadmodule {LIBRARY}")));
}
