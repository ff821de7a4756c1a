//! A program that does not belong to this repository, such as a site or a gateway: it listens on a
//! port and is killed when dropped.

use crate::wait::{GENEROUS, wait_until};
use std::fs::{self, File};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

pub struct Program {
    child: Child,
    log: PathBuf,
    has_workers: bool,
}

impl Program {
    /// Starts the program, with a log in `folder`, and waits until it listens on `port` of
    /// 127.0.0.1.
    #[track_caller]
    pub fn start(mut command: Command, port: u16, folder: &Path) -> Program {
        let log = folder.join(format!("program-{port}.log"));
        let output = File::create(&log).expect("a log");
        command
            .stdin(Stdio::null())
            .stdout(output.try_clone().expect("the log again"))
            .stderr(output);
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut program = Program {
            child,
            log,
            has_workers: false,
        };
        wait_until(GENEROUS, "the program listens", || {
            let ended = program.child.try_wait().expect("the program can be asked");
            assert!(ended.is_none(), "{command:?} ended:\n{}", program.log());
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        program
    }

    /// The same for a program with child processes that would outlive it: it gets SIGTERM and ends
    /// them.
    #[track_caller]
    pub fn start_with_workers(command: Command, port: u16, folder: &Path) -> Program {
        let mut program = Program::start(command, port, folder);
        program.has_workers = true;
        program
    }

    /// What the program has printed so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let asked = self.has_workers && Command::new("kill").arg(self.child.id().to_string()).status().is_ok();
        let end = Instant::now() + GENEROUS;
        while asked && Instant::now() < end && matches!(self.child.try_wait(), Ok(None)) {
            thread::sleep(Duration::from_millis(5));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("{}:\n{}", self.log.display(), self.log());
        }
    }
}
