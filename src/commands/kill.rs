//! ```text
//! SESSIONS.KILL app token
//! ```
//! Ends a session: 1, or 0 when there is no live session of that token. One that has
//! timed out is removed too, but not counted.
//!
//! O(log n).

use super::args::Args;
use super::reply::Reply;
use super::{Argument, Command, Kind, Routing, Spec, Subject};
use crate::store::Store;
use crate::store::keyspace::Keyspace;
use sessions_model::error::Error;
use sessions_model::ident::{App, Token};
use sessions_model::number::Ttl;

#[derive(Debug)]
pub(crate) struct Kill;

impl Command for Kill {
    const SPEC: Spec = Spec {
        name: "SESSIONS.KILL",
        arguments: &[Argument::APP, Argument::TOKEN],
        summary: "Ends a session",
        complexity: "O(log n) for n sessions",
        kind: Kind::Write { fast: true },
        subject: Subject::App,
        routing: Routing::Token,
    };
    type Request<'a> = (App<'a>, Option<Token>);

    fn parse<'a>(args: &mut Args<'a>, _default_ttl: Ttl) -> Result<Self::Request<'a>, Error> {
        Ok((args.app()?, args.token()?))
    }

    fn run<K: Keyspace>((app, token): Self::Request<'_>, store: &Store<'_, K>) -> Result<Reply<K::Bytes>, Error> {
        let killed = store.kill(app, token)?;
        Ok(Reply::Integer(usize::from(killed)))
    }
}
