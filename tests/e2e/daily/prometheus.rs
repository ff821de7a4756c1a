//! The two exporters for Prometheus that docs/monitoring.md shows: redis_exporter, as Debian
//! packages it, and `scripts/prometheus-sessions.sh` for the metrics that it does not have.

use crate::harness::*;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

/// The value of a metric in Prometheus's text format, found by the text before it on its line.
fn metric(text: &str, name: &str) -> Option<f64> {
    let mut values = text
        .lines()
        .filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    values.next()?.parse().ok()
}

#[track_caller]
fn script(file: &str, server: &Server) -> Output {
    script_as(&[], "", file, server)
}

#[track_caller]
fn script_as(options: &[&str], password: &str, file: &str, server: &Server) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/prometheus-sessions.sh");
    let mut command = Command::new(script);
    command.arg(file).arg("-s").arg(server.socket()).args(options);
    if !password.is_empty() {
        command.env("REDISCLI_AUTH", password);
    }
    command.output().expect("the script can be run")
}

#[test]
fn the_script_connects_only_as_the_documented_user() {
    let server = Server::start();
    let user = documented(&Page::read("docs/monitoring.md"), "ACL SETUSER exporter");
    let mut client = server.client();
    assert_eq!(client.run(&user), "OK".into(), "{user:?}");
    client.line("ACL SETUSER default off");
    let output = script_as(&["--user", "exporter"], "exporters-password", "-", &server);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(metric(&text, "sessions_up"), Some(1.0), "{output:?}");
    let output = script("-", &server);
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(metric(&text, "sessions_up"), Some(0.0), "{output:?}");
}

#[test]
fn the_script_writes_everything_that_info_counts() {
    let server = Server::start();
    let mut client = server.client();
    let token = create(&mut client, "webapp", "u1", &[]);
    create(&mut client, "webapp", "u1", &[]);
    client.run(&["SESSIONS.GET", "webapp", &token]);
    let file = server.dir().join("sessions.prom");
    let output = script(file.to_str().unwrap(), &server);
    assert!(output.status.success(), "{output:?}");
    let text = std::fs::read_to_string(&file).expect("the file is written");
    assert_eq!(metric(&text, "sessions_up"), Some(1.0), "{text}");
    assert_eq!(metric(&text, "sessions_created_total"), Some(2.0), "{text}");
    assert_eq!(metric(&text, "sessions_read_total"), Some(1.0), "{text}");
    let version = format!("sessions_build_info{{version=\"{}\",", env!("CARGO_PKG_VERSION"));
    assert!(text.contains(&version), "{text}");

    let info = client.line("INFO sessions");
    let page = Page::read("docs/monitoring.md");
    let rows = page.table_of("`INFO sessions`");
    for line in info.text().lines().filter(|line| line.starts_with("sessions_")) {
        let field = line.split(':').next().unwrap_or_default();
        let row = rows.iter().find(|row| row[0] == format!("`{field}`"));
        let row = row.unwrap_or_else(|| panic!("{field} is not in {}", page.name));
        let name = row[1].trim_matches('`');
        let counted = text.lines().any(|line| line.starts_with(&format!("{name} ")));
        assert!(
            counted || name.starts_with("sessions_build_info{"),
            "{name} is not in\n{text}"
        );
    }
    for line in text.lines() {
        let typed = line.starts_with("# TYPE sessions_") && line.split(' ').count() == 4;
        let valued = line.starts_with("sessions_") && line.split(' ').count() == 2;
        assert!(typed || valued, "{line:?}");
    }
}

#[test]
fn the_script_says_when_the_server_or_the_module_is_not_there() {
    let mut server = Server::builder().without_module().start();
    for why in ["no module", "no server"] {
        let file = server.dir().join("sessions.prom");
        let output = script(file.to_str().unwrap(), &server);
        assert!(!output.status.success(), "{why}: {output:?}");
        let text = std::fs::read_to_string(&file).expect("the file is written");
        assert_eq!(metric(&text, "sessions_up"), Some(0.0), "{why}");
        assert_eq!(text.lines().count(), 2, "{why}");
        server.kill9();
    }
    let output = script("-", &server);
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("sessions_up 0"),
        "{output:?}"
    );
}

