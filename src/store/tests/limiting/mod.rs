//! MAX: which sessions are killed for a new session of an id, which are refused, and what changes.

mod circumstances;

use super::*;
use sessions_model::number::Max;
use std::collections::BTreeSet;

/// The ways in which an id gets another session.
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

/// Prepares the way: a session that does not belong to bob's live ones.
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

/// Gives bob another session; returns its token.
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
fn with_fewer_sessions_than_max_no_session_is_killed_or_refused() {
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
        // Leftovers stay, too.
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
fn of_sessions_used_in_the_same_second_the_older_one_is_killed_then_the_lower_token() {
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
fn ended_sessions_make_room_before_a_live_session_is_killed() {
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
fn no_session_is_killed_for_sessions_that_have_ended_and_were_not_read() {
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
