//! Compares sessions-http.toml.example, the systemd unit and the files for containers with what the
//! service reads.

use crate::authority::Authority;
use crate::harness::{Folder, Key, repository, service_path, skip};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const EXAMPLE: &str = "sessions-http.toml.example";

fn text(path: &str) -> String {
    let path = repository(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The example's lines without comments; `Some` for settings that are commented out.
fn settings() -> Vec<String> {
    let example = text(EXAMPLE);
    let settings = example.lines().filter_map(|line| line.strip_prefix('#'));
    let settings = settings.filter(|line| !line.is_empty() && !line.starts_with(' '));
    settings.map(str::to_owned).collect()
}

fn check(folder: &Folder, lines: &str) -> Output {
    let file = folder.path().join("sessions-http.toml");
    fs::write(&file, lines).unwrap();
    let mut command = Command::new(service_path());
    command
        .arg("--check-config")
        .arg("--config")
        .arg(&file)
        .env_remove("CREDENTIALS_DIRECTORY");
    command.output().expect("the program can be started")
}

/// The files that the example names, in a folder of the test.
fn files(folder: &Folder) {
    let (certificate, key) = Authority::new("ours").signs("localhost");
    for name in ["certificate", "client-ca", "redis-ca", "redis-certificate"] {
        fs::write(folder.path().join(name).with_extension("pem"), &certificate).unwrap();
    }
    for name in ["key", "redis-key"] {
        fs::write(folder.path().join(name).with_extension("pem"), &key).unwrap();
    }
    for name in ["redis-password", "cookie-secrets"] {
        fs::write(folder.path().join(name), "hidden-4711\n").unwrap();
    }
}

#[test]
fn the_example_has_every_setting_and_is_valid_with_all_of_them() {
    let folder = Folder::new();
    files(&folder);
    let lines = settings().join("\n") + "\n";
    let lines = lines.replace("/etc/sessions-http/", &format!("{}/", folder.path().display()));
    let checked = check(&folder, &lines);
    assert!(
        checked.status.success(),
        "{}\n{lines}",
        String::from_utf8_lossy(&checked.stderr)
    );

    let named: BTreeSet<String> = settings()
        .iter()
        .filter_map(|line| line.split(['=', ']', '.']).next())
        .map(|name| name.trim_matches(['[', ' ']).to_owned())
        .collect();
    let source = text("crates/http/src/config/file.rs");
    let members = source
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub ")?.split_once(": "));
    let members: BTreeSet<String> = members.map(|(name, _)| name.replace('_', "-")).collect();
    assert!(members.len() > 30, "{members:?}");
    assert_eq!(named, members);
}

/// The example shows the default of each setting that has one.
#[test]
fn the_example_shows_the_defaults() {
    let example = text(EXAMPLE);
    let source = text("crates/http/src/config/file.rs") + &text("crates/http/src/config/check.rs");
    for line in [
        "#listen = [\"127.0.0.1:8081\"]",
        "#url = [\"redis://127.0.0.1:6379\"]",
        "#namespace = \"rs\"",
        "#listen = \"127.0.0.1:3000\"",
        "#app = \"sessions-admin\"",
        "#requests = 1024",
        "#seconds = 10",
    ] {
        assert!(example.lines().any(|shown| shown == line), "{line}");
        let value = line.split(" = ").nth(1).unwrap().trim_matches(['[', ']']);
        assert!(source.contains(value), "{value}");
    }
    assert!(example.contains("#body-bytes = 1048576\n") && source.contains("body_bytes: 1_048_576"));
}

#[test]
fn the_example_as_it_is_lacks_a_key_alone() {
    let folder = Folder::new();
    let refused = check(&folder, &text(EXAMPLE));
    let reasons = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success());
    assert!(
        reasons.lines().count() == 1 && reasons.starts_with("sessions-http: keys: none"),
        "{reasons}"
    );
    let key = Key::new("ops", &["*"], &["read"]).table();
    assert!(check(&folder, &(text(EXAMPLE) + &key)).status.success());
}

#[test]
fn certificates_passwords_and_names_are_checked_too() {
    let folder = Folder::new();
    files(&folder);
    let dir = folder.path().display();
    fs::write(folder.path().join("empty"), "\n").unwrap();
    for (lines, reason) in [
        (
            format!("[tls]\ncertificate = \"{dir}/certificate.pem\"\nkey = \"{dir}/none.pem\"\n"),
            "tls: ",
        ),
        (
            format!("[tls]\ncertificate = \"{dir}/cookie-secrets\"\nkey = \"{dir}/key.pem\"\n"),
            "tls: ",
        ),
        (
            format!("[redis]\npassword-file = \"{dir}/none\"\n"),
            "redis.password-file ",
        ),
        (
            format!("[redis]\npassword-file = \"{dir}/empty\"\n"),
            "redis.password-file ",
        ),
        (
            format!("[redis]\ncertificate = \"{dir}/certificate.pem\"\n"),
            "redis: certificate and key",
        ),
        (format!("[redis]\nca-file = \"{dir}/none\"\n"), "redis.ca-file "),
        (
            "[redis]\nurl = \"unix:///socket\"\ncluster = true\n".into(),
            "redis.url: a cluster",
        ),
        (
            "[redis]\nurl = [\"redis://a\", \"redis://b\"]\n".into(),
            "redis.url: several",
        ),
        ("[redis]\nurl = \"http://a\"\n".into(), "redis.url: must be"),
        ("hosts = [\"https://sessions.example\"]\n".into(), "hosts: "),
        ("hosts = [\"\"]\n".into(), "hosts: "),
        ("[limits]\nseconds = 0\n".into(), "limits: "),
    ] {
        let refused = check(&folder, &format!("no-auth = true\n{lines}"));
        let reasons = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success(), "{lines}");
        let expected = format!("sessions-http: {reason}");
        assert!(
            reasons.lines().count() == 1 && reasons.starts_with(&expected),
            "{lines}: {reasons}"
        );
        assert!(!reasons.contains("hidden-4711"), "{reasons}");
    }
}

