//! ```text
//! SESSIONS.KILL app token
//! ```
//! Ends a session; returns 1, or 0 if no live session has that token. A timed-out session is also
//! removed, but not counted.
//!
//! O(log n).

use super::args::Args;
use super::reply::{Answer, Reply};
use super::{Argument, Command, Kind, Routing, Spec, Subject};
use crate::store::{Backend, Store};
use sessions_model::error::Error;
use sessions_model::ident::{App, Token};

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

    fn parse<'a>(args: &mut Args<'a>) -> Result<Self::Request<'a>, Error> {
        Ok((args.app()?, args.token()?))
    }

    fn run<K: Backend>((app, token): Self::Request<'_>, store: &Store<'_, K>) -> Result<Answer<K::Bytes>, Error> {
        let killed = store.kill(app, token)?;
        Ok(Reply::Integer(i64::from(killed)).into())
    }
}
