//! Lists that are gathered step by step while other clients create, use, rotate and kill sessions.

use std::collections::BTreeSet;

use super::*;

/// Pseudo-random numbers, the same in every run.
pub(super) struct Numbers(pub(super) u64);

impl Numbers {
    pub(super) fn below(&mut self, bound: usize) -> usize {
        // The constants are those of Knuth's MMIX.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

/// One change by another client.
fn disturb(memory: &Memory, numbers: &mut Numbers, busy: &mut Vec<Token>, now: Seconds) {
    let store = at(memory, now);
    let place = numbers.below(busy.len());
    let token = busy[place];
    match numbers.below(4) {
        0 => busy.push(create(memory, "bob", now)),
        1 => drop(use_at(memory, token, now)),
        2 => {
            if let Some(found) = store.find(web(), token).unwrap() {
                busy[place] = rotate(&store, found, None).unwrap().unwrap();
            }
        }
        _ => drop(store.kill(web(), token)),
    }
}

fn listing(sorting: Sorting, limit: Limit) -> Listing {
    Listing {
        only: None,
        window: Window::Ever,
        sorting,
        limit,
        detail: Detail::Full,
    }
}

#[test]
fn a_list_shows_no_session_twice_and_each_that_was_there_untouched() {
    for seed in 0..6 {
        let mut numbers = Numbers(seed);
        let memory = Memory::default();
        let quiet: BTreeSet<_> = (0..150).map(|n| create(&memory, "bob", START + n % 40)).collect();
        let mut busy: Vec<_> = (0..150).map(|n| create(&memory, "bob", START + n % 40)).collect();
        let store = at(&memory, START + 40);
        let works = [
            store.of_app(web(), Window::Ever, Limit::ALL, Detail::Full),
            store.of_id(web(), id("bob"), listing(Sorting::LastActiveFirst, Limit::ALL)),
            store.of_id(web(), id("bob"), listing(Sorting::LeastActiveFirst, Limit::ALL)),
        ];
        for mut work in works {
            let mut now = START + 40;
            while work.step(&at(&memory, now)).unwrap() == Progress::Unfinished {
                memory.put_under_way(Some(work));
                now += 1;
                for _ in 0..20 {
                    disturb(&memory, &mut numbers, &mut busy, now);
                }
                work = memory.put_under_way(None).unwrap();
            }
            let Outcome::Sessions(listed) = work.outcome() else {
                panic!()
            };
            let tokens: BTreeSet<_> = listed.iter().map(token_of).collect();
            assert_eq!(tokens.len(), listed.len(), "twice, seed {seed}");
            let missing: Vec<_> = quiet.difference(&tokens).collect();
            assert_eq!(missing, Vec::<&Token>::new(), "seed {seed}");
        }
    }
}

#[test]
fn a_page_of_an_ids_sessions_is_a_part_of_the_whole_list() {
    let memory = Memory::default();
    for n in 0..100 {
        create(&memory, "bob", START + n * 7 % 31);
    }
    let list = |sorting, limit| match outcome(&memory, START + 31, |store| {
        store.of_id(web(), id("bob"), listing(sorting, limit))
    }) {
        Outcome::Sessions(listed) => listed.iter().map(token_of).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    for sorting in [Sorting::LastActiveFirst, Sorting::LeastActiveFirst] {
        let all = list(sorting, Limit::ALL);
        assert_eq!(all.len(), 100);
        for (offset, count) in [(0_usize, 1_usize), (0, 100), (3, 50), (99, 5), (100, 1), (40, 1000)] {
            let limit = Limit::parse(offset.to_string().as_bytes(), count.to_string().as_bytes()).unwrap();
            let expected: Vec<_> = all.iter().copied().skip(offset).take(count).collect();
            assert_eq!(list(sorting, limit), expected, "{sorting:?} {offset} {count}");
        }
    }
}

#[test]
fn a_count_is_exact_and_a_list_complete_while_sessions_are_rotated() {
    let memory = Memory::default();
    let mut busy: Vec<_> = (0..10).map(|_| create(&memory, "bob", START)).collect();
    for _ in 0..300 {
        create(&memory, "bob", START);
    }
    let store = at(&memory, START);
    let works = [
        store.count_of_id(web(), id("bob"), Window::Ever),
        store.of_id(web(), id("bob"), listing(Sorting::LastActiveFirst, Limit::ALL)),
    ];
    for mut work in works {
        while work.step(&at(&memory, START)).unwrap() == Progress::Unfinished {
            memory.put_under_way(Some(work));
            for token in &mut busy {
                let found = store.find(web(), *token).unwrap().unwrap();
                *token = rotate(&store, found, None).unwrap().unwrap();
            }
            work = memory.put_under_way(None).unwrap();
        }
        match work.outcome() {
            Outcome::Count(count) => assert_eq!(count, 310),
            Outcome::Sessions(listed) => {
                let tokens: BTreeSet<_> = listed.iter().map(token_of).collect();
                assert_eq!((listed.len(), tokens.len()), (310, 310));
            }
            other @ Outcome::Ids(_) => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_page_shows_the_remaining_sessions_when_others_are_rotated_or_moved_during_the_list() {
    for (to_other, count) in [(None, 1), (Some("eve"), 1), (None, 3), (Some("eve"), 3)] {
        let memory = Memory::default();
        let oldest: Vec<_> = (0..6).map(|n| create(&memory, "bob", START + n)).collect();
        for _ in 0..300 {
            create(&memory, "bob", START + 50);
        }
        let limit = Limit::parse(b"0", count.to_string().as_bytes()).unwrap();
        let store = at(&memory, START + 60);
        let mut work = store.of_id(web(), id("bob"), listing(Sorting::LeastActiveFirst, limit));
        let mut steps = 0;
        while work.step(&store).unwrap() == Progress::Unfinished {
            steps += 1;
            if steps == 15 {
                memory.put_under_way(Some(work));
                for token in &oldest[..3] {
                    let found = store.find(web(), *token).unwrap().unwrap();
                    rotate(&store, found, to_other.map(id)).unwrap().unwrap();
                }
                work = memory.put_under_way(None).unwrap();
            }
        }
        assert!(steps > 15, "{steps}");
        let Outcome::Sessions(listed) = work.outcome() else {
            panic!();
        };
        let listed: Vec<_> = listed.iter().map(token_of).collect();
        assert_eq!(listed, oldest[3..3 + count], "{to_other:?}");
    }
}

#[test]
fn a_list_without_data_reads_and_keeps_everything_else() {
    let memory = Memory::default();
    let data = Data::parse(br#"{"a":1}"#).unwrap();
    let client = Client {
        user_agent: Some(UserAgent::parse(b"curl")),
        ..Client::default()
    };
    let new = NewSession { client, ..new("bob") };
    let draw = Draw::Near(id("bob"));
    at(&memory, START).create(&new, draw, Some(&data)).unwrap();
    for (detail, has_data) in [(Detail::Full, true), (Detail::WithoutData, false)] {
        let of_id = Listing {
            detail,
            ..listing(Sorting::LastActiveFirst, Limit::ALL)
        };
        let lists = [
            outcome(&memory, START, |store| store.of_id(web(), id("bob"), of_id)),
            outcome(&memory, START, |store| {
                store.of_app(web(), Window::Ever, Limit::ALL, detail)
            }),
        ];
        for list in lists {
            match list {
                Outcome::Sessions(listed) => {
                    let [ListEntry { session, .. }] = listed.as_slice() else {
                        panic!("{listed:?}");
                    };
                    assert_eq!(session.data.is_some(), has_data);
                    assert_eq!(session.user_agent.as_deref(), Some(&b"curl"[..]));
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

/// How many steps it takes until the work is done.
fn steps(memory: &Memory, mut work: Work, now: Seconds) -> usize {
    let mut steps = 1;
    while work.step(&at(memory, now)).unwrap() == Progress::Unfinished {
        steps += 1;
    }
    steps
}

#[test]
fn a_step_reads_few_sessions_although_a_small_set_is_read_at_once() {
    let memory = Memory::default();
    for _ in 0..128 {
        create(&memory, "bob", START);
    }
    let store = at(&memory, START);
    for work in [
        store.count_of_id(web(), id("bob"), Window::Ever),
        store.of_id(web(), id("bob"), listing(Sorting::LastActiveFirst, Limit::ALL)),
    ] {
        let steps = steps(&memory, work, START);
        assert!(steps >= 128 / 32, "{steps}");
    }
}

#[test]
fn a_step_checks_few_sessions_at_the_edge_of_a_window() {
    let memory = Memory::default();
    let tokens: Vec<_> = (0..400)
        .map(|n| create(&memory, &format!("user{}", n % 40), START))
        .collect();
    // One of them was used within the step, so that its id belongs to the window.
    assert!(use_at(&memory, tokens[7], START + 5));
    let now = START + 8;
    let window = Window::Last(5);
    assert_eq!(users(&memory, now, window, Limit::ALL), [b"user7"]);
    let steps = steps(&memory, at(&memory, now).users(web(), window, Limit::ALL), now);
    assert!(steps >= 400 / 32, "{steps}");
}
