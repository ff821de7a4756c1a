//! `/v1/apps/{app}/session`: writes the data. PATCH merges, PUT replaces the data as a whole.

use axum::extract::{self, FromRequest, Request};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::openapi::Required;
use utoipa::{IntoParams, ToSchema};

use super::headers::{Precondition, SessionToken, etag};
use super::members::{Ownership, Raw};
use super::table::Route;
use super::{SESSION, invalid, no_session, no_session_of_ifid, schema};
use crate::access::{Admitted, Write};
use crate::body::Json;
use crate::keys::Right;
use crate::problem::{Kind, Problem};
use crate::query::{Nothing, Query};
use crate::state::State;
use crate::store::{Command, Failure, Session, integer};

const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            Method::PATCH,
            SESSION,
            patch,
            "patchSession",
            "Changes top-level keys of the data",
        )
        .details(
            "The body is the keys themselves: null removes one, keys that the body does not name stay, and a \
                 nested value is replaced as a whole (so it is not a merge patch). `{}` is allowed with `ttl` or \
                 `lifetime`.",
        )
        .right(Right::Write)
        .token()
        .if_match()
        .query::<Terms>()
        .body::<schema::Data>(Required::True)
        .returns::<Session>(StatusCode::OK, "The session after the change")
        .with("ETag", "`w`, the version of the data only, in quotes")
        .or(&[Kind::NoSession, Kind::Conflict, Kind::DataNotAnObject]),
        Route::new(
            Method::PUT,
            SESSION,
            put,
            "saveSession",
            "Creates or replaces a session under a token that the client chooses",
        )
        .details("`If-None-Match: *` only creates a session, `If-Match: *` only writes a live one.")
        .right(Right::Write)
        .token()
        .if_match()
        .if_none_match()
        .body::<Saved>(Required::True)
        .returns_nothing(StatusCode::CREATED, "A session was created; its `w` is 1")
        .returns_nothing(StatusCode::NO_CONTENT, "The live session was written")
        .or(&[Kind::Conflict, Kind::Limit, Kind::CrossSlot]),
    ]
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct Terms {
    /// Changes the session only if it belongs to this id; empty: only if it is anonymous
    #[param(value_type = String, required = false)]
    ifid: Option<String>,
    /// The idle timeout from now on
    #[param(value_type = schema::Ttl, required = false)]
    ttl: Option<String>,
    #[param(value_type = schema::Lifetime, required = false)]
    lifetime: Option<String>,
}

async fn patch(
    Admitted { app, .. }: Admitted<Write>,
    Query(terms): Query<Terms>,
    SessionToken(token): SessionToken,
    precondition: Precondition,
    extract::State(state): extract::State<State>,
    Keys(keys): Keys,
) -> Result<Response, Problem> {
    let version = match precondition {
        // A changed session exists.
        Precondition::None | Precondition::Present => None,
        Precondition::Version(writes) => Some(writes),
        Precondition::Absent => return Err(invalid("If-None-Match is allowed only for PUT")),
    };
    let absent = match terms.ifid {
        Some(_) => no_session_of_ifid,
        None => no_session,
    };
    let command = Command::at("SESSIONS.SET", &app, &token)
        .arg(keys)
        .option("IFW", version)
        .option("IFID", terms.ifid)
        .option("TTL", terms.ttl)
        .option("LIFETIME", terms.lifetime)
        .arg("JSON");
    let reply = state.store.send(command).await?;
    let session = Session::of_reply(reply)?.ok_or_else(absent)?;
    Ok(([etag(session.w)], axum::Json(session)).into_response())
}

/// The body of PATCH. As RFC 5789 requires, the response to another media type names the accepted
/// one.
struct Keys(Raw);

impl FromRequest<State> for Keys {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &State) -> Result<Self, Problem> {
        match Json::from_request(request, state).await {
            Ok(Json(keys)) => Ok(Self(keys)),
            Err(problem) if problem.kind == Kind::UnsupportedMediaType => {
                Err(problem.with_header(ACCEPT_PATCH, HeaderValue::from_static("application/json")))
            }
            Err(problem) => Err(problem),
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "a JSON object")]
struct Saved {
    /// All data of the session
    #[schema(value_type = schema::Data)]
    data: Raw,
    /// The user of the session from now on; without it, a new session is anonymous
    #[schema(value_type = Option<schema::NewId>)]
    id: Option<String>,
    /// The session is anonymous from now on
    anonymous: Option<bool>,
    #[schema(value_type = Option<schema::Ip>)]
    ip: Option<String>,
    /// The client's user agent; 512 bytes of it are kept; empty: unknown
    ua: Option<String>,
    /// The idle timeout from now on
    #[schema(value_type = Option<schema::Ttl>)]
    ttl: Option<Raw>,
    #[schema(value_type = Option<schema::Lifetime>)]
    lifetime: Option<Raw>,
    /// Use does not extend the session from now on
    no_resave: Option<bool>,
    /// The least recently active ones are ended; requires `id`
    #[schema(value_type = Option<schema::Max>)]
    max: Option<Raw>,
    /// With `max`: the request is refused, and no session is ended
    reject: Option<bool>,
}

async fn put(
    Admitted { app, .. }: Admitted<Write>,
    Query(Nothing {}): Query<Nothing>,
    SessionToken(token): SessionToken,
    precondition: Precondition,
    extract::State(state): extract::State<State>,
    Json(body): Json<Saved>,
) -> Result<StatusCode, Problem> {
    let owner = Ownership {
        id: body.id.as_deref(),
        anonymous: body.anonymous,
        max: body.max.as_ref(),
        reject: body.reject,
    };
    owner.check()?;
    let command = Command::at("SESSIONS.SAVE", &app, &token).arg(body.data);
    let command = match precondition {
        Precondition::None => command,
        Precondition::Absent => command.arg("NX"),
        Precondition::Present => command.arg("XX"),
        Precondition::Version(writes) => command.arg("IFW").arg(writes),
    };
    let command = command
        .option("ID", body.id)
        .flag("ANON", body.anonymous.into())
        .option("IP", body.ip)
        .option("UA", body.ua)
        .option("TTL", body.ttl)
        .option("LIFETIME", body.lifetime)
        .flag("NORESAVE", body.no_resave.into())
        .option("MAX", body.max)
        .flag("REJECT", body.reject.into());
    match integer(&state.store.send(command).await?)? {
        2 => Ok(StatusCode::CREATED),
        1 => Ok(StatusCode::NO_CONTENT),
        0 => Err(Problem::new(Kind::Conflict, unmet(precondition))),
        _ => Err(Failure::Unexpected.into()),
    }
}

/// Why nothing was saved.
fn unmet(precondition: Precondition) -> &'static str {
    match precondition {
        Precondition::Absent => "a live session already has this token: choose another token",
        Precondition::Present | Precondition::Version(_) => "no live session has this token",
        // This happens during a KILLALL or KILLSOID.
        Precondition::None => "the session was ended during the request: repeat the request",
    }
}
