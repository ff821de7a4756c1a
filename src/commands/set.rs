//! ```text
//! SESSIONS.SET app token json [JSON]
//! ```
//! Merges a JSON object into the session's data at the top level: null removes a key, unnamed
//! keys stay, a nested value is replaced as a whole. Counts a write, refreshes the session and
//! answers it with the new values, or null when there is no live session of that token.
//!
//! Fails when the object is empty, when the merged data is larger than
//! `sessions.max-data-bytes` and not smaller than before, or when what is stored is not
//! an object. Refused while memory is full. O(size of the data), and once in 10 seconds
//! O(log n).

use super::args::Args;
use super::reply::{Answer, Format, Reply, SessionView};
use super::{Argument, Command, Kind, Routing, Spec, Subject};
use crate::store::{Backend, Store, Use};
use sessions_model::data::Data;
use sessions_model::error::{DataError, Error};
use sessions_model::ident::{App, Token};

#[derive(Debug)]
pub(crate) struct Set;

#[derive(Debug)]
pub(crate) struct Request<'a> {
    app: App<'a>,
    token: Option<Token>,
    changes: Data<'a>,
    format: Format,
}

impl Command for Set {
    const SPEC: Spec = Spec {
        name: "SESSIONS.SET",
        arguments: &[
            Argument::APP,
            Argument::TOKEN,
            Argument::text("json").secret(),
            Argument::JSON,
        ],
        summary: "Merges an object into a session's data",
        complexity: "O(d) for d bytes of data, and O(log n) for n sessions once in 10 seconds",
        kind: Kind::Grow { fast: false },
        subject: Subject::App,
        routing: Routing::Token,
    };
    type Request<'a> = Request<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<Request<'a>, Error> {
        let (app, token) = (args.app()?, args.token()?);
        let changes = args.data()?;
        if changes.is_empty() {
            return Err(Error::InvalidData(DataError::Empty));
        }
        Ok(Request {
            app,
            token,
            changes,
            format: args.format(),
        })
    }

    fn run<K: Backend>(request: Request<'_>, store: &Store<'_, K>) -> Result<Answer<K::Bytes>, Error> {
        let Some(mut found) = store.find(request.app, request.token)? else {
            return Ok(Reply::Null.into());
        };
        let data = store.merged(&found.session, &request.changes)?;
        let written = Use::Write { data: data.as_deref() };
        store.apply(&mut found, written)?;
        let token = found.token;
        let shown = SessionView::written(&token, found.into_session(), store.now(), data);
        Ok(Reply::Session(shown, request.format).into())
    }
}
