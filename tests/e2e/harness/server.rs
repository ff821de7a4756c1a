//! Servers: each in a directory of its own, on a Unix socket and, if asked, a loopback port; ended
//! and removed when dropped. A failing test keeps the directory and prints the log's tail.
//!
//! `REDIS_SERVER` names another server program than `redis-server`. With `SESSIONS_ORDERLY_END` set,
//! servers are shut down, for programs that tell something at their end, and not killed.

use super::client::Client;
use super::clock;
use super::folder::Folder;
use super::module::module_path;
use super::wait::GENEROUS;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

#[derive(Clone)]
pub(crate) struct Builder {
    module: bool,
    pub(super) has_own_clock: bool,
    tcp: bool,
    primary: Option<u16>,
    lines: Vec<String>,
    environment: Vec<(&'static str, String)>,
}

pub(crate) struct Server {
    folder: Folder,
    environment: Vec<(&'static str, String)>,
    port: Option<u16>,
    child: Child,
}

impl Builder {
    /// One more line of redis.conf.
    pub(crate) fn line(mut self, line: impl Into<String>) -> Builder {
        self.lines.push(line.into());
        self
    }

    /// One more variable of the process's environment.
    pub(crate) fn environment(mut self, name: &'static str, value: String) -> Builder {
        self.environment.push((name, value));
        self
    }

    /// Listens on a free port of 127.0.0.1 too.
    pub(crate) fn tcp(mut self) -> Builder {
        self.tcp = true;
        self
    }

    pub(crate) fn without_module(mut self) -> Builder {
        self.module = false;
        self
    }

    /// Keeps an AOF, which `Server::effects` reads.
    pub(crate) fn aof(self) -> Builder {
        self.line("appendonly yes")
            .line("appendfsync no")
            .line("auto-aof-rewrite-percentage 0")
    }

    /// A replica of a server started with `tcp`.
    pub(crate) fn replica_of(mut self, primary: &Server) -> Builder {
        self.primary = Some(primary.port());
        self
    }

