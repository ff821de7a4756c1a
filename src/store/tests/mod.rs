//! The store's rules against a keyspace in memory, with time as a number.

mod anonymous;
mod auditing;
mod cluster;
mod gathering;
mod graces;
mod hashing;
mod killing;
mod limiting;
mod listing;
mod pages;
mod rotating;
mod saving;
mod stepping;
mod wiping;
mod writing;

use super::host::Event;
use super::keyspace::{HashKey as _, SortedSetKey as _};
use super::memory::{Memory, Value};
use super::*;
use sessions_model::data::Data;
use sessions_model::ident::{Id, Ip, Owner, UserAgent};
use sessions_model::index::score;
use sessions_model::number::{Grace, Lifetime, Limit, Ttl, Window};
use sessions_model::parts::Parts;
use sessions_model::session::Terms;
use sessions_model::slot::Slot;
use sessions_model::stored_name::{Storage, StoredName};

type Work = super::Work<Vec<u8>>;

const START: Seconds = 1_000_000;

fn rules() -> Rules<'static> {
    Rules {
        namespace: b"rs",
        ttl: Ttl::from_setting(7200),
        max_data_bytes: 1000,
        publish_changes: false,
        index_step: Step::DEFAULT,
        storage: Storage::Plain,
        audit_length: None,
    }
}

fn at(memory: &Memory, now: Seconds) -> Store<'_, Memory> {
    Store::new(memory, rules(), Part::Whole, now)
}

fn web() -> App<'static> {
    App::parse(b"web").unwrap()
}

fn id(text: &str) -> Id<'_> {
    Id::parse(text.as_bytes()).unwrap()
}

fn new(of: &str) -> NewSession<'_> {
    NewSession {
        app: web(),
        owner: Owner::Id(id(of)),
        client: Client::default(),
        ttl: Some(Ttl::parse(b"100").unwrap()),
        no_resave: false,
        lifetime: None,
        cap: None,
    }
}

/// Creates a session with a token in the slot of an id.
fn make(store: &Store<'_, Memory>, new: &NewSession<'_>, near: &str) -> Token {
    store.create(new, Draw::Near(id(near)), None).unwrap()
}

fn create(memory: &Memory, of: &str, now: Seconds) -> Token {
    make(&at(memory, now), &new(of), of)
}

fn create_anonymous(memory: &Memory, now: Seconds) -> Token {
    let nobodys = NewSession {
        owner: Owner::Nobody,
        ..new("nobody")
    };
    at(memory, now).create(&nobodys, Draw::Anywhere, None).unwrap()
}

/// A SAVE of an empty object, for an id if one is named.
fn save(token: Token, owner: Option<&str>) -> Save<'_> {
    Save {
        app: web(),
        token,
        data: Data::default(),
        condition: Condition::None,
        writes: None,
        owner: owner.map(|owner| Owner::Id(id(owner))),
        client: Client::default(),
        terms: Terms::default(),
        cap: None,
    }
}

type Found<'a> = OpenSession<'a, Memory>;

/// Rotates a session, which gets another id if one is named.
fn rotate(store: &Store<'_, Memory>, found: Found<'_>, to: Option<Id<'_>>) -> Result<Option<Token>, Error> {
    let usage = Use {
        owner: to.map(Owner::Id),
        ..Use::default()
    };
    store.rotate(found, &usage, None)
}

fn use_at(memory: &Memory, token: Token, now: Seconds) -> bool {
    let store = at(memory, now);
    match store.find(web(), token).unwrap() {
        Some(mut found) => store.apply(&mut found, &Use::read()).is_ok(),
        None => false,
    }
}

/// Runs work to its end; returns how many sessions were killed or removed.
fn run(memory: &Memory, mut work: Work, now: Seconds) -> u64 {
    run_steps(memory, &mut work, now);
    work.count()
}

/// How many sessions were active in a window.
fn counted(store: &Store<'_, Memory>, window: Window) -> Result<usize, Error> {
    finished(store, store.count(web(), window))
}

/// How many ids were active in a window.
fn active(store: &Store<'_, Memory>, window: Window) -> Result<usize, Error> {
    finished(store, store.activity(web(), window))
}

fn finished(store: &Store<'_, Memory>, mut work: Work) -> Result<usize, Error> {
    while work.step(store)? == Progress::Unfinished {}
    match work.outcome() {
        Outcome::Count(count) => Ok(usize::try_from(count).unwrap()),
        other => panic!("{other:?}"),
    }
}

/// Runs the work that `begin` starts at `now` to its end.
fn outcome(memory: &Memory, now: Seconds, begin: impl FnOnce(&Store<'_, Memory>) -> Work) -> Outcome<Vec<u8>> {
    let mut work = begin(&at(memory, now));
    run_steps(memory, &mut work, now);
    work.outcome()
}

fn run_steps(memory: &Memory, work: &mut Work, now: Seconds) {
    while work.step(&at(memory, now)).unwrap() == Progress::Unfinished {}
}

fn total(memory: &Memory, now: Seconds, begin: impl FnOnce(&Store<'_, Memory>) -> Work) -> u64 {
    match outcome(memory, now, begin) {
        Outcome::Count(count) => count,
        other => panic!("{other:?}"),
    }
}

fn of_app(memory: &Memory, now: Seconds, window: Window, limit: Limit) -> Vec<ListEntry<Vec<u8>>> {
    match outcome(memory, now, |store| store.of_app(web(), window, limit, Detail::Full)) {
        Outcome::Sessions(listed) => listed,
        other => panic!("{other:?}"),
    }
}

fn users(memory: &Memory, now: Seconds, window: Window, limit: Limit) -> Vec<Vec<u8>> {
    match outcome(memory, now, |store| store.users(web(), window, limit)) {
        Outcome::Ids(ids) => ids,
        other => panic!("{other:?}"),
    }
}

fn score_of(memory: &Memory, key: &str, member: &str) -> Option<f64> {
    match memory.get(key.as_bytes()) {
        Some(Value::SortedSet(set)) => set.get(member.as_bytes()).copied(),
        _ => None,
    }
}

fn text(token: Token) -> String {
    String::from_utf8(token.as_bytes().to_vec()).unwrap()
}

fn token_of(entry: &ListEntry<Vec<u8>>) -> Token {
    entry.name.token(entry.session.storage).unwrap()
}

fn plain(token: &Token) -> StoredName {
    StoredName::of(token, Storage::Plain)
}
