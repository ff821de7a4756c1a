//! MAX: who is killed for a new session of an id, who is refused, and what then changes.

use super::*;
use sessions_model::number::Max;
use std::collections::BTreeSet;

/// What makes a session one of an id that was not its before.
#[derive(Clone, Copy, Debug)]
enum Way {
    Create,
    SaveNew,
    /// In the place of a session of the same id that has timed out.
    SaveOver,
    SaveLive,
    Rotate,
}

const WAYS: [Way; 5] = [Way::Create, Way::SaveNew, Way::SaveOver, Way::SaveLive, Way::Rotate];

fn cap(max: u8, when_full: WhenFull) -> Option<Cap> {
    let max = Max::parse(max.to_string().as_bytes()).unwrap();
    Some(Cap { max, when_full })
}

fn killing(max: u8) -> Option<Cap> {
    cap(max, WhenFull::KillLeastActive)
}

fn refusing(max: u8) -> Option<Cap> {
    cap(max, WhenFull::Refuse)
}

fn planted(letter: u8) -> Token {
    Token::parse(&[letter; 64]).unwrap()
}

/// What the way begins with: a session that is not one of bob's live ones.
fn prepare(memory: &Memory, way: Way, now: Seconds) -> Option<Token> {
    match way {
        Way::Create | Way::SaveNew => None,
        Way::SaveOver => {
            let over = Save {
                terms: Terms {
                    ttl: Some(Ttl::parse(b"1").unwrap()),
                    ..Terms::default()
                },
                ..save(planted(b'o'), Some("bob"))
            };
            assert_eq!(at(memory, now - 50).save(&over), Ok(Saved::Made));
            Some(planted(b'o'))
        }
        Way::SaveLive | Way::Rotate => Some(create_anonymous(memory, now)),
    }
}

/// Brings bob another session; its token.
fn bring(store: &Store<'_, Memory>, way: Way, from: Option<Token>, cap: Option<Cap>) -> Result<Token, Error> {
    let save = |token| {
        let save = Save {
            cap,
            ..save(token, Some("bob"))
        };
        store.save(&save).map(|saved| {
            assert_ne!(saved, Saved::Not);
            token
        })
    };
    match way {
        Way::Create => store.create(&NewSession { cap, ..new("bob") }, Draw::Near(id("bob")), None),
        Way::SaveNew => save(planted(b'n')),
        Way::SaveOver | Way::SaveLive => save(from.unwrap()),
        Way::Rotate => {
            let usage = Use {
                owner: Some(Owner::Id(id("bob"))),
                cap,
                ..Use::default()
            };
            let found = store.find(web(), from).unwrap().unwrap();
            store.rotate(found, &usage, None).map(Option::unwrap)
        }
    }
}

fn of_bob(memory: &Memory, now: Seconds) -> BTreeSet<Token> {
    let bob = outcome(memory, now, |store| {
        let listing = Listing {
            only: None,
            window: Window::Ever,
            sorting: Sorting::LastActiveFirst,
            limit: Limit::ALL,
            detail: Detail::WithoutData,
        };
        store.of_id(web(), id("bob"), listing)
    });
    match bob {
        Outcome::Sessions(listed) => listed.iter().map(token_of).collect(),
        other => panic!("{other:?}"),
    }
}

fn set_of_bob(memory: &Memory) -> BTreeSet<Vec<u8>> {
    match memory.get(b"rs:web:us:bob") {
        Some(Value::Set(set)) => set,
        other => panic!("{other:?}"),
    }
}

fn events_since(memory: &Memory, before: usize) -> Vec<Event> {
    memory.events().split_off(before)
}

