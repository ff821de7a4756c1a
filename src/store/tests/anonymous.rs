//! Anonymous sessions.

use super::*;

fn put_empty_user(memory: &Memory, at: Seconds) {
    let users = [(Vec::new(), score(at)), (b"bob".to_vec(), score(START))];
    memory.put(b"rs:web:_users", Value::SortedSet(users.into()));
}

#[test]
fn an_anonymous_session_has_no_id_and_its_members_end_with_the_colon() {
    let memory = Memory::default();
    let token = create_anonymous(&memory, START);
    let name = text(token);
    let mut expected = ["rs:SESSIONS", "rs:web:_sessions", &format!("rs:web:{name}")];
    expected.sort_unstable();
    assert_eq!(memory.key_names(), expected);
    assert!(score_of(&memory, "rs:web:_sessions", &format!("{name}:")).is_some());
    assert!(score_of(&memory, "rs:SESSIONS", &format!("web:{name}:")).is_some());
    let store = at(&memory, START + 50);
    assert!(use_at(&memory, token, START + 50));
    assert_eq!(counted(&store, Window::Ever), Ok(1));
    assert_eq!(active(&store, Window::Ever), Ok(0));
    assert_eq!(of_app(&memory, START + 50, Window::Ever, Limit::ALL).len(), 1);
    assert_eq!(store.kill(web(), token), Ok(true));
    assert_eq!(memory.key_names(), Vec::<String>::new());
}

#[test]
fn killing_an_app_and_the_cleanup_pass_end_anonymous_sessions() {
    for (work, now) in [
        (Work::kill_of_app(web(), START), START),
        (Work::wipe(START + 10_000), START + 10_000),
    ] {
        let memory = Memory::default();
        for _ in 0..50 {
            create_anonymous(&memory, START);
        }
        assert_eq!(run(&memory, work, now), 50);
        assert_eq!(memory.key_names(), Vec::<String>::new());
    }
}

#[test]
fn an_anonymous_session_becomes_an_ids_and_anonymous_again() {
    let memory = Memory::default();
    let visitor = create_anonymous(&memory, START);
    let store = at(&memory, START + 1);
    let found = |token| store.find(web(), token).unwrap().unwrap();
    let bobs = rotate(&store, found(visitor), Some(id("bob"))).unwrap().unwrap();
    assert_eq!(Slot::of(bobs.as_bytes()), Slot::of(b"bob"));
    assert_eq!(active(&store, Window::Ever), Ok(1));
    assert_eq!(
        total(&memory, START + 1, |s| s.count_of_id(web(), id("bob"), Window::Ever)),
        1
    );
    let usage = Use {
        owner: Some(Owner::Nobody),
        ..Use::default()
    };
    let nobodys = store.rotate(found(bobs), &usage, None).unwrap().unwrap();
    assert_eq!(Slot::of(nobodys.as_bytes()), Slot::of(bobs.as_bytes()));
    assert!(found(nobodys).session.is_anonymous());
    assert_eq!(active(&store, Window::Ever), Ok(0));
    assert_eq!(store.kill(web(), nobodys), Ok(true));
    assert_eq!(memory.key_names(), Vec::<String>::new());
}

#[test]
fn an_empty_id_among_the_users_is_nobody() {
    for at_second in [START - 5, START + 5] {
        let memory = Memory::default();
        let (token, _) = (create_anonymous(&memory, START), create(&memory, "bob", START));
        put_empty_user(&memory, at_second);
        let store = at(&memory, START + 10);
        for window in [Window::Ever, Window::Last(10), Window::Last(11), Window::Last(20)] {
            assert_eq!(active(&store, window), Ok(1), "{window:?}");
            assert_eq!(users(&memory, START + 10, window, Limit::ALL), [b"bob"], "{window:?}");
        }
        assert_eq!(store.kill(web(), token), Ok(true));
        assert_eq!(score_of(&memory, "rs:web:_users", ""), None);
        assert!(score_of(&memory, "rs:web:_users", "bob").is_some());
    }
}

#[test]
fn in_a_cluster_a_token_requires_a_slot() {
    let memory = Memory::default();
    let store = Store::new(&memory, rules(), Part::Slot(Slot::of(b"")), START);
    let nobodys = NewSession {
        owner: Owner::Nobody,
        ..new("nobody")
    };
    assert_eq!(store.create(&nobodys, Draw::Anywhere, None), Err(Error::InvalidId));
}
