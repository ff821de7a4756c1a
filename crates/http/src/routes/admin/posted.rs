//! A form that was sent: it must come from a page of this service (`Origin`) and of this log-in
//! (the form token), and its sender must have the right to end sessions. Nothing is done before all
//! of that is checked.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::approach::Approach;
use super::staff::{Staff, app_of};
use super::trouble::{Asked, Trouble};
use super::{forms, log_in};
use crate::body;
use crate::keys::Right;
use crate::problem::{Kind, Problem};
use crate::state::State;

/// The largest body of a form: a key, a name and a form token.
const LIMIT: usize = 16 * 1024;

/// The fields of a form that came from a page of this service.
pub(super) async fn own_form<T: DeserializeOwned>(request: Request, state: &State) -> Result<(Parts, T), Trouble> {
    let (parts, rest) = request.into_parts();
    if !Approach::of(&parts, state).is_own(&parts) {
        return Err(foreign().into());
    }
    body::require_type(&parts.headers, "application/x-www-form-urlencoded")?;
    let bytes = body::read(Request::from_parts(parts.clone(), rest), LIMIT, state).await?;
    let fields = serde_urlencoded::from_bytes(&bytes).map_err(|_| {
        Problem::new(
            Kind::InvalidArgument,
            "A field of the form is missing or occurs twice. Open the page again and repeat the action.",
        )
    })?;
    Ok((parts, fields))
}

fn foreign() -> Problem {
    Problem::new(
        Kind::CrossSite,
        "the form is from another site or from another log-in: open the page again",
    )
}

/// The fields in the bodies of the forms.
#[derive(Deserialize)]
pub(super) struct Fields {
    form: String,
    /// The name of the app, typed.
    #[serde(default)]
    confirm: String,
}

/// A form of a logged-in user.
pub(super) struct Posted {
    pub(super) staff: Staff,
    confirm: String,
    pub(super) parts: Parts,
}

impl FromRequest<State> for Posted {
    type Rejection = Trouble;

    async fn from_request(request: Request, state: &State) -> Result<Self, Trouble> {
        let (parts, fields) = own_form::<Fields>(request, state).await?;
        let Some(staff) = Staff::find(&parts, state).await? else {
            return Err(Trouble::Page(Box::new(log_in::required(&parts, state))));
        };
        if !forms::is_of_this_log_in(&fields.form, &staff.token) {
            return Err(foreign().into());
        }
        Ok(Self {
            staff,
            confirm: fields.confirm,
            parts,
        })
    }
}

/// A form that ends sessions of an app, sent by a user who may do so. `Q` is the type of its query.
pub(super) struct Ending<Q> {
    pub(super) staff: Staff,
    pub(super) app: String,
    pub(super) query: Q,
    pub(super) confirm: String,
}

impl<Q: DeserializeOwned> FromRequest<State> for Ending<Q> {
    type Rejection = Trouble;

    async fn from_request(request: Request, state: &State) -> Result<Self, Trouble> {
        let Posted {
            staff,
            confirm,
            mut parts,
        } = Posted::from_request(request, state).await?;
        let app = app_of(&mut parts).await?;
        staff.admit(&app, Right::Read, state)?;
        staff.admit(&app, Right::Admin, state)?;
        let Asked(query) = Asked::from_request_parts(&mut parts, state).await?;
        Ok(Self {
            staff,
            app,
            query,
            confirm,
        })
    }
}
