//! ```text
//! SESSIONS.ACTIVITY app dt
//! ```
//! How many different ids were active within `dt` seconds (0: ever): users, not sessions.
//! Those who timed out count until they are wiped; kills and wipes take ids away.
//!
//! O(log n) and at most 500 hash reads.

use super::args::Args;
use super::reply::Reply;
use super::{Arity, Command, Kind, Secrets, Spec, Subject};
use crate::error::Error;
use crate::session::ident::{App, Ttl, Window};
use crate::store::Store;
use crate::store::keyspace::Keyspace;

#[derive(Debug)]
pub(crate) struct Activity;

impl Command for Activity {
    const SPEC: Spec = Spec {
        name: "SESSIONS.ACTIVITY",
        syntax: "app dt",
        summary: "Counts the ids that were active",
        arity: Arity::Exactly(2),
        kind: Kind::Read { fast: false },
        subject: Subject::App,
        secrets: Secrets::NONE,
    };
    type Request<'a> = (App<'a>, Window);

    fn parse<'a>(args: &mut Args<'a>, _default_ttl: Ttl) -> Result<Self::Request<'a>, Error> {
        Ok((args.app()?, args.window()?))
    }

    fn run<K: Keyspace>((app, window): Self::Request<'_>, store: &Store<'_, K>) -> Result<Reply<K::Bytes>, Error> {
        store.activity(app, window).map(Reply::Integer)
    }
}