#[test]
fn a_new_session_takes_the_place_of_the_one_least_recently_active() {
    for way in WAYS {
        let memory = Memory::default();
        let by_age = [START + 3, START + 1, START + 2].map(|made| create(&memory, "bob", made));
        assert!(use_at(&memory, by_age[1], START + 9));
        let of_eve = create(&memory, "eve", START);
        let from = prepare(&memory, way, START + 60);
        let before = memory.events().len();
        let token = bring(&at(&memory, START + 60), way, from, killing(3)).unwrap();
        let left = of_bob(&memory, START + 60);
        assert_eq!(left, BTreeSet::from([by_age[0], by_age[1], token]), "{way:?}");
        assert!(at(&memory, START + 60).find(web(), of_eve).unwrap().is_some());
        let mut events = events_since(&memory, before);
        let of_the_way = events.pop();
        assert!(
            matches!(of_the_way, Some(Event::Create | Event::Set | Event::Rotate)),
            "{way:?}"
        );
        let expected: &[Event] = match way {
            Way::SaveOver => &[Event::Kill, Event::Expire],
            _ => &[Event::Kill],
        };
        events.sort_by_key(|event| *event == Event::Expire);
        assert_eq!(events, expected, "{way:?}");
        for token in left.iter().chain([&of_eve]) {
            assert_eq!(at(&memory, START + 60).kill(web(), *token), Ok(true));
        }
        assert_eq!(memory.key_names(), Vec::<String>::new(), "{way:?}");
    }
}

#[test]
fn with_fewer_sessions_than_max_nobody_is_killed_or_refused() {
    for way in WAYS {
        for cap in [killing(3), refusing(3)] {
            let memory = Memory::default();
            let others = [create(&memory, "bob", START), create(&memory, "bob", START)];
            let from = prepare(&memory, way, START + 60);
            let token = bring(&at(&memory, START + 60), way, from, cap).unwrap();
            let expected = BTreeSet::from([others[0], others[1], token]);
            assert_eq!(of_bob(&memory, START + 60), expected, "{way:?} {cap:?}");
        }
    }
}

#[test]
fn a_refused_session_changes_nothing() {
    for way in WAYS {
        let memory = Memory::default();
        for _ in 0..3 {
            create(&memory, "bob", START);
        }
        // Leftovers stay too.
        memory.put(b"rs:web:us:bob", {
            let mut set = set_of_bob(&memory);
            set.insert(b"rubbish".to_vec());
            set.insert(planted(b'x').as_bytes().to_vec());
            Value::Set(set)
        });
        let from = prepare(&memory, way, START + 60);
        let before = (memory.contents(), memory.events());
        let brought = bring(&at(&memory, START + 60), way, from, refusing(3));
        assert_eq!(brought, Err(Error::TooManySessions), "{way:?}");
        assert_eq!((memory.contents(), memory.events()), before, "{way:?}");
        assert!(
            bring(&at(&memory, START + 60), way, from, refusing(4)).is_ok(),
            "{way:?}"
        );
        assert_eq!(set_of_bob(&memory).len(), 4, "{way:?}: the leftovers are gone");
    }
}

#[test]
fn of_sessions_used_in_the_same_second_the_older_one_goes_then_the_one_with_the_lower_token() {
    let memory = Memory::default();
    let older = create(&memory, "bob", START + 1);
    assert!(use_at(&memory, older, START + 20));
    let mut same = vec![create(&memory, "bob", START + 5), create(&memory, "bob", START + 5)];
    for token in &same {
        assert!(use_at(&memory, *token, START + 20));
    }
    let by_redis_sessions = create(&memory, "bob", START + 20);
    let key = format!("rs:web:{}", text(by_redis_sessions));
    let Some(Value::Hash(mut hash)) = memory.get(key.as_bytes()) else {
        panic!()
    };
    hash.remove(&b"created"[..]);
    memory.put(key.as_bytes(), Value::Hash(hash));
    same.sort_unstable();
    let mut left: BTreeSet<Token> = of_bob(&memory, START + 20);
    for goes in [by_redis_sessions, older, same[0], same[1]] {
        let token = bring(&at(&memory, START + 21), Way::Create, None, killing(4)).unwrap();
        assert!(left.remove(&goes) && left.insert(token));
        assert_eq!(of_bob(&memory, START + 21), left);
    }
}

