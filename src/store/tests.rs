//! The store's rules against a keyspace in memory, with time as a number.

use super::index::score;
use super::keyspace::Event;
use super::memory::{Memory, Value};
use super::parts::Parts;
use super::*;
use crate::session::data::Data;
use crate::session::ident::Id;
use crate::session::number::{Lifetime, Limit, Ttl, Window};
use crate::session::slot::Slot;

const START: Seconds = 1_000_000;

fn rules() -> Rules<'static> {
    Rules {
        namespace: b"rs",
        max_data_bytes: 1000,
        publish_changes: false,
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
        id: id(of),
        ip: None,
        ttl: Ttl::parse(b"100").unwrap(),
        no_resave: false,
        lifetime: None,
        data: None,
    }
}

fn create(memory: &Memory, of: &str, now: Seconds) -> Token {
    at(memory, now).create(new(of)).unwrap()
}

fn use_at(memory: &Memory, token: Token, now: Seconds) -> bool {
    let store = at(memory, now);
    match store.find(web(), token).unwrap() {
        Some(mut found) => store.apply(&mut found, Use::Read).is_ok(),
        None => false,
    }
}

fn run(memory: &Memory, mut work: Work, now: Seconds) -> u64 {
    while work.step(&at(memory, now)).unwrap() == Progress::Unfinished {}
    work.count()
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

#[test]
fn the_scores_follow_the_last_activity_within_a_step() {
    let memory = Memory::default();
    let token = create(&memory, "bob", START);
    let member = format!("{}:bob", text(token));
    for now in START..START + 60 {
        assert!(use_at(&memory, token, now), "{now}");
        let sessions = score_of(&memory, "rs:web:_sessions", &member).unwrap();
        let users = score_of(&memory, "rs:web:_users", "bob").unwrap();
        for s in [sessions, users] {
            assert!(s <= score(now) && score(now) < s + 10.0, "{s} {now}");
        }
        let due = score_of(&memory, "rs:SESSIONS", &format!("web:{member}")).unwrap();
        assert!((score(now + 100)..=score(now + 109)).contains(&due), "{due} {now}");
    }
}

#[test]
fn a_window_is_exact_although_scores_go_in_steps() {
    let memory = Memory::default();
    let tokens: Vec<_> = (0..30).map(|n| create(&memory, &format!("user{n}"), START)).collect();
    for (after, token) in tokens.iter().enumerate() {
        assert!(use_at(&memory, *token, START + Seconds::try_from(after).unwrap()));
    }
    let store = at(&memory, START + 29);
    for dt in 1..=29_usize {
        let window = Window::parse(dt.to_string().as_bytes()).unwrap();
        assert_eq!(store.count(web(), window), Ok(dt + 1), "count {dt}");
        assert_eq!(store.activity(web(), window), Ok(dt + 1), "activity {dt}");
        assert_eq!(
            store.users(web(), window, Limit::ALL).unwrap().len(),
            dt + 1,
            "users {dt}"
        );
        assert_eq!(
            store.of_app(web(), window, Limit::ALL).unwrap().len(),
            dt + 1,
            "soapp {dt}"
        );
    }
}

#[test]
fn an_id_keeps_the_activity_of_a_session_that_was_killed() {
    let memory = Memory::default();
    create(&memory, "bob", START);
    let killed = create(&memory, "bob", START + 5);
    assert!(use_at(&memory, killed, START + 50));
    assert_eq!(at(&memory, START + 55).kill(web(), killed), Ok(true));
    assert_eq!(score_of(&memory, "rs:web:_users", "bob"), Some(score(START + 50)));
}

#[test]
fn killing_everything_leaves_nothing_behind() {
    let memory = Memory::default();
    for n in 0..200 {
        create(&memory, &format!("user:{}", n % 7), START + n);
    }
    assert_eq!(
        run(&memory, Work::kill_of_app(web(), START + 300), START + 150),
        200 - 50
    );
    assert_eq!(memory.key_names(), Vec::<String>::new());
}

#[test]
fn sessions_created_while_an_app_is_killed_live_on() {
    let memory = Memory::default();
    for n in 0..300 {
        create(&memory, &format!("user{}", n % 7), START);
    }
    let mut work = Work::kill_of_app(web(), START);
    let mut late = Vec::new();
    let mut now = START;
    while work.step(&at(&memory, now)).unwrap() == Progress::Unfinished {
        now = START + 1;
        if late.len() < 100 {
            late.push(create(&memory, &format!("user{}", late.len() % 9), now));
        }
    }
    assert_eq!(work.count(), 300);
    for token in &late {
        assert!(at(&memory, now).find(web(), *token).unwrap().is_some());
    }
    assert_eq!(at(&memory, now).count(web(), Window::Ever), Ok(late.len()));
}

#[test]
fn an_app_is_killed_even_where_its_list_of_sessions_is_lost() {
    let memory = Memory::default();
    for n in 0..10 {
        create(&memory, &format!("user{}", n % 3), START);
    }
    memory.unlink(&[b"rs:web:_sessions".to_vec()], Vec::new());
    assert_eq!(run(&memory, Work::kill_of_app(web(), START), START), 10);
    assert_eq!(memory.key_names(), Vec::<String>::new());
}

#[test]
fn killing_an_ids_sessions_excepts_a_live_one_only() {
    let memory = Memory::default();
    let old = create(&memory, "bob", START);
    let kept = create(&memory, "bob", START + 100);
    create(&memory, "bob", START + 100);
    let now = START + 150;
    let except = |token| Work::kill_of_id(Part::Whole, web(), id("bob"), Which::Except(token), now);
    assert_eq!(run(&memory, except(kept), now), 1);
    assert!(at(&memory, now).find(web(), kept).unwrap().is_some());
    assert_eq!(run(&memory, except(old), now), 1);
    assert_eq!(memory.key_names(), Vec::<String>::new());
}

#[test]
fn killing_by_sid_takes_that_session_alone() {
    let memory = Memory::default();
    let tokens: Vec<_> = (0..5).map(|_| create(&memory, "bob", START)).collect();
    let only = Work::kill_of_id(Part::Whole, web(), id("bob"), Which::Only(tokens[2].sid()), START);
    assert_eq!(run(&memory, only, START), 1);
    assert!(at(&memory, START).find(web(), tokens[2]).unwrap().is_none());
    assert_eq!(at(&memory, START).count_of_id(web(), id("bob"), Window::Ever), Ok(4));
}

#[test]
fn a_wipe_takes_the_timed_out_and_corrects_the_scores_of_the_live() {
    let memory = Memory::default();
    let used = create(&memory, "bob", START);
    create(&memory, "carol", START);
    // redis-sessions would have moved the score; a hand has not.
    let key = format!("rs:web:{}", text(used));
    at(&memory, START).keyspace.hash(key.as_bytes()).unwrap().set(&[(
        keyspace::Name::Known(crate::session::Field::La),
        keyspace::Value::Integer(START + 150),
    )]);
    memory.put(b"rs:SESSIONS", {
        let Some(Value::SortedSet(mut due)) = memory.get(b"rs:SESSIONS") else {
            panic!()
        };
        due.insert(b"rubbish".to_vec(), 5.0);
        Value::SortedSet(due)
    });
    let mut work = Work::wipe(START + 200);
    while work.step(&at(&memory, START + 200)).unwrap() == Progress::Unfinished {}
    assert_eq!((work.count(), work.unreadable()), (1, 1));
    let due = score_of(&memory, "rs:SESSIONS", &format!("web:{}:bob", text(used))).unwrap();
    assert!((score(START + 250)..=score(START + 259)).contains(&due));
    assert_eq!(
        at(&memory, START + 200).users(web(), Window::Ever, Limit::ALL).unwrap(),
        [b"bob"]
    );
}

#[test]
fn a_wipe_never_takes_what_its_hash_says_is_alive() {
    for first_use in 0..20 {
        let memory = Memory::default();
        let token = create(&memory, "bob", START);
        assert!(use_at(&memory, token, START + first_use));
        let end = START + first_use + 100;
        assert_eq!(run(&memory, Work::wipe(end), end), 0, "{first_use}");
        assert!(at(&memory, end).find(web(), token).unwrap().is_some());
        assert_eq!(run(&memory, Work::wipe(end + 11), end + 11), 1, "{first_use}");
        assert_eq!(memory.key_names(), Vec::<String>::new());
    }
}

#[test]
fn a_wipe_ends_when_the_clock_goes_back() {
    let memory = Memory::default();
    for n in 0..200 {
        create(&memory, &format!("user{n}"), START);
    }
    let mut work = Work::wipe(START + 500);
    while work.step(&at(&memory, START)).unwrap() == Progress::Unfinished {}
    assert_eq!(work.count(), 200);
}

#[test]
fn rotating_moves_a_session_and_all_that_points_to_it() {
    let memory = Memory::default();
    let lifetime = Some(Lifetime::parse(b"500").unwrap());
    let store = at(&memory, START);
    let old = store
        .create(NewSession {
            lifetime,
            ..new("visitor")
        })
        .unwrap();
    let later = at(&memory, START + 7);
    let found = later.find(web(), old).unwrap().unwrap();
    let token = later.rotate(found, Some(id("bob"))).unwrap().unwrap();
    assert!(later.find(web(), old).unwrap().is_none());
    let moved = later.find(web(), token).unwrap().unwrap().into_session();
    assert_eq!(moved.id, b"bob");
    assert_eq!((moved.reads, moved.writes, moved.ttl), (1, 1, 100));
    assert_eq!((moved.created, moved.until), (Some(START), Some(START + 500)));
    assert_eq!(moved.last_activity, START + 7);
    assert_eq!(later.users(web(), Window::Ever, Limit::ALL).unwrap(), [b"bob"]);
    assert_eq!(later.kill(web(), token), Ok(true));
    assert_eq!(memory.key_names(), Vec::<String>::new());
    assert_eq!(memory.events(), [Event::Create, Event::Rotate, Event::Kill]);
}

#[test]
fn rotating_while_the_app_is_killed_ends_the_session_unless_it_is_younger() {
    let memory = Memory::default();
    let old = create(&memory, "bob", START);
    let young = create(&memory, "bob", START + 2);
    memory.set_killing_since(START + 1);
    let store = at(&memory, START + 3);
    let rotated = |token| store.rotate(store.find(web(), token).unwrap().unwrap(), None).unwrap();
    assert_eq!(rotated(old), None);
    let kept = rotated(young).unwrap();
    assert_eq!(store.count(web(), Window::Ever), Ok(1));
    assert_eq!(store.kill(web(), kept), Ok(true));
    assert_eq!(memory.key_names(), Vec::<String>::new());
}

#[test]
fn a_key_of_another_type_stops_a_command_before_it_writes() {
    let names = ["rs:web:_sessions", "rs:web:_users", "rs:SESSIONS", "rs:web:us:bob"];
    for name in names {
        let memory = Memory::default();
        let token = create(&memory, "bob", START);
        let wrong = if name.contains(":us:") {
            Value::Hash([(b"a".to_vec(), b"b".to_vec())].into())
        } else {
            Value::Set([b"a".to_vec()].into())
        };
        memory.put(name.as_bytes(), wrong);
        let before = memory.contents();
        let store = at(&memory, START + 50);
        assert_eq!(store.create(new("bob")), Err(Error::WrongType), "{name}");
        assert_eq!(store.kill(web(), token), Err(Error::WrongType), "{name}");
        let found = store.find(web(), token).unwrap().unwrap();
        assert_eq!(store.rotate(found, None), Err(Error::WrongType), "{name}");
        if name != "rs:web:us:bob" {
            assert!(!use_at(&memory, token, START + 50), "{name}");
        }
        assert_eq!(memory.contents(), before, "{name}");
    }
}

#[test]
fn an_index_entry_never_reaches_a_session_of_another_id() {
    let memory = Memory::default();
    let token = create(&memory, "bob", START);
    memory.put(
        b"rs:web:us:eve",
        Value::Set([token.as_bytes().to_vec(), b"_users".to_vec()].into()),
    );
    let store = at(&memory, START);
    assert_eq!(store.count_of_id(web(), id("eve"), Window::Ever), Ok(0));
    assert_eq!(
        run(
            &memory,
            Work::kill_of_id(Part::Whole, web(), id("eve"), Which::All, START),
            START
        ),
        0
    );
    assert!(store.find(web(), token).unwrap().is_some());
    assert_eq!(store.users(web(), Window::Ever, Limit::ALL).unwrap(), [b"bob"]);
}

#[test]
fn data_that_would_be_too_large_changes_nothing() {
    let memory = Memory::default();
    let token = create(&memory, "bob", START);
    let before = memory.contents();
    let store = at(&memory, START + 1);
    let large = format!(r#"{{"a":"{}"}}"#, "x".repeat(1000));
    let found = store.find(web(), token).unwrap().unwrap();
    let merged = store.merged(&found.session, &Data::parse(large.as_bytes()).unwrap());
    assert_eq!(merged, Err(Error::DataTooLarge { max_bytes: 1000 }));
    let data = Some(Data::parse(large.as_bytes()).unwrap());
    assert!(store.create(NewSession { data, ..new("bob") }).is_err());
    assert_eq!(memory.contents(), before);
}

/// A store in a cluster, of the slot of an id or a token.
fn in_cluster<'a>(memory: &'a Memory, of: &[u8], now: Seconds) -> Store<'a, Memory> {
    Store::new(memory, rules(), Part::Slot(Slot::of(of)), now)
}

