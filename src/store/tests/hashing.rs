//! Sessions whose token is stored hashed.

use super::*;

fn with(memory: &Memory, storage: Storage, now: Seconds) -> Store<'_, Memory> {
    Store::new(memory, Rules { storage, ..rules() }, Part::Whole, now)
}

fn hashed(token: &Token) -> StoredName {
    StoredName::of(token, Storage::Hashed)
}

/// A stored name, used as a token.
fn presented(name: StoredName) -> Token {
    Token::parse(name.as_bytes()).unwrap()
}

fn holds(memory: &Memory, token: &Token) -> bool {
    let contents = format!("{:?}", memory.contents());
    let bytes = format!("{:?}", token.as_bytes());
    contents.contains(bytes.trim_matches(['[', ']']))
}

#[test]
fn a_hashed_token_is_nowhere_in_the_keys_and_its_stored_name_opens_nothing() {
    let memory = Memory::default();
    for owner in [Owner::Id(id("bob")), Owner::Nobody] {
        let new = NewSession { owner, ..new("bob") };
        for storage in [Storage::Hashed, Storage::Plain] {
            let token = make(&with(&memory, Storage::Hashed, START), &new, "bob");
            let store = with(&memory, storage, START);
            assert!(store.find(web(), token).unwrap().is_some(), "{storage:?}");
            let name = presented(hashed(&token));
            assert!(store.find(web(), name).unwrap().is_none(), "{storage:?}");
            assert_eq!(store.kill(web(), name), Ok(false));
            assert_eq!(store.save(&save(name, None)), Err(Error::InvalidToken));
            assert_eq!(store.name_of(web(), name), Ok(None));
            assert!(!holds(&memory, &token));
            assert_eq!(store.kill(web(), token), Ok(true));
            assert_eq!(memory.key_names(), Vec::<String>::new());
        }
    }
}

#[test]
fn lists_counts_and_kills_cover_hashed_sessions_by_the_same_sid() {
    let memory = Memory::default();
    let store = with(&memory, Storage::Hashed, START);
    let tokens: Vec<_> = (0..40).map(|_| make(&store, &new("bob"), "bob")).collect();
    let listed = of_app(&memory, START, Window::Ever, Limit::ALL);
    let mut sids: Vec<_> = listed
        .iter()
        .map(|e| e.name.sid(e.session.storage).as_bytes().to_vec())
        .collect();
    let mut expected: Vec<_> = tokens.iter().map(|token| token.sid().as_bytes().to_vec()).collect();
    sids.sort_unstable();
    expected.sort_unstable();
    assert_eq!(sids, expected);
    let kill = |which| {
        run(
            &memory,
            Work::kill_of_id(Part::Whole, web(), id("bob"), which, START),
            START,
        )
    };
    assert_eq!(kill(Which::Only(tokens[0].sid())), 1);
    let kept = store.name_of(web(), tokens[1]).unwrap().unwrap();
    assert_eq!(kill(Which::Except(kept)), 38);
    assert!(store.find(web(), tokens[1]).unwrap().is_some());
    assert_eq!(run(&memory, Work::wipe(START + 10_000), START + 10_000), 1);
    assert_eq!(memory.key_names(), Vec::<String>::new());
}

#[test]
fn a_use_moves_a_session_that_was_stored_by_its_token() {
    let memory = Memory::default();
    for (owner, of) in [(Owner::Id(id("bob")), "bob"), (Owner::Nobody, "x")] {
        let token = make(
            &with(&memory, Storage::Plain, START),
            &NewSession { owner, ..new("bob") },
            of,
        );
        let store = with(&memory, Storage::Hashed, START + 1);
        let mut found = store.find(web(), token).unwrap().unwrap();
        store.apply(&mut found, &Use::read()).unwrap();
        drop(found);
        assert!(!holds(&memory, &token));
        let session = store.find(web(), token).unwrap().unwrap().close().session;
        assert_eq!(
            (session.id.as_slice(), session.reads, session.created),
            (owner.as_bytes(), 2, Some(START))
        );
        assert_eq!(session.storage, Storage::Hashed);
        assert_eq!(counted(&store, Window::Ever), Ok(1));
        let off = with(&memory, Storage::Plain, START + 2);
        assert!(off.find(web(), token).unwrap().is_some(), "nobody is logged out");
        let again = rotate(&off, off.find(web(), token).unwrap().unwrap(), None)
            .unwrap()
            .unwrap();
        assert!(holds(&memory, &again), "new tokens are stored as they are again");
        assert_eq!(off.kill(web(), again), Ok(true));
        assert_eq!(memory.key_names(), Vec::<String>::new());
    }
}

