//! The nodes of the cluster and their slots, even while slots move and nodes come and go.

mod routing;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::connection::Connection;
use crate::failure::Failure;
use crate::login::{Address, Login};
use crate::options::Options;
use crate::reply::{Reply, seconds, words};
use sessions_model::session::Seconds;
use sessions_model::slot::SLOTS;

pub(crate) use routing::Command;

pub(crate) struct Cluster<'a> {
    login: &'a Login,
    /// Loaded into every node.
    scripts: &'a [&'a str],
    nodes: BTreeMap<Rc<Address>, Connection>,
    /// By slot number.
    owners: Vec<Option<Rc<Address>>>,
}

impl<'a> Cluster<'a> {
    /// Connects to all nodes that have slots, and checks that they can accept the sessions.
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
                "TO: {place} is not a node of a cluster (cluster-enabled no)"
            )));
        }
        if let Some(error) = info.get(1).and_then(Reply::error) {
            return Err(Failure::answered(&place, error));
        }
        if !says(info.get(1), "cluster_state:ok") {
            return Err(Failure::new(format!(
                "TO: the cluster is not in state ok: see CLUSTER INFO of {place}"
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
                    "TO: the sessions module is not loaded on node {address}"
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

    /// Requests the slots from the first node that replies.
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

/// Which node has which slot, according to one node.
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

/// Nodes that do not know their own host omit it; then it is the host by which they were reached.
fn host_or(host: &str, reached: &Address) -> String {
    match host {
        "" | "?" => reached.host.clone(),
        host => host.to_owned(),
    }
}
