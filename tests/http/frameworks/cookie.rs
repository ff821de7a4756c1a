//! The signed cookie `sid`, as express-session writes it.

use crate::harness::{Request, percent_encoded, stored_name};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use sha2::{Digest, Sha256};

/// The first one signs.
pub(crate) const SECRETS: [&str; 2] = [
    "the newer one of two secrets of a site",
    "the older one of two secrets of a site",
];

/// The value of the cookie.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cookie(pub(crate) Option<String>);

impl Cookie {
    pub(crate) fn new(value: impl Into<String>) -> Cookie {
        Cookie(Some(value.into()))
    }

    pub(crate) fn of(&self, request: Request) -> Request {
        match &self.0 {
            Some(value) => request.header("Cookie", format!("sid={value}")),
            None => request,
        }
    }

    /// The value before percent-encoding: some frameworks encode all of it, some only what they
    /// must.
    pub(crate) fn decoded(&self) -> String {
        let value = self.0.as_ref().expect("a cookie");
        [("%3A", ":"), ("%2F", "/"), ("%2B", "+")]
            .iter()
            .fold(value.clone(), |value, (from, to)| value.replace(from, to))
    }

    /// The session id in the value.
    pub(crate) fn id(&self) -> String {
        let value = self.decoded();
        let id = value.strip_prefix("s:").and_then(|rest| rest.split('.').next());
        id.unwrap_or_else(|| panic!("{value} is not signed")).to_owned()
    }

    pub(crate) fn token(&self) -> String {
        stored_name(&self.id())
    }
}

/// HMAC-SHA256, of a secret of at most 64 bytes.
fn hmac(text: &str, secret: &str) -> Vec<u8> {
    let pad = |byte: u8| {
        let mut block = [byte; 64];
        block.iter_mut().zip(secret.bytes()).for_each(|(to, from)| *to ^= from);
        Sha256::new().chain_update(block)
    };
    let inner = pad(0x36).chain_update(text).finalize();
    pad(0x5c).chain_update(inner).finalize().to_vec()
}

/// The cookie as express-session writes it.
pub(crate) fn signed(id: &str, secret: &str) -> Cookie {
    let signature = percent_encoded(&STANDARD_NO_PAD.encode(hmac(id, secret)));
    Cookie::new(format!("s%3A{id}.{signature}"))
}
