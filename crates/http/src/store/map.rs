//! Which node of a cluster has which slots, from `CLUSTER SLOTS`.

use std::fmt;

use redis::Value;
use sessions_model::slot::SLOTS;

/// A node as the cluster names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Address {
    pub(super) host: String,
    pub(super) port: u16,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl Address {
    /// The address in `slot host:port` of a MOVED or ASK reply. A missing host means the host of
    /// the node that replied.
    pub(super) fn of_redirection(text: &str, asked: &str) -> Option<Self> {
        let (_, address) = text.trim().split_once(' ')?;
        let (host, port) = address.rsplit_once(':')?;
        Some(Self {
            host: named(host, asked),
            port: port.parse().ok()?,
        })
    }
}

fn named(host: &str, asked: &str) -> String {
    if host.is_empty() || host == "?" { asked } else { host }.to_owned()
}

/// A range of slots and the nodes that have it, the primary first.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) first: u16,
    pub(super) last: u16,
    pub(super) nodes: Vec<Address>,
}

/// The ranges in a reply to `CLUSTER SLOTS` of the node at `asked`, by their first slot. `None`:
/// the reply has another form.
pub(super) fn ranges(reply: Value, asked: &str) -> Option<Vec<Range>> {
    let Value::Array(rows) = reply else { return None };
    let rows = rows.into_iter().map(|row| range(row, asked));
    let mut ranges = rows.collect::<Option<Vec<_>>>()?;
    ranges.sort_by_key(|range| range.first);
    Some(ranges)
}

/// Whether every slot has a node; otherwise a request to all nodes has a partial result.
pub(super) fn is_whole(ranges: &[Range]) -> bool {
    let mut next = 0;
    for range in ranges {
        if range.first != next || range.last < range.first || range.nodes.is_empty() {
            return false;
        }
        next = range.last.saturating_add(1);
    }
    next == SLOTS
}

fn range(row: Value, asked: &str) -> Option<Range> {
    let Value::Array(row) = row else { return None };
    let mut row = row.into_iter();
    let (first, last) = (number(row.next()?)?, number(row.next()?)?);
    let nodes = row.map(|node| address(node, asked)).collect::<Option<_>>()?;
    Some(Range { first, last, nodes })
}

fn address(node: Value, asked: &str) -> Option<Address> {
    let Value::Array(node) = node else { return None };
    let mut node = node.into_iter();
    let host = match node.next()? {
        Value::Nil => String::new(),
        Value::BulkString(host) => String::from_utf8(host).ok()?,
        Value::SimpleString(host) => host,
        _ => return None,
    };
    Some(Address {
        host: named(&host, asked),
        port: number(node.next()?)?,
    })
}

fn number(value: Value) -> Option<u16> {
    match value {
        Value::Int(number) => number.try_into().ok(),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test ends by panicking")]
mod tests {
    use super::*;

    fn node(host: Option<&str>, port: i64) -> Value {
        let host = host.map_or(Value::Nil, |host| Value::BulkString(host.into()));
        let id = Value::BulkString(b"id".to_vec());
        Value::Array(vec![host, Value::Int(port), id, Value::Array(Vec::new())])
    }

    fn row(first: i64, last: i64, nodes: Vec<Value>) -> Value {
        Value::Array([vec![Value::Int(first), Value::Int(last)], nodes].concat())
    }

    fn at(host: &str, port: u16) -> Address {
        Address {
            host: host.into(),
            port,
        }
    }

    #[test]
    fn the_first_node_of_a_range_is_its_primary() {
        let reply = Value::Array(vec![
            row(8192, 16383, vec![node(Some("b"), 2)]),
            row(0, 8191, vec![node(Some("a"), 1), node(Some("c"), 3)]),
        ]);
        let found = ranges(reply, "asked").unwrap();
        assert_eq!((found[0].first, found[0].last), (0, 8191));
        assert_eq!(found[0].nodes, [at("a", 1), at("c", 3)]);
        assert_eq!(found[1].nodes, [at("b", 2)]);
    }

    #[test]
    fn a_node_without_a_host_is_at_the_queried_host() {
        for host in [None, Some(""), Some("?")] {
            let reply = Value::Array(vec![row(0, 16383, vec![node(host, 1)])]);
            assert_eq!(ranges(reply, "asked").unwrap()[0].nodes, [at("asked", 1)], "{host:?}");
        }
    }

    #[test]
    fn a_cluster_with_a_slot_without_a_node_is_not_whole() {
        let a = || vec![node(Some("a"), 1)];
        let whole = |rows| is_whole(&ranges(Value::Array(rows), "asked").unwrap());
        assert!(whole(vec![row(100, 16383, a()), row(0, 99, a())]));
        for rows in [
            vec![],
            vec![row(0, 16382, a())],
            vec![row(1, 16383, a())],
            vec![row(0, 5, a()), row(7, 16383, a())],
            vec![row(0, 8, a()), row(7, 16383, a())],
            vec![row(0, 16383, vec![])],
        ] {
            let shown = format!("{rows:?}");
            assert!(!whole(rows), "{shown}");
        }
    }

    #[test]
    fn a_reply_of_another_form_has_no_ranges() {
        for reply in [
            Value::Nil,
            Value::Array(vec![Value::Int(1)]),
            Value::Array(vec![row(0, 65_536, vec![])]),
            Value::Array(vec![row(0, 1, vec![Value::Int(1)])]),
        ] {
            let shown = format!("{reply:?}");
            assert_eq!(ranges(reply, "asked"), None, "{shown}");
        }
    }

    #[test]
    fn a_redirection_names_a_node() {
        for (text, expected) in [
            ("3999 127.0.0.1:6381", Some(at("127.0.0.1", 6381))),
            ("3999 ::1:6381", Some(at("::1", 6381))),
            ("3999 :6381", Some(at("asked", 6381))),
            ("3999", None),
            ("3999 a:b", None),
        ] {
            assert_eq!(Address::of_redirection(text, "asked"), expected, "{text}");
        }
    }
}
