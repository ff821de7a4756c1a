//! Lists and counts that may take longer than a slice: gathered step by step.
//!
//! Others may do anything between two steps. Each session is judged and kept as its step found
//! it; one that is made, used or ended meanwhile may be in the list or not, none is in it twice.

use std::collections::{BTreeMap, BTreeSet};

use super::keyspace::{Keyspace, Position, SetKey};
use super::list::{Listed, Sorting, edge};
use super::merged::Merged;
use super::work::Outcome;
use super::{Job, Progress, Store};
use sessions_model::error::Error;
use sessions_model::ident::{App, Id, Token};
use sessions_model::index::{MAX_EDGE_READS, STEP, score};
use sessions_model::keys;
use sessions_model::number::{Limit, Window};
use sessions_model::parts::Part;
use sessions_model::session::Seconds;

/// Members that a step looks at: a few hundred microseconds of work.
const PORTION: usize = 32;
/// Parts that a step opens.
const PARTS: usize = 256;

/// The live sessions of an id, by last activity, or how many there are.
#[derive(Debug)]
pub(crate) struct OfId<B> {
    app: Vec<u8>,
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
        best: BTreeMap<(Rank, Token), Listed<B>>,
        ranks: BTreeMap<Token, Rank>,
    },
}

/// Lower ranks come first.
type Rank = i128;

impl<B> OfId<B> {
    pub(super) fn count(app: App<'_>, id: Id<'_>, window: Window) -> Self {
        Self::new(app, id, window, What::Count { seen: BTreeSet::new() })
    }

