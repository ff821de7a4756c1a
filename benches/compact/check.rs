//! Checks the prototype: compares sessions, lists and counts with the expected ones while buckets
//! grow and shrink and ids get and lose hundreds of sessions.

use std::collections::BTreeSet;

use crate::bucket::{self, HANDLE, spread_of, token};
use crate::compact::Compact;
use crate::head::Form;
use crate::index;
use crate::recorder::{Recorder, list, number};
use crate::server::Server;
use crate::session::{Layout, Random, Session, Truth, Use};

const START: u64 = 1_790_000_000;

pub(crate) fn run() {
    for form in [Form::Packed, Form::Split, Form::Apart] {
        play(form);
        eprintln!("checked: {form:?}");
    }
}

fn play(form: Form) {
    let server = Server::start(&["hash-max-listpack-value 2048"], None);
    let mut compact = Compact::new(Recorder::new(server.connect()), form, 8);
    let (mut truth, mut random, mut now) = (Truth::new(), Random(7), START);
    let mut most = 0;
    for step in 0..6000 {
        now += random.below(3) as u64;
        let some = (!truth.is_empty()).then(|| truth.keys().nth(random.below(truth.len())).unwrap().clone());
        // At first more sessions are created than removed, later more are removed.
        let comes = if step < 3000 { 60 } else { 25 };
        match (random.below(100), some) {
            (chance, _) if chance < comes => {
                // One of the ids has hundreds of sessions.
                let id = if random.below(3) == 0 { 0 } else { 1 + random.below(500) };
                let session = new_session(
                    &format!("user{id}"),
                    now,
                    400 + random.below(2) as u32 * 4000,
                    random.below(300),
                );
                let token = token(&session.id, &mut random);
                compact.create(&token, &session);
                truth.insert(token, session);
            }
            (chance, Some(token)) if chance < comes + 20 => {
                let data = random.text(random.0 as usize % 500 + 1).into_bytes();
                let usage = if chance % 2 == 0 { Use::Read } else { Use::Write(&data) };
                let session = truth.get_mut(&token).unwrap();
                assert_eq!(compact.touch(&token, usage, now), session.is_live(now));
                if session.is_live(now) {
                    usage.apply(session, now);
                }
            }
            (_, Some(token)) => {
                let live = truth.remove(&token).unwrap().is_live(now);
                assert_eq!(compact.kill(&token, now), live);
            }
            _ => {}
        }
        most = most.max(compact.buckets());
        if step % 1500 == 1499 {
            compare(&mut compact, &truth, now);
            let before = truth.len();
            truth.retain(|_, session| session.is_live(now));
            assert_eq!(compact.clean(now), before - truth.len());
            compare(&mut compact, &truth, now);
        }
    }
    assert!(most > 32, "the buckets grew to {most} only");
    for (token, _) in std::mem::take(&mut truth) {
        assert!(compact.kill(&token, now));
    }
    compare(&mut compact, &truth, now);
    assert_eq!(compact.buckets(), 1);
    let keys = list(compact.recorder.read(&[b"KEYS", b"*"]));
    let left: BTreeSet<_> = keys.into_iter().flatten().collect();
    assert_eq!(left, BTreeSet::from([bucket::count_key(), b"rs:webapp:c".to_vec()]));
    compact.recorder.end();
}

pub(crate) fn new_session(id: &str, now: u64, ttl: u32, data: usize) -> Session {
    Session {
        id: id.to_owned(),
        reads: 1,
        writes: 1,
        la: now,
        ttl,
        created: now,
        ip: "127.0.0.1".to_owned(),
        data: vec![b'x'; data],
    }
}

/// Compares everything that can be read with what is expected. As in the product, timed-out
/// sessions count until the cleanup pass has removed them.
pub(crate) fn compare(compact: &mut Compact, truth: &Truth, now: u64) {
    for (token, session) in truth {
        let found = compact.peek(token, now);
        assert_eq!(found.as_ref(), session.is_live(now).then_some(session), "{token}");
    }
    for dt in [0, 5, 30, 100, 1000, 10_000] {
        let active = |session: &&Session| session.la >= now - dt;
        let count = truth.values().filter(active).count();
        assert_eq!(compact.count(now - dt), count, "COUNT {dt}");
        let ids: BTreeSet<_> = truth.values().filter(active).map(|session| &session.id).collect();
        assert_eq!(compact.activity(now - dt), ids.len(), "ACTIVITY {dt}");
    }
    let ids: BTreeSet<_> = truth.values().map(|session| &session.id).collect();
    for id in ids.into_iter().take(50) {
        let mut listed = compact.list(id);
        let mut expected: Vec<_> = truth.values().filter(|session| session.id == *id).cloned().collect();
        let order = |session: &Session| (session.created, session.la, session.reads, session.data.clone());
        listed.sort_by_key(order);
        expected.sort_by_key(order);
        assert_eq!(listed, expected, "SOID {id}");
    }
    let indexed = number(&compact.recorder.read(&[b"ZCARD", &index::key()]));
    assert_eq!(indexed as usize, truth.len(), "entries of the index");
    let count = compact.buckets();
    for bucket in 0..count {
        let fields = list(compact.recorder.read(&[b"HKEYS", &bucket::key(bucket)]));
        for field in fields.into_iter().flatten().filter(|field| field.len() >= HANDLE) {
            assert_eq!(
                bucket::number(spread_of(&field), count),
                bucket,
                "a field in another bucket"
            );
        }
    }
    compact.recorder.end();
}
