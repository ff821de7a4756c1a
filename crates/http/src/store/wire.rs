//! What a connection is made of: a single server, the primary that Sentinels name, or a cluster.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::cluster_routing::{MultipleNodeRoutingInfo, Route, RoutingInfo, SingleNodeRoutingInfo, SlotAddr};
use redis::sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType};
use redis::{AsyncConnectionConfig, Client, Cmd, ConnectionInfo, IntoConnectionInfo, RedisError, RedisResult, Value};
use tokio::sync::Mutex;

use super::command::{Command, Way};
use super::failure::Failure;
use crate::config::Redis;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(2);
/// How often a command follows a cluster's MOVED; each time the slots are asked for again.
const MOVES: u64 = 5;

/// Where a connection leads.
pub(super) enum Endpoint {
    Server(Box<Client>),
    Sentinels(Box<Mutex<SentinelClient>>),
    Cluster(Vec<ConnectionInfo>),
}

impl Endpoint {
    pub(super) fn new(redis: &Redis) -> Result<Self, Failure> {
        let open = |error: RedisError| Failure::Server(error.to_string());
        let infos = redis
            .urls
            .iter()
            .map(|url| with_login(url, redis))
            .collect::<RedisResult<Vec<_>>>()
            .map_err(open)?;
        if let Some(name) = &redis.sentinel {
            let addresses = infos.iter().map(|info| info.addr().clone());
            let mut builder =
                SentinelClientBuilder::new(addresses, name.clone(), SentinelServerType::Master).map_err(open)?;
            if let Some(user) = &redis.username {
                builder = builder.set_client_to_redis_username(user);
            }
            if let Some(password) = &redis.password {
                builder = builder.set_client_to_redis_password(password);
            }
            return Ok(Self::Sentinels(Box::new(Mutex::new(builder.build().map_err(open)?))));
        }
        if redis.cluster {
            return Ok(Self::Cluster(infos));
        }
        let first = infos.into_iter().next().ok_or(Failure::Unavailable)?;
        Client::open(first).map(Box::new).map(Self::Server).map_err(open)
    }

    pub(super) fn is_cluster(&self) -> bool {
        matches!(self, Self::Cluster(_))
    }

    pub(super) async fn connect(&self, limit: Duration) -> RedisResult<Wire> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(limit));
        match self {
            Self::Server(client) => Ok(Wire::Node(
                client.get_multiplexed_async_connection_with_config(&config).await?,
            )),
            Self::Sentinels(client) => {
                let mut client = client.lock().await;
                Ok(Wire::Node(client.get_async_connection_with_config(&config).await?))
            }
            Self::Cluster(infos) => {
                // Without retries: redis-rs repeats a command whose reply was lost, which may run it twice.
                let client = ClusterClient::builder(infos.clone())
                    .retries(0)
                    .connection_timeout(CONNECT)
                    .response_timeout(limit)
                    .build()?;
                Ok(Wire::Cluster(client.get_async_connection().await?))
            }
        }
    }
}

/// The URL with the password and user of the configuration, where the URL has none.
fn with_login(url: &str, redis: &Redis) -> RedisResult<ConnectionInfo> {
    let info = url.into_connection_info()?;
    if redis.sentinel.is_some() {
        return Ok(info);
    }
    let mut settings = info.redis_settings().clone();
    if let (None, Some(user)) = (settings.username(), &redis.username) {
        settings = settings.set_username(user);
    }
    if let (None, Some(password)) = (settings.password(), &redis.password) {
        settings = settings.set_password(password);
    }
    Ok(info.set_redis_settings(settings))
}

/// One connection; a clone shares it.
#[derive(Clone)]
pub(super) enum Wire {
    Node(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Wire {
    pub(super) async fn send(&mut self, command: &Command) -> Result<Vec<Value>, Failure> {
        match self {
            Self::Node(connection) => one(connection.send_packed_command(&command.cmd).await).map(|reply| vec![reply]),
            Self::Cluster(connection) => routed(connection, command).await,
        }
    }

    /// Whether the connection works.
    pub(super) async fn ping(&mut self) -> bool {
        let ping = redis::cmd("PING");
        match self {
            Self::Node(connection) => connection.send_packed_command(&ping).await.is_ok(),
            // Each node's connection is looked after by redis-rs.
            Self::Cluster(_) => true,
        }
    }
}

async fn routed(connection: &mut ClusterConnection, command: &Command) -> Result<Vec<Value>, Failure> {
    let mut attempt = 0;
    loop {
        match once(connection, &command.cmd, command.way).await {
            // The command has not run, and redis-rs has begun to ask for the slots.
            Err(Failure::Moved) if attempt < MOVES => {
                attempt += 1;
                tokio::time::sleep(Duration::from_millis(20 * attempt)).await;
            }
            outcome => return outcome,
        }
    }
}

async fn once(connection: &mut ClusterConnection, cmd: &Cmd, way: Way) -> Result<Vec<Value>, Failure> {
    let single = |node| RoutingInfo::SingleNode(node);
    let routing = match way {
        Way::Slot(slot) => single(SingleNodeRoutingInfo::SpecificNode(Route::new(
            slot.number(),
            SlotAddr::Master,
        ))),
        Way::AnyPrimary => single(SingleNodeRoutingInfo::RandomPrimary),
        Way::EveryPrimary => RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllMasters, None)),
    };
    let reply = one(connection.route_command(cmd.clone(), routing).await)?;
    match (way, reply) {
        (Way::EveryPrimary, Value::Map(replies)) => replies.into_iter().map(|(_, reply)| one(Ok(reply))).collect(),
        (Way::EveryPrimary, _) => Err(Failure::Unexpected),
        (_, reply) => Ok(vec![reply]),
    }
}

fn one(reply: RedisResult<Value>) -> Result<Value, Failure> {
    Ok(reply?.extract_error()?)
}
