//! How long moving slots takes: with few sessions per slot, and with as many as are planned for.

use std::time::Instant;

use super::nodes::{self, Nodes};
use super::{Effort, dense_ids, ids};
use sessions_model::slot::Slot;

/// How long moving slots takes.
pub(super) struct Moving {
    /// Keys of a slot, and milliseconds for it, by `redis-cli --cluster reshard` with few sessions
    /// per slot.
    pub(super) sparse: (f64, f64),
    /// The same with as many sessions per slot as are planned for, by the commands that redis-cli
    /// sends.
    pub(super) dense: (f64, f64),
    /// The longest time for which one of these MIGRATE commands blocked its node, in milliseconds.
    pub(super) longest: f64,
}

pub(super) fn moving(effort: &Effort) -> Moving {
    const MOVED: usize = 200;
    eprintln!("moving {MOVED} slots");
    let nodes = Nodes::start(2);
    nodes.fill(&ids(effort.sessions));
    let mut first = nodes.first().connect();
    let before = nodes::keys(&mut first);
    let began = Instant::now();
    nodes.reshard(MOVED);
    let took = began.elapsed().as_secs_f64();
    let moved = before - nodes::keys(&mut first);
    drop(nodes);

    eprintln!("moving slots with many sessions");
    let nodes = Nodes::start(2);
    let ids = dense_ids(effort.sessions);
    nodes.fill(&ids);
    let mut slots: Vec<u16> = ids.iter().map(|id| Slot::of(id.as_bytes()).number()).collect();
    slots.sort_unstable();
    slots.dedup();
    slots.retain(|&slot| nodes.is_on_first(slot));
    let before = nodes::keys(&mut nodes.first().connect());
    let began = Instant::now();
    let longest = slots.iter().map(|&slot| nodes.move_slot(slot)).fold(0.0, f64::max);
    let took_dense = began.elapsed().as_secs_f64();
    let each = |what: f64, slots: usize| what / slots as f64;
    Moving {
        sparse: (each(moved, MOVED), each(took * 1e3, MOVED)),
        dense: (each(before, slots.len()), each(took_dense * 1e3, slots.len())),
        longest,
    }
}
