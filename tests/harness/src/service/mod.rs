//! The HTTP service: each service has its own folder and is killed and removed when dropped. A
//! failing test keeps the folder and prints the end of the log.

mod builder;
mod key;

pub use builder::ServiceBuilder;
pub use key::Key;

use crate::folder::Folder;
use crate::http::Endpoint;
use crate::module::service_path;
use crate::wait::{GENEROUS, wait_until};
use builder::CONFIG;
use serde_json::Value;
use std::fs::{self, OpenOptions};
use std::ops::Deref;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

const LOG: &str = "sessions-http.log";

/// A running service. It is also an `Endpoint`, whose requests have no key.
pub struct Service {
    setup: Setup,
    child: Child,
}

/// Everything that is needed to start a service, and to start it again.
struct Setup {
    /// The folder with the configuration.
    folder: Folder,
    endpoint: Endpoint,
    /// The path that returns 200 when the service can be used.
    ready_at: &'static str,
    keys: Vec<Key>,
    environment: Vec<(String, String)>,
}

/// A service that ended instead of serving.
struct Ended {
    status: ExitStatus,
    log: String,
}

impl Service {
    pub fn builder() -> ServiceBuilder {
        ServiceBuilder::new()
    }

    fn launched(setup: Setup) -> Result<Service, Ended> {
        let child = spawn(&setup);
        let mut service = Service { setup, child };
        service.wait_until_ready()?;
        Ok(service)
    }

    /// A key that the service was built with.
    #[track_caller]
    pub fn key(&self, name: &str) -> &Key {
        let found = self.setup.keys.iter().find(|key| key.name == name);
        found.unwrap_or_else(|| panic!("the service has no key {name:?}"))
    }

    pub fn dir(&self) -> &Path {
        self.setup.folder.path()
    }

    /// What the process has printed so far, to both of its outputs.
    pub fn log(&self) -> String {
        let bytes = fs::read(self.dir().join(LOG)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The lines of the log that are JSON objects.
    pub fn log_lines(&self) -> Vec<Value> {
        let log = self.log();
        let lines = log.lines().filter_map(|line| serde_json::from_str(line).ok());
        lines.filter(Value::is_object).collect()
    }

    /// Waits for a line of the log, which may be written after the response.
    #[track_caller]
    pub fn wait_until_logged(&self, text: &str) {
        wait_until(GENEROUS, &format!("{text:?} is in the log"), || {
            self.log().contains(text)
        });
    }

    /// The configuration as it is on disk now.
    pub fn config(&self) -> String {
        fs::read_to_string(self.dir().join(CONFIG)).expect("the configuration is there")
    }

    /// Changes the configuration on disk.
    pub fn set_config(&self, text: &str) {
        fs::write(self.dir().join(CONFIG), text).expect("the configuration is written");
    }

    /// The id of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by its name, such as `TERM` or `HUP`.
    #[track_caller]
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "{name} could not be sent");
    }

    /// Waits until the process has ended.
    #[track_caller]
    pub fn wait_exit(&mut self) -> ExitStatus {
        let mut status = None;
        wait_until(GENEROUS, "the service has ended", || {
            status = self.child.try_wait().expect("the child can be asked");
            status.is_some()
        });
        status.expect("it has ended")
    }

    /// Ends the process at once, as a power failure would. `start_again` brings it back.
    pub fn kill_hard(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts the ended process again with the same folder and configuration, at the same address.
    #[track_caller]
    pub fn start_again(&mut self) {
        self.child = spawn(&self.setup);
        if let Err(Ended { status, log }) = self.wait_until_ready() {
            panic!("the service did not start again, {status}:\n{log}");
        }
    }

    /// Ends the process in an orderly way and starts it again.
    #[track_caller]
    pub fn restart(&mut self) {
        self.signal("TERM");
        self.wait_exit();
        self.start_again();
    }

    /// Waits until the service can be used.
    fn wait_until_ready(&mut self) -> Result<(), Ended> {
        let end = Instant::now() + GENEROUS;
        while Instant::now() < end {
            let ready = self.get(self.setup.ready_at).try_send();
            // Checked after the request: if the port was taken, another service may have replied.
            if let Some(status) = self.child.try_wait().expect("the child can be asked") {
                let log = self.log();
                return Err(Ended { status, log });
            }
            if ready.is_ok_and(|response| response.status() == 200) {
                return Ok(());
            }
            sleep(Duration::from_millis(2));
        }
        panic!("not ready within {GENEROUS:?}:\n{}", self.log());
    }
}

impl Deref for Service {
    type Target = Endpoint;

    fn deref(&self) -> &Endpoint {
        &self.setup.endpoint
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.kill_hard();
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            let tail = &lines[lines.len().saturating_sub(30)..];
            eprintln!("the service's log:\n{}", tail.join("\n"));
        }
    }
}

fn spawn(setup: &Setup) -> Child {
    let (program, folder) = (service_path(), setup.folder.path());
    let log = OpenOptions::new().create(true).append(true).open(folder.join(LOG));
    let log = log.expect("the log can be written");
    Command::new(&program)
        .arg("--config")
        .arg(folder.join(CONFIG))
        .envs(setup.environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("the log can be written twice"))
        .stderr(log)
        .spawn()
        .unwrap_or_else(|error| panic!("{} can't be started: {error}", program.display()))
}
