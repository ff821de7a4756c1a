//! The live sessions of an id, listed or counted.

use std::collections::BTreeSet;

use super::super::candidate::Candidate;
use super::super::keyspace::{SetKey, SortedSetKey};
use super::super::outcome::{ListEntry, Listing, Outcome};
use super::super::{Backend, Job, Progress, Store};
use super::PORTION;
use super::best::Best;
use super::recent::{self, Recent, Times};
use super::seen::Seen;
use sessions_model::error::Error;
use sessions_model::ident::{App, AppName, Id, Sid};
use sessions_model::number::Window;
use sessions_model::stored_name::{Storage, StoredName};

/// How many sessions a step skips or takes from memory.
const TAKEN: usize = 512;

/// The live sessions of an id, by last activity, or their number.
#[derive(Debug)]
pub(crate) struct OfId<B> {
    query: Query,
    source: Source,
    /// Tokens that have been read but not checked.
    ahead: Vec<StoredName>,
    /// The new tokens of sessions that were rotated during that time, to be checked at the end.
    rotated: BTreeSet<StoredName>,
    what: What<B>,
}

#[derive(Debug, PartialEq, Eq)]
struct Query {
    app: AppName,
    id: Vec<u8>,
    /// `None`: it is a count.
    listing: Option<Listing>,
    window: Window,
}

impl Query {
    fn only(&self) -> Option<Sid> {
        self.listing.and_then(|listing| listing.only)
    }
}

/// The source of the tokens.
#[derive(Debug)]
enum Source {
    /// Not known yet.
    Unopened,
    /// The app's sorted set, as far as the page requires.
    Recent(Box<Recent>),
    /// The id's set, from a cursor on.
    Set(u64),
    /// The tokens of sessions that were rotated during that time.
    Rotated,
    /// There are no more tokens: the page is being read.
    Shown,
}

#[derive(Debug)]
enum What<B> {
    Count(Seen),
    List {
        best: Best<B>,
        reading: Reading,
        /// How many of the best sessions still have to be skipped.
        skipped: usize,
        listed: Vec<ListEntry<B>>,
    },
}

/// How the sessions of a list are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    /// Each session is read once and as a whole.
    Whole,
    /// First the fields that decide each session's position are read, then the sessions of the
    /// page.
    PlaceFirst,
}

impl<B> OfId<B> {
    pub(in crate::store) fn count(app: App<'_>, id: Id<'_>, window: Window) -> Self {
        Self::new(app, id, window, None, What::Count(Seen::default()))
    }

    pub(in crate::store) fn list(app: App<'_>, id: Id<'_>, listing: Listing) -> Self {
        let list = What::List {
            best: Best::new(listing.sorting, listing.limit),
            reading: Reading::Whole,
            skipped: 0,
            listed: Vec::new(),
        };
        Self::new(app, id, listing.window, Some(listing), list)
    }

    fn new(app: App<'_>, id: Id<'_>, window: Window, listing: Option<Listing>, what: What<B>) -> Self {
        Self {
            query: Query {
                app: app.into(),
                id: id.as_bytes().to_vec(),
                listing,
                window,
            },
            source: Source::Unopened,
            ahead: Vec::new(),
            rotated: BTreeSet::new(),
            what,
        }
    }

    pub(in crate::store) fn is_same(&self, other: &Self) -> bool {
        self.query == other.query
    }

    pub(in crate::store) fn outcome(&mut self) -> Outcome<B> {
        match &mut self.what {
            What::Count(seen) => Outcome::Count(seen.len() as u64),
            What::List { listed, .. } => Outcome::Sessions(std::mem::take(listed)),
        }
    }

    /// Removes a session that has a new token; it is checked again at the end if it still belongs
    /// to the id. A session on the page that is being read is not removed, because it was checked
    /// before.
    pub(in crate::store) fn follow(&mut self, session: &Candidate<'_>, new: &StoredName, new_id: &[u8]) {
        if self.query.app.as_app() != session.app {
            return;
        }
        match &mut self.what {
            What::Count(seen) => seen.remove(session.name),
            What::List { best, .. } => best.remove(session.name),
        }
        self.rotated.remove(session.name);
        if self.query.id == new_id {
            self.rotated.insert(*new);
        }
    }

    /// Chooses the source of the tokens.
    fn open<K: Backend>(&mut self, store: &Store<'_, K>) -> Result<Source, Error> {
        let Query { app, id, window, .. } = &self.query;
        let only = self.query.only();
        let What::List { best, reading, .. } = &mut self.what else {
            return Ok(Source::Set(0));
        };
        let sessions = store.backend.set(&store.keys.tokens(app.as_app(), id))?.len();
        if sessions > recent::MANY && best.needed().is_some() {
            *reading = Reading::PlaceFirst;
        }
        if only.is_some() || !recent::is_less(best, sessions) {
            return Ok(Source::Set(0));
        }
        let users = store.backend.sorted_set(&store.keys.users(app.as_app()))?;
        let times = Times {
            from: window.from(store.now),
            latest: users.score_of(id),
        };
        let recent = Recent::new(best.sorting(), times, sessions, store.rules.index_step);
        Ok(Source::Recent(Box::new(recent)))
    }

