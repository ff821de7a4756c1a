//! The nodes of the cluster: which has which slot, also while slots and nodes come and go.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::connection::Connection;
use crate::failure::Failure;
use crate::login::{Address, Login};
use crate::options::Options;
use crate::reply::{Reply, Words, seconds, words};
use sessions_model::session::Seconds;
use sessions_model::slot::{SLOTS, Slot};

/// How long it is tried again while nothing at all succeeds.
const PATIENCE: Duration = Duration::from_secs(60);
const BETWEEN_TRIES: Duration = Duration::from_millis(100);

pub(crate) struct Cluster<'a> {
    login: &'a Login,
    /// Loaded into every node.
    scripts: &'a [&'a str],
    nodes: BTreeMap<Rc<Address>, Connection>,
    /// By slot number.
    owners: Vec<Option<Rc<Address>>>,
}

/// A command about keys of one slot.
pub(crate) struct Command {
    pub(crate) slot: Slot,
    pub(crate) words: Words,
}

/// A command that has no answer yet.
struct Waiting {
    index: usize,
    /// The node that is taking over its slot, for this one try.
    ask: Option<Rc<Address>>,
}

enum Outcome {
    Answered(Reply),
    /// At once, where the node says.
    Elsewhere(Option<Rc<Address>>),
    /// After a while.
    Later(String),
}

