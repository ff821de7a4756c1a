//! The budgeted pass that removes the timed-out sessions of one part of a database.
//!
//! It takes the members of `SESSIONS` whose score is below the second in which the
//! pass began, lowest first, and decides by each session's hash: gone or timed out,
//! everything about it is removed; alive, its score is corrected to the end that the
//! hash gives, which is not below. So every step leaves the range smaller than before,
//! no member is looked at twice, and a pass ends whatever others do meanwhile.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::index::score;
use super::keyspace::{Keyspace, Order, Range, SortedSetKey};
use super::kill::PORTION;
use super::removal::Doomed;
use super::{Counted, Job, Progress, Store, keys};
use crate::error::Error;
use crate::session::Seconds;
use crate::session::ident::App;

#[derive(Clone, Debug)]
pub(crate) struct Wipe {
    began: Seconds,
    wiped: u64,
    unreadable: u64,
}

impl Wipe {
    pub(crate) const fn new(began: Seconds) -> Self {
        Self {
            began,
            wiped: 0,
            unreadable: 0,
        }
    }
}

impl<K: Keyspace> Job<K> for Wipe {
    fn step(&mut self, store: &Store<'_, K>) -> Result<Progress, Error> {
        // A clock that goes back during a pass must not make it look at a member twice.
        let store = &Store {
            now: store.now.max(self.began),
            ..*store
        };
        let mut due = store.keyspace.sorted_set(&store.keys.due())?;
        let members = members_below(&due, self.began);
        if members.is_empty() {
            return Ok(Progress::Finished);
        }
        let mut rubbish = Vec::new();
        let mut by_app: BTreeMap<&[u8], Vec<Doomed>> = BTreeMap::new();
        for member in &members {
            let Some((app, token, id)) = keys::parse_due_member(member) else {
                rubbish.push(member.clone());
                continue;
            };
            let judged = store.judge(app, token, id);
            match judged.due.filter(|_| judged.doomed.is_live()) {
                // Never below, whatever the hash says: the pass would not end.
                Some(end) => due.add(member, end.max(self.began)),
                None => by_app.entry(app.as_bytes()).or_default().push(judged.doomed),
            }
        }
        self.unreadable += due.remove(&rubbish) as u64;
        for (app, doomed) in by_app {
            let app = App::parse(app)?;
            store.remove(app, &doomed, &mut store.readable_indexes(app), &mut due);
            self.wiped += doomed.iter().map(|gone| u64::from(gone.is_session())).sum::<u64>();
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

fn members_below(due: &impl SortedSetKey, below: Seconds) -> Vec<Vec<u8>> {
    let mut members = Vec::with_capacity(PORTION);
    let range = Range {
        min: None,
        below: Some(score(below)),
    };
    due.visit(range, Order::Ascending, &mut |member, _| {
        members.push(member.to_vec());
        if members.len() < PORTION {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    members
}
