//! Listing and counting, exact at the edge of a window although scores go in steps.

use std::ops::ControlFlow;

use super::Store;
use super::index::{MAX_EDGE_READS, STEP, score};
use super::keys::{self, Keys};
use super::keyspace::{Keyspace, Order, Range, SetKey, SortedSetKey};
use super::merged::Source;
use super::removal::Position;
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
        let tokens = members.iter().filter_map(|member| Token::parse(member));
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
        let from = window.from(self.now);
        let sources = self.of_all_parts(|store, reads| {
            let sessions = store.keyspace.sorted_set(&store.keys.sessions(app))?;
            let is_exact = edge(&sessions, from, *reads).is_some();
            let from = from.map(|from| if is_exact { from.saturating_sub(STEP) } else { from });
            Ok((sessions.len() > 0).then(|| Source::new(store.part, from.map(score))))
        })?;
        let mut listed = Vec::new();
        let mut matching = 0_usize;
        let name = |keys: &Keys<'_>| keys.sessions(app);
        self.visit_merged(sources, &name, |store, member| {
            let found = keys::parse_session_member(member).and_then(|(token, id)| store.listed(app, token, id, window));
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
        })?;
        Ok(listed)
    }

    /// How many sessions were active in the window; timed-out ones count until they are wiped.
    pub(crate) fn count(&self, app: App<'_>, window: Window) -> Result<usize, Error> {
        let counts = self.of_all_parts(|store, reads| {
            let sessions = store.keyspace.sorted_set(&store.keys.sessions(app))?;
            if sessions.len() == 0 {
                return Ok(None);
            }
            let Some(from) = window.from(store.now) else {
                return Ok(Some(sessions.len()));
            };
            let edge = edge(&sessions, Some(from), *reads).unwrap_or_default();
            *reads -= edge.len();
            let active = edge.iter().filter(|position| {
                keys::parse_session_member(&position.member)
                    .and_then(|(token, id)| store.find_indexed(app, token, id))
                    .is_some_and(|session| session.last_activity >= from)
            });
            Ok(Some(sessions.count_from(score(from)) + active.count()))
        })?;
        Ok(counts.into_iter().sum())
    }

    /// How many different ids were active in the window.
    pub(crate) fn activity(&self, app: App<'_>, window: Window) -> Result<usize, Error> {
        let counts = self.of_all_parts(|store, reads| {
            let users = store.keyspace.sorted_set(&store.keys.users(app))?;
            if users.len() == 0 {
                return Ok(None);
            }
            let Some(from) = window.from(store.now) else {
                return Ok(Some(users.len()));
            };
            let at_edge = store.active_at_edge(app, &users, from, reads).len();
            Ok(Some(users.count_from(score(from)) + at_edge))
        })?;
        Ok(counts.into_iter().sum())
    }

    /// The ids active in the window, most recently active first, to 10 s.
    pub(crate) fn users(&self, app: App<'_>, window: Window, limit: Limit) -> Result<Vec<Vec<u8>>, Error> {
        let from = window.from(self.now);
        let sources = self.of_all_parts(|store, _| {
            let users = store.keyspace.sorted_set(&store.keys.users(app))?;
            Ok((users.len() > 0).then(|| Source::new(store.part, from.map(score))))
        })?;
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
        self.visit_merged(sources, &|keys| keys.users(app), |_, id| {
            end = take(id);
            end
        })?;
        if let (Some(from), ControlFlow::Continue(())) = (from, end) {
            let at_edges = self.of_all_parts(|store, reads| {
                let users = store.keyspace.sorted_set(&store.keys.users(app))?;
                Ok(Some(store.active_at_edge(app, &users, from, reads)))
            })?;
            let mut at_edge: Vec<_> = at_edges.into_iter().flatten().collect();
            at_edge.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| b.member.cmp(&a.member)));
            for Position { member, .. } in &at_edge {
                if take(member).is_break() {
                    break;
                }
            }
        }
        Ok(ids)
    }

    /// What is seen of each part, which gets to know how many hashes may still be read to be
    /// exact: none of a part that is moving, as they may be on the other side.
    fn of_all_parts<T>(
        &self,
        mut look: impl FnMut(&Self, &mut usize) -> Result<Option<T>, Error>,
    ) -> Result<Vec<T>, Error> {
        let parts = self.keyspace.parts();
        let mut seen = Vec::new();
        let mut reads = MAX_EDGE_READS;
        for part in parts.stable.iter() {
            seen.extend(look(&self.at(part), &mut reads)?);
        }
        for part in parts.moving.iter() {
            seen.extend(look(&self.at(part), &mut 0)?);
        }
        Ok(seen)
    }

    /// The ids whose score lies just below a window, but one of whose sessions lies in
    /// it by its hash. None when deciding would mean too many reads.
    fn active_at_edge(&self, app: App<'_>, users: &K::SortedSet, from: Seconds, reads: &mut usize) -> Vec<Position> {
        let mut ids = edge(users, Some(from), *reads).unwrap_or_default();
        let mut sets = Vec::with_capacity(ids.len());
        let mut wanted = 0;
        for id in &ids {
            let set = self.keyspace.set(&self.keys.tokens(app, &id.member)).ok();
            wanted += set.as_ref().map_or(0, SetKey::len);
            if wanted > *reads {
                return Vec::new();
            }
            sets.push(set);
        }
        *reads -= wanted;
        let mut sets = sets.into_iter();
        ids.retain(|id| {
            let tokens = sets.next().flatten().map(|mut set| set.members()).unwrap_or_default();
            tokens.iter().filter_map(|token| Token::parse(token)).any(|token| {
                self.find_indexed(app, token, &id.member)
                    .is_some_and(|session| session.last_activity >= from)
            })
        });
        ids
    }
}

/// The members within a step below a window, highest score first. `None` when they are
/// more than can be looked at one by one, or when the window has no edge.
fn edge(set: &impl SortedSetKey, from: Option<Seconds>, most: usize) -> Option<Vec<Position>> {
    let from = from?;
    let range = Range {
        min: Some(score(from.saturating_sub(STEP))),
        below: Some(score(from)),
    };
    let mut members = Vec::new();
    set.visit(range, Order::Descending, &mut |member, score| {
        members.push(Position {
            score,
            member: member.to_vec(),
        });
        if members.len() > most {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    (members.len() <= most).then_some(members)
}
