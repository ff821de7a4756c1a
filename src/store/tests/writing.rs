//! A command that cannot do all of its work does nothing.

use super::*;

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
        let created = store.create(&new("bob"), Draw::Near(id("bob")), None);
        assert_eq!(created, Err(Error::WrongType), "{name}");
        assert_eq!(store.save(&save(token, Some("eve"))), Err(Error::WrongType), "{name}");
        assert_eq!(store.kill(web(), token), Err(Error::WrongType), "{name}");
        let found = store.find(web(), token).unwrap().unwrap();
        assert_eq!(rotate(&store, found, None), Err(Error::WrongType), "{name}");
        if name != "rs:web:us:bob" {
            assert!(!use_at(&memory, token, START + 50), "{name}");
        }
        assert_eq!(memory.contents(), before, "{name}");
    }
}

#[test]
fn a_key_of_another_type_stops_a_save_before_it_removes_what_has_its_token() {
    let own = Token::parse(&[b'a'; 64]).unwrap();
    let key = format!("rs:web:{}", text(own));
    let hashed = format!(
        "rs:web:{}",
        String::from_utf8_lossy(StoredName::of(&own, Storage::Hashed).as_bytes())
    );
    let names = [
        "rs:web:_sessions",
        "rs:SESSIONS",
        "rs:web:us:eve",
        "rs:web:us:bob",
        &hashed,
    ];
    for name in names {
        for is_session in [true, false] {
            let memory = Memory::default();
            at(&memory, START).save(&save(own, Some("bob"))).unwrap();
            if !is_session {
                let remains = [(b"r".to_vec(), b"5".to_vec())];
                memory.put(key.as_bytes(), Value::Hash(remains.into()));
            }
            let wrong = [(b"a".to_vec(), 1.0)];
            let wrong = if name.contains(":us:") || name == hashed {
                Value::SortedSet(wrong.into())
            } else {
                Value::Set([b"a".to_vec()].into())
            };
            memory.put(name.as_bytes(), wrong);
            let before = memory.contents();
            let saved = at(&memory, START + 10_000).save(&save(own, Some("eve")));
            if name == "rs:web:us:bob" && !is_session {
                continue;
            }
            assert_eq!(saved, Err(Error::WrongType), "{name} {is_session}");
            assert_eq!(memory.contents(), before, "{name} {is_session}");
        }
    }
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
    assert!(store.create(&new("bob"), Draw::Near(id("bob")), data.as_ref()).is_err());
    let saved = store.save(&Save {
        data: Data::parse(large.as_bytes()).unwrap(),
        ..save(token, None)
    });
    assert_eq!(saved, Err(Error::DataTooLarge { max_bytes: 1000 }));
    assert_eq!(memory.contents(), before);
}
