//! The compact layout, written by plain commands: one hash contains the sessions of several ids,
//! and there is one index.
//!
//! docs/compact-layout.md describes it. `moves` splits and merges buckets, `windows` counts and
//! lists.

use std::collections::BTreeMap;

use crate::bucket::{self, Handle, handle, phase, spread, spread_of};
use crate::head::{Form, is_apart, pack, unpack};
use crate::index::{self, Kind};
use crate::leads::LEAD;
use crate::recorder::{Recorder, bytes, list, number};
use crate::session::{Buckets, Layout, NAMESPACE, Session, Use, steps};

pub(crate) struct Compact {
    pub(crate) recorder: Recorder,
    pub(crate) form: Form,
    /// Sessions per bucket above which a bucket is split.
    pub(crate) load: u64,
    /// The class of each TTL: a copy of the key that stores the classes.
    pub(crate) classes: BTreeMap<u32, u64>,
}

/// Where a session was found.
pub(crate) struct Place {
    pub(crate) key: Vec<u8>,
    /// The hash contains the sessions of only one id.
    pub(crate) is_own: bool,
}

/// The members that one step of the cleanup pass reads.
const PORTION: &str = "128";

impl Compact {
    pub(crate) fn new(mut recorder: Recorder, form: Form, load: u64) -> Self {
        recorder.write(&[b"SET", &bucket::count_key(), b"1"]);
        recorder.end();
        let classes = BTreeMap::new();
        Self {
            recorder,
            form,
            load,
            classes,
        }
    }

    pub(crate) fn buckets(&mut self) -> u64 {
        number(&self.recorder.read(&[b"GET", &bucket::count_key()]))
    }

    pub(crate) fn bucket_of(&mut self, spread: u32) -> Vec<u8> {
        let count = self.buckets();
        bucket::key(bucket::number(spread, count))
    }

    pub(crate) fn class(&mut self, ttl: u32) -> u64 {
        let next = self.classes.len() as u64;
        if let Some(class) = self.classes.get(&ttl) {
            return *class;
        }
        let key = format!("{NAMESPACE}:c");
        self.recorder.write(&[
            b"HSET",
            key.as_bytes(),
            ttl.to_string().as_bytes(),
            next.to_string().as_bytes(),
        ]);
        self.classes.insert(ttl, next);
        next
    }

    pub(crate) fn read_at(&mut self, key: &[u8], handle: &[u8]) -> Option<Session> {
        if self.form == Form::Split {
            let mut fields = list(
                self.recorder
                    .read(&[b"HMGET", key, handle, &bucket::data_field(handle)]),
            );
            let data = fields.pop()?.unwrap_or_default();
            return Some(Session {
                data,
                ..unpack(&fields.pop()??)
            });
        }
        let value = bytes(self.recorder.read(&[b"HGET", key, handle]))?;
        let mut session = unpack(&value);
        if is_apart(&value) {
            session.data = bytes(self.recorder.read(&[b"GET", &bucket::data_key(handle)])).unwrap_or_default();
        }
        Some(session)
    }

    pub(crate) fn load(&mut self, handle: &[u8]) -> Option<(Place, Session)> {
        let key = self.bucket_of(spread_of(handle));
        if let Some(session) = self.read_at(&key, handle) {
            return Some((Place { key, is_own: false }, session));
        }
        let key = bucket::own(spread_of(handle));
        let session = self.read_at(&key, handle)?;
        Some((Place { key, is_own: true }, session))
    }

    fn store(&mut self, key: &[u8], handle: &[u8], session: &Session, with_data: bool) {
        let head = pack(session, self.form);
        let (field, separate) = (bucket::data_field(handle), bucket::data_key(handle));
        let with_data = with_data && !session.data.is_empty();
        match self.form {
            Form::Split if with_data => self
                .recorder
                .write(&[b"HSET", key, handle, &head, &field, &session.data]),
            _ => self.recorder.write(&[b"HSET", key, handle, &head]),
        }
        if self.form == Form::Apart && with_data {
            self.recorder.write(&[b"SET", &separate, &session.data]);
        }
    }

    pub(crate) fn score_of(&mut self, handle: &[u8]) -> u64 {
        number(&self.recorder.read(&[b"ZSCORE", &index::key(), handle]))
    }

    pub(crate) fn enter(&mut self, entries: &[(&[u8], Kind, &Session)]) {
        let mut words = vec![b"ZADD".to_vec(), index::key()];
        for (handle, kind, session) in entries {
            let class = self.class(session.ttl);
            words.extend([index::score(*kind, class, session.la).into_bytes(), handle.to_vec()]);
        }
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        self.recorder.write(&words);
    }