#[test]
fn what_has_ended_makes_room_before_anybody_is_killed() {
    for cap in [killing(3), refusing(3)] {
        let memory = Memory::default();
        let live = [create(&memory, "bob", START + 60), create(&memory, "bob", START + 61)];
        let timed_out = create(&memory, "bob", START - 50);
        let of_eve = create(&memory, "eve", START + 60);
        let mut set = set_of_bob(&memory);
        set.extend([planted(b'x'), of_eve].map(|token| token.as_bytes().to_vec()));
        set.insert(b"no token".to_vec());
        memory.put(b"rs:web:us:bob", Value::Set(set));
        let broken = planted(b'b');
        assert_eq!(at(&memory, START).save(&save(broken, Some("bob"))), Ok(Saved::Made));
        let key = format!("rs:web:{}", text(broken));
        let fields = [("id", "bob"), ("la", "?")].map(|(name, value)| (name.into(), value.into()));
        memory.put(key.as_bytes(), Value::Hash(fields.into()));
        let before = memory.events().len();

        let token = bring(&at(&memory, START + 62), Way::Create, None, cap).unwrap();
        assert_eq!(events_since(&memory, before), [Event::Expire, Event::Create], "{cap:?}");
        let expected = [live[0], live[1], token].map(|token| token.as_bytes().to_vec());
        assert_eq!(set_of_bob(&memory), BTreeSet::from(expected), "{cap:?}");
        assert!(at(&memory, START + 62).find(web(), of_eve).unwrap().is_some());
        for gone in [timed_out, broken] {
            assert_eq!(memory.get(format!("rs:web:{}", text(gone)).as_bytes()), None);
        }
        let members = of_app(&memory, START + 62, Window::Ever, Limit::ALL).len();
        assert_eq!(members, 4, "{cap:?}");
    }
}

#[test]
fn an_id_with_very_many_sessions_shrinks_by_200_at_a_time() {
    let memory = Memory::default();
    for _ in 0..450 {
        create(&memory, "bob", START);
    }
    let before = memory.contents();
    let refused = bring(&at(&memory, START + 1), Way::Create, None, refusing(100));
    assert_eq!(refused, Err(Error::TooManySessions));
    assert_eq!(memory.contents(), before);
    for expected in [251, 52, 3, 3] {
        let token = bring(&at(&memory, START + 1), Way::Create, None, killing(3)).unwrap();
        let left = of_bob(&memory, START + 1);
        assert_eq!(left.len(), expected);
        assert!(left.contains(&token));
    }
}

#[test]
fn nobody_is_killed_for_sessions_that_have_ended_and_were_not_read() {
    let memory = Memory::default();
    let live: BTreeSet<_> = (0..2).map(|_| create(&memory, "bob", START + 100)).collect();
    let mut set = set_of_bob(&memory);
    set.extend((0..300).map(|n| format!("{n:0>64}").into_bytes()));
    memory.put(b"rs:web:us:bob", Value::Set(set));
    let token = bring(&at(&memory, START + 100), Way::Create, None, killing(3)).unwrap();
    let mut expected = live;
    expected.insert(token);
    assert_eq!(of_bob(&memory, START + 100), expected);
    assert!(set_of_bob(&memory).len() <= 103);
}

#[test]
fn a_session_that_the_id_has_already_is_not_limited() {
    for cap in [killing(1), refusing(1)] {
        let memory = Memory::default();
        let tokens = [create(&memory, "bob", START), create(&memory, "bob", START)];
        let own = planted(b'o');
        assert_eq!(at(&memory, START).save(&save(own, Some("bob"))), Ok(Saved::Made));
        let store = at(&memory, START + 1);
        let again = Save {
            cap,
            ..save(own, Some("bob"))
        };
        assert_eq!(store.save(&again), Ok(Saved::Written));
        let rotated = bring(&at(&memory, START + 1), Way::Rotate, Some(tokens[0]), cap).unwrap();
        let expected = BTreeSet::from([tokens[1], own, rotated]);
        assert_eq!(of_bob(&memory, START + 1), expected);
    }
}