#[test]
fn the_script_prints_its_usage_and_does_not_take_an_option_for_a_file() {
    let folder = Server::start();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/prometheus-sessions.sh");
    for (arguments, code) in [(&["--help"] as &[&str], 0), (&[], 2), (&["-h", "127.0.0.1"], 2)] {
        let output = Command::new(&script).args(arguments).current_dir(folder.dir()).output();
        let output = output.expect("the script can be run");
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {output:?}");
        let text = if code == 0 { &output.stdout } else { &output.stderr };
        let text = String::from_utf8_lossy(text);
        assert!(text.starts_with("usage: prometheus-sessions.sh FILE|- "), "{text}");
    }
    assert!(!folder.dir().join("--help").exists() && !folder.dir().join("-h").exists());
}

struct Exporter {
    child: Child,
    port: u16,
}

impl Exporter {
    /// redis_exporter with the options that docs/monitoring.md shows. `None`: redis_exporter is not
    /// installed.
    #[track_caller]
    fn start(server: &Server, options: &[&str]) -> Option<Exporter> {
        let names = ["prometheus-redis-exporter", "redis_exporter"];
        let found = names.iter().find(|name| {
            let mut asked = Command::new(name);
            asked.arg("-version").stdout(Stdio::null()).stderr(Stdio::null());
            asked.status().is_ok()
        });
        let Some(name) = found else {
            skip("redis_exporter");
            return None;
        };
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it has an address").port();
        drop(listener);
        let child = Command::new(name)
            .args(["-redis.addr", &format!("unix://{}", server.socket().display())])
            .args(["-web.listen-address", &format!("127.0.0.1:{port}")])
            .args(options)
            .stderr(Stdio::null())
            .spawn()
            .expect("the exporter can be started");
        Some(Exporter { child, port })
    }

    /// All metrics, requested as Prometheus requests them.
    #[track_caller]
    fn metrics(&self) -> String {
        let mut text = String::new();
        wait_until(GENEROUS, "the exporter answers", || {
            let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) else {
                return false;
            };
            text.clear();
            let asked = stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n");
            asked.is_ok() && stream.read_to_string(&mut text).is_ok() && text.starts_with("HTTP/1.0 200")
        });
        text
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The line of docs/monitoring.md that begins with these words.
#[track_caller]
fn documented(page: &Page, start: &str) -> Vec<String> {
    let blocks = page.blocks().concat();
    let line = blocks.iter().find(|line| line.starts_with(start));
    let line = line.unwrap_or_else(|| panic!("{} shows no {start}", page.name));
    line.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn redis_exporter_reads_the_commands_and_the_sizes_of_the_indexes() {
    let page = Page::read("docs/monitoring.md");
    let server = Server::start();
    let mut client = server.client();
    let user = documented(&page, "ACL SETUSER exporter");
    assert_eq!(client.run(&user), "OK".into(), "{user:?}");
    let token = create(&mut client, "webapp", "u1", &[]);
    create(&mut client, "webapp", "u1", &[]);
    client.run(&["SESSIONS.GET", "webapp", &token]);
    client.line("SESSIONS.GET webapp short XML");

    let words = documented(&page, "prometheus-redis-exporter");
    let options: Vec<&str> = words[1..].iter().map(String::as_str).collect();
    let Some(exporter) = Exporter::start(&server, &options) else {
        return;
    };
    let text = exporter.metrics();
    for (name, value) in [
        ("redis_up", 1.0),
        (r#"redis_commands_total{cmd="sessions.create"}"#, 2.0),
        (r#"redis_commands_total{cmd="sessions.get"}"#, 2.0),
        (r#"redis_commands_failed_calls_total{cmd="sessions.get"}"#, 1.0),
        (r#"redis_latency_percentiles_usec_count{cmd="sessions.get"}"#, 2.0),
        (r#"redis_key_size{db="db0",key="rs:webapp:_sessions"}"#, 2.0),
        (r#"redis_key_size{db="db0",key="rs:webapp:_users"}"#, 1.0),
    ] {
        assert_eq!(metric(&text, name), Some(value), "{name} in\n{text}");
        let shown = name.split('{').next().unwrap_or_default();
        assert!(page.says(shown), "{} does not name {shown}", page.name);
    }
    assert!(
        !text.contains("sessions_created"),
        "it reads INFO sessions by itself now"
    );
    assert!(!text.contains(&token), "a token is among the metrics");
}
