//! What a listener is to the requests that come through it.

use std::net::IpAddr;
use std::sync::Arc;

use crate::config::{Access, Listen, Settings};
use crate::routes::Face;

/// An extension of every request.
#[derive(Clone, Debug)]
pub struct Door(Arc<Facts>);

#[derive(Debug)]
pub struct Facts {
    pub face: Face,
    /// Whether only programs of this machine reach the listener.
    pub local: bool,
    /// Whether every client has shown a certificate of the configured authority.
    pub certified: bool,
    /// Whether requests need no key.
    pub open: bool,
    /// The port of the listener. `None`: a Unix socket.
    pub port: Option<u16>,
    names: Vec<String>,
}

impl Door {
    pub fn new(listen: &Listen, face: Face, settings: &Settings) -> Self {
        let (address, port) = match listen {
            Listen::Address(address) => (Some(address.ip()), Some(address.port())),
            Listen::Socket(_) => (None, None),
        };
        let mut names: Vec<String> = settings.hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
        names.push("localhost".into());
        names.extend(address.map(|ip| ip.to_string()));
        let tls = settings.tls.as_ref().filter(|_| address.is_some());
        Self(Arc::new(Facts {
            face,
            local: listen.is_local(),
            certified: tls.is_some_and(|tls| tls.client_ca.is_some()),
            open: matches!(settings.access, Access::Open),
            port,
            names,
        }))
    }

    /// Whether a `Host` or the host of an `Origin`, with or without a port, is one of the listener's.
    pub fn is_called(&self, host: &str) -> bool {
        let name = match host.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => host.rsplit_once(':').map_or(host, |(name, _)| name),
        };
        let name = name.to_ascii_lowercase();
        name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
            || self
                .0
                .names
                .iter()
                .any(|own| *own == name || *own == host.to_ascii_lowercase())
    }
}

impl std::ops::Deref for Door {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        &self.0
    }
}
