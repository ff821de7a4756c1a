//! The configuration: a TOML file, some of whose values can be replaced by the command line, the
//! environment or a systemd credential. It is checked as a whole before anything starts.
//!
//! [`file`] has the types of the file, [`shape`] explains why a file does not fit them, [`check`]
//! checks the values, [`redis`] and [`tls`] those of the tables with these names, [`apps`] those of
//! the apps that gateways ask about.

mod apps;
mod check;
pub mod file;
mod redis;
mod shape;
mod tls;

pub use check::Trouble;
pub use file::{Admin, Level, Limits};
pub use tls::Tls;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use ipnet::IpNet;

use crate::keys::Keyring;
use crate::routes::auth::{DataHeader, Form, LoginPage};

/// The checked configuration.
#[derive(Debug)]
pub struct Settings {
    pub listen: Vec<Listen>,
    /// Permissions of Unix sockets. `None`: the process's umask decides.
    pub socket_mode: Option<u32>,
    pub hosts: Vec<String>,
    pub access: Access,
    pub trusted_proxies: Vec<IpNet>,
    pub tls: Option<Tls>,
    pub redis: Redis,
    pub apps: BTreeMap<String, GatewayApp>,
    pub legacy: Option<Listen>,
    pub metrics: Option<Listen>,
    pub admin: Admin,
    pub limits: Limits,
    pub level: Level,
}

/// The address of a listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    Address(SocketAddr),
    Socket(PathBuf),
}

impl Listen {
    /// Whether only programs on this machine can reach it.
    pub fn is_local(&self) -> bool {
        match self {
            Self::Address(address) => address.ip().is_loopback(),
            Self::Socket(_) => true,
        }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Socket(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// Who may send requests.
#[derive(Clone, Debug)]
pub enum Access {
    /// Every program of this machine.
    Open,
    Keys(Keyring),
}

impl Access {
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Open)
    }
}

/// The Redis servers.
#[derive(Clone, Debug)]
pub struct Redis {
    pub urls: Vec<String>,
    pub cluster: bool,
    pub sentinel: Option<String>,
    pub username: Option<String>,
    pub password: Option<String>,
    /// Certificates of authorities, in PEM.
    pub ca: Option<Vec<u8>>,
    /// The service's own certificate and key, in PEM.
    pub client: Option<(Vec<u8>, Vec<u8>)>,
    pub namespace: String,
}

/// An app that gateways may ask about.
#[derive(Clone, Debug)]
pub struct GatewayApp {
    /// The name of the cookie.
    pub cookie: String,
    pub form: Form,
    /// Whether `Authorization: Bearer` may hold what the cookie holds.
    pub bearer: bool,
    /// Whether an anonymous session counts as none.
    pub users_only: bool,
    pub login_page: Option<LoginPage>,
    pub headers: Vec<DataHeader>,
}

/// Values from the command line and the environment that replace those of the file.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Overrides {
    /// Address and port, or unix:/path, instead of the file's `listen`
    #[arg(long, env = "SESSIONS_HTTP_LISTEN")]
    pub listen: Option<String>,
    /// Instead of the file's `redis.url`
    #[arg(long, env = "SESSIONS_HTTP_REDIS_URL", hide_env_values = true)]
    pub redis_url: Option<String>,
    /// Instead of the file's `redis.password-file`; the systemd credential `redis-password` comes
    /// next
    #[arg(long, env = "SESSIONS_HTTP_REDIS_PASSWORD_FILE")]
    pub redis_password_file: Option<PathBuf>,
    /// Instead of the file's `log.level`
    #[arg(long, env = "SESSIONS_HTTP_LOG")]
    pub log_level: Option<Level>,
}

impl Settings {
    /// Reads and checks the file; without one, the defaults are checked.
    pub fn read(path: Option<&std::path::Path>, overrides: &Overrides) -> Result<Self, Trouble> {
        let text = match path {
            Some(path) => check::contents(path)?,
            None => String::new(),
        };
        let file = toml::from_str(&text).map_err(|error| Trouble::new(shape::trouble(&error, path, &text)))?;
        check::checked(file, overrides)
    }
}
