//! ```text
//! SESSIONS.EXISTS app token
//! ```
//! Returns 1 if a live session has this token, otherwise 0. Read-only: works on
//! replicas and while writes are stopped.
//!
//! O(1).

use super::args::Args;
use super::reply::{Answer, Reply};
use super::{Argument, Command, Kind, Routing, Spec, Subject};
use crate::store::{Backend, Store};
use sessions_model::error::Error;
use sessions_model::ident::{App, Token};

#[derive(Debug)]
pub(crate) struct Exists;

impl Command for Exists {
    const SPEC: Spec = Spec {
        name: "SESSIONS.EXISTS",
        arguments: &[Argument::APP, Argument::TOKEN],
        summary: "Checks whether a session exists",
        complexity: "O(1)",
        kind: Kind::Read { fast: true },
        subject: Subject::App,
        routing: Routing::Token,
    };
    type Request<'a> = (App<'a>, Option<Token>);

    fn parse<'a>(args: &mut Args<'a>) -> Result<Self::Request<'a>, Error> {
        Ok((args.app()?, args.token()?))
    }

    fn run<K: Backend>((app, token): Self::Request<'_>, store: &Store<'_, K>) -> Result<Answer<K::Bytes>, Error> {
        let found = store.find(app, token)?;
        Ok(Reply::Integer(i64::from(found.is_some())).into())
    }
}
