//! PING every millisecond during work on very many sessions.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use crate::client::{Client, Operation, Reply, operation};
use crate::crowd::{APP, Crowd, now};
use crate::server::{Server, info_number};
use crate::stats::{maximum, percentile};

/// The work that runs during the PINGs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beside {
    Nothing,
    KillAll,
    KillAllScript,
    Wipe,
    WipeScript,
    TimedWipe,
}

impl Beside {
    pub(crate) const ALL: [Self; 6] = [
        Self::Nothing,
        Self::TimedWipe,
        Self::Wipe,
        Self::KillAll,
        Self::WipeScript,
        Self::KillAllScript,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing else",
            Self::KillAll => "KILLALL",
            Self::KillAllScript => "the same as KILLALL by a Lua script",
            Self::Wipe => "WIPE",
            Self::WipeScript => "the same as WIPE by a Lua script",
            Self::TimedWipe => "the timed cleanup pass",
        }
    }

    pub(crate) const fn is_ours(self) -> bool {
        matches!(self, Self::KillAll | Self::Wipe | Self::TimedWipe)
    }

    const fn timed_out(self) -> bool {
        matches!(self, Self::Wipe | Self::WipeScript | Self::TimedWipe)
    }
}

/// One PING: when it was due, in seconds from the beginning of the work, and its latency in
/// milliseconds.
pub(crate) struct Sample {
    pub(crate) at: f64,
    pub(crate) latency: f64,
    /// The part of the latency in which the server did not wait for its CPU.
    pub(crate) own: f64,
}

pub(crate) struct Latency {
    pub(crate) beside: Beside,
    pub(crate) samples: Vec<Sample>,
    pub(crate) seconds: f64,
    pub(crate) sessions: f64,
    /// Seconds in which the server waited for its CPU because other programs used it.
    pub(crate) waited: f64,
    /// The module's own measurement, in milliseconds.
    pub(crate) longest_slice: f64,
}

impl Latency {
    fn during(&self, milliseconds: impl Fn(&Sample) -> f64) -> Vec<f64> {
        let during = self
            .samples
            .iter()
            .filter(|sample| (0.0..=self.seconds).contains(&sample.at));
        during.map(milliseconds).collect()
    }

    pub(crate) fn percentile(&self, share: f64) -> f64 {
        percentile(&self.during(|sample| sample.latency), share)
    }

    pub(crate) fn maximum(&self) -> f64 {
        maximum(&self.during(|sample| sample.latency))
    }

    /// The percentile without the latency that other programs on the server's CPU added.
    pub(crate) fn own_percentile(&self, share: f64) -> f64 {
        percentile(&self.during(|sample| sample.own), share)
    }

    pub(crate) fn own_maximum(&self) -> f64 {
        maximum(&self.during(|sample| sample.own))
    }

    pub(crate) fn rate(&self) -> f64 {
        self.sessions / self.seconds
    }
}

/// Makes all sessions of a crowd time out in the server's snapshot.
pub(crate) fn time_out(client: &mut Client, crowd: &Crowd) {
    let (la, end) = ((now() - 100_000).to_string(), (now() - 90_000).to_string());
    let numbers: Vec<usize> = (0..crowd.members.len()).collect();
    for numbers in numbers.chunks(10_000) {
        let changes: Vec<Operation> = numbers
            .iter()
            .map(|&number| {
                operation(&[b"HSET", crowd.key(number).as_bytes(), b"la", la.as_bytes()]).and(&[
                    b"ZADD",
                    b"rs:SESSIONS",
                    end.as_bytes(),
                    crowd.due(number).as_bytes(),
                ])
            })
            .collect();
        client.run(&changes, 64);
    }
}

/// One run on a server that begins with a snapshot: of live sessions, or of timed-out ones.
pub(crate) fn measure(beside: Beside, live: &Path, timed_out: &Path) -> Latency {
    eprintln!("PING during {}", beside.name());
    let server = Server::start(&[], Some(if beside.timed_out() { timed_out } else { live }));
    // The server is busy for a moment after loading.
    thread::sleep(Duration::from_millis(500));
    let mut client = server.connect();
    let done = AtomicBool::new(false);
    let (began, waited) = (Instant::now(), server.waited());
    let (samples, (from, seconds, sessions)) = thread::scope(|scope| {
        let pings = scope.spawn(|| ping(&server, began, &done));
        thread::sleep(Duration::from_millis(500));
        let worked = run(&server, beside, began);
        thread::sleep(Duration::from_millis(500));
        done.store(true, Relaxed);
        (pings.join().unwrap(), worked)
    });
    Latency {
        beside,
        samples: samples
            .into_iter()
            .map(|sample| Sample {
                at: sample.at - from,
                ..sample
            })
            .collect(),
        seconds,
        sessions,
        waited: (server.waited() - waited).as_secs_f64(),
        longest_slice: info_number(&mut client, "sessions", "sessions_longest_slice_usec") / 1e3,
    }
}

