//! The address of a server, with user and password.

use std::ffi::OsString;
use std::fmt;

use redis::io::tcp::TcpSettings;
use redis::{Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisConnectionInfo, RedisError};

use crate::failure::Failure;
use crate::tls::{HostNames, Tls};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
}

pub(crate) struct Login {
    pub(crate) address: Address,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
    /// From the path of the address.
    pub(crate) database: Option<u32>,
    /// The address for redis-rs. The nodes of a cluster differ only in host and port.
    place: ConnectionAddr,
}

/// Without the password.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl Login {
    /// Reads an address. No error repeats the address, because it may contain a password.
    pub(crate) fn read(
        which: &str,
        text: &str,
        password_variable: &str,
        variable: impl Fn(&str) -> Option<OsString>,
        tls: &Tls,
    ) -> Result<Self, Failure> {
        let bad = |why: &str| Failure::new(format!("{which}: {why}"));
        let form = || {
            bad(
                "an address is redis://[user[:password]@]host[:port][/database], or the same with rediss://; special \
                 characters in user and password are percent-encoded",
            )
        };
        let schemes = ["redis://", "rediss://", "valkey://", "valkeys://"];
        if !schemes.iter().any(|scheme| text.starts_with(scheme)) {
            return Err(bad("an address begins with redis:// or rediss://"));
        }
        let url = redis::parse_redis_url(text).ok_or_else(form)?;
        // With `#insecure`, redis-rs would not check the certificate.
        if url.fragment().is_some() || url.query().is_some() {
            return Err(form());
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(bad("the host is missing"));
        }
        let database = match url.path().trim_matches('/') {
            "" => None,
            number => Some(
                number
                    .parse()
                    .map_err(|_| bad("the part after the / must be a database number"))?,
            ),
        };
        let info = url.into_connection_info().map_err(|_| form())?;
        let settings = info.redis_settings();
        let [user, mut password] = [settings.username(), settings.password()].map(|part| part.map(str::to_owned));
        if password.is_none()
            && let Some(found) = variable(password_variable)
        {
            let text = found.into_string();
            password = Some(text.map_err(|_| Failure::new(format!("{password_variable} is not UTF-8")))?);
        }
        if user.is_some() && password.is_none() {
            return Err(bad(&format!(
                "the user's password is missing; {password_variable} can hold it"
            )));
        }
        let address = match info.addr() {
            ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => Address {
                host: host.clone(),
                port: *port,
            },
            _ => return Err(form()),
        };
        Ok(Self {
            address,
            user,
            password,
            database,
            place: with_certificates(info, tls)?,
        })
    }

    pub(crate) const fn uses_tls(&self) -> bool {
        matches!(self.place, ConnectionAddr::TcpTls { .. })
    }

    /// A client for another server at this address, with the same login and certificates.
    pub(crate) fn client(&self, address: &Address) -> Result<Client, RedisError> {
        let mut place = self.place.clone();
        if let ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } = &mut place {
            host.clone_from(&address.host);
            *port = address.port;
        }
        let info = (address.host.clone(), address.port).into_connection_info()?;
        Client::open(
            info.set_addr(place)
                .set_tcp_settings(TcpSettings::default().set_nodelay(true))
                .set_redis_settings(RedisConnectionInfo::default().set_skip_set_lib_name()),
        )
    }
}

fn with_certificates(info: ConnectionInfo, tls: &Tls) -> Result<ConnectionAddr, Failure> {
    if !matches!(info.addr(), ConnectionAddr::TcpTls { .. }) {
        return Ok(info.addr().clone());
    }
    let client = Client::build_with_tls(info, tls.certificates.clone())
        .map_err(|error| Failure::new(format!("--cacert, --cert or --key: {error}")))?;
    let mut place = client.get_connection_info().addr().clone();
    place.set_danger_accept_invalid_hostnames(tls.host_names == HostNames::Any);
    Ok(place)
}
