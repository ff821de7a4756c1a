//! The origin under which a browser sees the admin page. A proxy may use TLS on the browser's side
//! and not on the service's side.

use axum::extract::ConnectInfo;
use axum::http::header;
use axum::http::request::Parts;
use axum::http::uri::Authority;
use ipnet::IpNet;

use crate::server::door::{Door, address_of};
use crate::server::peer::Peer;
use crate::state::State;

/// How a browser reaches this service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    Https,
    /// Unencrypted, which is only allowed on this machine.
    Http,
}

#[derive(Clone, Debug)]
pub(super) struct Approach {
    pub(super) scheme: Scheme,
    host: String,
}

impl Approach {
    pub(super) fn of(parts: &Parts, state: &State) -> Self {
        let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let host = host.unwrap_or_default().to_owned();
        let encrypted = parts.extensions.get::<Door>().is_some_and(|door| door.encrypted);
        // The service assumes TLS in front of the name of another machine: without TLS the browser
        // would not keep the cookie, and the log-in page says so.
        let scheme = if encrypted || is_forwarded(parts, &state.settings.trusted_proxies) || !is_this_machine(&host) {
            Scheme::Https
        } else {
            Scheme::Http
        };
        Self { scheme, host }
    }

    /// Whether the one `Origin` of a request is the page's own. Browsers send it with every form.
    pub(super) fn is_own(&self, parts: &Parts) -> bool {
        let mut origins = parts.headers.get_all(header::ORIGIN).iter();
        let (Some(origin), None) = (origins.next(), origins.next()) else {
            return false;
        };
        let scheme = match self.scheme {
            Scheme::Https => "https",
            Scheme::Http => "http",
        };
        let own = format!("{scheme}://{}", self.host);
        origin.as_bytes().eq_ignore_ascii_case(own.as_bytes())
    }

    /// Whether a browser has come to this name without encryption although the name is not this
    /// machine's.
    pub(super) fn lacks_encryption(&self, parts: &Parts) -> bool {
        let plain = Self {
            scheme: Scheme::Http,
            host: self.host.clone(),
        };
        self.scheme == Scheme::Https && plain.is_own(parts)
    }
}

/// Whether a trusted proxy says that the browser uses TLS to it.
fn is_forwarded(parts: &Parts, trusted: &[IpNet]) -> bool {
    let peer = parts.extensions.get::<ConnectInfo<Peer>>();
    let is_trusted = peer.is_some_and(|ConnectInfo(peer)| peer.is_trusted(trusted));
    let scheme = parts.headers.get("x-forwarded-proto").map(|scheme| scheme.as_bytes());
    is_trusted && scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"https"))
}

fn is_this_machine(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    authority.host().eq_ignore_ascii_case("localhost") || address_of(&authority).is_some_and(|ip| ip.is_loopback())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test ends by panicking")]
mod tests {
    use super::*;

    fn parts(origins: &[&str]) -> Parts {
        let mut request = axum::http::Request::builder();
        for origin in origins {
            request = request.header("origin", *origin);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn only_the_one_own_origin_is_own() {
        let http = Approach {
            scheme: Scheme::Http,
            host: "127.0.0.1:8081".into(),
        };
        let https = Approach {
            scheme: Scheme::Https,
            host: "admin.example".into(),
        };
        assert!(http.is_own(&parts(&["http://127.0.0.1:8081"])));
        assert!(https.is_own(&parts(&["https://Admin.example"])));
        for origins in [
            &[][..],
            &["null"],
            &["https://127.0.0.1:8081"],
            &["http://127.0.0.1:8082"],
            &["http://127.0.0.1"],
            &["http://127.0.0.1:8081.evil.example"],
            &["http://127.0.0.1:8081", "http://127.0.0.1:8081"],
        ] {
            assert!(!http.is_own(&parts(origins)), "{origins:?}");
        }
        assert!(https.lacks_encryption(&parts(&["http://admin.example"])));
        assert!(!https.lacks_encryption(&parts(&["http://evil.example"])));
        assert!(!http.lacks_encryption(&parts(&["http://127.0.0.1:8081"])));
    }

    #[test]
    fn loopback_names_are_this_machine() {
        for host in [
            "localhost",
            "localhost:8081",
            "127.0.0.1",
            "127.9.9.9:80",
            "[::1]",
            "[::1]:8081",
        ] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in [
            "",
            "example.org",
            "localhost.example.org",
            "10.0.0.1:80",
            "[2001:db8::1]:80",
            "127.0.0.1.nip.io",
        ] {
            assert!(!is_this_machine(host), "{host}");
        }
    }
}
