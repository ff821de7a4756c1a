//! The hash slots of a cluster that this server has.

use redis_module::raw::REDISMODULE_CTX_FLAGS_MASTER;

use super::acl::Access;
use super::builtin::Builtin;
use super::call;
use super::text::Text;
use super::{Context, mode};
use sessions_model::keys::in_braces;
use sessions_model::parts::{Part, Parts};
use sessions_model::slot::Slot;

/// The part with the data of an id or a token.
pub(super) fn part_of(id_or_token: &[u8]) -> Part {
    if mode::is_cluster() {
        Part::Slot(Slot::of(id_or_token))
    } else {
        Part::Whole
    }
}

/// Whether this server has a part, the part is not being moved, and the cluster allows this access.
/// A replica does not know what its primary is moving, so there a part is always stable.
pub(super) fn is_stable(context: Context<'_>, part: Part, access: Access) -> bool {
    let Part::Slot(slot) = part else { return true };
    context.flags() & REDISMODULE_CTX_FLAGS_MASTER == 0 || is_answered_for(context, slot, access)
}

/// Whether the server runs a command about two absent keys of a slot. It does not while the slot is
/// being moved, because the keys might be on the other node. While the cluster is down, it does not
/// run commands that write, and runs commands that read only with `cluster-allow-reads-when-down`.
fn is_answered_for(context: Context<'_>, slot: Slot, access: Access) -> bool {
    let command = match access {
        Access::Read => Builtin::Exists,
        Access::ReadWrite => Builtin::Unlink,
    };
    let tag = in_braces(slot);
    let [first, second] = [b'1', b'2'].map(|end| Text::new(&[tag.as_slice(), b"?absent", &[end]].concat()));
    call::ask(context, command, &[&first, &second]).was_run()
}

/// The parts that this server or its primary has, for this access.
pub(super) fn parts(context: Context<'_>, access: Access) -> Parts {
    if !mode::is_cluster() {
        return Parts::whole();
    }
    let reply = call::ask(context, Builtin::Cluster, &[&Text::new(b"NODES")]);
    let nodes = reply.whole().bytes().map(String::from_utf8_lossy).unwrap_or_default();
    let mut parts = parse(&nodes);
    let first = parts.stable.iter().next();
    if first.is_some_and(|first| !is_stable(context, first, access)) {
        // The cluster is down, or this server is cut off from the others.
        parts.moving.extend(&std::mem::take(&mut parts.stable));
    }
    parts
}

/// Reads the reply of CLUSTER NODES: one line per node, with its id, address, flags, its primary's
/// id and four more words, then its slots: `n`, `n-m`, and on the node's own line the slots that
/// are being moved: `[n->-node]` and `[n-<-node]`.
fn parse(nodes: &str) -> Parts {
    const ID: usize = 0;
    const FLAGS: usize = 2;
    const PRIMARY: usize = 3;
    const SLOTS: usize = 8;
    let word = |line: &str, at: usize| line.split(' ').nth(at).map(str::to_owned);
    let is_myself = |line: &&str| word(line, FLAGS).is_some_and(|flags| flags.split(',').any(|flag| flag == "myself"));
    let mut parts = Parts::default();
    let Some(myself) = nodes.lines().find(is_myself) else {
        return parts;
    };
    let primary = word(myself, PRIMARY);
    let is_primary = |line: &&str| word(line, ID) == primary;
    // A primary has `-` in the place of its primary's id.
    let line = nodes.lines().find(is_primary).unwrap_or(myself);
    for slots in line.split(' ').skip(SLOTS) {
        if let Some(moving) = slots.strip_prefix('[') {
            let number = moving.split('-').next().and_then(slot);
            if let Some(slot) = number {
                parts.moving.insert(Part::Slot(slot));
            }
        } else {
            let (first, last) = slots.split_once('-').unwrap_or((slots, slots));
            if let (Some(first), Some(last)) = (slot(first), slot(last)) {
                parts.stable.insert_slots(first, last);
            }
        }
    }
    let moving: Vec<_> = parts.moving.iter().collect();
    moving.into_iter().for_each(|part| parts.stable.remove(part));
    parts
}

fn slot(number: &str) -> Option<Slot> {
    number.parse().ok().and_then(Slot::from_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    use sessions_model::parts::PartSet;

    const NODES: &str = "\
aa 127.0.0.1:7001@17001,host myself,master - 0 0 1 connected 0-2 5 7-9 [8->-bb] [20-<-bb]
bb 127.0.0.1:7002@17002 master - 0 1 2 connected 3-4 20
cc 127.0.0.1:7003@17003 slave bb 0 1 2 connected
";

    fn set(numbers: &[u16]) -> PartSet {
        let mut set = PartSet::default();
        let parts = numbers.iter().filter_map(|&number| Slot::from_number(number));
        parts.for_each(|slot| set.insert(Part::Slot(slot)));
        set
    }

    #[test]
    fn a_primary_has_its_own_slots_some_of_them_moving() {
        let parts = parse(NODES);
        assert_eq!(parts.stable, set(&[0, 1, 2, 5, 7, 9]));
        assert_eq!(parts.moving, set(&[8, 20]));
    }

    #[test]
    fn a_replica_has_its_primarys_slots() {
        let nodes = NODES.replace("myself,", "").replace(" slave", " myself,slave");
        let parts = parse(&nodes);
        assert_eq!((parts.stable, parts.moving), (set(&[3, 4, 20]), set(&[])));
    }

    #[test]
    fn a_node_without_slots_or_a_broken_reply_has_no_slots() {
        for nodes in [
            "aa 127.0.0.1:1@2 myself,master - 0 0 1 connected\n",
            "",
            "myself",
            "a b myself",
        ] {
            assert_eq!(parse(nodes), Parts::default(), "{nodes}");
        }
    }
}
