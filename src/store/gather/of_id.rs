//! The live sessions of an id, listed or counted.

use std::collections::{BTreeMap, BTreeSet};

use super::super::candidate::Candidate;
use super::super::keyspace::SetKey;
use super::super::outcome::{Detail, ListEntry, Listing, Outcome, Sorting};
use super::super::{Backend, Job, Progress, Store};
use super::PORTION;
use sessions_model::error::Error;
use sessions_model::ident::{App, AppName, Id, Sid};
use sessions_model::number::{Limit, Window};
use sessions_model::stored_name::{Storage, StoredName};

/// The live sessions of an id, by last activity, or how many there are.
#[derive(Debug)]
pub(crate) struct OfId<B> {
    app: AppName,
    id: Vec<u8>,
    /// `None`: all.
    only: Option<Sid>,
    window: Window,
    detail: Detail,
    /// `None`: all portions of the id's set have been looked at.
    cursor: Option<u64>,
    /// The new tokens of sessions that were rotated meanwhile, to be looked at in the end.
    rotated: BTreeSet<StoredName>,
    what: What<B>,
}

#[derive(Debug)]
enum What<B> {
    Count {
        seen: BTreeSet<StoredName>,
    },
    List {
        sorting: Sorting,
        limit: Limit,
        /// The best of those seen so far: as many as the limit can show, and some to take the place of
        /// those that others rotate or give to another id meanwhile.
        best: BTreeMap<(Rank, StoredName), ListEntry<B>>,
        ranks: BTreeMap<StoredName, Rank>,
    },
}

/// How many more sessions than the limit can show are kept.
const SPARE: usize = 256;

/// Lower ranks come first.
type Rank = i128;

impl<B> OfId<B> {
    pub(in crate::store) fn count(app: App<'_>, id: Id<'_>, window: Window) -> Self {
        Self::new(app, id, window, What::Count { seen: BTreeSet::new() })
    }

    pub(in crate::store) fn list(app: App<'_>, id: Id<'_>, listing: Listing) -> Self {
        let Listing {
            only,
            window,
            sorting,
            limit,
            detail,
        } = listing;
        let list = What::List {
            sorting,
            limit,
            best: BTreeMap::new(),
            ranks: BTreeMap::new(),
        };
        Self {
            only,
            detail,
            ..Self::new(app, id, window, list)
        }
    }

    fn new(app: App<'_>, id: Id<'_>, window: Window, what: What<B>) -> Self {
        Self {
            app: app.into(),
            id: id.as_bytes().to_vec(),
            only: None,
            window,
            detail: Detail::WithoutData,
            cursor: Some(0),
            rotated: BTreeSet::new(),
            what,
        }
    }

    pub(in crate::store) fn outcome(&mut self) -> Outcome<B> {
        match &mut self.what {
            What::Count { seen } => Outcome::Count(seen.len() as u64),
            What::List { limit, best, .. } => {
                let listed = std::mem::take(best).into_values();
                let count = limit.count.unwrap_or(usize::MAX);
                Outcome::Sessions(listed.skip(limit.offset).take(count).collect())
            }
        }
    }

    /// Takes a session out that has a new token, and comes back to it if the id still has it.
    pub(in crate::store) fn follow(&mut self, session: &Candidate<'_>, new: &StoredName, new_id: &[u8]) {
        if self.app.as_app() != session.app {
            return;
        }
        self.what.remove(session.name);
        self.rotated.remove(session.name);
        if self.id == new_id {
            self.rotated.insert(*new);
        }
    }

    /// The next tokens to look at; `None`: there are no more.
    fn portion<K: Backend>(&mut self, store: &Store<'_, K>) -> Result<Option<Vec<StoredName>>, Error> {
        let Some(cursor) = self.cursor else {
            let portion: Vec<StoredName> = self.rotated.iter().copied().take(PORTION).collect();
            portion.iter().for_each(|name| {
                self.rotated.remove(name);
            });
            return Ok((!portion.is_empty()).then_some(portion));
        };
        let mut tokens = Vec::new();
        let mut set = store.backend.set(&store.keys.tokens(self.app.as_app(), &self.id))?;
        let next = set.visit_portion(cursor, &mut |member| tokens.extend(StoredName::parse(member)));
        self.cursor = (next != 0).then_some(next);
        Ok(Some(tokens))
    }
}

impl<B> What<B> {
    fn remove(&mut self, name: &StoredName) {
        match self {
            Self::Count { seen } => {
                seen.remove(name);
            }
            Self::List { best, ranks, .. } => {
                if let Some(rank) = ranks.remove(name) {
                    best.remove(&(rank, *name));
                }
            }
        }
    }

    fn put(&mut self, found: ListEntry<B>) {
        match self {
            Self::Count { seen } => {
                seen.insert(found.name);
            }
            Self::List {
                sorting,
                limit,
                best,
                ranks,
            } => {
                let la = Rank::from(found.session.last_activity);
                let rank = match sorting {
                    Sorting::LastActiveFirst => -la,
                    Sorting::LeastActiveFirst => la,
                };
                let name = found.name;
                // A portion may show what an earlier one has shown.
                if let Some(old) = ranks.insert(name, rank) {
                    best.remove(&(old, name));
                }
                best.insert((rank, name), found);
                let most = limit.count.map_or(usize::MAX, |count| {
                    limit.offset.saturating_add(count).saturating_add(SPARE)
                });
                if best.len() > most
                    && let Some(((_, worst), _)) = best.pop_last()
                {
                    ranks.remove(&worst);
                }
            }
        }
    }
}

impl<K: Backend> Job<K> for OfId<K::Bytes> {
    fn step(&mut self, store: &Store<'_, K>) -> Result<Progress, Error> {
        let Some(tokens) = self.portion(store)? else {
            return Ok(Progress::Finished);
        };
        let only = self.only;
        let has = |name: &StoredName, storage, sid| name.sid(storage) == sid;
        let wanted = |name: &StoredName| {
            only.is_none_or(|sid| has(name, Storage::Plain, sid) || has(name, Storage::Hashed, sid))
        };
        for name in tokens.into_iter().filter(wanted) {
            let found = store.listed(self.app.as_app(), name, &self.id, self.window, self.detail);
            let found = found.filter(|found| only.is_none_or(|sid| has(&name, found.session.storage, sid)));
            found.into_iter().for_each(|found| self.what.put(found));
        }
        let is_over = self.cursor.is_none() && self.rotated.is_empty();
        Ok(if is_over {
            Progress::Finished
        } else {
            Progress::Unfinished
        })
    }
}
