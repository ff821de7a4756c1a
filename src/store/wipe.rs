//! The cleanup pass, which removes the timed-out sessions of one part of a database in steps.
//!
//! It reads the members of `SESSIONS` whose score is below the second in which the pass began,
//! lowest first, and decides by each session's hash. If the session is missing or timed out, all
//! its entries are removed. If it is live, its score is corrected to the end of the session, which
//! is not below that second. So every step makes the range smaller, no member is checked twice, and
//! a pass ends regardless of what other clients do.
//!
//! Then it reads the members whose score is further in the future than any session can live. No
//! pass would ever reach them: redis-sessions writes such scores if its ttl is a string.

use std::collections::BTreeMap;

use super::keyspace::{Order, Position, Range, SortedSetKey};
use super::kill::PORTION;
use super::removal::Target;
use super::{Backend, Counted, Job, Progress, Store};
use sessions_model::error::Error;
use sessions_model::ident::App;
use sessions_model::index::{Step, score};
use sessions_model::keys;
use sessions_model::limits::MAX_SECONDS;
use sessions_model::session::Seconds;

#[derive(Clone, Debug)]
pub(crate) struct Wipe {
    began: Seconds,
    stage: Stage,
    wiped: u64,
    unreadable: u64,
}

#[derive(Clone, Debug)]
enum Stage {
    Due,
    /// After a position, highest score first.
    FarAhead {
        after: Option<Position>,
    },
}

impl Wipe {
    pub(crate) const fn new(began: Seconds) -> Self {
        Self {
            began,
            stage: Stage::Due,
            wiped: 0,
            unreadable: 0,
        }
    }

    fn page(&self, due: &impl SortedSetKey) -> Vec<Position> {
        match &self.stage {
            Stage::Due => {
                let range = Range {
                    min: None,
                    below: Some(score(self.began)),
                };
                due.page(range, Order::Ascending, None, PORTION)
            }
            Stage::FarAhead { after } => {
                let longest = self.began.saturating_add(MAX_SECONDS + Step::LONGEST.seconds());
                let range = Range {
                    min: Some(score(longest)),
                    below: None,
                };
                due.page(range, Order::Descending, after.as_ref(), PORTION)
            }
        }
    }

    /// Removes missing and timed-out sessions, and corrects the scores of the others.
    fn decide<K: Backend>(
        &mut self,
        store: &Store<'_, K>,
        due: &mut K::SortedSet,
        members: &[Position],
    ) -> Result<(), Error> {
        let mut rubbish = Vec::new();
        let mut by_app: BTreeMap<&[u8], Vec<Target>> = BTreeMap::new();
        for Position { member, score: at } in members {
            let Some((app, token, id)) = keys::parse_due_member(member) else {
                rubbish.push(member.clone());
                continue;
            };
            let verdict = store.verdict(app, token, id);
            match verdict.due.filter(|_| verdict.target.is_live()) {
                Some(end) => {
                    // The score is never below the second in which the pass began, regardless of
                    // the hash; otherwise the pass would not end.
                    let end = end.max(self.began);
                    if score(end) != *at {
                        due.add(member, end);
                    }
                }
                None => by_app.entry(app.as_bytes()).or_default().push(verdict.target),
            }
        }
        self.unreadable += due.remove(&rubbish) as u64;
        for (app, targets) in by_app {
            let app = App::parse(app)?;
            store.remove(app, &targets, &mut store.readable_indexes(app), due, None);
            self.wiped += targets.iter().map(|gone| u64::from(gone.is_session())).sum::<u64>();
        }
        Ok(())
    }
}

impl<K: Backend> Job<K> for Wipe {
    fn step(&mut self, store: &Store<'_, K>) -> Result<Progress, Error> {
        // If the clock is set back during a pass, no member may be checked twice.
        let store = &Store {
            now: store.now.max(self.began),
            ..*store
        };
        let mut due = store.backend.sorted_set(&store.keys.due())?;
        let members = self.page(&due);
        self.decide(store, &mut due, &members)?;
        match (&self.stage, members.last()) {
            (Stage::Due, Some(_)) => {}
            (Stage::Due, None) => self.stage = Stage::FarAhead { after: None },
            (Stage::FarAhead { .. }, Some(last)) => {
                self.stage = Stage::FarAhead {
                    after: Some(last.clone()),
                }
            }
            (Stage::FarAhead { .. }, None) => return Ok(Progress::Finished),
        }
        Ok(Progress::Unfinished)
    }
}

impl Counted for Wipe {
    fn count(&self) -> u64 {
        self.wiped
    }

    fn unreadable(&self) -> u64 {
        self.unreadable
    }
}