#[test]
fn a_session_that_is_about_to_be_killed_is_not_moved() {
    let memory = Memory::default();
    let token = create(&memory, "bob", START);
    memory.put_under_way(Some(Work::kill_of_app(web(), START)));
    let store = with(&memory, Storage::Hashed, START);
    let mut found = store.find(web(), token).unwrap().unwrap();
    store.apply(&mut found, &Use::read()).unwrap();
    assert_eq!(found.name, plain(&token));
}

#[test]
fn the_slot_of_a_token_is_stored_if_it_follows_neither_from_its_stored_name_nor_from_the_id() {
    let memory = Memory::default();
    let store = with(&memory, Storage::Hashed, START);
    let field = |token: &Token| match memory.get(format!("rs:web:{}", text(presented(hashed(token)))).as_bytes()) {
        Some(Value::Hash(hash)) => hash.get(&b"slot"[..]).cloned(),
        other => panic!("{other:?}"),
    };
    let number = |token: &Token| Some(Slot::of(token.as_bytes()).number().to_string().into_bytes());
    let bobs = make(&store, &new("bob"), "bob");
    assert_eq!(field(&bobs), None);
    let own = Token::parse(&[b'a'; 64]).unwrap();
    assert_eq!(store.save(&save(own, None)), Ok(Saved::Made));
    assert_eq!(field(&own), number(&own));
    assert_eq!(store.save(&save(own, Some("bob"))), Ok(Saved::Written));
    assert_eq!(field(&own), number(&own));
    let rotated = rotate(&store, store.find(web(), own).unwrap().unwrap(), None)
        .unwrap()
        .unwrap();
    assert_eq!(field(&rotated), None);
}

#[test]
fn a_save_for_an_id_whose_set_has_another_type_moves_nothing_to_its_hash() {
    let memory = Memory::default();
    let token = create(&memory, "bob", START);
    memory.put(b"rs:web:us:carol", Value::Hash(std::collections::BTreeMap::new()));
    let before = memory.contents();
    let store = with(&memory, Storage::Hashed, START);
    assert_eq!(store.save(&save(token, Some("carol"))), Err(Error::WrongType));
    assert_eq!(memory.contents(), before);
}

#[test]
fn a_new_token_leaves_the_session_alone_whose_token_is_its_hash() {
    let new_token = Token::parse(&[b'x'; 64]).unwrap();
    let its_hash = presented(hashed(&new_token));
    for condition in [Condition::None, Condition::New] {
        let memory = Memory::default();
        let store = with(&memory, Storage::Plain, START);
        assert_eq!(store.save(&save(its_hash, Some("bob"))), Ok(Saved::Made));
        let new = |store: &Store<'_, Memory>| {
            let new = Save {
                condition,
                ..save(new_token, None)
            };
            store.save(&new)
        };
        assert_eq!(new(&with(&memory, Storage::Hashed, START)), Err(Error::InvalidToken));
        assert_eq!(new(&store), Ok(Saved::Made));
        assert_eq!(store.find(web(), its_hash).unwrap().unwrap().session.id, b"bob");
        assert_eq!(store.kill(web(), new_token), Ok(true));

        let found = store.find(web(), its_hash).unwrap().unwrap();
        let grace = Some(Grace::parse(b"60").unwrap());
        let rotated = store.rotate(found, &Use::default(), grace).unwrap();
        for storage in [Storage::Plain, Storage::Hashed] {
            let store = with(&memory, storage, START);
            assert!(store.find(web(), new_token).unwrap().is_none(), "{storage:?}");
            assert_eq!(store.kill(web(), new_token), Ok(false), "{storage:?}");
            assert_eq!(store.find(web(), its_hash).unwrap().map(|found| found.token), rotated);
        }
        assert_eq!(new(&with(&memory, Storage::Hashed, START)), Err(Error::InvalidToken));
        assert_eq!(new(&store), Ok(Saved::Made));
        assert_eq!(store.find(web(), its_hash).unwrap().map(|found| found.token), rotated);
    }
}

#[test]
fn a_session_is_not_moved_if_its_stored_name_is_in_use() {
    let memory = Memory::default();
    let token = create(&memory, "bob", START);
    let name = format!("rs:web:{}", text(presented(hashed(&token))));
    memory.put(name.as_bytes(), Value::Hash([(b"a".to_vec(), b"b".to_vec())].into()));
    let store = with(&memory, Storage::Hashed, START + 1);
    let mut found = store.find(web(), token).unwrap().unwrap();
    assert!(store.apply(&mut found, &Use::read()).is_ok());
    assert_eq!(found.name, plain(&token));
}