fn parts(stable: &[Part], moving: &[Part]) -> Parts {
    let mut parts = Parts::default();
    stable.iter().for_each(|&part| parts.stable.insert(part));
    moving.iter().for_each(|&part| parts.moving.insert(part));
    parts
}

/// Twenty ids with a session each, created second by second; all in slots of their own.
fn spread() -> (Memory, Vec<(String, Part)>) {
    let ids: Vec<_> = (0..20)
        .map(|n| format!("user{n}"))
        .map(|id| (id.clone(), Part::Slot(Slot::of(id.as_bytes()))))
        .collect();
    let slots: Vec<_> = ids.iter().map(|(_, part)| *part).collect();
    let memory = Memory::with_parts(parts(&slots, &[]));
    for (now, (id, _)) in (START..).zip(&ids) {
        in_cluster(&memory, id.as_bytes(), now).create(new(id)).unwrap();
    }
    (memory, ids)
}

#[test]
fn in_a_cluster_an_app_is_counted_and_listed_over_all_slots() {
    let (memory, ids) = spread();
    let store = at(&memory, START + 19);
    let limit = Limit::parse(b"2", b"5").unwrap();
    assert_eq!(store.count(web(), Window::Ever), Ok(20));
    assert_eq!(store.activity(web(), Window::parse(b"7").unwrap()), Ok(8));
    let users = store.users(web(), Window::Ever, limit).unwrap();
    let newest_first: Vec<_> = ids.iter().rev().map(|(id, _)| id.as_bytes().to_vec()).collect();
    assert_eq!(users, newest_first[2..7]);
    let listed = store.of_app(web(), Window::Ever, limit).unwrap();
    let of: Vec<_> = listed.into_iter().map(|listed| listed.session.id).collect();
    assert_eq!(of, newest_first[2..7]);
}

