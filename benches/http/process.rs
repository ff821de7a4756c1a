//! Programs that the benchmark starts, and the CPUs that they may use.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A process that is killed when dropped.
pub(crate) struct Process(Child);

impl Process {
    /// `prepare` adds arguments and environment.
    pub(crate) fn start(cpus: &str, program: &str, prepare: impl FnOnce(&mut Command)) -> Self {
        let mut command = if crate::machine::two_cores() {
            let mut pinned = Command::new("taskset");
            pinned.args(["-c", cpus, program]);
            pinned
        } else {
            Command::new(program)
        };
        prepare(&mut command);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        Self(child.unwrap_or_else(|error| panic!("{program}: {error}")))
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // nginx and redis-server end their own children at SIGTERM.
        let _ = Command::new("kill").arg(self.id().to_string()).status();
        let _ = self.0.wait();
    }
}

/// Puts a process with all of its threads on these CPUs.
pub(crate) fn pin(id: u32, cpus: &str) {
    if crate::machine::two_cores() {
        let pinned = Command::new("taskset")
            .args(["-acp", cpus, &id.to_string()])
            .stdout(Stdio::null())
            .status();
        assert!(pinned.is_ok_and(|status| status.success()), "taskset can't pin {id}");
    }
}

pub(crate) fn wait_for_port(port: u16) {
    wait(&format!("port {port}"), || {
        TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
}

pub(crate) fn wait_for_socket(path: &Path) {
    wait(&path.display().to_string(), || path.exists());
}

/// Waits until something is true.
pub(crate) fn wait(what: &str, mut is_done: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !is_done() {
        assert!(Instant::now() < end, "not within a minute: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The value of a line in `/proc/{id}/status`, converted from kilobytes to megabytes.
pub(crate) fn megabytes(id: u32, name: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    let number = line.trim_start_matches(':').trim().trim_end_matches(" kB");
    number.parse::<f64>().unwrap() / 1e3
}
