//! `make install`, into a folder of the test.

use super::files::Folder;
use super::package::example_starts;
use crate::harness::*;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn install(to: &Path, prefix: Option<&str>) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/install.sh");
    let mut command = Command::new(script);
    command
        .env("DESTDIR", to)
        .env("SESSIONS_MODULE", module_path())
        .env("SESSIONS_TOOL", tool_path())
        .env("SESSIONS_SERVICE", service_path());
    match prefix {
        Some(prefix) => command.env("PREFIX", prefix),
        None => command.env_remove("PREFIX"),
    };
    command.output().expect("the script can be run")
}

/// All files under a folder, sorted.
pub(super) fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && !path.is_symlink() {
            found.extend(files_in(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn it_installs_its_files_and_says_what_to_add_to_redis_conf() {
    for (prefix, under) in [(None, "/usr"), (Some("/opt/sessions"), "/opt/sessions")] {
        let folder = Folder::new();
        let output = install(folder.path(), prefix);
        assert!(output.status.success(), "{output:?}");
        let library = format!("{under}/lib/redis/modules/libsessions.so");
        let example = format!("{under}/share/doc/sessions/examples/redis.conf.example");
        let tool = format!("{under}/bin/sessions-to-cluster");
        let metrics = format!("{under}/bin/prometheus-sessions.sh");
        let symbols = format!("{under}/lib/redis/modules/.debug/libsessions.so.debug");
        let service = format!("{under}/bin/sessions-http");
        let unit = format!("{under}/lib/systemd/system/sessions-http.service");
        let [settings, page] = ["examples/sessions-http.toml.example", "http-operations.md"]
            .map(|name| format!("{under}/share/doc/sessions/{name}"));
        let wanted = [
            &metrics, &service, &tool, &symbols, &library, &unit, &example, &settings, &page,
        ];
        let wanted = wanted.map(|path| folder.path().join(&path[1..]));
        assert_eq!(files_in(folder.path()), wanted);
        let unit = fs::read_to_string(&wanted[5]).expect("the unit");
        for line in [
            format!("ExecStart={service} --config /etc/sessions-http/sessions-http.toml"),
            format!("Documentation=file:{page}"),
        ] {
            assert!(unit.lines().any(|found| found == line), "no {line} in {unit}");
        }
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = format!("\n  loadmodule {library}\n");
        assert!(said.contains(&line), "{said}");
        let allows = said.contains(&format!("\n  [Service]\n  ExecPaths={under}/lib/redis/modules\n"));
        assert_eq!(allows, under != "/usr", "what Debian's service needs: {said}");
        example_starts(folder.path(), &wanted[6], &library);
    }
}

#[test]
fn the_installed_module_is_stripped_and_names_the_file_with_its_symbols() {
    let folder = Folder::new();
    assert!(install(folder.path(), None).status.success());
    let modules = folder.path().join("usr/lib/redis/modules");
    let sections = |file: &str| {
        let output = Command::new("readelf").arg("-SW").arg(modules.join(file)).output();
        let output = output.expect("readelf can be run");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let (module, symbols) = (sections("libsessions.so"), sections(".debug/libsessions.so.debug"));
    for section in [" .symtab ", " .debug_line "] {
        assert!(!module.contains(section), "{section} is in the module");
        assert!(symbols.contains(section), "{section} is not in the file of symbols");
    }
    assert!(module.contains(" .gnu_debuglink "), "{module}");
}

#[test]
fn the_cron_line_of_the_page_runs_the_script_where_it_is_installed() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/monitoring.md")).unwrap();
    let line = page.lines().find(|line| line.starts_with("* * * * * root "));
    let mut words = line.expect("a line for cron").split(' ');
    let script = words.find(|word| word.starts_with('/')).expect("a path");
    let folder = Folder::new();
    assert!(install(folder.path(), None).status.success());
    let output = Command::new(folder.path().join(&script[1..])).arg("--help").output();
    let output = output.unwrap_or_else(|error| panic!("{script}: {error}"));
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn installing_again_leaves_the_file_alone_that_a_server_has_loaded() {
    let folder = Folder::new();
    assert!(install(folder.path(), None).status.success());
    let library = folder.path().join("usr/lib/redis/modules/libsessions.so");
    let before = fs::metadata(&library).expect("it is there").ino();
    let server = Server::builder()
        .without_module()
        .line(super::files::loads(&library))
        .start();
    assert!(install(folder.path(), None).status.success());
    assert_ne!(fs::metadata(&library).expect("it is there").ino(), before);
    create(&mut server.client(), "web", "u1", &[]);
}

#[test]
fn it_refuses_a_module_that_is_not_built_and_a_prefix_that_is_not_an_absolute_path() {
    let folder = Folder::new();
    let output = install(folder.path(), Some("opt"));
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("PREFIX"), "{output:?}");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/install.sh");
    let output = Command::new(script)
        .env("DESTDIR", folder.path())
        .env("SESSIONS_MODULE", folder.path().join("none.so"))
        .output()
        .expect("the script can be run");
    assert!(!output.status.success());
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("make build"),
        "{output:?}"
    );
    assert_eq!(files_in(folder.path()), [] as [PathBuf; 0]);
}