#[test]
fn in_a_cluster_a_moving_slot_is_counted_by_its_scores() {
    let (memory, ids) = spread();
    let slots: Vec<_> = ids.iter().map(|(_, part)| *part).collect();
    let (moving, stable) = slots.split_at(15);
    let memory = memory.having(parts(stable, moving));
    for (id, _) in &ids {
        let token = at(&memory, START + 20).of_app(web(), Window::Ever, Limit::ALL).unwrap();
        let token = token
            .iter()
            .find(|listed| listed.session.id == id.as_bytes())
            .unwrap()
            .token;
        let store = in_cluster(&memory, id.as_bytes(), START + 20);
        let mut found = store.find(web(), token).unwrap().unwrap();
        store.apply(&mut found, Use::Read).unwrap();
    }
    // All were used now; the scores of some had no step to make.
    let just_now = Window::parse(b"1").unwrap();
    let by_score = slots.iter().zip(START..).filter(|(part, created)| {
        let stored = match memory.get(&Keys::new(b"rs", **part).users(web())) {
            Some(Value::SortedSet(users)) => *users.values().next().unwrap(),
            _ => panic!(),
        };
        assert!(stored == score(*created) || stored == score(START + 20));
        moving.contains(part) && stored < score(START + 19)
    });
    let missed = by_score.count();
    assert_eq!(at(&memory, START + 20).count(web(), just_now), Ok(20 - missed));
    assert_eq!(at(&memory, START + 20).activity(web(), just_now), Ok(20 - missed));
}