/// `LoadCredential=` of the unit; empty where the server has no password.
#[test]
fn the_credential_of_systemd_is_the_password_unless_it_is_empty() {
    let folder = Folder::new();
    let server = crate::harness::Server::builder().tcp().start();
    server.client().line("CONFIG SET requirepass right").assert_ok();
    let start = |password: &str| {
        fs::write(folder.path().join("redis-password"), password).unwrap();
        crate::harness::Service::builder()
            .no_auth()
            .redis_url(&format!("redis://127.0.0.1:{}", server.port()))
            .environment("CREDENTIALS_DIRECTORY", &folder.path().display().to_string())
            .start()
    };
    assert_eq!(start("right\n").get("/readyz").send().status(), 200);
    assert_eq!(start("wrong").get("/readyz").send().status(), 500);
    let mut client = crate::harness::Client::connect(&format!("redis://:right@127.0.0.1:{}/", server.port())).unwrap();
    client.run(&["CONFIG", "SET", "requirepass", ""]).assert_ok();
    assert_eq!(start("\n").get("/readyz").send().status(), 200);
}

#[test]
fn systemd_accepts_the_unit_and_finds_little_exposure() {
    let analyze = |arguments: &[&str], file: &Path| {
        let output = Command::new("systemd-analyze")
            .args(arguments)
            .arg(file)
            .output()
            .ok()?;
        let all = [output.stdout, output.stderr].concat();
        Some((output.status.success(), String::from_utf8_lossy(&all).into_owned()))
    };
    let folder = Folder::new();
    let file = folder.path().join("sessions-http.service");
    let unit = text("packaging/systemd/sessions-http.service");
    let program = service_path().display().to_string();
    fs::write(&file, unit.replace("/usr/bin/sessions-http", &program)).unwrap();
    let Some((success, said)) = analyze(&["verify", "--man=no"], &file) else {
        return skip("systemd");
    };
    assert!(success && said.trim().is_empty(), "{said}");
    let (success, said) = analyze(&["security", "--offline=yes", "--threshold=20", "--no-pager"], &file).unwrap();
    assert!(success, "{said}");
}

#[test]
fn what_the_container_files_name_is_there() {
    let manifest = text("Cargo.toml");
    let version = manifest
        .lines()
        .find_map(|line| line.strip_prefix("rust-version = \""))
        .unwrap();
    let image = format!("FROM rust:{}-", version.trim_end_matches('"'));
    let compose = ["compose.yaml", "compose.valkey.yaml"].map(|name| text(&format!("packaging/container/{name}")));
    for name in ["Dockerfile", "Dockerfile.alpine"] {
        let dockerfile = text(&format!("packaging/container/{name}"));
        assert!(dockerfile.contains(&image), "{image} is not in {dockerfile}");
        for line in dockerfile.lines().filter(|line| line.starts_with("COPY packaging/")) {
            let source = line.split(' ').nth(1).unwrap();
            assert!(repository(source).exists(), "{line}");
        }
        let targets = compose.iter().flat_map(|file| file.lines());
        for target in targets.filter_map(|line| line.trim().strip_prefix("target: ")) {
            assert!(dockerfile.contains(&format!(" AS {target}\n")), "{target}");
        }
    }
    assert!(repository("packaging/container/sessions-http.toml").exists());
    let folder = Folder::new();
    let configuration = text("packaging/container/sessions-http.toml");
    let key = Key::new("shop", &["*"], &["read"]).table();
    let checked = check(&folder, &(configuration + &key));
    assert!(checked.status.success(), "{checked:?}");
}
