//! Users who continue to use their sessions while the server is upgraded, and who remember every
//! reply.

use crate::harness::*;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{JoinHandle, sleep};
use std::time::Duration;

pub(super) const APP: &str = "web";

/// One session: the last number that the server acknowledged, and whether the next one was in
/// progress when the connection was lost.
struct Kept {
    token: String,
    number: i64,
    next_sent: bool,
}

/// Whether a command without a reply was run.
#[derive(PartialEq)]
enum Done {
    No,
    /// The connection was lost before the reply came.
    Perhaps,
}

/// The errors of all users.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) unknown_command: AtomicUsize,
    pub(super) read_only: AtomicUsize,
    pub(super) lost_connection: AtomicUsize,
}

pub(super) struct Users {
    stop: Arc<AtomicBool>,
    server: Arc<Mutex<PathBuf>>,
    done: Arc<AtomicUsize>,
    pub(super) seen: Arc<Seen>,
    threads: Vec<JoinHandle<Vec<Kept>>>,
}

impl Users {
    pub(super) fn start(server: &Server, users: usize) -> Users {
        let mut all = Users {
            stop: Arc::default(),
            server: Arc::new(Mutex::new(server.socket())),
            done: Arc::default(),
            seen: Arc::default(),
            threads: Vec::new(),
        };
        for number in 0..users {
            let user = User {
                id: format!("u:{number}"),
                stop: all.stop.clone(),
                server: all.server.clone(),
                done: all.done.clone(),
                seen: all.seen.clone(),
                client: None,
                kept: Vec::new(),
            };
            all.threads.push(std::thread::spawn(move || user.live()));
        }
        all
    }

    /// Sets the server to which the users connect from now on.
    pub(super) fn go_to(&self, server: &Server) {
        *self.server.lock().unwrap() = server.socket();
    }

    /// Waits until the users have run this number of further commands.
    #[track_caller]
    pub(super) fn run(&self, calls: usize) {
        let end = self.done.load(Ordering::Relaxed) + calls;
        wait_until(GENEROUS, "the users have done their calls", || {
            assert!(self.threads.iter().all(|user| !user.is_finished()), "a user gave up");
            self.done.load(Ordering::Relaxed) >= end
        });
    }

    /// Ends the users, and checks that each of these servers has every session as its user knows
    /// it.
    #[track_caller]
    pub(super) fn stop_and_find_everything(self, servers: &[&Server]) {
        self.stop.store(true, Ordering::Relaxed);
        let kept: Vec<Kept> = self
            .threads
            .into_iter()
            .flat_map(|user| user.join().expect("no user saw anything wrong"))
            .collect();
        assert!(kept.len() > 20, "the users had {} sessions", kept.len());
        for server in servers {
            let mut client = server.client();
            for session in &kept {
                let reply = client.run(&["SESSIONS.PEEK", APP, &session.token, "JSON"]);
                assert!(!reply.is_nil(), "a session is lost that was at {}", session.number);
                let found: serde_json::Value = serde_json::from_str(reply.text()).expect("JSON");
                let found = found["d"]["n"].as_i64().expect("a number");
                let allowed = session.number..=session.number + i64::from(session.next_sent);
                assert!(allowed.contains(&found), "{found} is stored instead of {allowed:?}");
            }
        }
    }
}

struct User {
    id: String,
    stop: Arc<AtomicBool>,
    server: Arc<Mutex<PathBuf>>,
    done: Arc<AtomicUsize>,
    seen: Arc<Seen>,
    client: Option<Client>,
    kept: Vec<Kept>,
}

impl User {
    fn live(mut self) -> Vec<Kept> {
        let mut round = 0;
        while !self.stop.load(Ordering::Relaxed) {
            round += 1;
            let told = if self.kept.len() < 10 || round % 20 == 0 {
                self.log_in()
            } else {
                let which = round % self.kept.len();
                self.go_on(which)
            };
            match told {
                Ok(()) => drop(self.done.fetch_add(1, Ordering::Relaxed)),
                Err(_) => sleep(Duration::from_millis(1)),
            }
        }
        self.kept
    }

    fn log_in(&mut self) -> Result<(), Done> {
        let id = self.id.clone();
        let token = self.ask(&["SESSIONS.CREATE", APP, &id, "DATA", r#"{"n":0}"#])?;
        self.kept.push(Kept {
            token: token.text().to_owned(),
            number: 0,
            next_sent: false,
        });
        Ok(())
    }

    fn go_on(&mut self, which: usize) -> Result<(), Done> {
        let (token, next) = (self.kept[which].token.clone(), self.kept[which].number + 1);
        let reply = match self.ask(&["SESSIONS.SET", APP, &token, &format!(r#"{{"n":{next}}}"#)]) {
            Ok(reply) => reply,
            Err(done) => {
                self.kept[which].next_sent |= done == Done::Perhaps;
                return Err(done);
            }
        };
        assert!(!reply.is_nil(), "a session is gone that was at {}", next - 1);
        self.kept[which] = Kept {
            token,
            number: next,
            next_sent: false,
        };
        Ok(())
    }

    /// The reply, or why there is none.
    fn ask(&mut self, command: &[&str]) -> Result<Reply, Done> {
        let mut client = match self.client.take() {
            Some(client) => client,
            None => {
                let server = self.server.lock().unwrap().clone();
                Client::connect(&format!("redis+unix://{}", server.display())).map_err(|_| Done::No)?
            }
        };
        let Ok(reply) = client.try_run(command) else {
            self.seen.lost_connection.fetch_add(1, Ordering::Relaxed);
            return Err(Done::Perhaps);
        };
        let Reply::Error(error) = &reply else {
            self.client = Some(client);
            return Ok(reply);
        };
        if error.starts_with("ERR unknown command") {
            self.seen.unknown_command.fetch_add(1, Ordering::Relaxed);
            self.client = Some(client);
        } else if error.starts_with("READONLY ") {
            self.seen.read_only.fetch_add(1, Ordering::Relaxed);
        } else if !error.starts_with("LOADING ") {
            panic!("{error}");
        }
        Err(Done::No)
    }
}
