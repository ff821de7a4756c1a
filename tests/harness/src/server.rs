//! Servers: each has its own directory, listens on a Unix socket and optionally on a loopback port,
//! and is killed and removed when dropped. A failing test keeps the directory and prints the end of
//! the log.
//!
//! `REDIS_SERVER` names another server program than `redis-server`. With `SESSIONS_ORDERLY_END`,
//! servers are shut down instead of killed, for programs such as valgrind that report at the end.

use crate::builder::Builder;
use crate::client::Client;
use crate::folder::Folder;
use crate::wait::GENEROUS;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

pub struct Server {
    folder: Folder,
    environment: Vec<(&'static str, String)>,
    port: Option<u16>,
    child: Child,
}

impl Server {
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// Starts the process in a folder with its redis.conf; `Err` is the log of a server that ended.
    pub(super) fn launched(
        folder: Folder,
        environment: Vec<(&'static str, String)>,
        port: Option<u16>,
    ) -> Result<Server, String> {
        let child = spawn(folder.path(), &environment);
        let mut server = Server {
            folder,
            environment,
            port,
            child,
        };
        server.wait_until_ready()?;
        Ok(server)
    }

    #[track_caller]
    pub fn start() -> Server {
        Server::builder().start()
    }

    /// A RESP2 client.
    #[track_caller]
    pub fn client(&self) -> Client {
        self.connect("")
    }

    #[track_caller]
    pub fn client_resp3(&self) -> Client {
        self.connect("?protocol=resp3")
    }

    #[track_caller]
    fn connect(&self, query: &str) -> Client {
        Client::connect(&format!("redis+unix://{}{query}", self.socket().display()))
            .unwrap_or_else(|error| panic!("no connection: {error}"))
    }

    pub fn dir(&self) -> &Path {
        self.folder.path()
    }

    pub fn socket(&self) -> PathBuf {
        self.dir().join("socket")
    }

    /// The port on 127.0.0.1, of a server started with `tcp` or `replica_of`.
    #[track_caller]
    pub fn port(&self) -> u16 {
        self.port.expect("the server was started with tcp()")
    }

    /// The log so far.
    pub fn log(&self) -> String {
        let bytes = fs::read(self.dir().join("redis.log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// redis.conf as it is on disk now.
    pub fn conf(&self) -> String {
        fs::read_to_string(self.dir().join("redis.conf")).expect("redis.conf is there")
    }

    /// Ends the process at once, as a power failure would. `start_again` brings it back.
    pub fn kill9(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Ends the process in an orderly way.
    pub fn stop(&mut self) {
        if let Ok(mut client) = Client::connect(&format!("redis+unix://{}", self.socket().display())) {
            let _ = client.try_run(&["SHUTDOWN"]);
        }
        let _ = self.child.wait();
    }

    /// Shuts the server down, if it is not busy and has not ended already.
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
    pub fn start_again(&mut self) {
        let _ = fs::remove_file(self.socket());
        self.child = spawn(self.dir(), &self.environment);
        if let Err(log) = self.wait_until_ready() {
            panic!("the server did not start again:\n{log}");
        }
    }

    /// The same, but does not wait until the server has loaded its data.
    #[track_caller]
    pub fn start_again_loading(&mut self) {
        let _ = fs::remove_file(self.socket());
        self.child = spawn(self.dir(), &self.environment);
        let address = format!("redis+unix://{}", self.socket().display());
        super::wait_until(GENEROUS, "the server replies", || {
            Client::connect(&address).is_ok_and(|mut client| client.try_run(&["PING"]).is_ok())
        });
    }

    #[track_caller]
    pub fn restart(&mut self) {
        self.stop();
        self.start_again();
    }

    /// Restarts with redis.conf changed line by line; a line for which `edit` returns `None` is
    /// removed.
    #[track_caller]
    pub fn restart_with(&mut self, edit: impl FnMut(&str) -> Option<String>) {
        self.stop();
        let lines: Vec<String> = self.conf().lines().filter_map(edit).collect();
        fs::write(self.dir().join("redis.conf"), lines.join("\n") + "\n").expect("redis.conf");
        self.start_again();
    }

    #[track_caller]
    pub fn restart_without_module(&mut self) {
        self.restart_with(|line| (!line.starts_with("loadmodule ")).then(|| line.to_owned()));
    }

    /// A number from any section of `INFO`.
    #[track_caller]
    pub fn info(&self, field: &str) -> String {
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
    pub fn catch_up_with(&self, primary: &Server) {
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
