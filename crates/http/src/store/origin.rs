//! The addresses of the Redis servers, and how to connect to them.

use std::fmt;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::io::tcp::socket2::TcpKeepalive;
use redis::sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType};
use redis::{
    AsyncConnectionConfig, Client, ClientTlsConfig, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisError,
    RedisResult, TlsCertificates, TlsMode,
};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::failure::Failure;
use crate::config::Redis;

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(2);
/// How long a short command may take; redis-rs' own default is 500 ms.
const SHORT: Duration = Duration::from_secs(2);
/// How long a server may take to show that it works.
const PING: Duration = Duration::from_secs(2);
/// How long a command that works in slices may take: KILLALL kills about 30,000 sessions per
/// second.
const LONG: Duration = Duration::from_secs(600);
/// TCP keepalive: the time before the first probe, the interval, and the number of probes. A
/// machine that has lost its power closes no connection.
const KEEPALIVE: (Duration, Duration, u32) = (Duration::from_secs(10), Duration::from_secs(5), 3);

/// How the servers of the configuration are found.
pub(super) enum Origins {
    One(Origin),
    Cluster(Vec<ConnectionInfo>),
}

/// How one server is found.
pub(super) enum Origin {
    Server(Box<Client>),
    /// The primary that the Sentinels name at that moment.
    Sentinels(Box<Mutex<SentinelClient>>),
}

/// Two connections to the same server.
pub(super) struct Pair {
    pub(super) short: MultiplexedConnection,
    pub(super) long: MultiplexedConnection,
}

/// Why there is no connection.
pub(super) struct Refusal {
    pub(super) failure: Failure,
    /// For the log; holds no secrets.
    pub(super) why: String,
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        refusal.failure
    }
}

impl Origins {
    pub(super) fn new(redis: &Redis) -> Result<Self, Failure> {
        Self::of(redis).map_err(|error| Failure::Server(error.to_string()))
    }

    fn of(redis: &Redis) -> RedisResult<Self> {
        let certificates = certificates(redis);
        let infos = redis
            .urls
            .iter()
            .map(|url| info(url, redis, &certificates))
            .collect::<RedisResult<Vec<_>>>()?;
        if let Some(name) = &redis.sentinel {
            let client = sentinels(name, &infos, redis, certificates)?;
            return Ok(Self::One(Origin::Sentinels(Box::new(Mutex::new(client)))));
        }
        if redis.cluster {
            return Ok(Self::Cluster(infos));
        }
        let none = || RedisError::from((redis::ErrorKind::InvalidClientConfig, "no address"));
        Origin::server(infos.into_iter().next().ok_or_else(none)?).map(Self::One)
    }
}

impl Origin {
    pub(super) fn server(info: ConnectionInfo) -> RedisResult<Self> {
        Ok(Self::Server(Box::new(Client::open(info)?)))
    }

    pub(super) fn host(&self) -> &str {
        match self {
            Self::Server(client) => match client.get_connection_info().addr() {
                ConnectionAddr::Tcp(host, _) | ConnectionAddr::TcpTls { host, .. } => host,
                _ => "",
            },
            Self::Sentinels(_) => "",
        }
    }

    /// Connects. No command has been sent where this fails.
    pub(super) async fn dial(&self) -> Result<Pair, Refusal> {
        let dialled = match self {
            Self::Server(client) => pair(client).await,
            Self::Sentinels(sentinels) => match sentinels.lock().await.async_get_client().await {
                Ok(client) => pair(&client).await,
                Err(error) => Err(error),
            },
        };
        dialled.map_err(|error| Refusal {
            why: error.to_string(),
            failure: match Failure::from(error) {
                Failure::NoPermission(why) => Failure::NoPermission(why),
                // Such as "max number of clients reached".
                _ => Failure::Unavailable,
            },
        })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(client) => client.get_connection_info().addr().fmt(f),
            Self::Sentinels(_) => f.write_str("the primary of the Sentinels"),
        }
    }
}

