//! The configuration file as it is written: TOML tables and their types, unchecked.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use crate::keys::Right;

/// A file without a line is a valid file: every member has a default.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct File {
    pub listen: Option<OneOrMany>,
    /// Permissions of Unix sockets, as three octal digits.
    pub socket_mode: Option<String>,
    /// Names by which clients reach the service, in addition to loopback names and the listen
    /// address.
    pub hosts: Vec<String>,
    pub no_auth: bool,
    pub trusted_proxies: Vec<String>,
    pub tls: Option<Tls>,
    pub redis: Redis,
    pub keys: Vec<KeyEntry>,
    pub apps: BTreeMap<String, App>,
    pub legacy: Option<Legacy>,
    pub metrics: Option<Metrics>,
    pub admin: Admin,
    pub limits: Limits,
    pub log: Log,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "expected a string or a list of strings")]
pub enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tls {
    pub certificate: PathBuf,
    pub key: PathBuf,
    /// With it, a client without a certificate of this authority is refused.
    pub client_ca: Option<PathBuf>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Redis {
    /// One server, some nodes of a cluster, or Sentinels.
    pub url: OneOrMany,
    pub cluster: bool,
    /// The name under which the Sentinels at `url` watch the primary.
    pub sentinel: Option<String>,
    /// The user of the Redis server, where the URLs are those of Sentinels.
    pub username: Option<String>,
    pub password_file: Option<PathBuf>,
    /// For `rediss://`: the authorities that may sign the server's certificate, instead of the
    /// system's.
    pub ca_file: Option<PathBuf>,
    /// For `rediss://`: the service's certificate for a server that requires certificates from its
    /// clients.
    pub certificate: Option<PathBuf>,
    pub key: Option<PathBuf>,
    /// The module's `sessions.namespace`, for the audit stream.
    pub namespace: String,
}

impl Default for Redis {
    fn default() -> Self {
        Self {
            url: OneOrMany::One("redis://127.0.0.1:6379".into()),
            cluster: false,
            sentinel: None,
            username: None,
            password_file: None,
            ca_file: None,
            certificate: None,
            key: None,
            namespace: "rs".into(),
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct KeyEntry {
    pub name: String,
    /// The SHA-256 of the whole key, in lower-case hex.
    pub sha256: String,
    /// `*` is every app.
    pub apps: Vec<String>,
    pub rights: Vec<Right>,
}

/// An app that gateways may ask about.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct App {
    pub cookie: String,
    #[serde(default)]
    pub form: FormName,
    /// Files with a secret per line, for the form `signed`.
    pub secret_file: Option<OneOrMany>,
    /// Whether `Authorization: Bearer` may hold what the cookie holds.
    #[serde(default)]
    pub bearer: bool,
    /// Whether an anonymous session counts as none.
    #[serde(default)]
    pub users_only: bool,
    /// A path of the site, such as `/login`, or an `https://` address.
    pub login_page: Option<String>,
    /// Response header → top-level key of the session's data.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
}

/// How a cookie's value leads to a token.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum FormName {
    /// The value is the token.
    #[default]
    Token,
    /// The token is the SHA-256 of the value, in hex.
    Sha256,
    /// As `sha256`, for a value that is followed by a signature.
    Signed,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Legacy {
    pub listen: String,
}

impl Default for Legacy {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:3000".into(),
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Metrics {
    /// The address at which `/metrics` is served instead of at `listen`.
    pub listen: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Admin {
    /// The app of the page's own log-ins.
    pub app: String,
    pub show_data: bool,
}

impl Default for Admin {
    fn default() -> Self {
        Self {
            app: "sessions-admin".into(),
            show_data: false,
        }
    }
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Limits {
    pub body_bytes: usize,
    /// The maximum number of requests in progress; further requests are 503.
    pub requests: usize,
    /// How many seconds the head of a request may take to arrive, and also its body. After the same
    /// time, a connection is closed if it is idle or if the client reads nothing of a response.
    pub seconds: u64,
}

impl Limits {
    pub fn time(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

impl Default for Limits {
    fn default() -> Self {
        // The module's own limit of data is 65,536 bytes unless set; JSON escapes and other members
        // need additional bytes.
        Self {
            body_bytes: 1_048_576,
            requests: 1024,
            seconds: 10,
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Log {
    pub level: Level,
}

impl Default for Log {
    fn default() -> Self {
        Self { level: Level::Info }
    }
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Error,
    Warn,
    Info,
    Debug,
}
