//! A session and what else both layouts have in common.

use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) reads: u32,
    pub(crate) writes: u32,
    pub(crate) la: u64,
    pub(crate) ttl: u32,
    pub(crate) created: u64,
    pub(crate) ip: String,
    pub(crate) data: Vec<u8>,
}

impl Session {
    pub(crate) fn is_live(&self, now: u64) -> bool {
        now.saturating_sub(self.la) <= u64::from(self.ttl)
    }
}

/// The length of a step of the indexes in seconds, as in the product.
pub(crate) const STEP: u64 = 10;

/// Whether a use at `to` is in another step of the session than `from`.
pub(crate) fn steps(phase: u8, from: u64, to: u64) -> bool {
    let step = |at: u64| (at + u64::from(phase % 10)) / STEP;
    step(from) != step(to)
}

/// One use.
#[derive(Clone, Copy)]
pub(crate) enum Use<'d> {
    Read,
    Write(&'d [u8]),
}

impl Use<'_> {
    pub(crate) fn apply(self, session: &mut Session, now: u64) {
        match self {
            Self::Read => session.reads += 1,
            Self::Write(data) => {
                session.writes += 1;
                session.data = data.to_vec();
            }
        }
        session.la = session.la.max(now);
    }
}

/// A way to store sessions with plain commands.
pub(crate) trait Layout {
    fn create(&mut self, token: &str, session: &Session);
    /// GET or SET. Returns whether there was a live session.
    fn touch(&mut self, token: &str, usage: Use<'_>, now: u64) -> bool;
    fn kill(&mut self, token: &str, now: u64) -> bool;
    /// Removes all timed-out sessions and returns how many.
    fn clean(&mut self, now: u64) -> usize;
    fn peek(&mut self, token: &str, now: u64) -> Option<Session>;
    /// Reads the newest sessions of an id with their data, as SOID lists them, and returns how
    /// many.
    fn page(&mut self, id: &str, count: usize) -> usize;
    /// The sizes of the hashes that contain several sessions.
    fn buckets_by_size(&mut self) -> Option<Buckets> {
        None
    }
    fn recorder(&mut self) -> &mut crate::recorder::Recorder;
}

pub(crate) struct Buckets {
    pub(crate) count: usize,
    /// Sessions in the bucket that has the most.
    pub(crate) most: u64,
    /// Bytes of the largest bucket.
    pub(crate) largest: u64,
    /// How many buckets are larger than 10 KB.
    pub(crate) above: usize,
}

/// A fixed sequence of random numbers.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    pub(crate) fn text(&mut self, length: usize) -> String {
        const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        (0..length).map(|_| char::from(ALPHABET[self.below(62)])).collect()
    }

    /// `count` different numbers below `limit`.
    pub(crate) fn pick(&mut self, count: usize, limit: usize) -> Vec<usize> {
        let mut all: Vec<usize> = (0..limit).collect();
        for place in 0..count.min(limit) {
            let other = place + self.below(limit - place);
            all.swap(place, other);
        }
        all.truncate(count);
        all
    }
}

/// The expected sessions, by token.
pub(crate) type Truth = BTreeMap<String, Session>;

pub(crate) const NAMESPACE: &str = "rs:webapp";
