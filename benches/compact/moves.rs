//! Keeps the size of buckets: adds and removes buckets as sessions are created and removed, and
//! gives an id with very many sessions a hash of its own.

use crate::bucket::{self, HANDLE, spread_of};
use crate::compact::Compact;
use crate::head::Form;
use crate::index;
use crate::leads::LEAD;
use crate::recorder::{list, number};
use crate::session::Buckets;

/// An id with more sessions than this gets a hash of its own …
pub(crate) const OWN_FROM: usize = 64;
/// … and returns into its bucket with fewer than this.
const OWN_TO: u64 = 32;

type Pair = (Vec<u8>, Vec<u8>);

/// The four bytes of the id that a field belongs to. A field that consists only of these bytes
/// marks an id that has a hash of its own.
fn owner(field: &[u8]) -> u32 {
    spread_of(field)
}

impl Compact {
    fn pairs(&mut self, key: &[u8]) -> Vec<Pair> {
        let fields = list(self.recorder.read(&[b"HGETALL", key]));
        fields
            .chunks(2)
            .map(|pair| (pair[0].clone().unwrap(), pair[1].clone().unwrap()))
            .collect()
    }

    fn add(&mut self, key: &[u8], pairs: &[Pair]) {
        // In portions, as a server would process a long command.
        for pairs in pairs.chunks(64) {
            let mut words: Vec<&[u8]> = vec![b"HSET", key];
            pairs
                .iter()
                .for_each(|(field, value)| words.extend([field.as_slice(), value]));
            self.recorder.write(&words);
        }
    }

    fn take(&mut self, key: &[u8], pairs: &[Pair]) {
        if !pairs.is_empty() {
            let mut words: Vec<&[u8]> = vec![b"HDEL", key];
            words.extend(pairs.iter().map(|(field, _)| field.as_slice()));
            self.recorder.write(&words);
        }
    }

    fn sessions(&mut self) -> u64 {
        number(&self.recorder.read(&[b"ZCARD", &index::key()]))
    }

    fn set_buckets(&mut self, count: u64) {
        self.recorder
            .write(&[b"SET", &bucket::count_key(), count.to_string().as_bytes()]);
    }

    pub(crate) fn measure_buckets(&mut self) -> Buckets {
        let count = self.buckets();
        let fields = if self.form == Form::Split { 2 } else { 1 };
        let (mut most, mut largest, mut above) = (0, 0, 0);
        for bucket in 0..count {
            let key = bucket::key(bucket);
            let sessions = number(&self.recorder.read(&[b"HLEN", &key])) / fields;
            let bytes = number(&self.recorder.read(&[b"MEMORY", b"USAGE", &key, b"SAMPLES", b"0"]));
            (most, largest) = (most.max(sessions), largest.max(bytes));
            above += usize::from(bytes > 10_240);
        }
        self.recorder.end();
        Buckets {
            count: count as usize,
            most,
            largest,
            above,
        }
    }

    /// Splits one bucket if there are too many sessions per bucket.
    pub(crate) fn grow(&mut self) {
        let (sessions, count) = (self.sessions(), self.buckets());
        if sessions <= count * self.load {
            return;
        }
        let (from, to) = (bucket::key(bucket::parent(count)), bucket::key(count));
        let pairs = self.pairs(&from);
        let leaves = |(field, _): &Pair| bucket::number(owner(field), count + 1) == count;
        let moved: Vec<Pair> = pairs.into_iter().filter(leaves).collect();
        self.add(&to, &moved);
        self.take(&from, &moved);
        self.set_buckets(count + 1);
    }

    /// Merges buckets while there are too few sessions per bucket.
    pub(crate) fn shrink(&mut self) {
        let sessions = self.sessions();
        let mut count = self.buckets();
        while count > 1 && sessions < count * self.load / 2 {
            count -= 1;
            let (from, to) = (bucket::key(count), bucket::key(bucket::parent(count)));
            let pairs = self.pairs(&from);
            self.add(&to, &pairs);
            self.recorder.write(&[b"UNLINK", &from]);
            self.set_buckets(count);
        }
    }

    /// Moves all sessions of an id out of its bucket.
    pub(crate) fn move_to_own(&mut self, key: &[u8], own: u32, lead: &[u8]) {
        let pairs = self.pairs(key);
        let mine: Vec<Pair> = pairs.into_iter().filter(|(field, _)| owner(field) == own).collect();
        self.add(&bucket::own(own), &mine);
        self.recorder.write(&[b"HSET", &bucket::own(own), LEAD, lead]);
        self.take(key, &mine);
        self.recorder.write(&[b"HSET", key, &own.to_le_bytes(), b""]);
        let order = bucket::own_order(own);
        for (handle, _) in mine.iter().filter(|(field, _)| field.len() == HANDLE) {
            let time = index::time(self.score_of(handle)).to_string();
            self.recorder.write(&[b"ZADD", &order, time.as_bytes(), handle]);
        }
    }

    /// Moves the sessions of an id back into its bucket when few are left.
    pub(crate) fn leave_own(&mut self, own: u32) {
        let order = bucket::own_order(own);
        if number(&self.recorder.read(&[b"ZCARD", &order])) >= OWN_TO {
            return;
        }
        let key = bucket::own(own);
        let (mut pairs, to) = (self.pairs(&key), self.bucket_of(own));
        pairs.retain(|(field, _)| field != LEAD);
        self.recorder.write(&[b"HDEL", &to, &own.to_le_bytes()]);
        self.add(&to, &pairs);
        self.recorder.write(&[b"UNLINK", &key, &order]);
    }
}
