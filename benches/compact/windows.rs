//! Counts and lists of the compact layout. At the edge of a window the sessions themselves are
//! read, so that the result is exact.

use crate::bucket::{self, HANDLE, Handle, spread, spread_of};
use crate::compact::Compact;
use crate::index::{self, Kind};
use crate::recorder::{list, number};
use crate::session::{STEP, Session};

impl Compact {
    /// Sessions active within the window: COUNT.
    pub(crate) fn count(&mut self, from: u64) -> usize {
        self.within(&Kind::ALL, from, |compact, handle| {
            compact.load(handle).is_some_and(|(_, session)| session.la >= from)
        })
    }

    /// Ids active within the window: ACTIVITY.
    pub(crate) fn activity(&mut self, from: u64) -> usize {
        self.within(&[Kind::Lone, Kind::Lead], from, |compact, handle| {
            let Some((_, session)) = compact.load(handle) else {
                return false;
            };
            session.la >= from || compact.list(&session.id).iter().any(|session| session.la >= from)
        })
    }

    fn within(&mut self, kinds: &[Kind], from: u64, mut is_in: impl FnMut(&mut Self, &[u8]) -> bool) -> usize {
        let (key, mut found) = (index::key(), 0);
        for class in self.classes.clone().into_values() {
            for &kind in kinds {
                let (first, last) = (index::base(kind, class) | from, index::last(kind, class));
                let words: [&[u8]; 4] = [
                    b"ZCOUNT",
                    &key,
                    &first.to_string().into_bytes(),
                    &last.to_string().into_bytes(),
                ];
                found += number(&self.recorder.read(&words)) as usize;
                let (edge, before) = ((first - STEP).to_string(), (first - 1).to_string());
                let words: [&[u8]; 5] = [b"ZRANGE", &key, edge.as_bytes(), before.as_bytes(), b"BYSCORE"];
                for handle in list(self.recorder.read(&words)).into_iter().flatten() {
                    found += usize::from(is_in(self, &handle));
                }
            }
        }
        found
    }

    /// The heads and the data of the newest sessions of an id: SOID with LIMIT.
    pub(crate) fn newest(&mut self, id: &str, count: usize) -> usize {
        let own = spread(id);
        let bucket = self.bucket_of(own);
        let marked = number(&self.recorder.read(&[b"HEXISTS", &bucket, &own.to_le_bytes()])) == 1;
        let (key, handles): (Vec<u8>, Vec<Handle>) = if marked {
            let (order, last) = (bucket::own_order(own), (count - 1).to_string());
            let newest = list(self.recorder.read(&[b"ZREVRANGE", &order, b"0", last.as_bytes()]));
            (bucket::own(own), newest.into_iter().flatten().collect())
        } else {
            let (mut all, _) = self.others(&bucket, own, id, b"");
            all.sort_unstable_by_key(|(_, session)| std::cmp::Reverse(session.la));
            all.truncate(count);
            (bucket, all.into_iter().map(|(handle, _)| handle).collect())
        };
        let fields: Vec<Handle> = handles
            .iter()
            .flat_map(|handle| [handle.clone(), bucket::data_field(handle)])
            .collect();
        let words: Vec<&[u8]> = [&b"HMGET"[..], &key]
            .into_iter()
            .chain(fields.iter().map(Vec::as_slice))
            .collect();
        let values = list(self.recorder.read(&words));
        values.iter().step_by(2).filter(|head| head.is_some()).count()
    }

    /// The sessions of an id: SOID.
    pub(crate) fn list(&mut self, id: &str) -> Vec<Session> {
        let own = spread(id);
        let bucket = self.bucket_of(own);
        let fields: Vec<Handle> = list(self.recorder.read(&[b"HKEYS", &bucket]))
            .into_iter()
            .flatten()
            .collect();
        let handles: Vec<Handle> = if fields.iter().any(|field| *field == own.to_le_bytes()) {
            let order = list(
                self.recorder
                    .read(&[b"ZREVRANGE", &bucket::own_order(own), b"0", b"-1"]),
            );
            order.into_iter().flatten().collect()
        } else {
            let mine = |field: &Handle| field.len() == HANDLE && spread_of(field) == own;
            fields.into_iter().filter(mine).collect()
        };
        let loaded = handles.iter().filter_map(|handle| self.load(handle));
        loaded
            .map(|(_, session)| session)
            .filter(|session| session.id == id)
            .collect()
    }
}
