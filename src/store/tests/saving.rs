//! SAVE: conditions, what it replaces, and saving during a KILLALL or a KILLSOID.

use super::*;

fn own_token() -> Token {
    Token::parse(&[b'a'; 64]).unwrap()
}

fn data(text: &str) -> Data<'_> {
    Data::parse(text.as_bytes()).unwrap()
}

fn stored(memory: &Memory, now: Seconds) -> Option<Session<Vec<u8>>> {
    let found = at(memory, now).find(web(), own_token()).unwrap();
    found.map(|found| found.close().session)
}

#[test]
fn conditions_decide_whether_a_session_is_made_or_written() {
    for (condition, is_there, writes, expected) in [
        (Condition::None, false, None, Ok(Saved::Made)),
        (Condition::None, true, None, Ok(Saved::Written)),
        (Condition::New, false, None, Ok(Saved::Made)),
        (Condition::New, true, None, Ok(Saved::Not)),
        (Condition::Live, false, None, Ok(Saved::Not)),
        (Condition::Live, true, None, Ok(Saved::Written)),
        (Condition::None, false, Some(1), Ok(Saved::Not)),
        (Condition::None, true, Some(1), Ok(Saved::Written)),
        (Condition::Live, true, Some(2), Err(Error::Conflict)),
    ] {
        let memory = Memory::default();
        let store = at(&memory, START);
        if is_there {
            assert_eq!(store.save(&save(own_token(), Some("bob"))), Ok(Saved::Made));
        }
        let before = memory.contents();
        let saved = at(&memory, START + 50).save(&Save {
            data: data(r#"{"a":null}"#),
            condition,
            writes,
            ..save(own_token(), None)
        });
        assert_eq!(saved, expected, "{condition:?} {is_there} {writes:?}");
        let changes = matches!(expected, Ok(Saved::Made | Saved::Written));
        assert_eq!(
            memory.contents() != before,
            changes,
            "{condition:?} {is_there} {writes:?}"
        );
        if changes {
            let session = stored(&memory, START + 50).unwrap();
            assert_eq!(session.data.as_deref(), Some(&br#"{"a":null}"#[..]));
            assert_eq!(session.writes, 1 + i64::from(is_there));
            assert_eq!(session.last_activity, START + 50);
            assert_eq!(session.is_anonymous(), !is_there);
        }
    }
}

#[test]
fn saving_changes_only_the_values_that_an_option_names() {
    let memory = Memory::default();
    let ip = |text: &'static str| Ip::parse(text.as_bytes()).unwrap();
    let first = Save {
        data: data(r#"{"a":1}"#),
        client: Client {
            ip: Some(ip("::1")),
            ..Client::default()
        },
        terms: Terms {
            ttl: Some(Ttl::parse(b"100").unwrap()),
            ..Terms::default()
        },
        ..save(own_token(), Some("bob"))
    };
    assert_eq!(at(&memory, START).save(&first), Ok(Saved::Made));
    assert_eq!(
        at(&memory, START + 3).save(&save(own_token(), None)),
        Ok(Saved::Written)
    );
    let session = stored(&memory, START + 3).unwrap();
    assert_eq!((session.ttl, session.created, session.until), (100, Some(START), None));
    assert_eq!(
        (session.id, session.ip, session.data),
        (b"bob".to_vec(), Some(b"::1".to_vec()), None)
    );
    let second = Save {
        client: Client {
            ip: Some(None),
            ..Client::default()
        },
        terms: Terms {
            ttl: Some(Ttl::parse(b"60").unwrap()),
            lifetime: Some(Lifetime::parse(b"500").unwrap()),
            no_resave: true,
        },
        ..save(own_token(), None)
    };
    assert_eq!(at(&memory, START + 4).save(&second), Ok(Saved::Written));
    let session = stored(&memory, START + 4).unwrap();
    assert_eq!(
        (session.ttl, session.no_resave, session.until),
        (60, true, Some(START + 504))
    );
    assert_eq!(session.ip, None);
    assert_eq!(
        at(&memory, START + 14).save(&save(own_token(), None)),
        Ok(Saved::Written)
    );
    assert_eq!(stored(&memory, START + 14).unwrap().ttl, 50);
    let (member, due) = (
        format!("{}:bob", text(own_token())),
        format!("web:{}:bob", text(own_token())),
    );
    assert_eq!(score_of(&memory, "rs:SESSIONS", &due), Some(score(START + 64)));
    assert!(score_of(&memory, "rs:web:_sessions", &member) >= Some(score(START + 4)));
}

#[test]
fn saving_moves_a_session_to_another_owner_in_all_indexes() {
    let memory = Memory::default();
    let store = at(&memory, START);
    let nobody = Save {
        owner: Some(Owner::Nobody),
        ..save(own_token(), None)
    };
    for (saved, of_bob, of_eve) in [
        (save(own_token(), None), 0, 0),
        (save(own_token(), Some("bob")), 1, 0),
        (save(own_token(), Some("eve")), 0, 1),
        (save(own_token(), None), 0, 1),
        (nobody, 0, 0),
    ] {
        assert_ne!(store.save(&saved), Ok(Saved::Not));
        for (owner, expected) in [("bob", of_bob), ("eve", of_eve)] {
            let count = total(&memory, START, |store| {
                store.count_of_id(web(), id(owner), Window::Ever)
            });
            assert_eq!(count, expected, "{owner} of {saved:?}");
        }
        assert_eq!(active(&store, Window::Ever), Ok((of_bob + of_eve) as usize));
        assert_eq!(of_app(&memory, START, Window::Ever, Limit::ALL).len(), 1);
    }
    assert_eq!(store.kill(web(), own_token()), Ok(true));
    assert_eq!(memory.key_names(), Vec::<String>::new());
}

#[test]
fn a_timed_out_or_invalid_session_is_removed_before_another_gets_its_token() {
    let memory = Memory::default();
    let store = at(&memory, START);
    assert_eq!(store.save(&save(own_token(), Some("bob"))), Ok(Saved::Made));
    let key = format!("rs:web:{}", text(own_token()));
    let later = at(&memory, START + 8000);
    assert_eq!(later.save(&save(own_token(), Some("eve"))), Ok(Saved::Made));
    assert_eq!(memory.events(), [Event::Create, Event::Expire, Event::Create]);
    assert_eq!(users(&memory, START + 8000, Window::Ever, Limit::ALL), [b"eve"]);
    for broken in [&[("r", "5"), ("x", "1")][..], &[("id", "eve"), ("la", "?"), ("x", "1")]] {
        let fields = broken
            .iter()
            .map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()));
        memory.put(key.as_bytes(), Value::Hash(fields.collect()));
        assert_eq!(later.save(&save(own_token(), None)), Ok(Saved::Made));
        match memory.get(key.as_bytes()) {
            Some(Value::Hash(hash)) => assert_eq!(hash.get(&b"x"[..]), None),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn no_old_session_outlives_killing_by_being_saved_for_another_id() {
    let of_app = Work::kill_of_app(web(), START + 1);
    let of_bob = Work::kill_of_id(Part::Whole, web(), id("bob"), Which::All, START + 1);
    for work in [of_app, of_bob] {
        let memory = Memory::default();
        assert_eq!(
            at(&memory, START).save(&save(own_token(), Some("bob"))),
            Ok(Saved::Made)
        );
        memory.put_under_way(Some(work));
        let store = at(&memory, START + 2);
        assert_eq!(store.save(&save(own_token(), None)), Ok(Saved::Written));
        assert_eq!(store.save(&save(own_token(), Some("eve"))), Ok(Saved::Not));
        assert_eq!(memory.key_names(), Vec::<String>::new());
    }
}

#[test]
fn a_killsoid_spares_a_session_that_a_save_gives_to_the_id_during_it() {
    let memory = Memory::default();
    for _ in 0..100 {
        create(&memory, "bob", START);
    }
    assert_eq!(at(&memory, START).save(&save(own_token(), None)), Ok(Saved::Made));
    let mut work = Work::kill_of_id(Part::Whole, web(), id("bob"), Which::All, START);
    assert_eq!(work.step(&at(&memory, START)), Ok(Progress::Unfinished));
    memory.put_under_way(Some(work));
    assert_eq!(
        at(&memory, START).save(&save(own_token(), Some("bob"))),
        Ok(Saved::Written)
    );
    assert_eq!(run(&memory, memory.put_under_way(None).unwrap(), START), 100);
    assert!(stored(&memory, START).is_some());
}

#[test]
fn a_list_of_the_app_never_has_a_session_twice_that_a_save_gives_to_another_id() {
    for of in ["aaa", "zzz"] {
        let memory = Memory::default();
        for n in 0..100 {
            create(&memory, "bob", START + n % 5);
        }
        assert_eq!(at(&memory, START + 2).save(&save(own_token(), None)), Ok(Saved::Made));
        for steps in 0..6 {
            let store = at(&memory, START + 5);
            let mut work = store.of_app(web(), Window::Ever, Limit::ALL, Detail::Full);
            let mut progress = Progress::Unfinished;
            for _ in 0..steps {
                progress = work.step(&store).unwrap();
            }
            memory.put_under_way(Some(work));
            store.save(&save(own_token(), Some(of))).unwrap();
            work = memory.put_under_way(None).unwrap();
            while progress == Progress::Unfinished {
                progress = work.step(&store).unwrap();
            }
            let Outcome::Sessions(listed) = work.outcome() else {
                panic!()
            };
            let times = listed.iter().filter(|listed| token_of(listed) == own_token()).count();
            assert!(times <= 1, "{times} times after {steps} steps, for {of}");
            let nobody = Owner::Nobody;
            store
                .save(&Save {
                    owner: Some(nobody),
                    ..save(own_token(), None)
                })
                .unwrap();
        }
    }
}

#[test]
fn in_a_cluster_a_session_is_saved_only_for_an_id_of_its_tokens_slot() {
    let memory = Memory::default();
    let slot = Slot::of(own_token().as_bytes());
    let store = Store::new(&memory, rules(), Part::Slot(slot), START);
    let of_the_slot = format!("x{{{}}}", String::from_utf8(slot.tag().to_vec()).unwrap());
    assert_eq!(store.save(&save(own_token(), Some("bob"))), Err(Error::CrossSlot));
    assert_eq!(store.save(&save(own_token(), None)), Ok(Saved::Made));
    assert_eq!(store.save(&save(own_token(), Some("bob"))), Err(Error::CrossSlot));
    assert_eq!(store.save(&save(own_token(), Some(&of_the_slot))), Ok(Saved::Written));
}
