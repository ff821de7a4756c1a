//! What a listener is to the requests that come through it.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::uri::Authority;

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
    /// Whether clients speak TLS to the listener.
    pub encrypted: bool,
    /// Whether every client has shown a certificate of the configured authority.
    pub certified: bool,
    /// Whether requests need no key.
    pub open: bool,
    /// The port of the listener. `None`: a Unix socket.
    pub port: Option<u16>,
    /// How long the body of a request may take to arrive.
    pub body_time: Duration,
    /// What clients may call the listener, in lower case.
    names: Vec<String>,
    addresses: Addresses,
}

/// By which IP addresses a listener may be called, besides those of the loopback interface. An address
/// cannot be rebound, so a listener on every address need not know its own.
#[derive(Debug)]
enum Addresses {
    Loopback,
    One(IpAddr),
    Any,
}

impl Door {
    pub fn new(listen: &Listen, face: Face, settings: &Settings) -> Self {
        let (address, port) = match listen {
            Listen::Address(address) => (Some(address.ip()), Some(address.port())),
            Listen::Socket(_) => (None, None),
        };
        let addresses = match address {
            Some(ip) if ip.is_unspecified() => Addresses::Any,
            Some(ip) => Addresses::One(ip),
            None => Addresses::Loopback,
        };
        let mut names: Vec<String> = settings.hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
        names.push("localhost".into());
        let tls = settings.tls.as_ref().filter(|_| address.is_some());
        Self(Arc::new(Facts {
            face,
            local: listen.is_local(),
            encrypted: tls.is_some(),
            certified: tls.is_some_and(|tls| tls.asks_clients),
            open: matches!(settings.access, Access::Open),
            port,
            body_time: settings.limits.time(),
            names,
            addresses,
        }))
    }

    /// Whether a `Host` or the host of an `Origin`, with or without a port, is one of the listener's.
    pub fn is_called(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let Ok(authority) = host.parse::<Authority>() else {
            return false;
        };
        // A host name has no user, and a port follows it at once.
        if host.contains('@') {
            return false;
        }
        let name = authority.host();
        let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        match (address, &self.0.addresses) {
            (Ok(ip), _) if ip.is_loopback() => true,
            (Ok(ip), Addresses::One(own)) if ip == *own => true,
            (Ok(_), Addresses::Any) => true,
            _ => self.0.names.iter().any(|own| own == name || *own == host),
        }
    }
}

impl std::ops::Deref for Door {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        &self.0
    }
}
