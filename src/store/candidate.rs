//! What a running KILLALL or KILLSOID needs to know about a session.

use sessions_model::ident::App;
use sessions_model::session::{Seconds, Session};
use sessions_model::stored_name::{Storage, StoredName};

/// A live session that is about to get a new token or another id. These fields decide whether a
/// running kill ends it first; otherwise it could escape.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate<'a> {
    pub(super) app: App<'a>,
    pub(super) id: &'a [u8],
    pub(super) name: &'a StoredName,
    pub(super) storage: Storage,
    pub(super) created: Option<Seconds>,
    pub(super) now: Seconds,
}

impl<'a> Candidate<'a> {
    pub(super) fn of<B: AsRef<[u8]>>(
        app: App<'a>,
        name: &'a StoredName,
        session: &'a Session<B>,
        now: Seconds,
    ) -> Self {
        Self {
            app,
            id: session.id.as_ref(),
            name,
            storage: session.storage,
            created: session.created,
            now,
        }
    }
}
