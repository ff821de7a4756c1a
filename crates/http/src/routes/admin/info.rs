//! The servers' own description from `INFO`.

use redis::Value;

use super::pages::Server;
use super::text::{bytes, number};
use crate::state::State;
use crate::store::{Command, Failure};

/// Each primary of a cluster, or the single server.
pub(super) async fn servers(state: &State) -> Result<Vec<Server>, Failure> {
    let command = ["server", "memory", "replication", "sessions"]
        .into_iter()
        .fold(Command::to_each("INFO"), Command::arg);
    let replies = state.store.send_each(command).await?;
    let mut servers = replies.iter().map(described).collect::<Result<Vec<_>, _>>()?;
    if let [only] = servers.as_mut_slice() {
        only.port = None;
    }
    servers.sort_by(|one, other| one.port.cmp(&other.port));
    Ok(servers)
}

fn described(reply: &Value) -> Result<Server, Failure> {
    let text = match reply {
        Value::BulkString(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::VerbatimString { text, .. } => text.clone(),
        _ => return Err(Failure::Unexpected),
    };
    Ok(Server {
        port: field(&text, "tcp_port").map(str::to_owned),
        version: version(&text),
        role: role(&text),
        memory: memory(&text),
        module: field(&text, "sessions_version").unwrap_or("unknown").to_owned(),
        backlog: count(&text, "sessions_last_pass_backlog").map_or_else(|| "unknown".to_owned(), number),
    })
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = text.lines();
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
}

fn count(text: &str, name: &str) -> Option<u64> {
    field(text, name)?.parse().ok()
}

/// Valkey also has a field `redis_version` with the Redis version that it is compatible with.
fn version(text: &str) -> String {
    let named = |name, field| format!("{name} {field}");
    field(text, "valkey_version")
        .map(|version| named("Valkey", version))
        .or_else(|| field(text, "redis_version").map(|version| named("Redis", version)))
        .unwrap_or_else(|| "unknown".to_owned())
}

fn role(text: &str) -> String {
    match field(text, "role") {
        Some("master") => "primary",
        Some("slave") => "replica",
        _ => "unknown",
    }
    .to_owned()
}

fn memory(text: &str) -> String {
    let Some(used) = count(text, "used_memory") else {
        return "unknown".to_owned();
    };
    match count(text, "maxmemory") {
        None | Some(0) => bytes(used),
        Some(limit) => format!("{} of {}", bytes(used), bytes(limit)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(text: &str) -> Option<Server> {
        described(&Value::BulkString(text.as_bytes().to_vec())).ok()
    }

    #[test]
    fn a_server_is_described_by_its_own_info() {
        let text = "# Server\r\nredis_version:7.0.15\r\ntcp_port:7001\r\n# Memory\r\nused_memory:1048576\r\nused_memory_human:1.00M\r\n\
                    maxmemory:0\r\n# Replication\r\nrole:master\r\n# sessions\r\nsessions_version:1.0.0\r\nsessions_last_pass_backlog:1234\r\n";
        let shown = server(text).map(|it| [it.version, it.role, it.memory, it.module, it.backlog]);
        assert_eq!(
            shown,
            Some(["Redis 7.0.15", "primary", "1.0 MB", "1.0.0", "1,234"].map(str::to_owned))
        );

        let text = "redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.0.1\r\nused_memory:1048576\r\nmaxmemory:2097152\r\nrole:slave\r\n";
        let shown = server(text).map(|it| [it.version, it.role, it.memory, it.module, it.backlog]);
        let expected = ["Valkey 8.0.1", "replica", "1.0 MB of 2.0 MB", "unknown", "unknown"];
        assert_eq!(shown, Some(expected.map(str::to_owned)));
    }
}
