//! Errors as pages: what [`Problem`] tells programs, written for people.

use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde::de::DeserializeOwned;

use super::frame::Frame;
use super::links;
use super::pages::ProblemPage;
use crate::problem::{Kind, Problem};
use crate::query;
use crate::state::State;
use crate::store::Failure;

/// What a handler returns instead of its page.
pub(super) enum Trouble {
    Problem(Problem),
    /// As `Problem`, but sessions may have been ended.
    Uncertain(Problem),
    /// A page that describes an error, such as the log-in page.
    Page(Box<Response>),
}

impl Trouble {
    /// Why a command that ends sessions has no reply.
    pub(super) fn of_an_end(failure: Failure) -> Self {
        let problem = Problem::from(failure);
        match problem.kind {
            Kind::Unavailable | Kind::UnknownOutcome => Self::Uncertain(problem),
            _ => Self::Problem(problem),
        }
    }
}

impl From<Problem> for Trouble {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Problem(failure.into())
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let (problem, text) = match self {
            Self::Problem(problem) => {
                let text = words(&problem);
                (problem, text)
            }
            Self::Uncertain(problem) => (problem, UNCERTAIN.to_owned()),
            Self::Page(response) => return *response,
        };
        let page = ProblemPage {
            frame: Frame::bare(),
            title: title(&problem),
            text,
            back: links::HOME,
        };
        // The page has the same status and headers, such as Retry-After, as the problem.
        let (mut head, _) = problem.into_response().into_parts();
        head.headers.remove(header::CONTENT_TYPE);
        let mut response = rendered(head.status, &page);
        for (name, value) in &head.headers {
            response.headers_mut().insert(name, value.clone());
        }
        response
    }
}

const UNCERTAIN: &str = "The server did not confirm that the sessions have ended. Check the list. If it still contains the \
                         sessions, end them again.";

fn title(problem: &Problem) -> &'static str {
    match problem.kind {
        Kind::CrossSite => "The form was refused",
        Kind::InvalidArgument => "The address or the form is not valid",
        kind => kind.title(),
    }
}

fn words(problem: &Problem) -> String {
    let words = match problem.kind {
        Kind::Unavailable => "The service reconnects automatically. Try again in a moment.",
        Kind::AppNotAllowed => "Your key does not cover this app.",
        Kind::RightNotAllowed => "Your key may see sessions but not end them.",
        Kind::CrossSite => "The form is not from your current log-in. Open the page again and repeat the action.",
        _ => return problem.detail.clone(),
    };
    words.to_owned()
}

/// The query of a page.
pub(super) struct Asked<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<State> for Asked<T> {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Trouble> {
        let invalid = |_| Problem::new(Kind::InvalidArgument, "The address of the page is not valid.");
        Ok(Self(query::read(&parts.uri).map_err(invalid)?))
    }
}

/// A page with a status.
pub(super) fn rendered(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page was not rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

pub(super) fn shown(page: &impl Template) -> Response {
    rendered(StatusCode::OK, page)
}
