//! The measured sessions, one per id, and the states that they are put into before each
//! measurement.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::client::{Client, Operation, Reply, operation};
use sessions_model::index::Step;
use sessions_model::keys::in_braces;
use sessions_model::slot::Slot;
use sessions_model::stored_name::StoredName;

pub(crate) const APP: &str = "webapp";
/// About 150 bytes.
pub(crate) const DATA: &str = concat!(
    r#"{"name":"Mrs. Robinson","role":"editor","theme":"dark","lang":"en_GB","cart":3,"vip":true,"#,
    r#""csrf":"b7f3a9d2c4e5f60718293a4b5c6d7e8f","last":"/orders/1234567"}"#
);
/// How long a measurement of uses within a step may take.
const MEASURED: i64 = 5;

pub(crate) struct Member {
    pub(crate) token: String,
    pub(crate) id: String,
}

/// How the keys of the sessions are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Naming {
    Single,
    /// With the tag of the slot.
    Cluster,
}

/// All sessions of the app, and the position from which the next measurement picks.
pub(crate) struct Crowd {
    pub(crate) members: Vec<Member>,
    naming: Naming,
    /// The index step of the server.
    pub(crate) step: Step,
    order: Vec<usize>,
    next: usize,
}

pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

pub(crate) fn creation(id: &str, data: Option<&str>) -> Operation {
    let plain: [&[u8]; 5] = [b"SESSIONS.CREATE", APP.as_bytes(), id.as_bytes(), b"IP", b"127.0.0.1"];
    match data {
        Some(data) => operation(&[&plain[..], &[b"DATA", data.as_bytes()]].concat()),
        None => operation(&plain),
    }
}

pub(crate) fn create(client: &mut Client, ids: &[String], data: Option<&str>) -> Vec<String> {
    let mut tokens = Vec::with_capacity(ids.len());
    for ids in ids.chunks(10_000) {
        let operations: Vec<_> = ids.iter().map(|id| creation(id, data)).collect();
        tokens.extend(client.ask(&operations, 64).into_iter().map(Reply::text));
    }
    tokens
}

impl Crowd {
    pub(crate) fn gather(client: &mut Client, count: usize) -> Self {
        let mut crowd = Self::of(Vec::with_capacity(count), Naming::Single);
        crowd.grow(client, count);
        crowd
    }

    /// Sessions that exist.
    pub(crate) fn of(members: Vec<Member>, naming: Naming) -> Self {
        let mut crowd = Self {
            members,
            naming,
            step: Step::DEFAULT,
            order: Vec::new(),
            next: 0,
        };
        crowd.shuffle();
        crowd
    }

    /// Creates sessions until there are `count`.
    pub(crate) fn grow(&mut self, client: &mut Client, count: usize) {
        let ids: Vec<String> = (self.members.len()..count)
            .map(|number| format!("user{number}"))
            .collect();
        let tokens = create(client, &ids, Some(DATA));
        self.members
            .extend(ids.into_iter().zip(tokens).map(|(id, token)| Member { token, id }));
        self.shuffle();
    }

    /// The order is random but the same in each run.
    fn shuffle(&mut self) {
        self.order = (0..self.members.len()).collect();
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        for last in (1..self.order.len()).rev() {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            self.order.swap(last, (state >> 33) as usize % (last + 1));
        }
        self.next = 0;
    }

    /// The next `count` sessions for which `fits` is true, or all such sessions if there are fewer.
    fn pick(&mut self, count: usize, fits: impl Fn(&Member) -> bool) -> Vec<usize> {
        let mut picked = Vec::with_capacity(count);
        for _ in 0..self.order.len() {
            if picked.len() == count {
                break;
            }
            let candidate = self.order[self.next];
            self.next = (self.next + 1) % self.order.len();
            if fits(&self.members[candidate]) {
                picked.push(candidate);
            }
        }
        picked
    }

