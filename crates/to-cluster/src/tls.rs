//! TLS: which certificates servers must have, and the certificate of this program.

use std::ffi::OsString;
use std::fs;

use redis::{ClientTlsConfig, RedisError, TlsCertificates};

use crate::failure::Failure;

/// Which host names a certificate may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum HostNames {
    /// Only the host in the server's address.
    #[default]
    Checked,
    Any,
}

/// The options, before their files are read.
#[derive(Debug, Default)]
pub(crate) struct TlsOptions {
    pub(crate) cacert: Option<OsString>,
    pub(crate) cert: Option<OsString>,
    pub(crate) key: Option<OsString>,
    pub(crate) host_names: HostNames,
}

/// The certificates for all servers whose address begins with `rediss://`.
pub(crate) struct Tls {
    pub(crate) certificates: TlsCertificates,
    pub(crate) host_names: HostNames,
}

impl TlsOptions {
    /// Whether any option of TLS was given.
    pub(crate) fn is_given(&self) -> bool {
        self.cacert.is_some() || self.cert.is_some() || self.key.is_some() || self.host_names == HostNames::Any
    }

    pub(crate) fn read(&self) -> Result<Tls, Failure> {
        // With the system's authorities, any certificate would be accepted for any host.
        if self.host_names == HostNames::Any && self.cacert.is_none() {
            return Err(Failure::new("--any-hostname requires --cacert"));
        }
        let root_cert = read("--cacert", "CERTIFICATE", self.cacert.as_ref())?;
        let cert = read("--cert", "CERTIFICATE", self.cert.as_ref())?;
        let key = read("--key", "PRIVATE KEY", self.key.as_ref())?;
        let client_tls = match (cert, key) {
            (Some(client_cert), Some(client_key)) => Some(ClientTlsConfig {
                client_cert,
                client_key,
            }),
            (None, None) => None,
            (Some(_), None) => return Err(Failure::new("--cert requires --key")),
            (None, Some(_)) => return Err(Failure::new("--key requires --cert")),
        };
        Ok(Tls {
            certificates: TlsCertificates { client_tls, root_cert },
            host_names: self.host_names,
        })
    }
}

/// A file of PEM blocks. An empty file is an error, because with it no authority would be trusted.
fn read(option: &str, kind: &str, path: Option<&OsString>) -> Result<Option<Vec<u8>>, Failure> {
    let Some(path) = path else { return Ok(None) };
    let bytes = fs::read(path).map_err(|error| Failure::new(format!("{option}: {error}")))?;
    let ending = format!("{kind}-----");
    if String::from_utf8_lossy(&bytes)
        .lines()
        .any(|line| line.starts_with("-----BEGIN ") && line.trim_end().ends_with(&ending))
    {
        Ok(Some(bytes))
    } else {
        Err(Failure::new(format!("{option}: the file has no {kind} in PEM")))
    }
}

/// Why there is no connection, with the option that helps. redis-rs passes the error of rustls on
/// only as text.
pub(crate) fn reason(error: &RedisError) -> String {
    let text = error.to_string();
    let help = [
        ("UnknownIssuer", "; --cacert names the authority that signed it"),
        ("not valid for name", "; --any-hostname accepts it"),
        ("InvalidContentType", "; does this port use TLS?"),
    ];
    let help = help.iter().find(|(sign, _)| text.contains(sign));
    format!("{text}{}", help.map_or("", |(_, help)| help))
}
