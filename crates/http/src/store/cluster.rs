//! A cluster: sends a command to the node that has its slot, or to every primary.
//!
//! The cluster connection of redis-rs is not used, for three reasons. If it cannot learn the slots,
//! it fails every command in progress with that error, so a command that has run looks like one
//! that was never sent. It skips a primary without a connection when a command goes to all
//! primaries. And all commands wait while it requests the slots.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use redis::{ConnectionAddr, ConnectionInfo, Value};
use sessions_model::slot::Slot;
use tokio::sync::{Mutex, Notify, SetOnce};
use tokio::time::{sleep, timeout};

use super::command::{Command, Way};
use super::failure::Failure;
use super::map::{Address, Range, is_whole, ranges};
use super::node::{Asking, Node};
use super::origin::Origin;
use super::ready::{Ready, serves_in_cluster};

/// How often a command that has not run is sent again, to the node in MOVED or ASK, or after
/// TRYAGAIN.
const TRIES: u32 = 6;
/// The pause after TRYAGAIN, multiplied by the number of tries.
const TRY_AGAIN: Duration = Duration::from_millis(20);
/// The time between two checks of the slots, if no reply indicates a change.
const LOOK: Duration = Duration::from_secs(1);
/// The minimum time between two checks of the slots.
const PAUSE: Duration = Duration::from_millis(100);

pub(super) struct Cluster {
    shared: Arc<Shared>,
}

struct Shared {
    seeds: Vec<ConnectionInfo>,
    map: ArcSwap<Map>,
    /// Held while the slots are requested; counts the requests.
    asking: Mutex<usize>,
    /// Nodes without slots to which ASK has pointed.
    guests: std::sync::Mutex<HashMap<Address, Arc<Node>>>,
    /// A command suggests that the slots have changed.
    stale: Notify,
    tried: SetOnce<()>,
}

#[derive(Default)]
struct Map {
    ranges: Vec<Range>,
    /// In a fixed order, because a page of a list is cut from the replies of all of them.
    primaries: BTreeMap<Address, Arc<Node>>,
}

impl Map {
    fn owner(&self, slot: Slot) -> Option<&Arc<Node>> {
        let after = self.ranges.partition_point(|range| range.first <= slot.number());
        let range = self.ranges.get(after.checked_sub(1)?)?;
        self.primaries.get(range.nodes.first()?)
    }

    /// Sends to all primaries at the same time.
    async fn each<T, F>(&self, ask: impl Fn(Arc<Node>) -> F) -> Vec<Result<T, Failure>>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Failure>> + Send + 'static,
    {
        let asked: Vec<_> = self
            .primaries
            .values()
            .map(|node| tokio::spawn(ask(node.clone())))
            .collect();
        let mut outcomes = Vec::with_capacity(asked.len());
        for task in asked {
            outcomes.push(task.await.unwrap_or(Err(Failure::Lost)));
        }
        outcomes
    }
}

impl Cluster {
    pub(super) fn open(seeds: Vec<ConnectionInfo>) -> Self {
        let shared = Arc::new(Shared {
            seeds,
            map: ArcSwap::default(),
            asking: Mutex::new(0),
            guests: std::sync::Mutex::default(),
            stale: Notify::new(),
            tried: SetOnce::new(),
        });
        let weak = Arc::downgrade(&shared);
        tokio::spawn(async move {
            let mut said = None;
            while let Some(shared) = weak.upgrade() {
                shared.look(&mut said).await;
            }
        });
        Self { shared }
    }

    /// Waits until the first attempt to learn the slots has ended, successfully or not.
    pub(super) async fn tried(&self) {
        self.shared.tried.wait().await;
    }

    pub(super) async fn send(&self, command: &Command) -> Result<Vec<Value>, Failure> {
        match command.way {
            Way::Slot(slot) => self.to_slot(command, slot).await.map(|reply| vec![reply]),
            Way::AnyPrimary => self.to_any(command).await.map(|reply| vec![reply]),
            Way::EveryPrimary => self.to_every(command).await,
        }
    }

    async fn to_slot(&self, command: &Command, slot: Slot) -> Result<Value, Failure> {
        let owner = || self.shared.map.load().owner(slot).cloned().ok_or(Failure::Unavailable);
        let (mut node, mut asking) = (owner()?, Asking::No);
        for attempt in 1..=TRIES {
            match node.send(command, asking).await {
                Err(Failure::Moved(text)) => {
                    self.shared.stale.notify_one();
                    (node, asking) = (self.shared.named(&text, &node).await?, Asking::No);
                }
                Err(Failure::Ask(text)) => (node, asking) = (self.shared.named(&text, &node).await?, Asking::Yes),
                Err(Failure::TryAgain) => {
                    sleep(TRY_AGAIN * attempt).await;
                    (node, asking) = (owner()?, Asking::No);
                }
                Err(failure) => {
                    if failure.doubt().is_some() || failure == Failure::Unavailable {
                        self.shared.stale.notify_one();
                    }
                    return Err(failure);
                }
                reply => return reply,
            }
        }
        Err(Failure::TryAgain)
    }

    async fn to_any(&self, command: &Command) -> Result<Value, Failure> {
        let map = self.shared.map.load_full();
        let node = map.primaries.values().find(|node| node.is_up());
        match node {
            Some(node) => node.send(command, Asking::No).await,
            None => Err(Failure::Unavailable),
        }
    }

    /// How many of the primaries serve commands.
    pub(super) async fn ready(&self) -> Result<Ready, Failure> {
        let map = self.shared.map.load_full();
        Ready::of_each(map.each(|node| async move { serves_in_cluster(&node).await }).await)
    }

