//! The log-ins of README.md and docs/languages.md: each program runs as the page prints it, and two
//! browsers use it.

use super::Browser;
use crate::clients::{go, link_packages, node, php, snippet_in};
use crate::harness::*;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// A program of a page: its language, a text that no other program of that language on the page
/// contains, and the function that runs it.
struct Documented {
    page: &'static str,
    language: &'static str,
    part: &'static str,
    file: &'static str,
    /// `None`: something that the program needs is not installed.
    command: fn(&Path, u16) -> Option<Command>,
}

const PROGRAMS: [Documented; 4] = [
    Documented {
        page: "README.md",
        language: "python",
        part: "# shop.py",
        file: "shop.py",
        command: flask,
    },
    Documented {
        page: "docs/languages.md",
        language: "js",
        part: "// shop.mjs",
        file: "shop.mjs",
        command: node_js,
    },
    Documented {
        page: "docs/languages.md",
        language: "php",
        part: "// shop.php",
        file: "shop.php",
        command: php_server,
    },
    Documented {
        page: "docs/languages.md",
        language: "go",
        part: "// shop.go",
        file: "shop.go",
        command: go_program,
    },
];

fn flask(source: &Path, port: u16) -> Option<Command> {
    let program = client_folder("python-site", "bin/flask")?.join("bin/flask");
    let mut command = Command::new(program);
    command.arg("--app").arg(source);
    command.args(["run", "--port", &port.to_string()]);
    Some(command)
}

fn node_js(source: &Path, _port: u16) -> Option<Command> {
    let tool = node()?;
    link_packages(source);
    Some(tool.command(source))
}

fn php_server(source: &Path, port: u16) -> Option<Command> {
    php()?;
    let mut command = Command::new("php");
    command.arg("-S").arg(format!("127.0.0.1:{port}")).arg(source);
    Some(command)
}

/// `go run` would leave its program running.
fn go_program(source: &Path, _port: u16) -> Option<Command> {
    let run = go()?.command(source);
    let program = source.with_extension("program");
    let mut build = Command::new("go");
    build.arg("build").arg("-o").arg(&program).arg(source);
    build.envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))));
    assert!(build.status().expect("go can be run").success(), "shop.go is built");
    Some(Command::new(program))
}

fn json(answer: &super::Answer) -> Value {
    assert_eq!(answer.status, 200, "{answer:?}");
    serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{error}: {answer:?}"))
}

#[track_caller]
fn log_in(browser: &mut Browser) {
    let answer = browser.post("/login", "user=ann");
    assert!(answer.status < 400, "{answer:?}");
    let cookie = answer.header("set-cookie").to_lowercase();
    assert!(
        cookie.contains("httponly") && cookie.contains("samesite=lax"),
        "{cookie}"
    );
}

/// A visitor, whose data and session are kept by the log-in.
#[track_caller]
fn visit(browser: &mut Browser, client: &mut Client) {
    for visits in [1, 2] {
        assert_eq!(json(&browser.get("/"))["visits"], visits);
    }
    let before = browser.cookies["session"].clone();
    log_in(browser);
    assert_eq!(client.run(&["SESSIONS.EXISTS", "shop", &before]), Reply::Int(0));
    let page = json(&browser.get("/"));
    assert_eq!((&page["user"], &page["visits"]), (&"ann".into(), &3.into()));
}

fn signal(pid: &str, name: &str) {
    let sent = Command::new("kill").args(["-s", name, pid]).status();
    assert!(sent.is_ok_and(|status| status.success()), "{name} could not be sent");
}

#[test]
fn the_log_ins_of_the_pages_list_devices_end_others_and_outlast_redis() {
    for documented in PROGRAMS {
        let mut server = Server::builder().tcp().aof().start();
        let port = free_port();
        let source = server.dir().join(documented.file);
        let text = snippet_in(documented.page, documented.language, documented.part);
        let text = text
            .replace("6379", &server.port().to_string())
            .replace("8080", &port.to_string());
        std::fs::write(&source, text).expect("the program is written");
        let Some(command) = (documented.command)(&source, port) else {
            continue;
        };
        eprintln!("{} of {}:", documented.file, documented.page);
        let _program = Program::start(command, port, server.dir());
        let (mut laptop, mut phone) = (Browser::new(port), Browser::new(port));
        if documented.page == "README.md" {
            log_in(&mut laptop);
        } else {
            visit(&mut laptop, &mut server.client());
        }
        log_in(&mut phone);

        let devices = json(&phone.get("/devices"));
        let here = sid_of(&phone.cookies["session"]);
        for device in devices.as_array().expect("a list") {
            assert_eq!(device["this"], device["sid"] == here.as_str(), "{devices}");
            assert_eq!(device.get("d"), None, "{devices}");
        }
        assert_eq!(devices.as_array().map(Vec::len), Some(2), "{devices}");
        assert_eq!(json(&phone.post("/logout-others", ""))["ended"], 1);
        assert_eq!(laptop.get("/devices").status, 401);

        let mut client = server.client();
        let anonymous = client.run(&["SESSIONS.CREATE", "shop", "", "ANON"]).text().to_owned();
        let mut visitor = Browser::new(port);
        visitor.cookies.insert("session".into(), anonymous.clone());
        assert_eq!(visitor.get("/devices").status, 401);
        assert_eq!(client.run(&["SESSIONS.KILL", "shop", &anonymous]), Reply::Int(1));
        drop(client);

        let pid = server.info("process_id");
        signal(&pid, "STOP");
        let hanging = phone.get("/devices");
        signal(&pid, "CONT");
        assert_eq!(hanging.status, 503, "{hanging:?}");
        wait_until(GENEROUS, "the server replies again", || {
            phone.get("/devices").status == 200
        });

        server.stop();
        let cookies = phone.cookies.clone();
        assert_eq!(phone.get("/devices").status, 503);
        assert_eq!(phone.cookies, cookies);
        server.start_again();
        wait_until(GENEROUS, "the user is still logged in", || {
            phone.get("/devices").status == 200
        });

        let answer = phone.post("/logout", "");
        let cookie = answer.header("set-cookie").to_lowercase();
        let is_removed = cookie.contains("max-age=0") || cookie.contains("1970");
        assert!(answer.status < 400 && is_removed, "{answer:?}");
        assert_eq!(phone.get("/devices").status, 401);
        assert_eq!(server.client().line("SESSIONS.COUNT shop"), Reply::Int(0));
    }
}
