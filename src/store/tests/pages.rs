//! Pages of the sessions of an id that has very many.

use super::*;

const MANY: i64 = 1500;

/// Sessions of one id among sessions of other ids, a hundred in this number of seconds. All are
/// live.
fn filled(every: Seconds) -> (Memory, Vec<Token>, Seconds) {
    let memory = Memory::default();
    let tokens = (0..MANY)
        .map(|n| {
            let now = START + n * every / 100;
            if n % 3 == 0 {
                create(&memory, &format!("user{n}"), now);
            }
            create(&memory, "bob", now)
        })
        .collect();
    (memory, tokens, START + MANY * every / 100)
}

fn listing(sorting: Sorting, offset: usize, count: usize) -> Listing {
    Listing {
        only: None,
        window: Window::Ever,
        sorting,
        limit: Limit {
            offset,
            count: Some(count),
        },
        detail: Detail::Full,
    }
}

/// A page, and the steps that it took.
fn page(memory: &Memory, now: Seconds, listing: Listing) -> (Vec<Token>, usize) {
    let store = at(memory, now);
    let mut work = store.of_id(web(), id("bob"), listing);
    let mut steps = 1;
    while work.step(&store).unwrap() == Progress::Unfinished {
        steps += 1;
    }
    match work.outcome() {
        Outcome::Sessions(listed) => (listed.iter().map(token_of).collect(), steps),
        other => panic!("{other:?}"),
    }
}

const SORTINGS: [Sorting; 2] = [Sorting::LastActiveFirst, Sorting::LeastActiveFirst];

#[test]
fn a_page_of_very_many_sessions_is_a_part_of_the_whole_list() {
    let (memory, tokens, now) = filled(6);
    // Used within the step of the score, so that the scores and the hashes have different orders.
    for token in tokens.iter().rev().step_by(7).take(40) {
        assert!(use_at(&memory, *token, now));
    }
    for sorting in SORTINGS {
        let whole = Listing {
            limit: Limit::ALL,
            ..listing(sorting, 0, 1)
        };
        let (all, _) = page(&memory, now, whole);
        assert_eq!(all.len(), tokens.len());
        for (offset, count) in [(0, 1), (0, 50), (40, 50), (200, 50), (700, 10), (1490, 50), (1500, 1)] {
            let expected: Vec<_> = all.iter().copied().skip(offset).take(count).collect();
            let (found, _) = page(&memory, now, listing(sorting, offset, count));
            assert_eq!(found, expected, "{sorting:?} {offset} {count}");
        }
    }
}

#[test]
fn a_page_takes_as_many_steps_as_it_needs_however_many_sessions_there_are() {
    let (memory, _, now) = filled(6);
    for sorting in SORTINGS {
        let (_, steps) = page(&memory, now, listing(sorting, 0, 20));
        assert!(steps <= 15, "{steps}");
        let windowed = Listing {
            window: Window::Last(3),
            ..listing(sorting, 0, 20)
        };
        let (found, steps) = page(&memory, now, windowed);
        assert!(!found.is_empty() && steps <= 15, "{steps}");
    }
}

#[test]
fn the_order_of_more_sessions_of_one_step_than_are_read_is_right_to_a_step() {
    let (memory, tokens, now) = filled(1);
    assert!(now - START < 2 * Step::DEFAULT.seconds());
    let la = |token: &Token| {
        at(&memory, now)
            .find(web(), *token)
            .unwrap()
            .unwrap()
            .session
            .last_activity
    };
    for sorting in SORTINGS {
        let (found, steps) = page(&memory, now, listing(sorting, 0, 50));
        assert_eq!(found.len(), 50);
        assert!(steps <= 30, "{steps}");
        let mut different = found.clone();
        different.sort_by_key(|token| token.as_bytes().to_vec());
        different.dedup();
        assert_eq!(different.len(), 50);
        let (first, last) = (la(&tokens[0]), la(tokens.last().unwrap()));
        for token in &found {
            let off = match sorting {
                Sorting::LastActiveFirst => last - la(token),
                Sorting::LeastActiveFirst => la(token) - first,
            };
            assert!(off <= Step::DEFAULT.seconds(), "{off}");
        }
    }
}

#[test]
fn a_page_that_the_apps_sessions_do_not_fill_is_read_from_the_ids() {
    let (memory, tokens, now) = filled(6);
    memory.unlink(
        &[sessions_model::keys::Name::from_slice(b"rs:web:_sessions")],
        Vec::new(),
    );
    let (found, _) = page(&memory, now, listing(Sorting::LastActiveFirst, 0, 50));
    assert_eq!(found.len(), 50);
    assert!(found.contains(tokens.last().unwrap()));
}

#[test]
fn lists_and_counts_are_the_same_only_if_all_arguments_are() {
    let memory = Memory::default();
    let store = at(&memory, START);
    let list = |sorting, offset| store.of_id(web(), id("bob"), listing(sorting, offset, 10));
    let readings = [
        list(Sorting::LastActiveFirst, 0),
        list(Sorting::LastActiveFirst, 1),
        list(Sorting::LeastActiveFirst, 0),
        store.of_id(web(), id("eve"), listing(Sorting::LastActiveFirst, 0, 10)),
        store.count_of_id(web(), id("bob"), Window::Ever),
        store.count_of_id(web(), id("bob"), Window::Last(5)),
        store.of_app(web(), Window::Ever, Limit::ALL, Detail::Full),
        store.of_app(web(), Window::Ever, Limit::ALL, Detail::WithoutData),
        store.of_app(web(), Window::Last(5), Limit::ALL, Detail::Full),
        store.users(web(), Window::Ever, Limit::ALL),
        store.users(web(), Window::Last(5), Limit::ALL),
    ];
    for (at, one) in readings.iter().enumerate() {
        for (place, other) in readings.iter().enumerate() {
            assert_eq!(one.is_same_reading(other), at == place, "{one:?} {other:?}");
        }
    }
    let kill = || Work::kill_of_app(web(), START);
    assert!(!kill().is_same_reading(&kill()));
}

#[test]
fn a_page_of_an_id_begins_where_the_id_was_active_last() {
    let (memory, tokens, now) = filled(6);
    let later = now + 3 * Step::DEFAULT.seconds();
    let Some(Value::SortedSet(mut sessions)) = memory.get(b"rs:web:_sessions") else {
        panic!("no sessions");
    };
    sessions.extend((0..3000).map(|n| (format!("{n:064}:late{n}").into_bytes(), score(later))));
    memory.put(b"rs:web:_sessions", Value::SortedSet(sessions));
    let (found, steps) = page(&memory, later, listing(Sorting::LastActiveFirst, 0, 20));
    assert!(steps <= 15, "{steps}");
    assert_eq!(found.len(), 20);
    assert!(found.contains(tokens.last().unwrap()));
    // Another program, whose clock is late by less than a step, has used one of the others.
    let late = Value::SortedSet(match memory.get(b"rs:web:_users") {
        Some(Value::SortedSet(mut users)) => {
            users.insert(b"bob".to_vec(), score(now - Step::DEFAULT.seconds() + 1));
            users
        }
        other => panic!("{other:?}"),
    });
    memory.put(b"rs:web:_users", late);
    assert_eq!(page(&memory, later, listing(Sorting::LastActiveFirst, 0, 20)).0, found);
}
