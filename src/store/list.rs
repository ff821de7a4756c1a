//! Listing and counting, exact at the edge of a window although scores go in steps.

use std::ops::ControlFlow;

use super::Store;
use super::index::{MAX_EDGE_READS, STEP, score};
use super::keys;
use super::keyspace::{Keyspace, Order, Range, SetKey, SortedSetKey};
use crate::error::Error;
use crate::session::ident::{App, Id, Token};
use crate::session::number::{Limit, Window};
use crate::session::{Seconds, Session};

/// A session of a list.
#[derive(Clone, Debug)]
pub(crate) struct Listed<B> {
    pub(crate) token: Token,
    pub(crate) session: Session<B>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sorting {
    LastActiveFirst,
    LeastActiveFirst,
}

impl<K: Keyspace> Store<'_, K> {
    /// The live sessions of an id, exactly by last activity; equal ones by token.
    pub(crate) fn of_id(
        &self,
        app: App<'_>,
        id: Id<'_>,
        window: Window,
        sorting: Sorting,
        limit: Limit,
    ) -> Result<Vec<Listed<K::Bytes>>, Error> {
        let mut listed = self.live_of_id(app, id, window)?;
        listed.sort_unstable_by_key(|listed| {
            let la = listed.session.last_activity;
            let rank = match sorting {
                Sorting::LastActiveFirst => -i128::from(la),
                Sorting::LeastActiveFirst => i128::from(la),
            };
            (rank, listed.token)
        });
        let count = limit.count.unwrap_or(usize::MAX);
        Ok(listed.into_iter().skip(limit.offset).take(count).collect())
    }

    pub(crate) fn count_of_id(&self, app: App<'_>, id: Id<'_>, window: Window) -> Result<usize, Error> {
        Ok(self.live_of_id(app, id, window)?.len())
    }

    fn live_of_id(&self, app: App<'_>, id: Id<'_>, window: Window) -> Result<Vec<Listed<K::Bytes>>, Error> {
        let members = self.keyspace.set(&self.keys.tokens(app, id.as_bytes()))?.members();
        let tokens = members.iter().filter_map(|member| Token::parse(member).ok());
        Ok(tokens
            .filter_map(|token| self.listed(app, token, id.as_bytes(), window))
            .collect())
    }

    /// The session of an index entry, if it is live and in the window.
    fn listed(&self, app: App<'_>, token: Token, id: &[u8], window: Window) -> Option<Listed<K::Bytes>> {
        let session = self.find_indexed(app, token, id)?;
        (session.is_live(self.now) && window.contains(session.last_activity, self.now))
            .then_some(Listed { token, session })
    }

    /// The live sessions of an app, most recently active first, to 10 s.
    pub(crate) fn of_app(&self, app: App<'_>, window: Window, limit: Limit) -> Result<Vec<Listed<K::Bytes>>, Error> {
        let sessions = self.keyspace.sorted_set(&self.keys.sessions(app))?;
        let from = window.from(self.now);
        let from = match edge(&sessions, from) {
            Some(_) => from.map(|from| from.saturating_sub(STEP)),
            None => from,
        };
        let mut listed = Vec::new();
        let mut matching = 0_usize;
        sessions.visit(Range::from_min(from), Order::Descending, &mut |member, _| {
            let found = keys::parse_session_member(member).and_then(|(token, id)| self.listed(app, token, id, window));
            if let Some(found) = found {
                matching += 1;
                if matching > limit.offset {
                    listed.push(found);
                }
            }
            if limit.is_reached(matching) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        Ok(listed)
    }

    /// How many sessions were active in the window; timed-out ones count until they are wiped.
    pub(crate) fn count(&self, app: App<'_>, window: Window) -> Result<usize, Error> {
        let sessions = self.keyspace.sorted_set(&self.keys.sessions(app))?;
        let Some(from) = window.from(self.now) else {
            return Ok(sessions.len());
        };
        let edge = edge(&sessions, Some(from)).unwrap_or_default();
        let active = edge.iter().filter(|member| {
            keys::parse_session_member(member)
                .and_then(|(token, id)| self.find_indexed(app, token, id))
                .is_some_and(|session| session.last_activity >= from)
        });
        Ok(sessions.count_from(score(from)) + active.count())
    }

    /// How many different ids were active in the window.
    pub(crate) fn activity(&self, app: App<'_>, window: Window) -> Result<usize, Error> {
        let users = self.keyspace.sorted_set(&self.keys.users(app))?;
        let Some(from) = window.from(self.now) else {
            return Ok(users.len());
        };
        Ok(users.count_from(score(from)) + self.active_at_edge(app, &users, from).len())
    }

    /// The ids active in the window, most recently active first, to 10 s.
    pub(crate) fn users(&self, app: App<'_>, window: Window, limit: Limit) -> Result<Vec<Vec<u8>>, Error> {
        let users = self.keyspace.sorted_set(&self.keys.users(app))?;
        let from = window.from(self.now);
        let mut ids = Vec::new();
        let mut matching = 0_usize;
        let mut take = |id: &[u8]| {
            matching += 1;
            if matching > limit.offset {
                ids.push(id.to_vec());
            }
            if limit.is_reached(matching) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let mut end = ControlFlow::Continue(());
        users.visit(Range::from_min(from), Order::Descending, &mut |id, _| {
            end = take(id);
            end
        });
        if let (Some(from), ControlFlow::Continue(())) = (from, end) {
            for id in self.active_at_edge(app, &users, from) {
                if take(&id).is_break() {
                    break;
                }
            }
        }
        Ok(ids)
    }

    /// The ids whose score lies just below a window, but one of whose sessions lies in
    /// it by its hash. None when deciding would mean too many reads.
    fn active_at_edge(&self, app: App<'_>, users: &K::SortedSet, from: Seconds) -> Vec<Vec<u8>> {
        let mut ids = edge(users, Some(from)).unwrap_or_default();
        let mut sets = Vec::with_capacity(ids.len());
        let mut reads = 0;
        for id in &ids {
            let set = self.keyspace.set(&self.keys.tokens(app, id)).ok();
            reads += set.as_ref().map_or(0, SetKey::len);
            if reads > MAX_EDGE_READS {
                return Vec::new();
            }
            sets.push(set);
        }
        let mut sets = sets.into_iter();
        ids.retain(|id| {
            let tokens = sets.next().flatten().map(|set| set.members()).unwrap_or_default();
            tokens.iter().filter_map(|token| Token::parse(token).ok()).any(|token| {
                self.find_indexed(app, token, id)
                    .is_some_and(|session| session.last_activity >= from)
            })
        });
        ids
    }
}

impl Range {
    fn from_min(min: Option<Seconds>) -> Self {
        Self {
            min: min.map(score),
            below: None,
        }
    }
}

/// The members within a step below a window, highest score first. `None` when they are
/// too many to look at one by one, or when the window has no edge.
fn edge(set: &impl SortedSetKey, from: Option<Seconds>) -> Option<Vec<Vec<u8>>> {
    let from = from?;
    let range = Range {
        min: Some(score(from.saturating_sub(STEP))),
        below: Some(score(from)),
    };
    let mut members = Vec::new();
    set.visit(range, Order::Descending, &mut |member, _| {
        members.push(member.to_vec());
        if members.len() > MAX_EDGE_READS {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    (members.len() <= MAX_EDGE_READS).then_some(members)
}
