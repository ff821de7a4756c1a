//! ```text
//! SESSIONS.CREATE app id [ANON] [IP ip] [UA ua] [TTL seconds] [NORESAVE] [LIFETIME seconds] [MAX n [REJECT]] [DATA json]
//! ```
//! Creates a session of `id` and returns its token, a bulk string of 64 characters. With ANON the
//! session has no id: `id` only chooses the token's hash slot, which in a cluster is the node; on a
//! single server it may be empty. TTL is the idle timeout, by default the setting `sessions.ttl`;
//! with NORESAVE use does not extend the session; LIFETIME is an absolute limit that no use
//! extends. DATA is a JSON object; its top-level nulls are omitted. UA may be any bytes: invalid
//! UTF-8 is replaced, and at most 512 bytes are kept.
//!
//! MAX leaves the id at most `n` live sessions, the new one included: the least recently active
//! ones are killed. With REJECT no session is killed, and the error is LIMIT if there are already
//! `n`.
//!
//! Refused while memory is full. O(log n), n being the number of sessions; with MAX up to 200
//! sessions of the id are read.

use super::args::Args;
use super::reply::{Answer, Reply};
use super::{Argument, Command, Kind, Routing, Spec, Subject};
use crate::store::{Backend, Draw, NewSession, Store};
use sessions_model::data::Data;
use sessions_model::error::Error;
use sessions_model::ident::Owner;

#[derive(Debug)]
pub(crate) struct Create;

#[derive(Debug)]
pub(crate) struct Request<'a> {
    new: NewSession<'a>,
    draw: Draw<'a>,
    data: Option<Data<'a>>,
}

impl Command for Create {
    const SPEC: Spec = Spec {
        name: "SESSIONS.CREATE",
        arguments: &[
            Argument::APP,
            Argument::ID,
            Argument::ANON.optional(),
            Argument::IP,
            Argument::UA,
            Argument::TTL,
            Argument::NO_RESAVE,
            Argument::LIFETIME,
            Argument::MAX,
            Argument::DATA,
        ],
        summary: "Creates a session and returns its token",
        complexity: "O(log n + d) for n sessions and d bytes of data; with MAX also up to 200 sessions of the id",
        kind: Kind::Grow { fast: false },
        subject: Subject::App,
        routing: Routing::Id,
    };
    type Request<'a> = Request<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<Request<'a>, Error> {
        args.exclude("ANON", "MAX")?;
        args.require("REJECT", "MAX")?;
        let app = args.app()?;
        let (owner, draw) = if args.has("ANON") {
            (
                Owner::Nobody,
                args.new_id_or_empty()?.map_or(Draw::Anywhere, Draw::Near),
            )
        } else {
            let id = args.new_id()?;
            (Owner::Id(id), Draw::Near(id))
        };
        let (client, terms) = (args.client()?, args.terms()?);
        let new = NewSession {
            app,
            owner,
            client,
            ttl: terms.ttl,
            no_resave: terms.no_resave,
            lifetime: terms.lifetime,
            cap: args.cap()?,
        };
        let data = args.given_data()?;
        Ok(Request { new, draw, data })
    }

    fn run<K: Backend>(request: Request<'_>, store: &Store<'_, K>) -> Result<Answer<K::Bytes>, Error> {
        let Request { new, draw, data } = request;
        let token = store.create(&new, draw, data.as_ref())?;
        Ok(Reply::Token(token).into())
    }
}
