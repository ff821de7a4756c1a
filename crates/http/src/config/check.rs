//! Checks a configuration. All errors are reported together.

use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use axum::http::uri::Authority;
use ipnet::{IpNet, Ipv4Net};
use sessions_model::ident::App as AppName;

use super::file::{File, KeyEntry, OneOrMany};
use super::{Access, Listen, Overrides, Settings};
use crate::keys::{Apps, Key, KeyHash, Keyring};

const LISTEN: &str = "127.0.0.1:8081";
/// Bits before the IPv4 address in an IPv4-mapped IPv6 address (`::ffff:10.0.0.1`).
const MAPPED: u8 = 96;

/// The reasons why a configuration is refused, one line each.
#[derive(Debug)]
pub struct Trouble(Vec<String>);

impl Trouble {
    pub(super) fn new(line: String) -> Self {
        Self(vec![line])
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

pub(super) fn contents(path: &Path) -> Result<String, Trouble> {
    std::fs::read_to_string(path).map_err(|error| Trouble::new(format!("{}: {error}", path.display())))
}

/// Collects the errors.
pub(super) struct Checker(Vec<String>);

pub(super) fn checked(file: File, overrides: &Overrides) -> Result<Settings, Trouble> {
    let mut checker = Checker(Vec::new());
    let settings = checker.settings(file, overrides);
    if checker.0.is_empty() {
        Ok(settings)
    } else {
        Err(Trouble(checker.0))
    }
}

impl Checker {
    pub(super) fn wrong(&mut self, line: impl Into<String>) {
        self.0.push(line.into());
    }

    fn settings(&mut self, file: File, overrides: &Overrides) -> Settings {
        let listen = match (&overrides.listen, file.listen) {
            (Some(one), _) => vec![one.clone()],
            (None, Some(given)) => many(given),
            (None, None) => vec![LISTEN.into()],
        };
        if listen.is_empty() {
            self.wrong("listen: at least one address is required");
        }
        let listen: Vec<Listen> = listen.iter().filter_map(|text| self.listen("listen", text)).collect();
        for host in &file.hosts {
            if host.parse::<Authority>().is_err() || host.contains('@') {
                self.wrong("hosts: must be names, each with or without a port, such as sessions.example.com");
            }
        }
        let legacy = file
            .legacy
            .as_ref()
            .and_then(|legacy| self.listen("legacy.listen", &legacy.listen));
        let metrics = file
            .metrics
            .as_ref()
            .and_then(|metrics| self.listen("metrics.listen", &metrics.listen));
        if AppName::parse(file.admin.app.as_bytes()).is_err() {
            self.wrong("admin.app: must have 1 to 64 characters of A-Z a-z 0-9 _ -");
        }
        let keys = Keyring::new(
            file.keys
                .iter()
                .filter_map(|entry| self.key(entry, &file.admin.app))
                .collect(),
        );
        let local = listen.iter().chain(&legacy).chain(&metrics).all(Listen::is_local);
        if file.no_auth && !file.keys.is_empty() {
            self.wrong("no-auth: must not be set together with keys; remove one of the two");
        } else if file.no_auth && !local {
            self.wrong("no-auth: is allowed only if every listener is on a loopback address or a Unix socket");
        } else if !file.no_auth && file.keys.is_empty() {
            self.wrong(
                "keys: none is configured. Run \"sessions-http new-key\" and add the lines that it prints, or set \
                 no-auth = true if every listener is on a loopback address or a Unix socket",
            );
        }
        let apps = file
            .apps
            .iter()
            .filter_map(|(name, app)| self.app(name, app, &file.admin.app))
            .collect();
        let redis = self.redis(file.redis, overrides);
        let tls = file.tls.as_ref().and_then(|tls| {
            super::tls::read(tls)
                .inspect_err(|error| self.wrong(format!("tls: {error}")))
                .ok()
        });
        let trusted_proxies = file
            .trusted_proxies
            .iter()
            .filter_map(|text| self.network("trusted-proxies", text))
            .collect();
        let socket_mode = file.socket_mode.as_ref().and_then(|mode| self.mode(mode));
        let limits = &file.limits;
        if limits.body_bytes == 0 || limits.requests == 0 || !(1..=3600).contains(&limits.seconds) {
            self.wrong("limits: each must be 1 or more, and seconds at most 3600");
        }
        Settings {
            listen,
            socket_mode,
            hosts: file.hosts,
            access: if file.no_auth { Access::Open } else { Access::Keys(keys) },
            trusted_proxies,
            tls,
            redis,
            apps,
            legacy,
            metrics,
            admin: file.admin,
            limits: file.limits,
            level: overrides.log_level.unwrap_or(file.log.level),
        }
    }

    fn listen(&mut self, what: &str, text: &str) -> Option<Listen> {
        if let Some(path) = text.strip_prefix("unix:") {
            let path = PathBuf::from(path.strip_prefix("//").unwrap_or(path));
            if path.is_absolute() {
                return Some(Listen::Socket(path));
            }
            self.wrong(format!("{what}: the path after \"unix:\" must be absolute"));
            return None;
        }
        let text = text
            .strip_prefix("localhost:")
            .map(|port| format!("127.0.0.1:{port}"))
            .unwrap_or(text.into());
        match text.parse::<SocketAddr>() {
            Ok(address) => Some(Listen::Address(address)),
            Err(_) => {
                self.wrong(format!(
                    "{what}: must be an IP address and a port, such as {LISTEN}, or unix:/path"
                ));
                None
            }
        }
    }

    /// IPv4-mapped addresses are compared as IPv4 addresses.
    fn network(&mut self, what: &str, text: &str) -> Option<IpNet> {
        let one = || text.parse::<IpAddr>().ok().map(IpNet::from);
        let network = text
            .parse::<IpNet>()
            .ok()
            .or_else(one)
            .and_then(|network| match network {
                IpNet::V6(v6) => match (v6.network().to_ipv4_mapped(), v6.prefix_len().checked_sub(MAPPED)) {
                    (Some(v4), Some(length)) => Ipv4Net::new(v4, length).ok().map(IpNet::V4),
                    _ => Some(network),
                },
                IpNet::V4(_) => Some(network),
            });
        if network.is_none() {
            self.wrong(format!("{what}: must be IP addresses or networks, such as 10.0.0.0/8"));
        }
        network
    }

    fn key(&mut self, entry: &KeyEntry, admin: &str) -> Option<Key> {
        let name = &entry.name;
        if name.is_empty() || name.len() > 64 || name.chars().any(char::is_control) || name.contains(':') {
            self.wrong("keys: a name must have 1 to 64 bytes, without control characters and colons");
        }
        let Some(hash) = KeyHash::from_hex(&entry.sha256) else {
            self.wrong(format!(
                "keys: sha256 of {name:?} must be 64 lower-case hex digits, as \"sessions-http new-key\" prints"
            ));
            return None;
        };
        if entry.apps.is_empty() || entry.rights.is_empty() {
            self.wrong(format!(
                "keys: {name:?} requires at least one app (or \"*\") and one right (read, write, admin)"
            ));
        }
        if entry.apps.iter().any(|app| app == admin) {
            self.wrong(format!("keys: {name:?} must not name the app of the admin page"));
        }
        for app in entry.apps.iter().filter(|app| *app != "*") {
            if AppName::parse(app.as_bytes()).is_err() {
                self.wrong(format!(
                    "keys: an app of {name:?} must have 1 to 64 characters of A-Z a-z 0-9 _ -"
                ));
            }
        }
        let apps = if entry.apps.iter().any(|app| app == "*") {
            Apps::All
        } else {
            Apps::Listed(entry.apps.iter().cloned().collect())
        };
        Some(Key {
            name: name.clone(),
            hash,
            apps,
            rights: entry.rights.iter().copied().collect::<BTreeSet<_>>(),
        })
    }

    fn mode(&mut self, text: &str) -> Option<u32> {
        let mode = Some(text).filter(|text| text.len() == 3);
        let mode = mode.and_then(|text| u32::from_str_radix(text, 8).ok());
        if mode.is_none() {
            self.wrong("socket-mode: must be three octal digits in quotes, such as \"660\"");
        }
        mode
    }
}

pub(super) fn many(given: OneOrMany) -> Vec<String> {
    match given {
        OneOrMany::One(one) => vec![one],
        OneOrMany::Many(many) => many,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test ends by panicking")]
mod tests {
    use super::*;

    #[test]
    fn trusted_proxies_are_addresses_or_networks_in_either_form() {
        let read = |proxy: &str| {
            let file = toml::from_str(&format!("no-auth = true\ntrusted-proxies = [{proxy:?}]")).unwrap();
            checked(file, &Overrides::default()).map_err(|trouble| trouble.to_string())
        };
        for (proxy, expected) in [
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("127.0.0.1", "127.0.0.1/32"),
            ("::1", "::1/128"),
            ("2001:db8::/32", "2001:db8::/32"),
            ("::ffff:10.0.0.1", "10.0.0.1/32"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
            ("::/0", "::/0"),
        ] {
            assert_eq!(read(proxy).unwrap().trusted_proxies[0].to_string(), expected, "{proxy}");
        }
        for proxy in ["", "proxy.example", "10.0.0.0/33", "10.0.0", "127.0.0.1:80"] {
            let trouble = read(proxy).unwrap_err();
            assert!(trouble.contains("trusted-proxies: must be"), "{proxy}: {trouble}");
        }
    }
}
