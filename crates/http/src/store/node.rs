//! One server and the connections to it. Lost connections are opened again in the background, so a
//! request never waits for one: without a connection it fails at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use redis::aio::MultiplexedConnection;
use redis::{RedisResult, Value};
use tokio::sync::{Notify, SetOnce};
use tokio::time::{Instant, sleep, timeout};

use super::command::{Command, Lane, Repeat};
use super::failure::{Doubt, Failure};
use super::origin::{Origin, Pair, works};

/// The pause between two attempts to connect.
const PAUSE: Duration = Duration::from_millis(200);
/// The interval between two checks of the connections.
const LOOK: Duration = Duration::from_secs(1);
/// A server that has replied within this time is assumed to be up.
const QUIET: Duration = Duration::from_millis(20);

pub(super) struct Node {
    shared: Arc<Shared>,
}

struct Shared {
    origin: Origin,
    standing: ArcSwap<Standing>,
    /// A command suggests that the connections are broken.
    broken: Notify,
    /// A command suggests that another server is the primary now.
    elsewhere: Notify,
    /// The first attempt to connect has ended.
    tried: SetOnce<()>,
    opened: Instant,
    /// When the last reply came, in milliseconds since `opened`.
    heard: AtomicU64,
}

enum Standing {
    Up {
        pair: Pair,
        /// Each running command on the long connection has a clone. It is set if the server does
        /// not respond.
        long_use: Arc<SetOnce<()>>,
    },
    Down(Failure),
}

/// Whether a command belongs to a slot that is being moved to this node.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asking {
    Yes,
    No,
}

impl Node {
    pub(super) fn open(origin: Origin) -> Self {
        let shared = Arc::new(Shared {
            origin,
            standing: ArcSwap::from_pointee(Standing::Down(Failure::Unavailable)),
            broken: Notify::new(),
            elsewhere: Notify::new(),
            tried: SetOnce::new(),
            opened: Instant::now(),
            heard: AtomicU64::new(0),
        });
        let weak = Arc::downgrade(&shared);
        tokio::spawn(async move {
            let mut said = Said::default();
            while let Some(shared) = weak.upgrade() {
                shared.look_after(&mut said).await;
            }
        });
        Self { shared }
    }

    /// Waits until the first attempt to connect has ended, successfully or not.
    pub(super) async fn tried(&self) {
        self.shared.tried.wait().await;
    }

    /// The host by which the server is reached.
    pub(super) fn host(&self) -> &str {
        self.shared.origin.host()
    }

    pub(super) fn is_up(&self) -> bool {
        matches!(**self.shared.standing.load(), Standing::Up { .. })
    }

    pub(super) async fn send(&self, command: &Command, asking: Asking) -> Result<Value, Failure> {
        let (connection, in_use) = match &**self.shared.standing.load() {
            Standing::Down(failure) => return Err(failure.clone()),
            Standing::Up { pair, long_use } => match command.lane() {
                Lane::Short => (pair.short.clone(), None),
                Lane::Long => (pair.long.clone(), Some(long_use.clone())),
            },
        };
        // Otherwise, on a connection that broke while it was idle, it would be unknown whether the
        // command has run.
        if command.repeat() == Repeat::Doubles && self.shared.is_quiet() && !works(&connection).await {
            self.shared.broken.notify_one();
            return Err(Failure::Unavailable);
        }
        let reply = exchange(connection, command, asking);
        let outcome = match in_use {
            None => reply.await.map_err(Failure::from),
            // The connection's own timeout is long, and such requests to a hanging server could
            // exhaust the service.
            Some(in_use) => tokio::select! {
                reply = reply => reply.map_err(Failure::from),
                _ = in_use.wait() => Err(Failure::Lost),
            },
        };
        if outcome.is_ok() {
            self.shared.hear();
        }
        let outcome = outcome.and_then(|reply| reply.extract_error().map_err(Failure::from));
        match outcome.as_ref().err().and_then(Failure::doubt) {
            Some(Doubt::Broken) => self.shared.broken.notify_one(),
            Some(Doubt::Elsewhere) => self.shared.elsewhere.notify_one(),
            None => {}
        }
        outcome
    }
}

async fn exchange(mut connection: MultiplexedConnection, command: &Command, asking: Asking) -> RedisResult<Value> {
    match asking {
        Asking::No => connection.send_packed_command(&command.cmd).await,
        Asking::Yes => {
            let mut pipeline = redis::pipe();
            pipeline.cmd("ASKING").add_command(command.cmd.clone());
            let mut replies = connection.send_packed_commands(&pipeline, 1, 1).await?;
            Ok(replies.pop().unwrap_or(Value::Nil))
        }
    }
}

impl Shared {
    fn hear(&self) {
        self.heard.store(self.age(), Ordering::Relaxed);
    }

    /// Whether the server has sent nothing for a while.
    fn is_quiet(&self) -> bool {
        let silence = self.age().saturating_sub(self.heard.load(Ordering::Relaxed));
        Duration::from_millis(silence) >= QUIET
    }

    fn age(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    async fn look_after(&self, said: &mut Said) {
        let standing = self.standing.load_full();
        let Standing::Up { pair, long_use } = &*standing else {
            if self.tried.get().is_some() {
                sleep(PAUSE).await;
            }
            self.connect(said).await;
            let _ = self.tried.set(());
            return;
        };
        tokio::select! {
            () = self.elsewhere.notified() => {
                sleep(PAUSE).await;
                // The old connection is kept until there is a new one: a server that refuses writes
                // serves reads.
                if let Ok(pair) = self.origin.dial().await {
                    self.stand(Standing::up(pair));
                }
            }
            _ = timeout(LOOK, self.broken.notified()) => {
                let idle = Arc::strong_count(long_use) == 1;
                if !works(&pair.short).await {
                    let _ = long_use.set(());
                    self.connect(said).await;
                } else if idle && !works(&pair.long).await {
                    self.connect(said).await;
                }
            }
        }
    }

    async fn connect(&self, said: &mut Said) {
        let dialled = self.origin.dial().await;
        said.say(&self.origin, dialled.as_ref().err().map(|refusal| refusal.why.as_str()));
        self.stand(match dialled {
            Ok(pair) => Standing::up(pair),
            Err(refusal) => Standing::Down(refusal.failure),
        });
    }

    fn stand(&self, standing: Standing) {
        let up = |standing: &Standing| f64::from(u8::from(matches!(standing, Standing::Up { .. })));
        let before = self.standing.load_full();
        metrics::gauge!("sessions_http_redis_servers").increment(up(&standing) - up(&before));
        self.standing.store(Arc::new(standing));
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.stand(Standing::Down(Failure::Unavailable));
    }
}

impl Standing {
    fn up(pair: Pair) -> Self {
        Self::Up {
            pair,
            long_use: Arc::new(SetOnce::new()),
        }
    }
}

/// What the log already says about a server. A line is written when something changes, not for each
/// attempt.
#[derive(Default)]
struct Said(Option<String>);

impl Said {
    fn say(&mut self, origin: &Origin, why: Option<&str>) {
        match why {
            None => tracing::info!(server = %origin, "connected to Redis"),
            Some(why) if self.0.as_deref() == Some(why) => {}
            Some(why) => tracing::warn!(server = %origin, error = why, "no connection to Redis"),
        }
        self.0 = why.map(str::to_owned);
    }
}
