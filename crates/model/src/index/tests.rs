use super::*;
use std::collections::BTreeSet;

const STEPS: [i64; 5] = [1, 7, 10, 45, 60];

fn token(first: [u8; 3]) -> StoredName {
    let mut bytes = [b'a'; 64];
    bytes[..3].copy_from_slice(&first);
    StoredName::parse(&bytes).unwrap()
}

/// Tokens of every phase.
fn tokens() -> impl Iterator<Item = StoredName> {
    let characters = || (b'0'..=b'9').chain(b'A'..=b'Z').chain(b'a'..=b'z');
    characters().flat_map(move |first| {
        let others = [b"00", b"0a", b"7Q", b"Zz", b"z9"];
        others.map(|[second, third]| token([first, *second, *third]))
    })
}

fn life(la: Seconds, ttl: i64) -> Life {
    Life {
        last_activity: la,
        ttl,
        no_resave: false,
        until: None,
    }
}

#[test]
fn a_use_enters_a_step_as_its_phase_says() {
    // The first character counts as its code ('d' is 100, 'e' is 101), the second 10 times and the
    // third 100 times its code.
    for (step, first, from, to, expected) in [
        (10, *b"daa", 100, 109, false),
        (10, *b"daa", 109, 110, true),
        (10, *b"eaa", 100, 108, false),
        (10, *b"eaa", 108, 109, true),
        (10, *b"eZ7", 108, 109, true),
        (10, *b"daa", 100, 100, false),
        (10, *b"daa", 100, 5000, true),
        (10, *b"daa", 110, 109, true),
        (10, *b"daa", 109, 100, false),
        // 100 + 10 * 97 + 100 * 97 is 30 modulo 60; with 'b' in the third place it is 10.
        (60, *b"daa", 60, 89, false),
        (60, *b"daa", 89, 90, true),
        (60, *b"daa", 90, 149, false),
        (60, *b"dab", 109, 110, true),
        (60, *b"dab", 110, 169, false),
        (1, *b"daa", 100, 100, false),
        (1, *b"daa", 100, 101, true),
    ] {
        let steps = Step::from_setting(step).is_left(&token(first), from, to);
        assert_eq!(steps, expected, "{step} {first:?} {from} {to}");
    }
}

#[test]
fn the_phase_at_10_depends_only_on_the_first_character() {
    for token in tokens() {
        let first = i64::from(token.as_bytes()[0]);
        assert_eq!(token.phase().rem_euclid(10), first % 10, "{token:?}");
    }
}

#[test]
fn due_is_never_early_and_less_than_a_step_late() {
    for seconds in STEPS {
        let step = Step::from_setting(seconds);
        for token in tokens() {
            for la in 1000..1000 + 2 * seconds {
                let due = step.due(&token, &life(la, 100));
                assert!(
                    (la + 100..la + 100 + seconds).contains(&due),
                    "{seconds} {token:?} {la} {due}"
                );
            }
        }
    }
}

#[test]
fn due_is_the_same_throughout_a_step() {
    for seconds in STEPS {
        let step = Step::from_setting(seconds);
        for token in tokens() {
            for la in 1000..1000 + seconds {
                let [before, after] = [la, la + 1].map(|la| step.due(&token, &life(la, 100)));
                let moves = if step.is_left(&token, la, la + 1) { seconds } else { 0 };
                assert_eq!(after - before, moves, "{seconds} {token:?} {la}");
            }
        }
    }
    let at = |la| Step::DEFAULT.due(&token(*b"daa"), &life(la, 60));
    assert!((100..110).all(|la| at(la) == 169));
    assert_eq!(at(110), 179);
}

#[test]
fn a_score_is_less_than_a_step_behind_the_last_activity() {
    for seconds in STEPS {
        let step = Step::from_setting(seconds);
        for token in tokens() {
            for every in [1, 3, seconds] {
                let (mut score, mut la) = (1000, 1000);
                for now in (1000..1000 + 3 * seconds).step_by(usize::try_from(every).unwrap()) {
                    if step.is_left(&token, la, now) {
                        score = now;
                    }
                    la = now;
                    let case = format!("{seconds} {token:?} every {every}: {score} at {la}");
                    assert!(score <= la && la < score + seconds, "{case}");
                }
            }
        }
    }
}

#[test]
fn the_phases_are_spread_over_a_step_of_60_seconds() {
    let characters = || (b'0'..=b'9').chain(b'A'..=b'Z').chain(b'a'..=b'z');
    let mut counts = [0_u32; 60];
    for first in characters() {
        for second in characters() {
            for third in characters() {
                let phase = token([first, second, third]).phase().rem_euclid(60);
                counts[usize::try_from(phase).unwrap()] += 1;
            }
        }
    }
    let even = 62_u32.pow(3) / 60;
    assert!(
        counts.iter().all(|count| (even / 2..even * 2).contains(count)),
        "{counts:?}"
    );
}

#[test]
fn every_length_of_a_step_has_all_its_phases() {
    for seconds in 1..=60 {
        let phases: BTreeSet<_> = tokens().map(|token| token.phase().rem_euclid(seconds)).collect();
        assert_eq!(i64::try_from(phases.len()), Ok(seconds), "{seconds}: {phases:?}");
    }
}

#[test]
fn a_live_sessions_due_is_in_the_future_for_all_stored_numbers() {
    let absurd = [i64::MIN, i64::MIN + 5, -1, 0, 1, 1000, i64::MAX - 5, i64::MAX];
    for step in STEPS.map(Step::from_setting) {
        for la in absurd {
            for ttl in absurd {
                for no_resave in [false, true] {
                    let absurd = Life {
                        no_resave,
                        ..life(la, ttl)
                    };
                    let ahead = step.due(&token(*b"daa"), &absurd) >= 1000;
                    assert!(ahead || !absurd.is_live(1000), "la {la} ttl {ttl} {no_resave}");
                }
            }
            for to in absurd {
                let differs = step.is_left(&token(*b"daa"), la, to);
                assert!(differs || la.abs_diff(to) < step.seconds().unsigned_abs(), "{la} {to}");
            }
        }
    }
}

#[test]
fn due_is_exact_with_no_resave_and_never_after_a_lifetime() {
    let fixed = Life {
        no_resave: true,
        ..life(101, 60)
    };
    let limited = Life {
        until: Some(120),
        ..life(101, 60)
    };
    for step in STEPS.map(Step::from_setting) {
        assert_eq!(step.due(&token(*b"daa"), &fixed), 161);
        assert_eq!(step.due(&token(*b"daa"), &limited), 120);
    }
}

#[test]
fn in_steps_of_a_second_every_score_is_exact() {
    for token in tokens() {
        for la in 1000..1010 {
            assert!(Step::SHORTEST.is_left(&token, la - 1, la));
            assert_eq!(Step::SHORTEST.due(&token, &life(la, 60)), la + 60);
        }
    }
}

#[test]
fn a_setting_beyond_the_bounds_is_the_nearest_within() {
    for (setting, seconds) in [(i64::MIN, 1), (0, 1), (1, 1), (10, 10), (60, 60), (i64::MAX, 60)] {
        assert_eq!(Step::from_setting(setting).seconds(), seconds);
    }
}