    /// The next tokens to check. The source is read again when all tokens that were read have been
    /// checked, because the server returns all members of a small set at once.
    fn portion<K: Backend>(&mut self, store: &Store<'_, K>) -> Result<Vec<StoredName>, Error> {
        if self.ahead.is_empty() {
            self.ahead = self.read_ahead(store)?;
        }
        Ok(self.ahead.split_off(self.ahead.len().saturating_sub(PORTION)))
    }

    fn read_ahead<K: Backend>(&mut self, store: &Store<'_, K>) -> Result<Vec<StoredName>, Error> {
        if matches!(self.source, Source::Unopened) {
            self.source = self.open(store)?;
        }
        let app = self.query.app.as_app();
        let mut names = Vec::new();
        match (&mut self.source, &self.what) {
            (Source::Recent(recent), What::List { best, .. }) => {
                match recent.next(store, app, &self.query.id, best)? {
                    recent::Found::Names(found) => names = found,
                    recent::Found::Enough => self.source = Source::Rotated,
                    recent::Found::NotEnough => self.source = Source::Set(0),
                }
            }
            (Source::Set(cursor), _) => {
                let mut set = store.backend.set(&store.keys.tokens(app, &self.query.id))?;
                let next = set.visit_portion(*cursor, &mut |member| names.extend(StoredName::parse(member)));
                self.source = if next == 0 { Source::Rotated } else { Source::Set(next) };
            }
            _ => {
                while let Some(name) = self.rotated.pop_first() {
                    names.push(name);
                    if names.len() == PORTION {
                        break;
                    }
                }
            }
        }
        Ok(names)
    }

    /// Reads a session, and keeps it if it is live and in the window.
    fn look_at<K: Backend<Bytes = B>>(&mut self, store: &Store<'_, K>, name: StoredName) {
        let Query { app, id, window, .. } = &self.query;
        let app = app.as_app();
        let only = self.query.only();
        let has_sid = |storage| only.is_none_or(|sid| name.sid(storage) == sid);
        if !has_sid(Storage::Plain) && !has_sid(Storage::Hashed) {
            return;
        }
        match &mut self.what {
            What::List {
                best,
                reading: Reading::Whole,
                ..
            } => {
                let detail = self.query.listing.map(|listing| listing.detail).unwrap_or_default();
                let found = store.listed(app, name, id, *window, detail);
                if let Some(found) = found.filter(|found| has_sid(found.session.storage)) {
                    best.put(name, found.session.last_activity, Some(found));
                }
            }
            What::List { best, .. } => {
                let found = store.live_place(app, name, id, *window);
                if let Some(found) = found.filter(|found| has_sid(found.storage)) {
                    best.put(name, found.last_activity, None);
                }
            }
            What::Count(seen) => {
                if store.live_place(app, name, id, *window).is_some() {
                    seen.insert(&name);
                }
            }
        }
    }

    /// Reads the next sessions of the page.
    fn show<K: Backend<Bytes = B>>(&mut self, store: &Store<'_, K>) -> Progress {
        let Query { app, id, window, .. } = &self.query;
        let What::List {
            best,
            reading,
            skipped,
            listed,
        } = &mut self.what
        else {
            return Progress::Finished;
        };
        let count = best.limit().count.unwrap_or(usize::MAX);
        let detail = self.query.listing.map(|listing| listing.detail).unwrap_or_default();
        let (mut taken, mut read) = (0, 0);
        while taken < TAKEN && read < PORTION && listed.len() < count {
            let Some((name, entry)) = best.pop_first() else { break };
            taken += 1;
            if *skipped > 0 {
                *skipped -= 1;
                continue;
            }
            listed.extend(entry.or_else(|| {
                read += 1;
                store.listed(app.as_app(), name, id, *window, detail)
            }));
        }
        if best.len() > 0 && listed.len() < count {
            return Progress::Unfinished;
        }
        if *reading == Reading::PlaceFirst {
            // Some may have been used since their positions were determined.
            best.sort(listed);
        }
        Progress::Finished
    }
}

impl<K: Backend> Job<K> for OfId<K::Bytes> {
    fn step(&mut self, store: &Store<'_, K>) -> Result<Progress, Error> {
        if matches!(self.source, Source::Shown) {
            return Ok(self.show(store));
        }
        for name in self.portion(store)? {
            self.look_at(store, name);
        }
        if matches!(self.source, Source::Rotated) && self.ahead.is_empty() && self.rotated.is_empty() {
            self.source = Source::Shown;
            if let What::List { best, skipped, .. } = &mut self.what {
                *skipped = best.limit().offset;
            }
            return Ok(self.show(store));
        }
        Ok(Progress::Unfinished)
    }
}