    /// Removes a session, and its entry in the index unless the caller collects the entries.
    fn remove(&mut self, place: &Place, handle: &[u8], session: &Session, kind: Kind, leaving: &mut Vec<Handle>) {
        let data = bucket::data_field(handle);
        match self.form {
            Form::Split => self.recorder.write(&[b"HDEL", &place.key, handle, &data]),
            _ => self.recorder.write(&[b"HDEL", &place.key, handle]),
        }
        if self.form == Form::Apart {
            self.recorder.write(&[b"UNLINK", &bucket::data_key(handle)]);
        }
        leaving.push(handle.to_vec());
        let own = spread_of(handle);
        if place.is_own {
            self.recorder.write(&[b"ZREM", &bucket::own_order(own), handle]);
            if kind == Kind::Lead
                && let Some(next) = list(self.recorder.read(&[b"ZREVRANGE", &bucket::own_order(own), b"0", b"0"])).pop()
            {
                let next = next.unwrap();
                let session = self.read_at(&place.key, &next).unwrap();
                self.recorder.write(&[b"HSET", &place.key, LEAD, &next]);
                self.enter(&[(&next, Kind::Lead, &session)]);
            }
            self.leave_own(own);
        } else if kind != Kind::Lone {
            let (others, _) = self.others(&place.key, own, &session.id, handle);
            match others.iter().max_by_key(|(_, session)| session.la) {
                Some((next, session)) if others.len() == 1 => self.enter(&[(next, Kind::Lone, session)]),
                Some((next, session)) if kind == Kind::Lead => self.enter(&[(next, Kind::Lead, session)]),
                _ => {}
            }
        }
    }

    fn leave_index(&mut self, handles: &[Handle]) {
        if !handles.is_empty() {
            let key = index::key();
            let words: Vec<&[u8]> = [&b"ZREM"[..], &key]
                .into_iter()
                .chain(handles.iter().map(Vec::as_slice))
                .collect();
            self.recorder.write(&words);
        }
    }
}

impl Layout for Compact {
    fn create(&mut self, token: &str, session: &Session) {
        let (handle, own) = (handle(token), spread(&session.id));
        let key = self.bucket_of(own);
        let (others, marked) = self.others(&key, own, &session.id, &handle);
        let place = if marked {
            Place {
                key: bucket::own(own),
                is_own: true,
            }
        } else {
            Place { key, is_own: false }
        };
        self.store(&place.key, &handle, session, true);
        if marked {
            self.lead(&place, &handle, session);
        } else {
            self.lead_among(&handle, session, &others);
            if others.len() >= crate::moves::OWN_FROM {
                self.move_to_own(&place.key, own, &handle);
            }
        }
        self.grow();
        self.recorder.end();
    }

    fn touch(&mut self, token: &str, usage: Use<'_>, now: u64) -> bool {
        let handle = handle(token);
        let Some((place, old)) = self.load(&handle).filter(|(_, session)| session.is_live(now)) else {
            self.recorder.end();
            return false;
        };
        let mut new = old.clone();
        usage.apply(&mut new, now);
        self.store(&place.key, &handle, &new, matches!(usage, Use::Write(_)));
        if steps(phase(&handle), old.la, new.la) {
            let kind = Kind::of(self.score_of(&handle));
            if kind == Kind::Rest || place.is_own {
                self.lead(&place, &handle, &new);
            } else {
                self.enter(&[(&handle, kind, &new)]);
            }
        }
        self.recorder.end();
        true
    }

    fn kill(&mut self, token: &str, now: u64) -> bool {
        let handle = handle(token);
        let found = self.load(&handle);
        if let Some((place, session)) = &found {
            let kind = Kind::of(self.score_of(&handle));
            let mut leaving = Vec::new();
            self.remove(place, &handle, session, kind, &mut leaving);
            self.leave_index(&leaving);
            self.shrink();
        }
        self.recorder.end();
        found.is_some_and(|(_, session)| session.is_live(now))
    }

    fn clean(&mut self, now: u64) -> usize {
        let mut removed = 0;
        for (ttl, class) in self.classes.clone() {
            let Some(before) = now.checked_sub(u64::from(ttl) + 1) else {
                continue;
            };
            for kind in [Kind::Rest, Kind::Lone, Kind::Lead] {
                loop {
                    let first = index::base(kind, class).to_string();
                    let end = (index::base(kind, class) | before).to_string();
                    let words: [&[u8]; 8] = [
                        b"ZRANGE",
                        &index::key(),
                        first.as_bytes(),
                        end.as_bytes(),
                        b"BYSCORE",
                        b"LIMIT",
                        b"0",
                        PORTION.as_bytes(),
                    ];
                    let due: Vec<Handle> = list(self.recorder.read(&words)).into_iter().flatten().collect();
                    let mut leaving = Vec::new();
                    for handle in &due {
                        let (place, session) = self.load(handle).unwrap();
                        // Earlier sessions of this portion may have changed the kind.
                        let kind = if kind == Kind::Lone {
                            kind
                        } else {
                            Kind::of(self.score_of(handle))
                        };
                        if session.is_live(now) {
                            self.enter(&[(handle, kind, &session)]);
                            continue;
                        }
                        self.remove(&place, handle, &session, kind, &mut leaving);
                        removed += 1;
                        if kind != Kind::Lone {
                            self.leave_index(&std::mem::take(&mut leaving));
                        }
                    }
                    self.leave_index(&leaving);
                    self.shrink();
                    self.recorder.end();
                    if due.is_empty() {
                        break;
                    }
                }
            }
        }
        removed
    }

    fn peek(&mut self, token: &str, now: u64) -> Option<Session> {
        let found = self.load(&handle(token)).filter(|(_, session)| session.is_live(now));
        self.recorder.end();
        found.map(|(_, session)| session)
    }

    fn page(&mut self, id: &str, count: usize) -> usize {
        let shown = self.newest(id, count);
        self.recorder.end();
        shown
    }

    fn buckets_by_size(&mut self) -> Option<Buckets> {
        Some(self.measure_buckets())
    }

    fn recorder(&mut self) -> &mut Recorder {
        &mut self.recorder
    }
}