    /// Sessions that were used a second ago in the present step, which continues for some seconds.
    pub(crate) fn within_step(&mut self, client: &mut Client, count: usize) -> Vec<usize> {
        let (picked, changes) = self.changes_within_step(count);
        client.run(&changes, 64);
        picked
    }

    /// The same, with the changes that are to be made to each.
    pub(crate) fn changes_within_step(&mut self, count: usize) -> (Vec<usize>, Vec<Operation>) {
        let now = now();
        let (step, before) = (self.step, now as i64 - 1);
        let early = |member: &Member| {
            let name = StoredName::parse(member.token.as_bytes()).expect("a token");
            !step.is_left(&name, before, before + 1 + MEASURED)
        };
        let picked = self.pick(count, early);
        let la = (now - 1).to_string();
        let change = |&number: &usize| operation(&[b"HSET", self.key(number).as_bytes(), b"la", la.as_bytes()]);
        let changes = picked.iter().map(change).collect();
        (picked, changes)
    }

    /// Sessions whose last use was 10 s more than a step to about an hour ago, in the hash and in the
    /// scores, so that the next use is the first in a step.
    pub(crate) fn aged(&mut self, client: &mut Client, count: usize) -> Vec<usize> {
        let (picked, changes) = self.changes_to_age(count);
        client.run(&changes, 64);
        picked
    }

    /// The same, with the changes that are to be made to each.
    pub(crate) fn changes_to_age(&mut self, count: usize) -> (Vec<usize>, Vec<Operation>) {
        let (now, picked) = (now(), self.pick(count, |_| true));
        let latest = now - 10 - self.step.seconds() as u64;
        let change = |&number: &usize| {
            let la = latest - (number as u64).wrapping_mul(2_654_435_761) % 3580;
            let (member, due, at) = (self.member(number), self.due(number), la.to_string());
            let (id, tag) = (self.members[number].id.as_bytes(), self.tag(number));
            let index = |name: &str| format!("rs:{APP}:{tag}{name}");
            operation(&[b"HSET", self.key(number).as_bytes(), b"la", at.as_bytes()])
                .and(&[b"ZADD", index("_sessions").as_bytes(), at.as_bytes(), member.as_bytes()])
                .and(&[b"ZADD", index("_users").as_bytes(), at.as_bytes(), id])
                .and(&[
                    b"ZADD",
                    self.due_key(number).as_bytes(),
                    (la + 7200).to_string().as_bytes(),
                    due.as_bytes(),
                ])
        };
        let changes = picked.iter().map(change).collect();
        (picked, changes)
    }

    /// Sessions in any state.
    pub(crate) fn any(&mut self, count: usize) -> Vec<usize> {
        self.pick(count, |_| true)
    }

    /// Creates new sessions in the place of killed ones.
    pub(crate) fn replace(&mut self, client: &mut Client, killed: &[usize]) {
        let ids: Vec<_> = killed.iter().map(|&number| self.members[number].id.clone()).collect();
        for (&number, token) in killed.iter().zip(create(client, &ids, Some(DATA))) {
            self.members[number].token = token;
        }
    }

    pub(crate) fn key(&self, number: usize) -> String {
        format!("rs:{APP}:{}{}", self.tag(number), self.members[number].token)
    }

    /// The index that the cleanup pass reads.
    pub(crate) fn due_key(&self, number: usize) -> String {
        format!("rs:{}SESSIONS", self.tag(number))
    }

    fn tag(&self, number: usize) -> String {
        match self.naming {
            Naming::Single => String::new(),
            Naming::Cluster => {
                let tag = in_braces(Slot::of(self.members[number].token.as_bytes()));
                format!("{}:", String::from_utf8_lossy(&tag))
            }
        }
    }

    pub(crate) fn member(&self, number: usize) -> String {
        let Member { token, id } = &self.members[number];
        format!("{token}:{id}")
    }

    pub(crate) fn due(&self, number: usize) -> String {
        format!("{APP}:{}", self.member(number))
    }
}
