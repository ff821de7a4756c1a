//! ```text
//! SESSIONS.CREATE app id [IP ip] [TTL seconds] [NORESAVE] [LIFETIME seconds] [DATA json]
//! ```
//! Makes a session of `id` and answers its token, a bulk string of 64 characters.
//! TTL is the idle time-out, by default the setting `sessions.ttl`; with NORESAVE use
//! does not extend it; LIFETIME is an absolute limit that no use extends. DATA is a
//! JSON object; its top-level nulls are dropped.
//!
//! Refused while memory is full. O(log n), n being the number of sessions.

use super::args::Args;
use super::reply::Reply;
use super::{Argument, Command, Kind, Routing, Spec, Subject};
use crate::store::keyspace::Keyspace;
use crate::store::{NewSession, Store};
use sessions_model::data::Data;
use sessions_model::error::Error;
use sessions_model::ident::{App, Id, Ip};
use sessions_model::number::{Lifetime, Ttl};

#[derive(Debug)]
pub(crate) struct Create;

#[derive(Debug)]
pub(crate) struct Request<'a> {
    app: App<'a>,
    id: Id<'a>,
    ip: Option<Ip<'a>>,
    ttl: Ttl,
    no_resave: bool,
    lifetime: Option<Lifetime>,
    data: Option<Data<'a>>,
}

impl Command for Create {
    const SPEC: Spec = Spec {
        name: "SESSIONS.CREATE",
        arguments: &[
            Argument::APP,
            Argument::ID,
            Argument::text("ip").after("IP").optional(),
            Argument::integer("seconds").after("TTL").optional(),
            Argument::flag("noresave", "NORESAVE").optional(),
            Argument::integer("seconds").after("LIFETIME").optional(),
            Argument::text("json").after("DATA").secret().optional(),
        ],
        summary: "Creates a session and answers its token",
        complexity: "O(log n) for n sessions",
        kind: Kind::Grow,
        subject: Subject::App,
        routing: Routing::Id,
    };
    type Request<'a> = Request<'a>;

    fn parse<'a>(args: &mut Args<'a>, default_ttl: Ttl) -> Result<Request<'a>, Error> {
        Ok(Request {
            app: args.app()?,
            id: args.new_id()?,
            ip: args.option("IP", Ip::parse)?.flatten(),
            ttl: args.option("TTL", Ttl::parse)?.unwrap_or(default_ttl),
            no_resave: args.has("NORESAVE"),
            lifetime: args.option("LIFETIME", Lifetime::parse)?,
            data: args.option("DATA", |json| Data::parse(json).map_err(Error::InvalidData))?,
        })
    }

    fn run<K: Keyspace>(request: Request<'_>, store: &Store<'_, K>) -> Result<Reply<K::Bytes>, Error> {
        let new = NewSession {
            app: request.app,
            id: request.id,
            ip: request.ip,
            ttl: request.ttl,
            no_resave: request.no_resave,
            lifetime: request.lifetime,
            data: request.data,
        };
        store.create(new).map(Reply::Token)
    }
}
