//! A cluster's node: one part per hash slot.

use super::*;

/// A store in a cluster, of the slot of an id or a token.
fn in_cluster<'a>(memory: &'a Memory, of: &[u8], now: Seconds) -> Store<'a, Memory> {
    Store::new(memory, rules(), Part::Slot(Slot::of(of)), now)
}

fn parts(stable: &[Part], moving: &[Part]) -> Parts {
    let mut parts = Parts::default();
    stable.iter().for_each(|&part| parts.stable.insert(part));
    moving.iter().for_each(|&part| parts.moving.insert(part));
    parts
}

/// Twenty ids with one session each, created in successive seconds and all in different slots.
fn spread() -> (Memory, Vec<(String, Part)>) {
    let ids: Vec<_> = (0..20)
        .map(|n| format!("user{n}"))
        .map(|id| (id.clone(), Part::Slot(Slot::of(id.as_bytes()))))
        .collect();
    let slots: Vec<_> = ids.iter().map(|(_, part)| *part).collect();
    let memory = Memory::with_parts(parts(&slots, &[]));
    for (now, (id, _)) in (START..).zip(&ids) {
        make(&in_cluster(&memory, id.as_bytes(), now), &new(id), id);
    }
    (memory, ids)
}

#[test]
fn in_a_cluster_an_app_is_counted_and_listed_over_all_slots() {
    let (memory, ids) = spread();
    let store = at(&memory, START + 19);
    let limit = Limit::parse(b"2", b"5").unwrap();
    assert_eq!(counted(&store, Window::Ever), Ok(20));
    assert_eq!(active(&store, Window::parse(b"7").unwrap()), Ok(8));
    let users = users(&memory, START + 19, Window::Ever, limit);
    let newest_first: Vec<_> = ids.iter().rev().map(|(id, _)| id.as_bytes().to_vec()).collect();
    assert_eq!(users, newest_first[2..7]);
    let listed = of_app(&memory, START + 19, Window::Ever, limit);
    let of: Vec<_> = listed.into_iter().map(|listed| listed.session.id).collect();
    assert_eq!(of, newest_first[2..7]);
}

#[test]
fn in_a_cluster_counts_leave_others_served_between_some_slots_and_the_next() {
    const SLOTS: u16 = 1000;
    let slots: Vec<_> = (0..SLOTS).filter_map(Slot::from_number).map(Part::Slot).collect();
    let memory = Memory::with_parts(parts(&slots, &[]));
    let ids = (0..).map(|n| format!("user{n}"));
    let mut here: Vec<_> = ids
        .filter(|id| Slot::of(id.as_bytes()).number() < SLOTS)
        .take(300)
        .collect();
    here.push(here[0].clone());
    for id in &here {
        make(&in_cluster(&memory, id.as_bytes(), START), &new(id), id);
    }
    let store = at(&memory, START + 1);
    let window = Window::parse(b"600").unwrap();
    for (mut work, expected) in [
        (store.count(web(), Window::Ever), 301),
        (store.count(web(), window), 301),
        (store.activity(web(), Window::Ever), 300),
        (store.activity(web(), window), 300),
    ] {
        let mut steps = 1;
        while work.step(&store) == Ok(Progress::Unfinished) {
            steps += 1;
        }
        assert!(steps > 10, "{work:?} took {steps} steps");
        assert!(
            matches!(work.outcome(), Outcome::Count(found) if found == expected),
            "{work:?}"
        );
    }
}

#[test]
fn on_a_single_server_a_count_takes_one_step() {
    let memory = Memory::default();
    for n in 0..100 {
        create(&memory, &format!("user{n}"), START);
    }
    let store = at(&memory, START);
    let mut work = store.activity(web(), Window::Ever);
    assert_eq!(work.step(&store), Ok(Progress::Finished));
}

#[test]
fn in_a_cluster_a_moving_slot_is_counted_by_its_scores() {
    let (memory, ids) = spread();
    let slots: Vec<_> = ids.iter().map(|(_, part)| *part).collect();
    let (moving, stable) = slots.split_at(15);
    let memory = memory.having(parts(stable, moving));
    for (id, _) in &ids {
        let token = of_app(&memory, START + 20, Window::Ever, Limit::ALL);
        let token = token
            .iter()
            .find(|listed| listed.session.id == id.as_bytes())
            .map(token_of)
            .unwrap();
        let store = in_cluster(&memory, id.as_bytes(), START + 20);
        let mut found = store.find(web(), token).unwrap().unwrap();
        store.apply(&mut found, &Use::read()).unwrap();
    }
    // All sessions were used now; the scores of some did not change because they stayed in the same
    // step.
    let just_now = Window::parse(b"1").unwrap();
    let by_score = slots.iter().zip(START..).filter(|(part, created)| {
        let stored = match memory.get(&Keys::new(b"rs", **part).users(web())) {
            Some(Value::SortedSet(users)) => *users.values().next().unwrap(),
            _ => panic!(),
        };
        assert!(stored == score(*created) || stored == score(START + 20));
        moving.contains(part) && stored < score(START + 19)
    });
    let missed = by_score.count();
    assert_eq!(counted(&at(&memory, START + 20), just_now), Ok(20 - missed));
    assert_eq!(active(&at(&memory, START + 20), just_now), Ok(20 - missed));
}

