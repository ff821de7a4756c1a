//! What a test sets before a server starts: lines of redis.conf, a port, a clock of its own.

use super::clock;
use crate::folder::Folder;
use crate::module::module_path;
use crate::server::Server;
use std::fs;
use std::net::TcpListener;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

#[derive(Clone)]
pub struct Builder {
    module: bool,
    pub(super) has_own_clock: bool,
    tcp: bool,
    primary: Option<u16>,
    lines: Vec<String>,
    environment: Vec<(&'static str, String)>,
}

impl Builder {
    pub(super) const fn new() -> Builder {
        Builder {
            module: true,
            has_own_clock: false,
            tcp: false,
            primary: None,
            lines: Vec::new(),
            environment: Vec::new(),
        }
    }

    /// One more line of redis.conf.
    pub fn line(mut self, line: impl Into<String>) -> Builder {
        self.lines.push(line.into());
        self
    }

    /// One more variable of the process's environment.
    pub fn environment(mut self, name: &'static str, value: String) -> Builder {
        self.environment.push((name, value));
        self
    }

    /// Listens on a free port of 127.0.0.1 too.
    pub fn tcp(mut self) -> Builder {
        self.tcp = true;
        self
    }

    pub fn without_module(mut self) -> Builder {
        self.module = false;
        self
    }

    /// Keeps an AOF, which `Server::effects` reads.
    pub fn aof(self) -> Builder {
        self.line("appendonly yes")
            .line("appendfsync no")
            .line("auto-aof-rewrite-percentage 0")
    }

    /// A replica of a server started with `tcp`.
    pub fn replica_of(mut self, primary: &Server) -> Builder {
        self.primary = Some(primary.port());
        self
    }

    #[track_caller]
    pub fn start(self) -> Server {
        for _ in 0..5 {
            match self.clone().launch() {
                Ok(server) => return server,
                Err(log) if log.contains("Address already in use") => continue,
                Err(log) => panic!("the server did not start:\n{log}"),
            }
        }
        panic!("no free port in five tries");
    }

    /// Starts a server that must not come up; returns its log.
    #[track_caller]
    pub fn refused(self) -> String {
        match self.launch() {
            Ok(_) => panic!("the server started, though it should have refused"),
            Err(log) => log,
        }
    }

    fn launch(mut self) -> Result<Server, String> {
        let folder = Folder::new();
        let dir = folder.path();
        let port = (self.tcp || self.primary.is_some()).then(free_port);
        fs::write(dir.join("redis.conf"), self.conf(dir, port)).expect("redis.conf is written");
        if self.has_own_clock {
            self.environment.push(clock::prepare(dir));
        }
        Server::launched(folder, self.environment, port)
    }

    fn conf(&self, dir: &Path, port: Option<u16>) -> String {
        let mut lines = vec![
            format!("dir {}", dir.display()),
            format!("unixsocket {}", dir.join("socket").display()),
            format!("logfile {}", dir.join("redis.log").display()),
            format!("port {}", port.unwrap_or(0)),
            "bind 127.0.0.1".into(),
            "daemonize no".into(),
            "save \"\"".into(),
            "enable-debug-command local".into(),
            "enable-module-command local".into(),
            "repl-diskless-sync-delay 0".into(),
            "repl-ping-replica-period 1".into(),
        ];
        if self.module {
            lines.push(format!("loadmodule {}", module_path().display()));
        }
        lines.extend(self.primary.map(|port| format!("replicaof 127.0.0.1 {port}")));
        lines.extend(self.lines.iter().cloned());
        lines.join("\n") + "\n"
    }
}

/// Ports below the default of `ip_local_port_range`. Linux uses the ports in that range for
/// outgoing connections, which could take the port of a server that is about to start.
const PORTS: Range<u16> = 10_240..32_768;

/// How many ports this process has taken.
static TAKEN: AtomicU32 = AtomicU32::new(0);

/// A loopback port that nobody listens on and that no other test of this process gets; another
/// process may take it before it is used.
pub fn free_port() -> u16 {
    let count = u32::from(PORTS.end - PORTS.start);
    // Processes begin at different places.
    let first = std::process::id().wrapping_mul(997);
    (0..count)
        .map(|_| {
            let place = first.wrapping_add(TAKEN.fetch_add(1, Relaxed)) % count;
            PORTS.start + u16::try_from(place).expect("a place in the range")
        })
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a loopback port is free")
}
