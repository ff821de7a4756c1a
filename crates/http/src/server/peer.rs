//! The sender of a request, for the log and for the IP of a session.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::connect_info::Connected;
use axum::http::HeaderMap;
use ipnet::IpNet;

/// The other end of a connection. `None`: a program on the other side of a Unix socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub Option<IpAddr>);

impl Connected<SocketAddr> for Peer {
    fn connect_info(address: SocketAddr) -> Self {
        Self(Some(address.ip().to_canonical()))
    }
}

impl Connected<std::os::unix::net::SocketAddr> for Peer {
    fn connect_info(_: std::os::unix::net::SocketAddr) -> Self {
        Self(None)
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(ip) => ip.fmt(f),
            None => f.write_str("unix"),
        }
    }
}

impl Peer {
    /// Whether the peer is a trusted proxy. A Unix socket counts as one if any trusted proxy is
    /// configured.
    pub fn is_trusted(self, trusted: &[IpNet]) -> bool {
        match self.0 {
            Some(ip) => trusted.iter().any(|net| net.contains(&ip)),
            None => !trusted.is_empty(),
        }
    }

    /// The client in front of trusted proxies: the last address in `X-Forwarded-For` that is not a
    /// trusted proxy's own.
    pub fn behind(self, headers: &HeaderMap, trusted: &[IpNet]) -> Self {
        if !self.is_trusted(trusted) {
            return self;
        }
        let mut client = self;
        let all = headers.get_all("x-forwarded-for").iter().rev();
        for hop in all.flat_map(|value| value.as_bytes().rsplit(|&b| b == b',')) {
            let Some(ip) = std::str::from_utf8(hop).ok().and_then(hop_address) else {
                return client;
            };
            client = Self(Some(ip.to_canonical()));
            if !client.is_trusted(trusted) {
                return client;
            }
        }
        client
    }
}

/// The address of an entry of `X-Forwarded-For`. Azure Application Gateway and IIS append the port,
/// and an IPv6 address with a port is in brackets.
fn hop_address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bracketed = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    text.parse()
        .ok()
        .or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
        .or_else(|| bracketed?.parse::<Ipv6Addr>().ok().map(IpAddr::V6))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test ends by panicking")]
mod tests {
    use super::*;

    #[test]
    fn the_client_is_the_last_address_that_no_trusted_proxy_has() {
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap(), "127.0.0.0/8".parse().unwrap()];
        for (peer, forwarded, expected) in [
            ("192.0.2.1", "203.0.113.9", "192.0.2.1"),
            ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
            ("127.0.0.1", "6.6.6.6, 203.0.113.9, 10.1.1.1", "203.0.113.9"),
            ("127.0.0.1", "203.0.113.9, nonsense", "127.0.0.1"),
            ("127.0.0.1", "", "127.0.0.1"),
            ("127.0.0.1", "10.1.1.1", "10.1.1.1"),
            ("127.0.0.1", "203.0.113.9, ::ffff:10.1.1.1", "203.0.113.9"),
            ("127.0.0.1", "203.0.113.9:52010, 10.1.1.1:443", "203.0.113.9"),
            ("127.0.0.1", "[2001:db8::9]:52010", "2001:db8::9"),
            ("127.0.0.1", "[2001:db8::9]", "2001:db8::9"),
            ("127.0.0.1", "2001:db8::9", "2001:db8::9"),
            ("127.0.0.1", "203.0.113.9:nonsense", "127.0.0.1"),
            ("127.0.0.1", "[203.0.113.9]", "127.0.0.1"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", forwarded.parse().unwrap());
            let peer = Peer(Some(peer.parse().unwrap()));
            assert_eq!(peer.behind(&headers, &trusted).to_string(), expected, "{forwarded:?}");
            assert_eq!(peer.behind(&headers, &[]), peer);
        }
    }
}