impl<'a> Cluster<'a> {
    /// Connects to all nodes that have slots and makes sure that they can take the sessions.
    pub(crate) fn open(options: &'a Options, scripts: &'a [&'a str]) -> Result<Self, Failure> {
        let login = &options.to;
        let mut seed = Connection::open(&login.address, login)?;
        let place = seed.address.clone();
        let info = seed.ask_all(&[words("INFO cluster"), words("CLUSTER INFO")])?;
        let says = |reply: Option<&Reply>, wanted: &str| {
            let text = String::from_utf8_lossy(reply.and_then(Reply::text).unwrap_or_default());
            text.lines().any(|line| line.trim_end() == wanted)
        };
        if let Some(error) = info.first().and_then(Reply::error) {
            return Err(Failure::answered(&place, error));
        }
        if !says(info.first(), "cluster_enabled:1") {
            return Err(Failure::new(format!(
                "TO: {place} is no node of a cluster (cluster-enabled no)"
            )));
        }
        if let Some(error) = info.get(1).and_then(Reply::error) {
            return Err(Failure::answered(&place, error));
        }
        if !says(info.get(1), "cluster_state:ok") {
            return Err(Failure::new(format!(
                "TO: the cluster is not well: {place} says so in CLUSTER INFO"
            )));
        }
        let mut cluster = Self {
            login,
            scripts,
            nodes: BTreeMap::new(),
            owners: Vec::new(),
        };
        cluster.owners = owners(&mut seed)?;
        let primaries: BTreeSet<Rc<Address>> = cluster.owners.iter().flatten().cloned().collect();
        for address in primaries {
            let node = cluster.node(&address)?;
            let known = node.ask(&words("COMMAND INFO SESSIONS.GET"))?;
            if known
                .list()
                .is_none_or(|list| list.iter().all(|info| info.list().is_none()))
            {
                return Err(Failure::new(format!(
                    "TO: the node {address} has not loaded the sessions module"
                )));
            }
            node.check_namespace(&options.namespace)?;
        }
        Ok(cluster)
    }

    /// The clock of one of the nodes.
    pub(crate) fn now(&mut self) -> Result<Seconds, Failure> {
        let node = self.nodes.values_mut().next();
        let reply = node
            .ok_or_else(|| Failure::new("the cluster has no nodes"))?
            .ask(&words("TIME"))?;
        seconds(&reply).ok_or_else(|| Failure::new("the cluster's TIME is unreadable"))
    }

    /// Sends each command to the node that has its slot, follows where it is sent, tries again
    /// what has to wait. The replies, in order; errors of other kinds are replies too.
    pub(crate) fn run(&mut self, commands: &[Command]) -> Result<Vec<Reply>, Failure> {
        let mut answers: Vec<Option<Reply>> = commands.iter().map(|_| None).collect();
        let first = |index| Waiting { index, ask: None };
        let mut waiting: Vec<_> = (0..commands.len()).map(first).collect();
        let mut progress = Instant::now();
        while !waiting.is_empty() {
            let mut again = Vec::new();
            let mut why = None;
            let tried = waiting.len();
            for (index, outcome) in self.round(commands, waiting) {
                match outcome {
                    Outcome::Answered(reply) => {
                        progress = Instant::now();
                        if let Some(answer) = answers.get_mut(index) {
                            *answer = Some(reply);
                        }
                    }
                    Outcome::Elsewhere(ask) => again.push(Waiting { index, ask }),
                    Outcome::Later(text) => {
                        why = Some(text);
                        again.push(first(index));
                    }
                }
            }
            waiting = again;
            if progress.elapsed() > PATIENCE {
                let count = waiting.len();
                let why = why.unwrap_or_else(|| "it sends from node to node".to_owned());
                return Err(Failure::new(format!(
                    "the cluster did not take {count} sessions within {} s: {why}; run this again later",
                    PATIENCE.as_secs()
                )));
            }
            if why.is_some() {
                sleep(BETWEEN_TRIES);
                self.look_again();
            } else if waiting.len() == tried {
                sleep(BETWEEN_TRIES);
            }
        }
        Ok(answers.into_iter().map(|answer| answer.unwrap_or(Reply::Nil)).collect())
    }

    /// One try of everything: first all are sent to all nodes, then all replies are read.
    fn round(&mut self, commands: &[Command], waiting: Vec<Waiting>) -> Vec<(usize, Outcome)> {
        let mut outcomes = Vec::with_capacity(waiting.len());
        let mut by_node: BTreeMap<Rc<Address>, Vec<Waiting>> = BTreeMap::new();
        for item in waiting {
            let slot = commands
                .get(item.index)
                .map(|command| usize::from(command.slot.number()));
            let owner = slot.and_then(|slot| self.owners.get(slot)?.clone());
            match item.ask.clone().or(owner) {
                Some(address) => by_node.entry(address).or_default().push(item),
                None => outcomes.push((item.index, Outcome::Later("a slot has no node".to_owned()))),
            }
        }
        let asking = words("ASKING");
        let mut sent = Vec::with_capacity(by_node.len());
        for (address, items) in by_node {
            let lines = items.iter().flat_map(|item| {
                let command = commands.get(item.index).map(|command| &command.words);
                [item.ask.as_ref().map(|_| &asking), command].into_iter().flatten()
            });
            let result = self.node(&address).and_then(|node| {
                node.send(lines)
                    .map_err(|error| Failure::new(format!("the connection to {address} is lost: {error}")))
            });
            sent.push((address, items, result));
        }
        for (address, items, result) in sent {
            let received = result.and_then(|()| self.receive(&address, &items));
            match received {
                Ok(replies) => {
                    for (item, reply) in items.iter().zip(replies) {
                        outcomes.push((item.index, self.judged(&address, commands, item, reply)));
                    }
                }
                Err(failure) => {
                    self.nodes.remove(&address);
                    let later = |item: &Waiting| (item.index, Outcome::Later(failure.to_string()));
                    outcomes.extend(items.iter().map(later));
                }
            }
        }
        outcomes
    }

    /// The replies to the items that were sent to a node.
    fn receive(&mut self, address: &Rc<Address>, items: &[Waiting]) -> Result<Vec<Reply>, Failure> {
        let node = self.node(address)?;
        let lost = |error| Failure::new(format!("the connection to {address} is lost: {error}"));
        let mut replies = Vec::with_capacity(items.len());
        for item in items {
            let count = if item.ask.is_some() { 2 } else { 1 };
            replies.extend(node.receive(count).map_err(lost)?.pop());
        }
        Ok(replies)
    }

    fn judged(&mut self, from: &Rc<Address>, commands: &[Command], item: &Waiting, reply: Reply) -> Outcome {
        let Some(error) = reply.error() else {
            return Outcome::Answered(reply);
        };
        let mut words = error.split(' ');
        let code = words.next().unwrap_or_default();
        match code {
            "MOVED" | "ASK" => {
                let Some(to) = words.nth(1).and_then(|text| redirected(text, from)) else {
                    return Outcome::Later("a redirection is unreadable".to_owned());
                };
                let to = Rc::new(to);
                if code == "ASK" {
                    return Outcome::Elsewhere(Some(to));
                }
                let slot = commands
                    .get(item.index)
                    .map(|command| usize::from(command.slot.number()));
                if let Some(owner) = slot.and_then(|slot| self.owners.get_mut(slot)) {
                    *owner = Some(to);
                }
                Outcome::Elsewhere(None)
            }
            "NOSCRIPT" => {
                // It has been restarted or has forgotten: a new connection brings the scripts.
                self.nodes.remove(from);
                Outcome::Elsewhere(item.ask.clone())
            }
            "TRYAGAIN" | "CLUSTERDOWN" | "LOADING" | "READONLY" | "MASTERDOWN" | "BUSY" => {
                Outcome::Later(code.to_owned())
            }
            _ => Outcome::Answered(reply),
        }
    }

    /// Asks whichever node answers first who has which slot.
    fn look_again(&mut self) {
        let mut known: Vec<Rc<Address>> = self.nodes.keys().cloned().collect();
        known.extend(
            self.owners
                .iter()
                .flatten()
                .collect::<BTreeSet<_>>()
                .into_iter()
                .cloned(),
        );
        known.push(Rc::new(self.login.address.clone()));
        for address in known {
            match self.node(&address).and_then(owners) {
                Ok(owners) => {
                    self.owners = owners;
                    return;
                }
                Err(_) => {
                    self.nodes.remove(&address);
                }
            }
        }
    }

    fn node(&mut self, address: &Rc<Address>) -> Result<&mut Connection, Failure> {
        match self.nodes.entry(Rc::clone(address)) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(new) => {
                let mut connection = Connection::open(address, self.login)?;
                for script in self.scripts {
                    let mut load = words("SCRIPT LOAD");
                    load.push(script.as_bytes().to_vec());
                    connection.ask(&load)?;
                }
                Ok(new.insert(connection))
            }
        }
    }
}