#[test]
fn nobody_dies_for_a_command_that_fails() {
    let text_of = |size: usize| format!(r#"{{"a":"{}"}}"#, "a".repeat(size));
    let large = text_of(2000);
    for (way, from) in [
        (Way::Create, None),
        (Way::SaveNew, None),
        (Way::SaveLive, Some(planted(b'v'))),
        (Way::Rotate, Some(planted(b'v'))),
    ] {
        for broken in ["rs:web:_sessions", "rs:web:_users", "rs:SESSIONS", "rs:web:us:bob", ""] {
            let memory = Memory::default();
            for _ in 0..3 {
                create(&memory, "bob", START);
            }
            assert_eq!(
                at(&memory, START).save(&save(planted(b'v'), Some("eve"))),
                Ok(Saved::Made)
            );
            if !broken.is_empty() {
                memory.put(broken.as_bytes(), Value::Hash([(b"a".to_vec(), b"b".to_vec())].into()));
            } else if from.is_some() {
                // That which the session leaves.
                memory.put(b"rs:web:us:eve", Value::Hash([(b"a".to_vec(), b"b".to_vec())].into()));
            } else {
                continue;
            }
            let before = memory.contents();
            let brought = bring(&at(&memory, START + 1), way, from, killing(1));
            assert_eq!(brought, Err(Error::WrongType), "{way:?} {broken}");
            assert_eq!(memory.contents(), before, "{way:?} {broken}");
        }
    }
    let memory = Memory::default();
    create(&memory, "bob", START);
    let visitor = planted(b'v');
    assert_eq!(at(&memory, START).save(&save(visitor, None)), Ok(Saved::Made));
    let before = memory.contents();
    let store = at(&memory, START + 1);
    let data = || Data::parse(large.as_bytes()).unwrap();
    let too_large = Err(Error::DataTooLarge { max_bytes: 1000 });
    let new = NewSession {
        cap: killing(1),
        ..new("bob")
    };
    assert_eq!(
        store.create(&new, Draw::Near(id("bob")), Some(&data())),
        too_large.clone()
    );
    let limited = |token| Save {
        cap: killing(1),
        ..save(token, Some("bob"))
    };
    for (saved, expected) in [
        (
            Save {
                data: data(),
                ..limited(visitor)
            },
            too_large.map(|_: Token| Saved::Not),
        ),
        (
            Save {
                writes: Some(7),
                ..limited(visitor)
            },
            Err(Error::Conflict),
        ),
        (
            Save {
                condition: Condition::New,
                ..limited(visitor)
            },
            Ok(Saved::Not),
        ),
        (
            Save {
                condition: Condition::Live,
                ..limited(planted(b'n'))
            },
            Ok(Saved::Not),
        ),
    ] {
        assert_eq!(store.save(&saved), expected);
    }
    assert_eq!(memory.contents(), before);
}

#[test]
fn killing_under_way_comes_before_the_limit() {
    let memory = Memory::default();
    let others = [create(&memory, "bob", START + 2), create(&memory, "bob", START + 2)];
    let visitor = create_anonymous(&memory, START);
    memory.put_under_way(Some(Work::kill_of_app(web(), START + 1)));
    let store = at(&memory, START + 3);
    let usage = Use {
        owner: Some(Owner::Id(id("bob"))),
        cap: killing(1),
        ..Use::default()
    };
    let found = store.find(web(), visitor).unwrap().unwrap();
    assert_eq!(store.rotate(found, &usage, None), Ok(None));
    assert_eq!(of_bob(&memory, START + 3), BTreeSet::from(others));
}

#[test]
fn a_killsoid_under_way_spares_those_that_came_for_the_ones_it_was_to_kill() {
    let memory = Memory::default();
    for _ in 0..100 {
        create(&memory, "bob", START);
    }
    let mut work = Work::kill_of_id(Part::Whole, web(), id("bob"), Which::All, START + 1);
    assert_eq!(work.step(&at(&memory, START + 1)), Ok(Progress::Unfinished));
    memory.put_under_way(Some(work));
    let visitor = create_anonymous(&memory, START);
    let arrived = bring(&at(&memory, START + 2), Way::Rotate, Some(visitor), killing(3)).unwrap();
    let made = bring(&at(&memory, START + 3), Way::Create, None, killing(3)).unwrap();
    assert_eq!(of_bob(&memory, START + 3).len(), 3);
    let work = memory.put_under_way(None).unwrap();
    run(&memory, work, START + 3);
    assert_eq!(of_bob(&memory, START + 3), BTreeSet::from([arrived, made]));
}

#[test]
fn a_limit_holds_in_the_part_of_a_cluster_where_the_id_is() {
    let part = Part::Slot(Slot::of(b"bob"));
    let mut parts = Parts::default();
    parts.stable.insert(part);
    let memory = Memory::with_parts(parts);
    let store = Store::new(&memory, rules(), part, START);
    let new = NewSession {
        cap: killing(2),
        ..new("bob")
    };
    for _ in 0..5 {
        store.create(&new, Draw::Near(id("bob")), None).unwrap();
    }
    assert_eq!(of_app(&memory, START, Window::Ever, Limit::ALL).len(), 2);
}

fn hashing(memory: &Memory, now: Seconds) -> Store<'_, Memory> {
    let rules = Rules {
        storage: Storage::Hashed,
        ..rules()
    };
    Store::new(memory, rules, Part::Whole, now)
}

