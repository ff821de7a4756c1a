//! Lists and counts that are exact at the edge of a window although scores change in steps.

use super::gather::{Members, OfApp, OfId, Total, UsersOfApp};
use super::outcome::{Detail, ListEntry, Listing};
use super::{Backend, Store, Work};
use sessions_model::ident::{App, Id};
use sessions_model::index::MAX_EDGE_READS;
use sessions_model::number::{Limit, Window};
use sessions_model::parts::Part;
use sessions_model::session::Session;
use sessions_model::stored_name::StoredName;

impl<K: Backend> Store<'_, K> {
    /// The live sessions of an id, exactly in the order of last activity, then of token.
    pub(crate) fn of_id(&self, app: App<'_>, id: Id<'_>, listing: Listing) -> Work<K::Bytes> {
        Work::OfId(self.part, Box::new(OfId::list(app, id, listing)))
    }

    pub(crate) fn count_of_id(&self, app: App<'_>, id: Id<'_>, window: Window) -> Work<K::Bytes> {
        Work::OfId(self.part, Box::new(OfId::count(app, id, window)))
    }

    /// The live sessions of an app, most recently active first, to a step.
    pub(crate) fn of_app(&self, app: App<'_>, window: Window, limit: Limit, detail: Detail) -> Work<K::Bytes> {
        Work::OfApp(Box::new(OfApp::new(app, window, limit, detail, self.now)))
    }

    /// The ids active in the window, most recently active first, to a step.
    pub(crate) fn users(&self, app: App<'_>, window: Window, limit: Limit) -> Work<K::Bytes> {
        Work::UsersOfApp(Box::new(UsersOfApp::new(app, window, limit, self.now)))
    }

    /// The session of an index entry, if it is live and in the window.
    pub(super) fn listed(
        &self,
        app: App<'_>,
        name: StoredName,
        id: &[u8],
        window: Window,
        detail: Detail,
    ) -> Option<ListEntry<K::Bytes>> {
        let session = self.find_indexed(app, name, id, detail)?;
        self.is_listed(&session, window).then_some(ListEntry {
            name,
            session,
            at: self.now,
        })
    }

    /// The fields of an index entry's session that decide its position in a list, if the session is
    /// live and in the window.
    pub(super) fn live_place(
        &self,
        app: App<'_>,
        name: StoredName,
        id: &[u8],
        window: Window,
    ) -> Option<Session<K::Bytes>> {
        self.life_of_indexed(app, name, id)
            .filter(|session| self.is_listed(session, window))
    }

    fn is_listed(&self, session: &Session<K::Bytes>, window: Window) -> bool {
        session.life().is_live(self.now) && window.contains(session.last_activity, self.now)
    }

    /// How many sessions were active in the window.
    pub(crate) fn count(&self, app: App<'_>, window: Window) -> Work<K::Bytes> {
        Work::Total(Box::new(Total::new(app, Members::Sessions, window, self.now)))
    }

    /// How many different ids were active in the window.
    pub(crate) fn activity(&self, app: App<'_>, window: Window) -> Work<K::Bytes> {
        Work::Total(Box::new(Total::new(app, Members::Ids, window, self.now)))
    }

    /// How many hashes may be read in a part to be exact at the edge of a window; none in a part
    /// that is being moved, because they may be on the other node.
    pub(super) fn reads_in(&self, part: Part) -> usize {
        let is_stable = self.backend.parts().stable.contains(part);
        if is_stable { MAX_EDGE_READS } else { 0 }
    }
}