/// Which node has which slot, as one of them sees it.
fn owners(node: &mut Connection) -> Result<Vec<Option<Rc<Address>>>, Failure> {
    let reply = node.ask(&words("CLUSTER SLOTS"))?;
    let mut owners = vec![None; usize::from(SLOTS)];
    for range in reply.list().unwrap_or_default() {
        let [first, last, primary, ..] = range.list().unwrap_or_default() else {
            continue;
        };
        let place = |number: &Reply| number.number().and_then(|number| usize::try_from(number).ok());
        let (Some(first), Some(last)) = (place(first), place(last)) else {
            continue;
        };
        let [host, port, ..] = primary.list().unwrap_or_default() else {
            continue;
        };
        let Some(port) = port.number().and_then(|port| u16::try_from(port).ok()) else {
            continue;
        };
        let host = String::from_utf8_lossy(host.text().unwrap_or_default());
        let address = Rc::new(Address {
            host: host_or(&host, &node.address),
            port,
        });
        for owner in owners.get_mut(first..=last).unwrap_or_default() {
            *owner = Some(Rc::clone(&address));
        }
    }
    Ok(owners)
}

/// The node in `MOVED slot host:port` and `ASK slot host:port`.
fn redirected(text: &str, from: &Address) -> Option<Address> {
    let (host, port) = text.rsplit_once(':')?;
    Some(Address {
        host: host_or(host, from),
        port: port.parse().ok()?,
    })
}

/// Nodes that don't know their own name leave it out: it is the one by which they were reached.
fn host_or(host: &str, reached: &Address) -> String {
    match host {
        "" | "?" => reached.host.clone(),
        host => host.to_owned(),
    }
}
