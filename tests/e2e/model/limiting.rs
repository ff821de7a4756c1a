//! What MAX and REJECT do before an id gets another session.

use super::answer::{Verdict, refused};
use super::command::Options;
use super::session::Session;
use super::state::State;
use crate::harness::Reply;

impl State {
    /// Whether REJECT refuses the id another session.
    pub(super) fn is_full(&self, app: &str, id: &str, options: &Options, now: i64) -> bool {
        let max = options.max.filter(|max| max.reject);
        let live = self.of_id(app, id).filter(|session| session.is_live(now)).count();
        max.is_some_and(|max| live >= max.n)
    }

    pub(super) fn refused_by_the_limit(&mut self, reply: &Reply) -> Verdict {
        self.told.count("refused");
        refused(
            reply,
            "LIMIT the id already has the maximum number of sessions: end one, or omit REJECT",
        )
    }

    /// Ends the sessions that MAX ends before the id gets `new`.
    pub(super) fn make_room(&mut self, new: &Session, options: &Options, now: i64) {
        let (app, id) = (&new.app, &new.id);
        let all = self.of_id(app, id).count();
        let Some(max) = options.max.filter(|max| !id.is_empty() && all >= max.n) else {
            return;
        };
        let live = self.of_id(app, id).filter(|session| session.is_live(now));
        let mut live: Vec<_> = live.map(|s| (s.la, s.created, s.name())).collect();
        live.sort();
        live.truncate((live.len() + 1).saturating_sub(max.n));
        let limited = self.remove(now, |s| {
            let goes = !s.is_live(now) || live.iter().any(|(_, _, name)| *name == s.name());
            s.app == *app && s.id == *id && goes
        });
        (0..limited).for_each(|_| self.told.count("limited"));
    }
}
