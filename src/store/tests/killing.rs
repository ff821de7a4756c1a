//! Killing: one session, those of an id, those of an app.

use super::*;

#[test]
fn an_id_keeps_the_activity_of_a_session_that_was_killed() {
    let memory = Memory::default();
    create(&memory, "bob", START);
    let killed = create(&memory, "bob", START + 5);
    assert!(use_at(&memory, killed, START + 50));
    assert_eq!(at(&memory, START + 55).kill(web(), killed), Ok(true));
    assert_eq!(score_of(&memory, "rs:web:_users", "bob"), Some(score(START + 50)));
}

#[test]
fn killing_everything_leaves_nothing_behind() {
    let memory = Memory::default();
    for n in 0..200 {
        create(&memory, &format!("user:{}", n % 7), START + n);
    }
    assert_eq!(
        run(&memory, Work::kill_of_app(web(), START + 300), START + 150),
        200 - 50
    );
    assert_eq!(memory.key_names(), Vec::<String>::new());
}

#[test]
fn sessions_created_while_an_app_is_killed_live_on() {
    let memory = Memory::default();
    for n in 0..300 {
        create(&memory, &format!("user{}", n % 7), START);
    }
    let mut work = Work::kill_of_app(web(), START);
    let mut late = Vec::new();
    let mut now = START;
    while work.step(&at(&memory, now)).unwrap() == Progress::Unfinished {
        now = START + 1;
        if late.len() < 100 {
            late.push(create(&memory, &format!("user{}", late.len() % 9), now));
        }
    }
    assert_eq!(work.count(), 300);
    for token in &late {
        assert!(at(&memory, now).find(web(), *token).unwrap().is_some());
    }
    assert_eq!(counted(&at(&memory, now), Window::Ever), Ok(late.len()));
}

#[test]
fn an_app_is_killed_even_if_its_list_of_sessions_is_lost() {
    let memory = Memory::default();
    for n in 0..10 {
        create(&memory, &format!("user{}", n % 3), START);
    }
    memory.unlink(
        &[sessions_model::keys::Name::from_slice(b"rs:web:_sessions")],
        Vec::new(),
    );
    assert_eq!(run(&memory, Work::kill_of_app(web(), START), START), 10);
    assert_eq!(memory.key_names(), Vec::<String>::new());
}

#[test]
fn killing_an_ids_sessions_excepts_a_live_one_only() {
    let memory = Memory::default();
    let old = create(&memory, "bob", START);
    let kept = create(&memory, "bob", START + 100);
    create(&memory, "bob", START + 100);
    let now = START + 150;
    let except = |token| Work::kill_of_id(Part::Whole, web(), id("bob"), Which::Except(token), now);
    assert_eq!(run(&memory, except(plain(&kept)), now), 1);
    assert!(at(&memory, now).find(web(), kept).unwrap().is_some());
    assert_eq!(run(&memory, except(plain(&old)), now), 1);
    assert_eq!(memory.key_names(), Vec::<String>::new());
}

#[test]
fn killing_by_sid_kills_only_that_session() {
    let memory = Memory::default();
    let tokens: Vec<_> = (0..5).map(|_| create(&memory, "bob", START)).collect();
    let only = Work::kill_of_id(Part::Whole, web(), id("bob"), Which::Only(tokens[2].sid()), START);
    assert_eq!(run(&memory, only, START), 1);
    assert!(at(&memory, START).find(web(), tokens[2]).unwrap().is_none());
    assert_eq!(
        total(&memory, START, |store| store.count_of_id(
            web(),
            id("bob"),
            Window::Ever
        )),
        4
    );
}

#[test]
fn an_index_entry_never_reaches_a_session_of_another_id() {
    let memory = Memory::default();
    let token = create(&memory, "bob", START);
    memory.put(
        b"rs:web:us:eve",
        Value::Set([token.as_bytes().to_vec(), b"_users".to_vec()].into()),
    );
    let store = at(&memory, START);
    assert_eq!(
        total(&memory, START, |store| store.count_of_id(
            web(),
            id("eve"),
            Window::Ever
        )),
        0
    );
    assert_eq!(
        run(
            &memory,
            Work::kill_of_id(Part::Whole, web(), id("eve"), Which::All, START),
            START
        ),
        0
    );
    assert!(store.find(web(), token).unwrap().is_some());
    assert_eq!(users(&memory, START, Window::Ever, Limit::ALL), [b"bob"]);
}

#[test]
fn the_steps_of_killing_an_app_grow_only_in_proportion_to_spared_sessions() {
    let steps = |spared: u32| {
        let memory = Memory::default();
        create(&memory, "bob", START);
        for n in 0..spared {
            create(&memory, &format!("user{n}"), START + 1);
        }
        let mut work = Work::kill_of_app(web(), START);
        let mut steps = 0;
        while work.step(&at(&memory, START + 1)).unwrap() == Progress::Unfinished {
            steps += 1;
        }
        assert_eq!(work.count(), 1);
        steps
    };
    let (few, many) = (steps(100), steps(400));
    assert!(many <= few * 4, "{few} steps for 100 spared, {many} for 400");
}

/// How many sessions each step killed at most.
fn most_killed_by_a_step(memory: &Memory, mut work: Work, now: Seconds) -> u64 {
    let (mut most, mut before) = (0, 0);
    loop {
        let progress = work.step(&at(memory, now)).unwrap();
        most = most.max(work.count() - before);
        before = work.count();
        if progress == Progress::Finished {
            return most;
        }
    }
}

#[test]
fn a_step_of_killing_an_ids_sessions_kills_few_although_a_small_set_is_read_at_once() {
    let memory = Memory::default();
    for _ in 0..100 {
        create(&memory, "bob", START);
    }
    let work = Work::kill_of_id(Part::Whole, web(), id("bob"), Which::All, START);
    let most = most_killed_by_a_step(&memory, work, START);
    assert!(most <= 16, "{most}");
    assert_eq!(memory.key_names(), Vec::<String>::new());
}

#[test]
fn a_step_of_killing_an_app_kills_few_sessions_although_each_id_has_several() {
    let memory = Memory::default();
    for n in 0..300 {
        create(&memory, &format!("user{}", n % 20), START);
    }
    memory.unlink(
        &[sessions_model::keys::Name::from_slice(b"rs:web:_sessions")],
        Vec::new(),
    );
    let most = most_killed_by_a_step(&memory, Work::kill_of_app(web(), START), START);
    assert!(most <= 32, "{most}");
    assert_eq!(memory.key_names(), Vec::<String>::new());
}
