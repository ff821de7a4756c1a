//! Rotating, also during a KILLALL or a KILLSOID.

use super::*;

#[test]
fn rotating_moves_a_session_and_all_that_points_to_it() {
    let memory = Memory::default();
    let lifetime = Some(Lifetime::parse(b"500").unwrap());
    let store = at(&memory, START);
    let visitor = NewSession {
        lifetime,
        ..new("visitor")
    };
    let old = make(&store, &visitor, "visitor");
    let later = at(&memory, START + 7);
    let found = later.find(web(), old).unwrap().unwrap();
    let token = rotate(&later, found, Some(id("bob"))).unwrap().unwrap();
    assert!(later.find(web(), old).unwrap().is_none());
    let moved = later.find(web(), token).unwrap().unwrap().close().session;
    assert_eq!(moved.id, b"bob");
    assert_eq!((moved.reads, moved.writes, moved.ttl), (1, 1, 100));
    assert_eq!((moved.created, moved.until), (Some(START), Some(START + 500)));
    assert_eq!(moved.last_activity, START + 7);
    assert_eq!(users(&memory, START + 7, Window::Ever, Limit::ALL), [b"bob"]);
    assert_eq!(later.kill(web(), token), Ok(true));
    assert_eq!(memory.key_names(), Vec::<String>::new());
    assert_eq!(memory.events(), [Event::Create, Event::Rotate, Event::Kill]);
}

#[test]
fn rotating_while_the_app_is_killed_ends_the_session_unless_it_is_younger() {
    let memory = Memory::default();
    let old = create(&memory, "bob", START);
    let young = create(&memory, "bob", START + 2);
    memory.put_under_way(Some(Work::kill_of_app(web(), START + 1)));
    let store = at(&memory, START + 3);
    let rotated = |token| rotate(&store, store.find(web(), token).unwrap().unwrap(), None).unwrap();
    assert_eq!(rotated(old), None);
    let kept = rotated(young).unwrap();
    assert_eq!(counted(&store, Window::Ever), Ok(1));
    assert_eq!(store.kill(web(), kept), Ok(true));
    assert_eq!(memory.key_names(), Vec::<String>::new());
}

#[test]
fn no_old_session_outlives_a_killsoid_by_being_rotated() {
    let memory = Memory::default();
    let mut old: Vec<_> = (0..200).map(|_| create(&memory, "bob", START)).collect();
    let mut work = Work::kill_of_id(Part::Whole, web(), id("bob"), Which::All, START);
    let mut now = START;
    while work.step(&at(&memory, now)).unwrap() == Progress::Unfinished {
        memory.put_under_way(Some(work));
        now = START + 1;
        let store = at(&memory, now);
        for token in &mut old {
            if let Some(found) = store.find(web(), *token).unwrap() {
                let to = [None, Some(id("eve"))][usize::from(token.as_bytes()[0] % 2)];
                assert_eq!(rotate(&store, found, to).unwrap(), None);
            }
        }
        create(&memory, "bob", now);
        work = memory.put_under_way(None).unwrap();
    }
    assert!(
        of_app(&memory, now, Window::Ever, Limit::ALL)
            .iter()
            .all(|left| left.session.created == Some(now))
    );
}

#[test]
fn a_killsoid_keeps_the_excepted_session_under_its_new_token() {
    let memory = Memory::default();
    let mut kept = create(&memory, "bob", START);
    for _ in 0..200 {
        create(&memory, "bob", START);
    }
    let mut work = Work::kill_of_id(Part::Whole, web(), id("bob"), Which::Except(plain(&kept)), START);
    while work.step(&at(&memory, START)).unwrap() == Progress::Unfinished {
        memory.put_under_way(Some(work));
        let store = at(&memory, START);
        let found = store.find(web(), kept).unwrap().expect("it is excepted");
        kept = rotate(&store, found, None).unwrap().expect("it is excepted");
        work = memory.put_under_way(None).unwrap();
    }
    let left = of_app(&memory, START, Window::Ever, Limit::ALL);
    assert_eq!(left.iter().map(token_of).collect::<Vec<_>>(), [kept]);
}

#[test]
fn a_killsoid_of_one_sid_or_another_id_leaves_rotating_sessions_alone() {
    let memory = Memory::default();
    let (named, other) = (create(&memory, "bob", START), create(&memory, "bob", START));
    let of_eve = create(&memory, "eve", START);
    let only = Which::Only(named.sid());
    memory.put_under_way(Some(Work::kill_of_id(Part::Whole, web(), id("bob"), only, START)));
    let store = at(&memory, START);
    let rotated = |token| rotate(&store, store.find(web(), token).unwrap().unwrap(), None).unwrap();
    assert_eq!(rotated(named), None);
    assert!(rotated(other).is_some());
    assert!(rotated(of_eve).is_some());
}

#[test]
fn a_killsoid_spares_the_excepted_session_on_its_way_to_another_id_and_back() {
    let memory = Memory::default();
    let kept = create(&memory, "bob", START);
    for _ in 0..100 {
        create(&memory, "bob", START);
    }
    let mut work = Work::kill_of_id(Part::Whole, web(), id("bob"), Which::Except(plain(&kept)), START);
    assert_eq!(work.step(&at(&memory, START)), Ok(Progress::Unfinished));
    memory.put_under_way(Some(work));
    let store = at(&memory, START);
    let mut token = kept;
    for to in ["eve", "bob", "bob"] {
        let found = store.find(web(), token).unwrap().expect("it is excepted");
        token = rotate(&store, found, Some(id(to))).unwrap().expect("it is excepted");
    }
    assert_eq!(run(&memory, memory.put_under_way(None).unwrap(), START), 100);
    assert!(store.find(web(), token).unwrap().is_some());
}

#[test]
fn a_killsoid_spares_a_visitor_who_logs_in_during_it() {
    let memory = Memory::default();
    let visitor = create(&memory, "visitor", START);
    for _ in 0..100 {
        create(&memory, "bob", START);
    }
    let mut work = Work::kill_of_id(Part::Whole, web(), id("bob"), Which::All, START);
    assert_eq!(work.step(&at(&memory, START)), Ok(Progress::Unfinished));
    memory.put_under_way(Some(work));
    let store = at(&memory, START);
    let rotated = |token, to| {
        let found = store.find(web(), token).unwrap().unwrap();
        rotate(&store, found, to).unwrap()
    };
    let logged_in = rotated(visitor, Some(id("bob"))).unwrap();
    let rotated_again = rotated(logged_in, None).unwrap();
    assert_eq!(run(&memory, memory.put_under_way(None).unwrap(), START), 100);
    assert!(store.find(web(), rotated_again).unwrap().is_some());
}
