//! The old token of a session that was rotated with a grace.

use super::*;

fn grace(seconds: &str) -> Option<Grace> {
    Some(Grace::parse(seconds.as_bytes()).unwrap())
}

/// ROTATE by a token.
fn rotate_by(store: &Store<'_, Memory>, token: Token, to: Option<&str>, grace: Option<Grace>) -> Option<Token> {
    let owner = to.map(|to| Owner::Id(id(to)));
    match store.find_to_rotate(web(), Some(token), owner).unwrap() {
        Rotatable::Session(found) => {
            let usage = Use {
                owner,
                ..Use::default()
            };
            store.rotate(found, &usage, grace).unwrap()
        }
        Rotatable::Done(token) => Some(token),
        Rotatable::Nothing => None,
    }
}

fn present(store: &Store<'_, Memory>, token: Token) -> Option<Token> {
    store.find(web(), token).unwrap().map(|found| found.token)
}

/// Both forms of storage.
fn stores(memory: &Memory, now: Seconds) -> [Store<'_, Memory>; 2] {
    [Storage::Plain, Storage::Hashed].map(|storage| {
        let rules = Rules { storage, ..rules() };
        Store::new(memory, rules, Part::Whole, now)
    })
}

fn later<'a>(store: &Store<'a, Memory>, now: Seconds) -> Store<'a, Memory> {
    Store { now, ..*store }
}

#[test]
fn an_old_token_names_the_session_until_the_grace_is_over_and_use_does_not_extend_it() {
    for which in 0..2 {
        let memory = Memory::default();
        let store = &stores(&memory, START)[which];
        let old = make(store, &new("bob"), "bob");
        let token = rotate_by(store, old, None, grace("10")).unwrap();
        for (now, found) in [(0, true), (5, true), (10, true), (11, false), (5, true)] {
            let store = later(store, START + now);
            assert_eq!(present(&store, old), found.then_some(token), "after {now} s");
            assert_eq!(present(&store, token), Some(token));
        }
        assert_eq!(later(store, START + 3).kill(web(), old), Ok(true));
        assert_eq!(present(store, token), None);
        assert_eq!(present(store, old), None);
    }
}

#[test]
fn tabs_that_rotate_within_a_grace_end_up_with_one_token() {
    for which in 0..2 {
        let memory = Memory::default();
        let store = &stores(&memory, START)[which];
        let old = make(store, &new("bob"), "bob");
        let token = rotate_by(store, old, None, grace("10"));
        for tab in [old, token.unwrap(), old] {
            assert_eq!(rotate_by(&later(store, START + 7), tab, None, grace("10")), token);
        }
        assert_eq!(rotate_by(&later(store, START + 11), old, None, grace("10")), None);
        let next = rotate_by(&later(store, START + 11), token.unwrap(), None, grace("10"));
        assert!(next.is_some() && next != token);
    }
}

#[test]
fn rotating_without_a_grace_ends_one() {
    let memory = Memory::default();
    let store = at(&memory, START);
    let old = create(&memory, "bob", START);
    let token = rotate_by(&store, old, None, grace("10")).unwrap();
    let next = rotate_by(&store, old, None, None).unwrap();
    assert_ne!(token, next);
    assert_eq!([old, token].map(|token| present(&store, token)), [None; 2]);
}

#[test]
fn after_a_log_in_the_old_token_can_only_repeat_it() {
    for which in 0..2 {
        let memory = Memory::default();
        let store = &stores(&memory, START)[which];
        let visitor = make(store, &new("visitor"), "visitor");
        let token = rotate_by(store, visitor, Some("bob"), grace("10"));
        assert_eq!(present(store, visitor), None);
        assert_eq!(rotate_by(store, visitor, None, grace("10")), None);
        assert_eq!(rotate_by(store, visitor, Some("eve"), grace("10")), None);
        assert_eq!(store.kill(web(), visitor), Ok(false));
        let before = memory.contents();
        assert_eq!(rotate_by(&later(store, START + 9), visitor, Some("bob"), None), token);
        assert_eq!(memory.contents(), before);
        assert_eq!(rotate_by(&later(store, START + 11), visitor, Some("bob"), None), None);
        let xx = Save {
            condition: Condition::Live,
            ..save(visitor, None)
        };
        assert_eq!(store.save(&xx), Ok(Saved::Not));
        let nx = Save {
            condition: Condition::New,
            ..save(visitor, None)
        };
        assert_eq!(store.save(&nx), Ok(Saved::Not), "the repeat stays possible");
        assert_eq!(store.save(&save(visitor, None)), Ok(Saved::Made));
        assert_ne!(present(store, visitor), token);
    }
}

