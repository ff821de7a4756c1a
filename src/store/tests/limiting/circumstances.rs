//! MAX when a command fails, during killing, in a cluster and with hashed tokens.

use super::*;

#[test]
fn a_command_that_fails_kills_no_session() {
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
                // The set of the id that the session leaves.
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
fn killing_in_progress_comes_before_the_limit() {
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
fn a_killsoid_in_progress_spares_the_sessions_that_replaced_killed_ones() {
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
fn with_hashed_tokens_a_limit_counts_sessions_of_both_forms() {
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
fn no_session_is_killed_when_the_key_of_a_hashed_token_has_the_wrong_type() {
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
