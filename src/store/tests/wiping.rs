//! The cleanup pass.

use super::*;

#[test]
fn a_cleanup_pass_removes_timed_out_sessions_and_corrects_the_scores_of_live_ones() {
    let memory = Memory::default();
    let used = create(&memory, "bob", START);
    create(&memory, "carol", START);
    // redis-sessions would have moved the score; this change by another program has not.
    let key = format!("rs:web:{}", text(used));
    at(&memory, START).backend.hash(key.as_bytes()).unwrap().set(&[(
        keyspace::Name::Known(sessions_model::session::Field::La),
        keyspace::Value::Integer(START + 150),
    )]);
    memory.put(b"rs:SESSIONS", {
        let Some(Value::SortedSet(mut due)) = memory.get(b"rs:SESSIONS") else {
            panic!()
        };
        due.insert(b"rubbish".to_vec(), 5.0);
        Value::SortedSet(due)
    });
    let mut work = Work::wipe(START + 200);
    while work.step(&at(&memory, START + 200)).unwrap() == Progress::Unfinished {}
    assert_eq!((work.count(), work.unreadable()), (1, 1));
    let due = score_of(&memory, "rs:SESSIONS", &format!("web:{}:bob", text(used))).unwrap();
    assert!((score(START + 250)..=score(START + 259)).contains(&due));
    assert_eq!(users(&memory, START + 200, Window::Ever, Limit::ALL), [b"bob"]);
}

#[test]
fn a_cleanup_pass_never_removes_a_session_that_is_live_by_its_hash() {
    for first_use in 0..20 {
        let memory = Memory::default();
        let token = create(&memory, "bob", START);
        assert!(use_at(&memory, token, START + first_use));
        let end = START + first_use + 100;
        assert_eq!(run(&memory, Work::wipe(end), end), 0, "{first_use}");
        assert!(at(&memory, end).find(web(), token).unwrap().is_some());
        assert_eq!(run(&memory, Work::wipe(end + 11), end + 11), 1, "{first_use}");
        assert_eq!(memory.key_names(), Vec::<String>::new());
    }
}

#[test]
fn a_cleanup_pass_ends_when_the_clock_is_set_back() {
    let memory = Memory::default();
    for n in 0..200 {
        create(&memory, &format!("user{n}"), START);
    }
    let mut work = Work::wipe(START + 500);
    while work.step(&at(&memory, START)).unwrap() == Progress::Unfinished {}
    assert_eq!(work.count(), 200);
}

#[test]
fn a_score_further_ahead_than_any_session_can_live_is_judged_by_the_hash() {
    let memory = Memory::default();
    let (gone, live) = (create(&memory, "bob", START), create(&memory, "carol", START + 150));
    let far = [1e15, f64::INFINITY];
    memory.put(b"rs:SESSIONS", {
        let member = |token, id| format!("web:{}:{id}", text(token)).into_bytes();
        Value::SortedSet([(member(gone, "bob"), far[0]), (member(live, "carol"), far[1])].into())
    });
    assert_eq!(run(&memory, Work::wipe(START + 200), START + 200), 1);
    let due = score_of(&memory, "rs:SESSIONS", &format!("web:{}:carol", text(live)));
    assert!(
        due.is_some_and(|due| (score(START + 250)..=score(START + 259)).contains(&due)),
        "{due:?}"
    );
    assert_eq!(run(&memory, Work::wipe(START + 400), START + 400), 1);
    assert_eq!(memory.key_names(), Vec::<String>::new());
}