/// Does the work; returns when it began, how many seconds it took, and how many sessions it
/// removed.
fn run(server: &Server, beside: Beside, epoch: Instant) -> (f64, f64, f64) {
    let mut client = server.connect();
    let from = epoch.elapsed().as_secs_f64();
    let count = |reply| match reply {
        Reply::Integer(count) => count as f64,
        other => panic!("{beside:?}: {other:?}"),
    };
    let removed = match beside {
        Beside::Nothing => {
            thread::sleep(Duration::from_secs(3));
            0.0
        }
        Beside::KillAll => count(client.call(&["SESSIONS.KILLALL", APP])),
        Beside::Wipe => count(client.call(&["SESSIONS.WIPE"])),
        Beside::KillAllScript => {
            let script = include_str!("../lua/killall.lua");
            let keys = [
                "3",
                "rs:webapp:_sessions",
                "rs:webapp:_users",
                "rs:SESSIONS",
                APP,
                "rs:webapp:",
            ];
            count(client.call(&[&["EVAL", script][..], &keys].concat()))
        }
        Beside::WipeScript => {
            let script = include_str!("../lua/wipe.lua");
            count(client.call(&["EVAL", script, "1", "rs:SESSIONS", "rs"]))
        }
        Beside::TimedWipe => return timed_wipe(&mut client, epoch),
    };
    (from, epoch.elapsed().as_secs_f64() - from, removed)
}

fn timed_wipe(client: &mut Client, epoch: Instant) -> (f64, f64, f64) {
    let passes = info_number(client, "sessions", "sessions_passes");
    let deadline = Instant::now() + Duration::from_secs(120);
    // The interval is at least 10 s, so a pass begins within that time.
    client.call(&["CONFIG", "SET", "sessions.wipe-interval", "10"]);
    while info_number(client, "sessions", "sessions_passes") <= passes {
        assert!(Instant::now() < deadline, "no timed cleanup pass came to its end");
        thread::sleep(Duration::from_millis(100));
    }
    client.call(&["CONFIG", "SET", "sessions.wipe-interval", "0"]);
    let seconds = info_number(client, "sessions", "sessions_last_pass_usec") / 1e6;
    let wiped = info_number(client, "sessions", "sessions_wiped");
    (epoch.elapsed().as_secs_f64() - seconds - 0.1, seconds, wiped)
}

/// Sends PINGs until `done`. The latency of a PING counts from the time when it was due, even if an
/// earlier one had no reply then: a server that stops for a second delays a thousand PINGs, not
/// one.
pub(crate) fn ping(server: &Server, epoch: Instant, done: &AtomicBool) -> Vec<Sample> {
    const EVERY: Duration = Duration::from_millis(1);
    let ping = [operation(&[b"PING"])];
    let mut client = server.connect();
    let mut samples = Vec::new();
    let mut due = epoch.elapsed() + EVERY;
    while !done.load(Relaxed) {
        let now = epoch.elapsed();
        if now < due {
            thread::sleep(due - now);
        }
        let waited = server.waited();
        let sent = epoch.elapsed();
        client.run(&ping, 1);
        let answered = epoch.elapsed();
        let withheld = (server.waited() - waited).as_secs_f64() / (answered - sent).as_secs_f64();
        let mut sample = |at: Duration, since: Duration| {
            let latency = (answered - since).as_secs_f64() * 1e3;
            samples.push(Sample {
                at: at.as_secs_f64(),
                latency,
                own: latency * (1.0 - withheld.min(1.0)),
            });
        };
        sample(due, sent);
        due = sent.max(due) + EVERY;
        while due < answered {
            sample(due, due);
            due += EVERY;
        }
    }
    samples
}

/// How many sessions per second WIPE removes while another connection reads as fast as it can, and
/// how many sessions per second that connection reads.
pub(crate) fn wipe_under_load(timed_out: &Path) -> (f64, f64) {
    eprintln!("WIPE while a client reads");
    let server = Server::start(&[], Some(timed_out));
    let mut client = server.connect();
    let ids: Vec<String> = (0..1000).map(|number| format!("live{number}")).collect();
    let tokens = crate::crowd::create(&mut client, &ids, Some(crate::crowd::DATA));
    let gets: Vec<Operation> = tokens
        .iter()
        .map(|token| operation(&[b"SESSIONS.GET", APP.as_bytes(), token.as_bytes()]))
        .collect();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut client = server.connect();
            let (began, mut reads) = (Instant::now(), 0.0);
            while !done.load(Relaxed) {
                client.run(&gets[..100], 1);
                reads += 100.0;
            }
            reads / began.elapsed().as_secs_f64()
        });
        let (_, seconds, wiped) = run(&server, Beside::Wipe, Instant::now());
        done.store(true, Relaxed);
        (wiped / seconds, reader.join().unwrap())
    })
}