#[test]
fn in_a_cluster_work_goes_over_all_slots() {
    let (memory, _) = spread();
    assert_eq!(run(&memory, Work::wipe(START + 300), START + 300), 20);
    assert_eq!(memory.key_names(), Vec::<String>::new());
    let (memory, _) = spread();
    assert_eq!(run(&memory, Work::kill_of_app(web(), START + 50), START + 50), 20);
    assert_eq!(memory.key_names(), Vec::<String>::new());
}

#[test]
fn in_a_cluster_work_does_all_but_what_moves_and_then_says_so() {
    let (memory, ids) = spread();
    let slots: Vec<_> = ids.iter().map(|(_, part)| *part).collect();
    let during = memory.having(parts(&slots[3..], &slots[..3]));
    let mut work = Work::kill_of_app(web(), START + 50);
    let end = loop {
        match work.step(&at(&during, START + 50)) {
            Ok(Progress::Unfinished) => {}
            end => break end,
        }
    };
    assert_eq!((end, work.count()), (Err(Error::TryAgain), 17));
    let after = memory.having(parts(&slots[3..], &[]));
    assert_eq!(run(&after, Work::kill_of_app(web(), START + 50), START + 50), 0);
    assert_eq!(run(&memory, Work::kill_of_app(web(), START + 50), START + 50), 3);
}