    #[track_caller]
    pub(crate) fn start(self) -> Server {
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
    pub(crate) fn refused(self) -> String {
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
        let child = spawn(dir, &self.environment);
        let mut server = Server {
            folder,
            environment: self.environment,
            port,
            child,
        };
        server.wait_until_ready()?;
        Ok(server)
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

impl Server {
    pub(crate) fn builder() -> Builder {
        Builder {
            module: true,
            has_own_clock: false,
            tcp: false,
            primary: None,
            lines: Vec::new(),
            environment: Vec::new(),
        }
    }

    #[track_caller]
    pub(crate) fn start() -> Server {
        Server::builder().start()
    }

    /// A RESP2 client.
    #[track_caller]
    pub(crate) fn client(&self) -> Client {
        self.connect("")
    }

    #[track_caller]
    pub(crate) fn client_resp3(&self) -> Client {
        self.connect("?protocol=resp3")
    }

    #[track_caller]
    fn connect(&self, query: &str) -> Client {
        Client::connect(&format!("redis+unix://{}{query}", self.socket().display()))
            .unwrap_or_else(|error| panic!("no connection: {error}"))
    }

    pub(crate) fn dir(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.dir().join("socket")
    }

    /// The port on 127.0.0.1, of a server started with `tcp` or `replica_of`.
    #[track_caller]
    pub(crate) fn port(&self) -> u16 {
        self.port.expect("the server was started with tcp()")
    }

    /// The whole log so far.
    pub(crate) fn log(&self) -> String {
        let bytes = fs::read(self.dir().join("redis.log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// redis.conf as it is on disk now.
    pub(crate) fn conf(&self) -> String {
        fs::read_to_string(self.dir().join("redis.conf")).expect("redis.conf is there")
    }

    /// Ends the process at once, as a power failure would. `start_again` brings it back.
    pub(crate) fn kill9(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Ends the process in an orderly way.
    pub(crate) fn stop(&mut self) {
        if let Ok(mut client) = Client::connect(&format!("redis+unix://{}", self.socket().display())) {
            let _ = client.try_run(&["SHUTDOWN"]);
        }
        let _ = self.child.wait();
    }

    /// As far as the server agrees: not while it is busy, nor when it has ended already.
    fn end_in_order(&mut self) {
        let client = Client::connect(&format!("redis+unix://{}", self.socket().display()));
        if client.is_ok_and(|mut client| client.try_run(&["SHUTDOWN", "NOSAVE", "NOW", "FORCE"]).is_err()) {
            let end = Instant::now() + GENEROUS;
            while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < end {
                sleep(Duration::from_millis(5));
            }
        }
    }

    /// Starts the ended process again with the same directory and redis.conf.
    #[track_caller]
    pub(crate) fn start_again(&mut self) {
        let _ = fs::remove_file(self.socket());
        self.child = spawn(self.dir(), &self.environment);
        if let Err(log) = self.wait_until_ready() {
            panic!("the server did not start again:\n{log}");
        }
    }

    #[track_caller]
    pub(crate) fn restart(&mut self) {
        self.stop();
        self.start_again();
    }

    /// Restarts with redis.conf changed line by line; a line for which `edit` has `None` goes.
    #[track_caller]
    pub(crate) fn restart_with(&mut self, edit: impl FnMut(&str) -> Option<String>) {
        self.stop();
        let lines: Vec<String> = self.conf().lines().filter_map(edit).collect();
        fs::write(self.dir().join("redis.conf"), lines.join("\n") + "\n").expect("redis.conf");
        self.start_again();
    }

    #[track_caller]
    pub(crate) fn restart_without_module(&mut self) {
        self.restart_with(|line| (!line.starts_with("loadmodule ")).then(|| line.to_owned()));
    }

    /// A number of `INFO`, of any section.
    #[track_caller]
    pub(crate) fn info(&self, field: &str) -> String {
        let reply = self.client().run(&["INFO", "everything"]);
        let text = String::from_utf8_lossy(reply.bytes()).into_owned();
        let prefix = format!("{field}:");
        let mut lines = text.lines();
        match lines.find_map(|line| line.strip_prefix(&prefix)) {
            Some(value) => value.to_owned(),
            None => panic!("no {field} in INFO:\n{text}"),
        }
    }

    /// Waits until this replica has everything that the primary has written so far.
    #[track_caller]
    pub(crate) fn catch_up_with(&self, primary: &Server) {
        let wanted: i64 = primary.info("master_repl_offset").parse().unwrap();
        super::wait_until(GENEROUS, "the replica has caught up", || {
            let linked = self.info("master_link_status") == "up";
            linked && self.info("slave_repl_offset").parse::<i64>().unwrap() >= wanted
        });
    }

    /// Waits for a PONG; `Err` is the log of a server that ended instead.
    fn wait_until_ready(&mut self) -> Result<(), String> {
        let address = format!("redis+unix://{}", self.socket().display());
        let end = Instant::now() + GENEROUS;
        while Instant::now() < end {
            if self.child.try_wait().expect("the child can be asked").is_some() {
                return Err(self.log());
            }
            if let Ok(mut client) = Client::connect(&address)
                && client.try_run(&["PING"]) == Ok("PONG".into())
            {
                return Ok(());
            }
            sleep(Duration::from_millis(2));
        }
        panic!("not ready within {GENEROUS:?}:\n{}", self.log());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::env::var_os("SESSIONS_ORDERLY_END").is_some() {
            self.end_in_order();
        }
        self.kill9();
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            let tail = &lines[lines.len().saturating_sub(30)..];
            eprintln!("the server's log:\n{}", tail.join("\n"));
        }
    }
}

fn spawn(dir: &Path, environment: &[(&'static str, String)]) -> Child {
    let program = std::env::var("REDIS_SERVER").unwrap_or_else(|_| "redis-server".into());
    Command::new(&program)
        .arg(dir.join("redis.conf"))
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("{program} can't be started: {error}"))
}

/// A loopback port that nobody listens on; another process may take it before it is used.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
    listener.local_addr().expect("it has an address").port()
}
