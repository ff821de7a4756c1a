//! The live sessions of an id, listed or counted.

use std::collections::{BTreeMap, BTreeSet};

use super::super::keyspace::SetKey;
use super::super::outcome::{ListEntry, Outcome, Sorting};
use super::super::{Backend, Job, Progress, Store};
use sessions_model::error::Error;
use sessions_model::ident::{App, AppName, Id, Token};
use sessions_model::number::{Limit, Window};

/// The live sessions of an id, by last activity, or how many there are.
#[derive(Debug)]
pub(crate) struct OfId<B> {
    app: AppName,
    id: Vec<u8>,
    window: Window,
    cursor: u64,
    what: What<B>,
}

#[derive(Debug)]
enum What<B> {
    Count {
        seen: BTreeSet<Token>,
    },
    List {
        sorting: Sorting,
        limit: Limit,
        /// The best of those seen so far, as many as the limit can show.
        best: BTreeMap<(Rank, Token), ListEntry<B>>,
        ranks: BTreeMap<Token, Rank>,
    },
}

/// Lower ranks come first.
type Rank = i128;

impl<B> OfId<B> {
    pub(in crate::store) fn count(app: App<'_>, id: Id<'_>, window: Window) -> Self {
        Self::new(app, id, window, What::Count { seen: BTreeSet::new() })
    }

    pub(in crate::store) fn list(app: App<'_>, id: Id<'_>, window: Window, sorting: Sorting, limit: Limit) -> Self {
        let list = What::List {
            sorting,
            limit,
            best: BTreeMap::new(),
            ranks: BTreeMap::new(),
        };
        Self::new(app, id, window, list)
    }

    fn new(app: App<'_>, id: Id<'_>, window: Window, what: What<B>) -> Self {
        Self {
            app: app.into(),
            id: id.as_bytes().to_vec(),
            window,
            cursor: 0,
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
}

impl<B> What<B> {
    fn put(&mut self, found: ListEntry<B>) {
        match self {
            Self::Count { seen } => {
                seen.insert(found.token);
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
                let token = found.token;
                // A portion may show what an earlier one has shown.
                if let Some(old) = ranks.insert(token, rank) {
                    best.remove(&(old, token));
                }
                best.insert((rank, token), found);
                let most = limit
                    .count
                    .map_or(usize::MAX, |count| limit.offset.saturating_add(count));
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
        let app = self.app.as_app();
        let mut tokens = Vec::new();
        let mut set = store.backend.set(&store.keys.tokens(app, &self.id))?;
        self.cursor = set.visit_portion(self.cursor, &mut |member| tokens.extend(Token::parse(member)));
        drop(set);
        for token in tokens {
            if let Some(found) = store.listed(app, token, &self.id, self.window) {
                self.what.put(found);
            }
        }
        Ok(if self.cursor == 0 {
            Progress::Finished
        } else {
            Progress::Unfinished
        })
    }
}
