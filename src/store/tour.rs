//! Runs a job on each part that this server has.

use super::{Backend, Counted, Job, Progress, Store};
use sessions_model::error::Error;
use sessions_model::parts::{Part, PartSet};

/// Runs a job on one part after the other. Parts that are added during that time are processed,
/// too. A part in which a key has another type is skipped. At the end, the tour fails with
/// [`Error::TryAgain`] if a part was being moved or was lost before it was done, otherwise with
/// [`Error::WrongType`] if a part was skipped.
#[derive(Debug)]
pub(crate) struct Tour<J> {
    /// The job of a part before its first step.
    fresh: J,
    current: Option<(Part, J)>,
    /// Parts that have been processed or skipped.
    done: PartSet,
    seen: PartSet,
    count: u64,
    unreadable: u64,
    skipped: u64,
}

impl<J: Clone + Counted> Tour<J> {
    pub(super) fn new(fresh: J) -> Self {
        Self {
            fresh,
            current: None,
            done: PartSet::default(),
            seen: PartSet::default(),
            count: 0,
            unreadable: 0,
            skipped: 0,
        }
    }

    /// Parts omitted because a key has another type.
    pub(super) const fn skipped(&self) -> u64 {
        self.skipped
    }

    pub(super) const fn fresh(&self) -> &J {
        &self.fresh
    }

    /// The part that the job is processing; `None` before and after the job.
    pub(super) fn part(&self) -> Option<Part> {
        self.current.as_ref().map(|(part, _)| *part)
    }

    /// Begins again with another job; the counts of unreadable members and skipped parts are kept.
    pub(super) fn restart(&mut self, fresh: J) {
        let (unreadable, skipped) = (self.unreadable(), self.skipped);
        *self = Self::new(fresh);
        (self.unreadable, self.skipped) = (unreadable, skipped);
    }

    fn leave(&mut self) {
        (self.count, self.unreadable) = (self.count(), self.unreadable());
        self.current = None;
    }
}

impl<J: Clone + Counted + Job<K>, K: Backend> Job<K> for Tour<J> {
    fn step(&mut self, store: &Store<'_, K>) -> Result<Progress, Error> {
        let parts = store.backend.parts();
        self.seen.extend(&parts.stable);
        self.seen.extend(&parts.moving);
        if self.part().is_some_and(|part| !parts.stable.contains(part)) {
            self.leave();
        }
        if self.current.is_none() {
            let next = parts.stable.first_missing_in(&self.done);
            self.current = next.map(|part| (part, self.fresh.clone()));
        }
        let Some((part, job)) = &mut self.current else {
            return match self.seen.first_missing_in(&self.done) {
                Some(_) => Err(Error::TryAgain),
                None if self.skipped > 0 => Err(Error::WrongType),
                None => Ok(Progress::Finished),
            };
        };
        let progress = match job.step(&store.at(*part)) {
            Err(Error::WrongType) => {
                self.skipped += 1;
                Progress::Finished
            }
            progress => progress?,
        };
        if progress == Progress::Finished {
            self.done.insert(*part);
            self.leave();
        }
        Ok(Progress::Unfinished)
    }
}

impl<J: Counted> Counted for Tour<J> {
    fn count(&self) -> u64 {
        self.count + self.current.as_ref().map_or(0, |(_, job)| job.count())
    }

    fn unreadable(&self) -> u64 {
        self.unreadable + self.current.as_ref().map_or(0, |(_, job)| job.unreadable())
    }
}