#[test]
fn in_a_cluster_work_covers_all_slots() {
    let (memory, _) = spread();
    assert_eq!(run(&memory, Work::wipe(START + 300), START + 300), 20);
    assert_eq!(memory.key_names(), Vec::<String>::new());
    let (memory, _) = spread();
    assert_eq!(run(&memory, Work::kill_of_app(web(), START + 50), START + 50), 20);
    assert_eq!(memory.key_names(), Vec::<String>::new());
}

#[test]
fn in_a_cluster_work_processes_all_slots_that_do_not_move_and_then_returns_an_error() {
    let (memory, ids) = spread();
    let slots: Vec<_> = ids.iter().map(|(_, part)| *part).collect();
    let during = memory.having(parts(&slots[3..], &slots[..3]));
    let mut work = Work::kill_of_app(web(), START + 50);
    let end = loop {
        match work.step(&at(&during, START + 50)) {
            Ok(Progress::Unfinished) => {}
            end => break end,
        }
    };
    assert_eq!((end, work.count()), (Err(Error::TryAgain), 17));
    let after = memory.having(parts(&slots[3..], &[]));
    assert_eq!(run(&after, Work::kill_of_app(web(), START + 50), START + 50), 0);
    assert_eq!(run(&memory, Work::kill_of_app(web(), START + 50), START + 50), 3);
}

#[test]
fn in_a_cluster_work_skips_a_slot_that_starts_to_move() {
    let memory = Memory::with_parts(parts(&[Part::Slot(Slot::of(b"bob"))], &[]));
    for _ in 0..100 {
        make(&in_cluster(&memory, b"bob", START), &new("bob"), "bob");
    }
    let gone = memory.having(parts(&[], &[]));
    let mut work = Work::kill_of_app(web(), START);
    assert_eq!(work.step(&at(&memory, START)), Ok(Progress::Unfinished));
    let killed = work.count();
    assert!((1..100).contains(&killed));
    assert_eq!(work.step(&at(&gone, START)), Err(Error::TryAgain));
    assert_eq!(work.count(), killed);

    let mut of_id = Work::kill_of_id(Part::Slot(Slot::of(b"bob")), web(), id("bob"), Which::All, START);
    assert_eq!(of_id.step(&at(&gone, START)), Err(Error::TryAgain));
}

#[test]
fn in_a_cluster_a_session_stays_in_its_slot() {
    let (memory, _) = spread();
    let store = in_cluster(&memory, b"user1", START + 20);
    let of_app = of_app(&memory, START + 20, Window::Ever, Limit::ALL);
    let token = of_app
        .iter()
        .find(|listed| listed.session.id == b"user1")
        .map(token_of)
        .unwrap();
    let found = || store.find(web(), token).unwrap().unwrap();
    let before = memory.contents();
    assert_eq!(rotate(&store, found(), Some(id("user2"))), Err(Error::CrossSlot));
    assert_eq!(memory.contents(), before);
    let rotated = rotate(&store, found(), Some(id("x{user1}"))).unwrap().unwrap();
    assert_eq!(Slot::of(rotated.as_bytes()), Slot::of(b"user1"));
}

#[test]
fn in_a_cluster_work_skips_a_slot_with_a_key_of_another_type_and_then_returns_an_error() {
    for lowest in [true, false] {
        let (memory, ids) = spread();
        let slots: Vec<_> = ids.iter().map(|(_, part)| *part).collect();
        let number = |part: &Part| match part {
            Part::Slot(slot) => slot.number(),
            Part::Whole => panic!(),
        };
        let wrong = slots.iter().min_by_key(|part| {
            if lowest {
                i32::from(number(part))
            } else {
                -i32::from(number(part))
            }
        });
        memory.put(
            &Keys::new(b"rs", *wrong.unwrap()).due(),
            Value::Set([b"a".to_vec()].into()),
        );
        for mut work in [Work::wipe(START + 300), Work::kill_of_app(web(), START + 300)] {
            let end = loop {
                match work.step(&at(&memory, START + 300)) {
                    Ok(Progress::Unfinished) => {}
                    end => break end,
                }
            };
            assert_eq!((end, work.skipped()), (Err(Error::WrongType), 1));
            assert_eq!(counted(&at(&memory, START + 300), Window::Ever), Ok(1));
        }
    }
}