#[test]
fn a_grace_ends_for_good_when_the_session_is_killed_or_gets_another_id() {
    for which in 0..2 {
        let memory = Memory::default();
        let store = &stores(&memory, START)[which];
        let start = |owner| {
            let old = make(store, &new(owner), owner);
            (old, rotate_by(store, old, None, grace("60")).unwrap())
        };
        let (old, token) = start("bob");
        assert_eq!(store.save(&save(token, Some("eve"))), Ok(Saved::Written));
        assert_eq!(present(store, old), None);
        assert_eq!(store.save(&save(token, Some("bob"))), Ok(Saved::Written));
        assert_eq!(present(store, old), None, "it is bob's again");

        let (old, token) = start("bob");
        assert_eq!(store.kill(web(), token), Ok(true));
        assert_eq!(store.save(&save(token, Some("bob"))), Ok(Saved::Made));
        assert_eq!(present(store, token), Some(token));
        assert_eq!(present(store, old), None, "another session has the token");

        let (old, token) = start("carol");
        let kept = rotate_by(store, token, Some("dave"), None).unwrap();
        assert_eq!([old, token].map(|token| present(store, token)), [None; 2]);
        assert_eq!(present(store, kept), Some(kept));
    }
}

#[test]
fn aliases_made_by_another_program_lead_nowhere() {
    let memory = Memory::default();
    let store = at(&memory, START);
    let token = create(&memory, "bob", START);
    let forged = Token::parse(&[b'f'; 64]).unwrap();
    for (until, of, since) in [
        (START + 10, "bob", START),
        (START + 1_000_000, "bob", START),
        (START + 10, "", START),
    ] {
        let fields = [
            ("to", text(token)),
            ("until", until.to_string()),
            ("of", of.to_owned()),
            ("since", since.to_string()),
        ];
        let hash = fields.map(|(name, value)| (name.as_bytes().to_vec(), value.into_bytes()));
        memory.put(format!("rs:web:{}", text(forged)).as_bytes(), Value::Hash(hash.into()));
        assert_eq!(present(&store, forged), None);
    }
}

#[test]
fn an_alias_is_in_no_index_and_an_entry_that_leads_to_one_is_removed_alone() {
    let memory = Memory::default();
    let store = at(&memory, START);
    let old = create(&memory, "bob", START);
    let token = rotate_by(&store, old, None, grace("10")).unwrap();
    assert_eq!(counted(&store, Window::Ever), Ok(1));
    let key = format!("rs:web:{}", text(old));
    for member in [format!("web:{}:bob", text(old)), format!("web:{}:", text(old))] {
        store
            .backend
            .sorted_set(b"rs:SESSIONS")
            .unwrap()
            .add(member.as_bytes(), 1);
    }
    assert_eq!(run(&memory, Work::wipe(START), START), 0);
    assert!(memory.get(key.as_bytes()).is_some(), "the alias is still there");
    assert_eq!(present(&store, old), Some(token));
    assert_eq!(run(&memory, Work::kill_of_app(web(), START), START), 1);
    assert_eq!(present(&store, old), None);
}

#[test]
fn an_old_token_excepts_its_session_from_a_killsoid() {
    let memory = Memory::default();
    let store = at(&memory, START);
    let old = create(&memory, "bob", START);
    create(&memory, "bob", START);
    let token = rotate_by(&store, old, None, grace("10")).unwrap();
    let kept = store.name_of(web(), old).unwrap().unwrap();
    assert_eq!(kept, plain(&token));
    let work = Work::kill_of_id(Part::Whole, web(), id("bob"), Which::Except(kept), START);
    assert_eq!(run(&memory, work, START), 1);
    assert_eq!(present(&store, old), Some(token));
}

#[test]
fn a_log_in_that_is_repeated_during_a_killall_ends_the_session() {
    let memory = Memory::default();
    let store = at(&memory, START);
    let visitor = create(&memory, "visitor", START);
    let token = rotate_by(&store, visitor, Some("bob"), grace("60")).unwrap();
    memory.put_under_way(Some(Work::kill_of_app(web(), START)));
    assert_eq!(rotate_by(&store, visitor, Some("bob"), grace("60")), None);
    assert_eq!(present(&store, token), None);
}
