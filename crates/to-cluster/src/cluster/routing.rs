//! Sends commands to the nodes that have their slots, and follows redirections.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{Cluster, host_or};
use crate::failure::Failure;
use crate::login::Address;
use crate::reply::{Reply, Words, words};
use sessions_model::slot::Slot;

/// How long commands are tried again while none of them succeeds.
const PATIENCE: Duration = Duration::from_secs(60);
const BETWEEN_TRIES: Duration = Duration::from_millis(100);

/// A command about keys of one slot.
pub(crate) struct Command {
    pub(crate) slot: Slot,
    pub(crate) words: Words,
}

/// A command without a reply.
struct Waiting {
    index: usize,
    /// The node that is taking over its slot, for this one try.
    ask: Option<Rc<Address>>,
}

enum Outcome {
    Answered(Reply),
    /// At once, at the node in the redirection.
    Elsewhere(Option<Rc<Address>>),
    /// After a while.
    Later(String),
}

impl Cluster<'_> {
    /// Sends each command to the node that has its slot, follows redirections, and tries again
    /// after errors that pass. Returns the replies in order; errors of other kinds are replies,
    /// too.
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
                let why = why.unwrap_or_else(|| "its nodes redirect to each other".to_owned());
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

    /// Tries all commands once: first sends all commands to all nodes, then reads all replies.
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
                // The node has been restarted or its scripts were flushed: a new connection loads
                // them again.
                self.nodes.remove(from);
                Outcome::Elsewhere(item.ask.clone())
            }
            "TRYAGAIN" | "CLUSTERDOWN" | "LOADING" | "READONLY" | "MASTERDOWN" | "BUSY" => {
                Outcome::Later(code.to_owned())
            }
            _ => Outcome::Answered(reply),
        }
    }
}

/// The node in `MOVED slot host:port` and `ASK slot host:port`.
fn redirected(text: &str, from: &Address) -> Option<Address> {
    let (host, port) = text.rsplit_once(':')?;
    Some(Address {
        host: host_or(host, from),
        port: port.parse().ok()?,
    })
}
