//! ```text
//! SESSIONS.EXISTS app token
//! ```
//! 1 when there is a live session of that token, else 0. Changes nothing: works on
//! replicas and while writes are stopped.
//!
//! O(1).

use super::args::Args;
use super::reply::Reply;
use super::{Argument, Command, Kind, Routing, Spec, Subject};
use crate::store::Store;
use crate::store::keyspace::Keyspace;
use sessions_model::error::Error;
use sessions_model::ident::{App, Token};
use sessions_model::number::Ttl;

#[derive(Debug)]
pub(crate) struct Exists;

impl Command for Exists {
    const SPEC: Spec = Spec {
        name: "SESSIONS.EXISTS",
        arguments: &[Argument::APP, Argument::TOKEN],
        summary: "Tells whether a session lives",
        complexity: "O(1)",
        kind: Kind::Read { fast: true },
        subject: Subject::App,
        routing: Routing::Token,
    };
    type Request<'a> = (App<'a>, Option<Token>);

    fn parse<'a>(args: &mut Args<'a>, _default_ttl: Ttl) -> Result<Self::Request<'a>, Error> {
        Ok((args.app()?, args.token()?))
    }

    fn run<K: Keyspace>((app, token): Self::Request<'_>, store: &Store<'_, K>) -> Result<Reply<K::Bytes>, Error> {
        let found = store.find(app, token)?;
        Ok(Reply::Integer(usize::from(found.is_some())))
    }
}