    /// The slots are requested each time: a node that has just got its first slots also has
    /// sessions, and no reply would show that it was skipped.
    async fn to_every(&self, command: &Command) -> Result<Vec<Value>, Failure> {
        let map = self.shared.learn().await?;
        if !is_whole(&map.ranges) {
            return Err(Failure::Unavailable);
        }
        let sent = |node: Arc<Node>| {
            let command = command.clone();
            async move { node.send(&command, Asking::No).await }
        };
        let outcomes = map.each(sent).await;
        // A KILLALL that returns TRYAGAIN has killed the sessions in all slots that are not moving.
        let some_done = outcomes
            .iter()
            .any(|outcome| matches!(outcome, Ok(_) | Err(Failure::TryAgain)));
        let all: Result<Vec<_>, _> = outcomes.into_iter().collect();
        if all.is_err() {
            self.shared.stale.notify_one();
        }
        all.map_err(|failure| if some_done { failure.in_part() } else { failure })
    }
}

impl Shared {
    async fn look(&self, said: &mut Option<Failure>) {
        let failure = self.learn().await.err();
        let _ = self.tried.set(());
        if failure != *said {
            match &failure {
                Some(failure) => tracing::warn!(error = ?failure, "the slots of the cluster are unknown"),
                None => tracing::info!("the slots of the cluster are known again"),
            }
            *said = failure;
        }
        sleep(PAUSE).await;
        let _ = timeout(LOOK, self.stale.notified()).await;
    }

    /// Requests the slots, and connects to new primaries.
    async fn learn(&self) -> Result<Arc<Map>, Failure> {
        let mut turn = self.asking.lock().await;
        *turn = turn.wrapping_add(1);
        let known = self.map.load_full();
        let ranges = match self.ask_nodes(&known, *turn).await {
            Some(ranges) => ranges,
            None => self.ask_anybody(&known).await?,
        };
        let mut primaries = BTreeMap::new();
        for address in ranges.iter().filter_map(|range| range.nodes.first()) {
            if !primaries.contains_key(address) {
                let node = match known.primaries.get(address) {
                    Some(node) => node.clone(),
                    None => self.guest(address)?,
                };
                primaries.insert(address.clone(), node);
            }
        }
        for node in primaries.values() {
            node.tried().await;
        }
        let map = Arc::new(Map { ranges, primaries });
        self.map.store(map.clone());
        self.guests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|address, node| node.is_up() && !map.primaries.contains_key(address));
        Ok(map)
    }

    /// Begins with another node each time, so that a node that has lost contact with the others is
    /// not the only one that is asked.
    async fn ask_nodes(&self, known: &Map, turn: usize) -> Option<Vec<Range>> {
        let nodes: Vec<_> = known.primaries.values().collect();
        let turns = nodes.iter().cycle().skip(turn % nodes.len().max(1)).take(nodes.len());
        let mut some = None;
        for node in turns {
            let Ok(reply) = node.send(&Command::slots(), Asking::No).await else {
                continue;
            };
            match ranges(reply, node.host()) {
                Some(ranges) if is_whole(&ranges) => return Some(ranges),
                found => some = some.or(found.filter(|ranges| !ranges.is_empty())),
            }
        }
        some
    }

    /// Sends the request to every known node, on a temporary connection.
    async fn ask_anybody(&self, known: &Map) -> Result<Vec<Range>, Failure> {
        let named = known.ranges.iter().flat_map(|range| &range.nodes);
        let mut infos: Vec<_> = named.filter_map(|address| self.info(address)).collect();
        infos.extend(self.seeds.iter().cloned());
        infos.dedup_by(|a, b| a.addr() == b.addr());
        let mut last = Failure::Unavailable;
        for info in infos {
            match self.ask(info).await {
                Ok(ranges) => return Ok(ranges),
                Err(failure) => last = failure,
            }
        }
        Err(last)
    }

    async fn ask(&self, info: ConnectionInfo) -> Result<Vec<Range>, Failure> {
        let origin = Origin::server(info)?;
        let mut pair = origin.dial().await?;
        let reply = pair.short.send_packed_command(&Command::slots().cmd).await;
        let reply = reply.and_then(Value::extract_error);
        let reply = reply.map_err(|error| Failure::from(error).before_sending())?;
        let found = ranges(reply, origin.host()).filter(|ranges| !ranges.is_empty());
        found.ok_or(Failure::Unavailable)
    }

    /// The node that another node names in MOVED or ASK.
    async fn named(&self, text: &str, by: &Node) -> Result<Arc<Node>, Failure> {
        let address = Address::of_redirection(text, by.host()).ok_or(Failure::Unavailable)?;
        let known = self.map.load().primaries.get(&address).cloned();
        let node = match known {
            Some(node) => node,
            None => self.guest(&address)?,
        };
        node.tried().await;
        Ok(node)
    }

    fn guest(&self, address: &Address) -> Result<Arc<Node>, Failure> {
        let mut guests = self.guests.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(node) = guests.get(address) {
            return Ok(node.clone());
        }
        let info = self.info(address).ok_or(Failure::Unavailable)?;
        let node = Arc::new(Node::open(Origin::server(info)?));
        guests.insert(address.clone(), node.clone());
        Ok(node)
    }

    /// Connection settings for an address, with the user, password and certificates of the first
    /// seed.
    fn info(&self, address: &Address) -> Option<ConnectionInfo> {
        let seed = self.seeds.first()?;
        let addr = match seed.addr() {
            ConnectionAddr::TcpTls {
                insecure, tls_params, ..
            } => ConnectionAddr::TcpTls {
                host: address.host.clone(),
                port: address.port,
                insecure: *insecure,
                tls_params: tls_params.clone(),
            },
            _ => ConnectionAddr::Tcp(address.host.clone(), address.port),
        };
        Some(seed.clone().set_addr(addr))
    }
}