    pub(super) fn list(app: App<'_>, id: Id<'_>, window: Window, sorting: Sorting, limit: Limit) -> Self {
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
            app: app.as_bytes().to_vec(),
            id: id.as_bytes().to_vec(),
            window,
            cursor: 0,
            what,
        }
    }

    pub(super) fn outcome(&mut self) -> Outcome<B> {
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
    fn put(&mut self, found: Listed<B>) {
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

impl<K: Keyspace> Job<K> for OfId<K::Bytes> {
    fn step(&mut self, store: &Store<'_, K>) -> Result<Progress, Error> {
        let app = App::parse(&self.app)?;
        let mut tokens = Vec::new();
        let mut set = store.keyspace.set(&store.keys.tokens(app, &self.id))?;
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

/// Parts that are still to be looked at.
#[derive(Debug, Default)]
struct Ahead(Option<Vec<Part>>);

impl Ahead {
    /// The next parts; none when all have been handed out.
    fn next<K: Keyspace>(&mut self, store: &Store<'_, K>) -> Vec<Part> {
        let parts = self.0.get_or_insert_with(|| {
            let parts = store.keyspace.parts();
            parts.stable.iter().chain(parts.moving.iter()).collect()
        });
        parts.split_off(parts.len().saturating_sub(PARTS))
    }
}

/// A walk through one of an app's sorted sets in all parts, highest score first.
#[derive(Debug)]
struct Walk {
    window: Window,
    /// The first second of the window when the walk began.
    from: Option<Seconds>,
    limit: Limit,
    /// Matching members so far, the skipped ones included.
    matching: usize,
    ahead: Ahead,
    merged: Merged,
}

impl Walk {
    fn new(window: Window, limit: Limit, now: Seconds, merged: Merged) -> Self {
        Self {
            window,
            from: window.from(now),
            limit,
            matching: 0,
            ahead: Ahead::default(),
            merged,
        }
    }

    /// Counts a matching member; whether the limit shows it.
    fn shows_next(&mut self) -> bool {
        self.matching += 1;
        self.matching > self.limit.offset
    }

    fn is_complete(&self) -> bool {
        self.limit.is_reached(self.matching)
    }
}

/// The live sessions of an app, most recently active first, to a step.
#[derive(Debug)]
pub(crate) struct OfApp<B> {
    app: Vec<u8>,
    walk: Walk,
    listed: Vec<Listed<B>>,
}

impl<B> OfApp<B> {
    pub(super) fn new(app: App<'_>, window: Window, limit: Limit, now: Seconds) -> Self {
        Self {
            app: app.as_bytes().to_vec(),
            walk: Walk::new(window, limit, now, Merged::new(|keys, app| keys.sessions(app))),
            listed: Vec::new(),
        }
    }

    pub(super) fn take(&mut self) -> Vec<Listed<B>> {
        std::mem::take(&mut self.listed)
    }
}

impl<K: Keyspace> Job<K> for OfApp<K::Bytes> {
    fn step(&mut self, store: &Store<'_, K>) -> Result<Progress, Error> {
        let app = App::parse(&self.app)?;
        let Self { walk, listed, .. } = self;
        let parts = walk.ahead.next(store);
        for &part in &parts {
            let sessions = store.keyspace.sorted_set(&store.at(part).keys.sessions(app))?;
            let is_exact = edge(&sessions, walk.from, store.reads_in(part)).is_some();
            drop(sessions);
            let from = walk
                .from
                .map(|from| if is_exact { from.saturating_sub(STEP) } else { from });
            walk.merged.add(store, app, part, from.map(score))?;
        }
        if !parts.is_empty() {
            return Ok(Progress::Unfinished);
        }
        for _ in 0..PORTION {
            let next = if walk.is_complete() {
                None
            } else {
                walk.merged.next(store, app)?
            };
            let Some((part, member)) = next else {
                return Ok(Progress::Finished);
            };
            let found = keys::parse_session_member(&member)
                .and_then(|(token, id)| store.at(part).listed(app, token, id, walk.window));
            if let Some(found) = found
                && walk.shows_next()
            {
                listed.push(found);
            }
        }
        Ok(Progress::Unfinished)
    }
}

/// The ids that were active in a window, most recently active first, to a step.
#[derive(Debug)]
pub(crate) struct UsersOfApp {
    app: Vec<u8>,
    walk: Walk,
    /// Those just below the window by their score, one of whose sessions is in it by its hash.
    edges: Edges,
    ids: Vec<Vec<u8>>,
}

#[derive(Debug)]
struct Edges {
    ahead: Ahead,
    reads: usize,
    found: Vec<Position>,
}

impl UsersOfApp {
    pub(super) fn new(app: App<'_>, window: Window, limit: Limit, now: Seconds) -> Self {
        Self {
            app: app.as_bytes().to_vec(),
            walk: Walk::new(window, limit, now, Merged::new(|keys, app| keys.users(app))),
            edges: Edges {
                ahead: Ahead::default(),
                reads: MAX_EDGE_READS,
                found: Vec::new(),
            },
            ids: Vec::new(),
        }
    }

    pub(super) fn take(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.ids)
    }

    fn put(&mut self, id: Vec<u8>) {
        if !self.walk.is_complete() && self.walk.shows_next() {
            self.ids.push(id);
        }
    }

    /// Looks at the edges of the next parts; whether these were all.
    fn look_at_edges<K: Keyspace>(&mut self, store: &Store<'_, K>, app: App<'_>) -> Result<Progress, Error> {
        let Edges { ahead, reads, found } = &mut self.edges;
        let parts = match self.walk.from {
            Some(_) if !self.walk.is_complete() => ahead.next(store),
            _ => Vec::new(),
        };
        for &part in &parts {
            let store = store.at(part);
            let users = store.keyspace.sorted_set(&store.keys.users(app))?;
            let mut allowed = store.reads_in(part).min(*reads);
            let before = allowed;
            let from = self.walk.from.unwrap_or(Seconds::MIN);
            found.extend(store.active_at_edge(app, &users, from, &mut allowed));
            *reads -= before - allowed;
        }
        if !parts.is_empty() {
            return Ok(Progress::Unfinished);
        }
        let mut found = std::mem::take(found);
        found.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| b.member.cmp(&a.member)));
        found.into_iter().for_each(|Position { member, .. }| self.put(member));
        Ok(Progress::Finished)
    }
}

impl<K: Keyspace> Job<K> for UsersOfApp {
    fn step(&mut self, store: &Store<'_, K>) -> Result<Progress, Error> {
        let app = self.app.clone();
        let app = App::parse(&app)?;
        let parts = self.walk.ahead.next(store);
        for &part in &parts {
            self.walk.merged.add(store, app, part, self.walk.from.map(score))?;
        }
        if !parts.is_empty() {
            return Ok(Progress::Unfinished);
        }
        for _ in 0..PORTION {
            let next = if self.walk.is_complete() {
                None
            } else {
                self.walk.merged.next(store, app)?
            };
            match next {
                Some((_, id)) => self.put(id),
                None => return self.look_at_edges(store, app),
            }
        }
        Ok(Progress::Unfinished)
    }
}