#[test]
fn in_a_cluster_work_leaves_a_slot_that_starts_to_move() {
    let memory = Memory::with_parts(parts(&[Part::Slot(Slot::of(b"bob"))], &[]));
    for _ in 0..100 {
        in_cluster(&memory, b"bob", START).create(new("bob")).unwrap();
    }
    let gone = memory.having(parts(&[], &[]));
    let mut work = Work::kill_of_app(web(), START);
    assert_eq!(work.step(&at(&memory, START)), Ok(Progress::Unfinished));
    let killed = work.count();
    assert!((1..100).contains(&killed));
    assert_eq!(work.step(&at(&gone, START)), Err(Error::TryAgain));
    assert_eq!(work.count(), killed);

    let mut of_id = Work::kill_of_id(Part::Slot(Slot::of(b"bob")), web(), id("bob"), Which::All, START);
    assert_eq!(of_id.step(&at(&gone, START)), Err(Error::TryAgain));
}

#[test]
fn in_a_cluster_a_session_stays_in_its_slot() {
    let (memory, _) = spread();
    let store = in_cluster(&memory, b"user1", START + 20);
    let token = store.of_id(web(), id("user1"), Window::Ever, Sorting::LastActiveFirst, Limit::ALL);
    let token = token.unwrap()[0].token;
    let found = || store.find(web(), token).unwrap().unwrap();
    let before = memory.contents();
    assert_eq!(store.rotate(found(), Some(id("user2"))), Err(Error::CrossSlot));
    assert_eq!(memory.contents(), before);
    let rotated = store.rotate(found(), Some(id("x{user1}"))).unwrap().unwrap();
    assert_eq!(Slot::of(rotated.as_bytes()), Slot::of(b"user1"));
}
