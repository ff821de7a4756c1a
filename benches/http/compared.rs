//! The sessions in the requests, and the services that are compared.

use std::fs;
use std::path::PathBuf;

use sessions_harness::{Endpoint, Folder, Server, Service, free_port};

use crate::process::{Process, pin, wait, wait_for_port};

const COUNT: usize = 10_000;
const DATA: &str = r#"{"name":"Peter Smith","unread":12,"theme":"dark"}"#;

/// A server with one session for each user.
pub(crate) struct Sessions {
    pub(crate) server: Server,
    folder: Folder,
}

impl Sessions {
    pub(crate) fn create() -> Self {
        let server = Server::builder().tcp().start();
        let mut client = server.client();
        let tokens: Vec<String> = (0..COUNT)
            .map(|number| {
                let id = format!("user{number}");
                let made = client.run(&["SESSIONS.CREATE", "webapp", &id, "IP", "203.0.113.7", "DATA", DATA]);
                made.text().to_owned()
            })
            .collect();
        let folder = Folder::new();
        fs::write(folder.path().join("tokens"), tokens.join("\n") + "\n").unwrap();
        Self { server, folder }
    }

    /// A file with one token per line.
    pub(crate) fn tokens(&self) -> PathBuf {
        self.folder.path().join("tokens")
    }

    pub(crate) fn first_token(&self) -> String {
        let tokens = fs::read_to_string(self.tokens()).unwrap();
        tokens.lines().next().unwrap().to_owned()
    }
}

/// The service with its defaults, keys and every listener, on these CPUs.
pub(crate) fn service(redis_port: u16, cpus: &str) -> Ours {
    let legacy_port = free_port();
    let service = Service::builder()
        .redis_url(&format!("redis://127.0.0.1:{redis_port}"))
        .key("bench", &["*"], &["read", "write", "admin"])
        .config(&format!("[legacy]\nlisten = \"127.0.0.1:{legacy_port}\"\n"))
        .start();
    wait("the service is ready", || service.get("/readyz").send().status() == 200);
    pin(service.id(), cpus);
    Ours {
        legacy: Endpoint::at_port(legacy_port),
        service,
    }
}

pub(crate) struct Ours {
    pub(crate) service: Service,
    pub(crate) legacy: Endpoint,
}

impl Ours {
    /// The header with the key.
    pub(crate) fn authorization(&self) -> String {
        format!("Authorization: Bearer {}", self.service.key("bench").text)
    }
}

/// rest-sessions 2.0.1 without its log, on these CPUs.
pub(crate) struct RestSessions {
    pub(crate) process: Process,
    pub(crate) port: u16,
}

impl RestSessions {
    pub(crate) fn start(redis_port: u16, cpus: &str) -> Self {
        let port = free_port();
        let process = Process::start(cpus, "node", |node| {
            node.arg("server.js")
                .current_dir(crate::rest_sessions_folder())
                .env("NODE_ENV", "production")
                .env("RS_LOGLEVEL", "none")
                .env("RS_PORT", port.to_string())
                .env("RS_REDISPORT", redis_port.to_string());
        });
        wait_for_port(port);
        Self { process, port }
    }
}