#[test]
fn where_tokens_are_hashed_a_limit_is_about_sessions_of_both_forms() {
    for way in WAYS {
        let memory = Memory::default();
        let plain = [create(&memory, "bob", START), create(&memory, "bob", START + 1)];
        let store = hashing(&memory, START + 60);
        let hashed = make(&hashing(&memory, START + 2), &new("bob"), "bob");
        let from = prepare(&memory, way, START + 60);
        let before = memory.contents();
        assert_eq!(
            bring(&store, way, from, refusing(3)),
            Err(Error::TooManySessions),
            "{way:?}"
        );
        assert_eq!(
            memory.contents(),
            before,
            "{way:?}: nobody's token is hashed for a refused command"
        );
        let token = bring(&store, way, from, killing(2)).unwrap();
        let is_there = |token: Token| store.find(web(), token).unwrap().is_some();
        let left = [plain[0], plain[1], hashed, token].map(is_there);
        assert_eq!(left, [false, false, true, true], "{way:?}");
        assert_eq!(set_of_bob(&memory).len(), 2, "{way:?}");
        assert_eq!(store.kill(web(), hashed), Ok(true));
        assert_eq!(store.kill(web(), token), Ok(true));
        assert_eq!(memory.key_names(), Vec::<String>::new(), "{way:?}");
    }
}

#[test]
fn nobody_dies_when_the_key_of_a_hashed_token_has_the_wrong_type() {
    let wrong = || Value::Set([b"x".to_vec()].into());
    for way in [Way::SaveNew, Way::SaveLive] {
        for storage in [Storage::Plain, Storage::Hashed] {
            let memory = Memory::default();
            create(&memory, "bob", START);
            let from = prepare(&memory, way, START);
            let name = StoredName::of(&from.unwrap_or(planted(b'n')), Storage::Hashed);
            let key = [b"rs:web:", name.as_bytes()].concat();
            memory.put(&key, wrong());
            let before = memory.contents();
            let store = match storage {
                Storage::Plain => at(&memory, START + 1),
                Storage::Hashed => hashing(&memory, START + 1),
            };
            match bring(&store, way, from, killing(1)) {
                Ok(_) => assert!(from.is_some() && storage == Storage::Plain, "{way:?} {storage:?}"),
                Err(error) => {
                    assert_eq!(error, Error::WrongType, "{way:?} {storage:?}");
                    assert_eq!(memory.contents(), before, "{way:?} {storage:?}");
                }
            }
        }
    }
}
