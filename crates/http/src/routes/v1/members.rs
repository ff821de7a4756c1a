//! Members that the bodies of several routes share.

use redis::{RedisWrite, ToRedisArgs};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::invalid;
use crate::problem::Problem;
use crate::store::Given;

/// A number or an object with the exact text that the client sent. The module parses it and reports
/// errors, so the service has no rules of its own for arguments.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Raw(Box<RawValue>);

impl Raw {
    pub(super) fn text(&self) -> &str {
        self.0.get()
    }
}

impl ToRedisArgs for Raw {
    fn write_redis_args<W: ?Sized + RedisWrite>(&self, out: &mut W) {
        out.write_arg(self.text().as_bytes());
    }
}

/// The members about the user of a session, some of which require or exclude others.
pub(super) struct Ownership<'a> {
    pub(super) id: Option<&'a str>,
    pub(super) anonymous: Option<bool>,
    pub(super) max: Option<&'a Raw>,
    pub(super) reject: Option<bool>,
}

impl Ownership<'_> {
    /// Refuses combinations that the module would refuse with the option names of its commands.
    pub(super) fn check(&self) -> Result<(), Problem> {
        let is_given = |flag: Option<bool>| Given::from(flag) == Given::Yes;
        if is_given(self.anonymous) && self.id.is_some() {
            return Err(invalid("\"id\" and \"anonymous\" cannot be combined"));
        }
        if self.max.is_some() && self.id.is_none() {
            return Err(invalid("\"max\" requires \"id\""));
        }
        if is_given(self.reject) && self.max.is_none() {
            return Err(invalid("\"reject\" requires \"max\""));
        }
        Ok(())
    }
}
