//! A server of the benchmark: on the first core, in its own folder, which is removed at the end.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

use crate::client::{Client, Reply};

pub(crate) struct Server {
    process: Child,
    folder: PathBuf,
    pub(crate) port: u16,
}

impl Server {
    /// Starts one with the module and further lines of configuration; `dump`: a snapshot to begin
    /// with.
    pub(crate) fn start(settings: &[&str], dump: Option<&Path>) -> Self {
        Self::start_program(&crate::machine::server_program(), settings, dump)
    }

    /// The same with another server program.
    pub(crate) fn start_program(program: &str, settings: &[&str], dump: Option<&Path>) -> Self {
        let module = format!("loadmodule {}", module().display());
        let lines = [&[&module, "sessions.wipe-interval 0"], settings].concat();
        Self::launch(program, &lines, dump)
    }

    /// Without the module.
    pub(crate) fn start_plain(program: &str, settings: &[&str]) -> Self {
        Self::launch(program, settings, None)
    }

    fn launch(program: &str, lines: &[&str], dump: Option<&Path>) -> Self {
        static STARTED: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = STARTED.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("sessions-bench-{}-{number}", process::id()));
        fs::create_dir(&folder).unwrap();
        if let Some(dump) = dump {
            fs::hard_link(dump, folder.join("dump.rdb")).unwrap();
        }
        let port = free_port();
        let own = format!(
            "bind 127.0.0.1\nport {port}\nunixsocket {0}/socket\ndir {0}\nlogfile {0}/log\nsave \"\"\n\
             busy-reply-threshold 0\nenable-debug-command local\n",
            folder.display(),
        );
        fs::write(folder.join("redis.conf"), own + &lines.join("\n")).unwrap();
        let mut command = if crate::machine::two_cores() {
            let mut pinned = Command::new("taskset");
            pinned.args(["-c", "0", program]);
            pinned
        } else {
            Command::new(program)
        };
        let process = command
            .arg(folder.join("redis.conf"))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { process, folder, port };
        server.wait();
        server
    }

    fn wait(&self) {
        let deadline = Instant::now() + Duration::from_secs(120);
        loop {
            if let Ok(mut client) = Client::connect(&self.socket())
                && matches!(client.call(&["PING"]), Reply::Text(_))
            {
                return;
            }
            let log = || fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            assert!(Instant::now() < deadline, "the server did not start:\n{}", log());
            thread::sleep(Duration::from_millis(20));
        }
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.join("socket")
    }

    pub(crate) fn connect(&self) -> Client {
        Client::connect(&self.socket()).unwrap()
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// CPU time of the main thread, which runs all commands.
    pub(crate) fn cpu(&self) -> Duration {
        self.schedstat(0)
    }

    /// How long the main thread has waited for a CPU that other programs used.
    pub(crate) fn waited(&self) -> Duration {
        self.schedstat(1)
    }

    fn schedstat(&self, field: usize) -> Duration {
        let schedstat = fs::read_to_string(format!("/proc/{}/schedstat", self.process.id())).unwrap();
        Duration::from_nanos(schedstat.split(' ').nth(field).unwrap().parse().unwrap())
    }

    /// Writes a snapshot and returns its path.
    pub(crate) fn dump(&self) -> PathBuf {
        let saved = self.connect().call(&["SAVE"]);
        assert!(matches!(saved, Reply::Text(_)), "{saved:?}");
        self.folder.join("dump.rdb")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // There is nothing to save, and a graceful shutdown would wait for the current work.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

pub(crate) fn free_port() -> u16 {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
    free.unwrap().port()
}

/// The library that `scripts/bench.sh` has built.
fn module() -> PathBuf {
    PathBuf::from(env::var_os("SESSIONS_MODULE").expect("SESSIONS_MODULE names the module: run scripts/bench.sh"))
}

/// A section of INFO as names and values.
pub(crate) fn info(client: &mut Client, section: &str) -> BTreeMap<String, String> {
    let text = client.call(&["INFO", section]).text();
    let pairs = text.lines().filter_map(|line| line.split_once(':'));
    pairs
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect()
}

pub(crate) fn info_number(client: &mut Client, section: &str, name: &str) -> f64 {
    info(client, section)
        .get(name)
        .and_then(|value| value.parse().ok())
        .unwrap_or(0.0)
}

/// Microseconds inside commands since the last CONFIG RESETSTAT: of the command `only`, including
/// the commands that it calls, otherwise of all commands except those that the benchmark itself
/// sends to inspect the server.
pub(crate) fn time_inside(client: &mut Client, only: Option<&str>) -> f64 {
    let stats = info(client, "commandstats");
    let counted = stats.iter().filter(|(name, _)| match only {
        Some(command) => name
            .strip_prefix("cmdstat_")
            .is_some_and(|name| name.eq_ignore_ascii_case(command)),
        None => !name.starts_with("cmdstat_config") && *name != "cmdstat_info",
    });
    let microseconds = |value: &String| {
        value
            .split(',')
            .find_map(|pair| pair.strip_prefix("usec=")?.parse::<f64>().ok())
    };
    counted.filter_map(|(_, value)| microseconds(value)).sum()
}
