//! The properties of a listener that affect its requests.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::uri::Authority;

use crate::config::{Listen, Settings};
use crate::routes::Face;

/// An extension of every request.
#[derive(Clone, Debug)]
pub struct Door(Arc<Facts>);

#[derive(Debug)]
pub struct Facts {
    pub face: Face,
    /// Whether only programs of this machine reach the listener.
    pub local: bool,
    /// Whether clients use TLS.
    pub encrypted: bool,
    /// Whether every client has shown a certificate of the configured authority.
    pub certified: bool,
    /// Whether requests need no key.
    pub open: bool,
    /// The names of the listener that clients may use, in upper or lower case.
    names: Vec<String>,
    addresses: Addresses,
}

/// The IP addresses that clients may use for a listener, in addition to the loopback addresses. An
/// address cannot be rebound, so a listener on every address does not need to know its own
/// addresses.
#[derive(Debug)]
enum Addresses {
    Loopback,
    One(IpAddr),
    Any,
}

impl Door {
    pub fn new(listen: &Listen, face: Face, settings: &Settings) -> Self {
        let address = match listen {
            Listen::Address(address) => Some(address.ip()),
            Listen::Socket(_) => None,
        };
        let addresses = match address {
            Some(ip) if ip.is_unspecified() => Addresses::Any,
            Some(ip) => Addresses::One(ip),
            None => Addresses::Loopback,
        };
        let mut names = settings.hosts.clone();
        names.push("localhost".into());
        let tls = settings.tls.as_ref().filter(|_| address.is_some());
        Self(Arc::new(Facts {
            face,
            local: listen.is_local(),
            encrypted: tls.is_some(),
            certified: tls.is_some_and(|tls| tls.asks_clients),
            open: settings.access.is_open(),
            names,
            addresses,
        }))
    }

    /// Whether a `Host` or the host of an `Origin`, with or without a port, is one of the
    /// listener's.
    pub fn is_called(&self, host: &str) -> bool {
        let Ok(authority) = host.parse::<Authority>() else {
            return false;
        };
        // A host name has no user, and a port follows it at once.
        if host.contains('@') {
            return false;
        }
        let name = authority.host();
        match (address_of(&authority), &self.0.addresses) {
            (Some(ip), _) if ip.is_loopback() => true,
            (Some(ip), Addresses::One(own)) if ip == *own => true,
            (Some(_), Addresses::Any) => true,
            _ => {
                let is_it = |own: &String| own.eq_ignore_ascii_case(name) || own.eq_ignore_ascii_case(host);
                self.0.names.iter().any(is_it)
            }
        }
    }
}

/// The IP address in a `Host`. `None`: it has a name.
pub fn address_of(host: &Authority) -> Option<IpAddr> {
    let text = host.host().trim_start_matches('[').trim_end_matches(']');
    text.parse().ok()
}

impl std::ops::Deref for Door {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        &self.0
    }
}