async fn pair(client: &Client) -> RedisResult<Pair> {
    let config = |limit| {
        AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(limit))
    };
    let (short, long) = (config(SHORT), config(LONG));
    let (short, long) = tokio::join!(
        client.get_multiplexed_async_connection_with_config(&short),
        client.get_multiplexed_async_connection_with_config(&long),
    );
    let (short, long) = (short?, long?);
    // The system still accepts connections for a server that hangs.
    let (short_works, long_works) = tokio::join!(works(&short), works(&long));
    if !short_works || !long_works {
        return Err((redis::ErrorKind::Io, "the server does not reply").into());
    }
    Ok(Pair { short, long })
}

/// Whether the server at the other end replies, if only with an error.
pub(super) async fn works(connection: &MultiplexedConnection) -> bool {
    let mut connection = connection.clone();
    let ping = redis::cmd("PING");
    let reply = timeout(PING, connection.send_packed_command(&ping)).await;
    matches!(reply, Ok(Ok(_)))
}

fn certificates(redis: &Redis) -> Option<TlsCertificates> {
    let client_tls = redis.client.as_ref().map(|(certificate, key)| ClientTlsConfig {
        client_cert: certificate.clone(),
        client_key: key.clone(),
    });
    (redis.ca.is_some() || client_tls.is_some()).then(|| TlsCertificates {
        client_tls,
        root_cert: redis.ca.clone(),
    })
}

/// The connection settings of a URL, with the user and password of the configuration if the URL has
/// none. User and password in the URL of a Sentinel are those of the Sentinel.
fn info(url: &str, redis: &Redis, certificates: &Option<TlsCertificates>) -> RedisResult<ConnectionInfo> {
    let mut info = url.into_connection_info()?;
    if let (ConnectionAddr::TcpTls { .. }, Some(certificates)) = (info.addr(), certificates) {
        // redis-rs stores certificates with an address, and offers no other way to set them.
        let client = Client::build_with_tls(info, certificates.clone())?;
        info = client.get_connection_info().clone();
    }
    info = info.set_tcp_settings(tcp());
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

fn tcp() -> TcpSettings {
    let (idle, between, probes) = KEEPALIVE;
    let keepalive = TcpKeepalive::new()
        .with_time(idle)
        .with_interval(between)
        .with_retries(probes);
    // A small command must not wait for the reply to the one before it.
    TcpSettings::default().set_nodelay(true).set_keepalive(keepalive)
}

fn sentinels(
    name: &str,
    infos: &[ConnectionInfo],
    redis: &Redis,
    certificates: Option<TlsCertificates>,
) -> RedisResult<SentinelClient> {
    let addresses = infos.iter().map(|info| info.addr().clone());
    let mut builder = SentinelClientBuilder::new(addresses, name, SentinelServerType::Master)?
        .set_client_to_redis_tcp_settings(tcp())
        .set_client_to_sentinel_tcp_settings(tcp());
    if let Some(first) = infos.first() {
        let settings = first.redis_settings();
        builder = builder.set_client_to_redis_db(settings.db());
        if let Some(user) = settings.username() {
            builder = builder.set_client_to_sentinel_username(user);
        }
        if let Some(password) = settings.password() {
            builder = builder.set_client_to_sentinel_password(password);
        }
        if let ConnectionAddr::TcpTls { insecure, .. } = first.addr() {
            let mode = if *insecure { TlsMode::Insecure } else { TlsMode::Secure };
            builder = builder
                .set_client_to_redis_tls_mode(mode)
                .set_client_to_sentinel_tls_mode(mode);
        }
    }
    if let Some(certificates) = certificates {
        builder = builder
            .set_client_to_redis_certificates(certificates.clone())
            .set_client_to_sentinel_certificates(certificates);
    }
    if let Some(user) = &redis.username {
        builder = builder.set_client_to_redis_username(user);
    }
    if let Some(password) = &redis.password {
        builder = builder.set_client_to_redis_password(password);
    }
    builder.build()
}
