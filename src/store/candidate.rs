//! What killing that is under way asks about a session.

use sessions_model::ident::{App, Token};
use sessions_model::session::Seconds;

/// A live session that is about to get a new token or another id: what decides whether killing
/// that is under way kills it first. Otherwise it could slip away from under the killing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate<'a> {
    pub(super) app: App<'a>,
    pub(super) id: &'a [u8],
    pub(super) token: &'a Token,
    pub(super) created: Option<Seconds>,
    pub(super) now: Seconds,
}
