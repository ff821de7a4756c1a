//! A command that can't do all of its work does nothing.

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
