//! ```text
//! SESSIONS.SET app token json [IFW w] [IFID id] [TTL seconds] [LIFETIME seconds] [JSON]
//! ```
//! Merges a JSON object into the session's data at the top level: null removes a key, unnamed keys
//! are kept, a nested value is replaced as a whole. Counts a write, refreshes the session and
//! returns it with the new values, or null if no live session has that token.
//!
//! IFW writes only if the session's write counter is `w`, otherwise the error is CONFLICT. IFID
//! writes only if the session belongs to that id (empty: if it is anonymous), otherwise the reply
//! is null; IFID is checked first. TTL is the idle timeout, LIFETIME the absolute limit, both from
//! now on. With one of them the object may be empty: then the write is not counted.
//!
//! Fails if the object is empty without TTL and LIFETIME, if the merged data is larger than
//! `sessions.max-data-bytes` and not smaller than before, or if the stored data is not an object.
//! Refused while memory is full. O(size of the data), and once in an index step O(log n).

use super::args::Args;
use super::reply::{Answer, Format, Reply, SessionView};
use super::{Argument, Command, Kind, Routing, Spec, Subject};
use crate::store::{Backend, Counts, Store, Use};
use sessions_model::data::Data;
use sessions_model::error::{DataError, Error};
use sessions_model::ident::{App, Owner, Token};
use sessions_model::number;
use sessions_model::session::Terms;

#[derive(Debug)]
pub(crate) struct Set;

#[derive(Debug)]
pub(crate) struct Request<'a> {
    app: App<'a>,
    token: Option<Token>,
    changes: Data<'a>,
    writes: Option<i64>,
    owner: Option<Owner<'a>>,
    terms: Terms,
    format: Format,
}

impl Command for Set {
    const SPEC: Spec = Spec {
        name: "SESSIONS.SET",
        arguments: &[
            Argument::APP,
            Argument::TOKEN,
            Argument::text("json").secret(),
            Argument::IF_W,
            Argument::text("id").after("IFID").optional(),
            Argument::TTL,
            Argument::LIFETIME,
            Argument::JSON,
        ],
        summary: "Merges a JSON object into a session's data",
        complexity: "O(d) for d bytes of data, and O(log n) for n sessions once per index step",
        kind: Kind::Grow { fast: false },
        subject: Subject::App,
        routing: Routing::Token,
    };
    type Request<'a> = Request<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<Request<'a>, Error> {
        let (app, token) = (args.app()?, args.token()?);
        let changes = args.data()?;
        let writes = args.option("IFW", number::parse_writes)?;
        let terms = args.terms()?;
        if changes.is_empty() && terms.is_empty() {
            return Err(Error::InvalidData(DataError::Empty));
        }
        Ok(Request {
            app,
            token,
            changes,
            writes,
            owner: args.option("IFID", |id| Ok(Owner::of(id)))?,
            terms,
            format: args.format(),
        })
    }

    fn run<K: Backend>(request: Request<'_>, store: &Store<'_, K>) -> Result<Answer<K::Bytes>, Error> {
        let Some(mut found) = store.find(request.app, request.token)? else {
            return Ok(Reply::Null.into());
        };
        let is_anothers = |owner: Owner<'_>| owner.as_bytes() != found.session.id.as_ref();
        if request.owner.is_some_and(is_anothers) {
            return Ok(Reply::Null.into());
        }
        store.check_writes(&found, request.writes)?;
        let data = if request.changes.is_empty() {
            None
        } else {
            Some(store.merged(&found.session, &request.changes)?)
        };
        let usage = Use {
            counts: if data.is_some() { Counts::Write } else { Counts::Setting },
            data: data.as_ref().map(Option::as_deref),
            terms: request.terms,
            ..Use::default()
        };
        let life = store.apply(&mut found, &usage)?;
        let shown = SessionView::new(found.close(), store.now());
        let shown = shown.set(&life, request.terms.ttl, data);
        Ok(Reply::Session(shown, request.format).into())
    }
}
