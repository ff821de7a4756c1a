//! Which session of an id represents the id in counts of users: the one that entered a step last.

use crate::bucket::{self, HANDLE, Handle, spread_of};
use crate::compact::{Compact, Place};
use crate::head::unpack;
use crate::index::{self, Kind};
use crate::recorder::{bytes, list};
use crate::session::Session;

/// The field that names the leading session in the hash of one id.
pub(crate) const LEAD: &[u8] = b"lead";

impl Compact {
    /// The other sessions of an id, and whether the id has a hash of its own. In such a hash the
    /// other sessions are not looked for.
    pub(crate) fn others(&mut self, key: &[u8], own: u32, id: &str, except: &[u8]) -> (Vec<(Handle, Session)>, bool) {
        let fields = list(self.recorder.read(&[b"HKEYS", key]));
        let fields: Vec<_> = fields.into_iter().flatten().collect();
        let marked = fields.iter().any(|field| *field == own.to_le_bytes());
        let mine = |field: &Handle| field.len() == HANDLE && spread_of(field) == own && field != except;
        let mine: Vec<Handle> = fields.into_iter().filter(mine).collect();
        if mine.is_empty() {
            return (Vec::new(), marked);
        }
        let words: Vec<&[u8]> = [&b"HMGET"[..], key]
            .into_iter()
            .chain(mine.iter().map(Vec::as_slice))
            .collect();
        let heads: Vec<_> = list(self.recorder.read(&words))
            .into_iter()
            .flatten()
            .map(|head| unpack(&head))
            .collect();
        let pairs = mine.into_iter().zip(heads);
        (pairs.filter(|(_, session)| session.id == id).collect(), marked)
    }

    /// Makes a session represent its id. The session that represented the id before becomes one of
    /// the rest.
    pub(crate) fn lead(&mut self, place: &Place, handle: &[u8], session: &Session) {
        let own = spread_of(handle);
        if place.is_own {
            let (key, order) = (&place.key, bucket::own_order(own));
            let before = bytes(self.recorder.read(&[b"HGET", key, LEAD]));
            self.recorder
                .write(&[b"ZADD", &order, session.la.to_string().as_bytes(), handle]);
            self.enter(&[(handle, Kind::Lead, session)]);
            if let Some(before) = before.filter(|before| before != handle) {
                self.recorder.write(&[b"HSET", key, LEAD, handle]);
                let score = self.score_of(&before);
                self.demote_score(&before, score);
            }
            return;
        }
        let (others, _) = self.others(&place.key, own, &session.id, handle);
        self.lead_among(handle, session, &others);
    }

    pub(crate) fn lead_among(&mut self, handle: &[u8], session: &Session, others: &[(Handle, Session)]) {
        if others.is_empty() {
            return self.enter(&[(handle, Kind::Lone, session)]);
        }
        let mut words = vec![b"ZMSCORE".to_vec(), index::key()];
        words.extend(others.iter().map(|(handle, _)| handle.clone()));
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        let scores = list(self.recorder.read(&words));
        self.enter(&[(handle, Kind::Lead, session)]);
        for ((other, _), score) in others.iter().zip(scores) {
            let score: u64 = String::from_utf8(score.unwrap()).unwrap().parse().unwrap();
            if Kind::of(score) != Kind::Rest {
                self.demote_score(other, score);
            }
        }
    }

    /// The score with the same class and time for one of the rest.
    fn demote_score(&mut self, handle: &[u8], score: u64) {
        let class = (score >> 33) & 0xfff;
        let score = index::score(Kind::Rest, class, index::time(score));
        self.recorder.write(&[b"ZADD", &index::key(), score.as_bytes(), handle]);
    }
}
