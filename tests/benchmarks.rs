//! The parts of the benchmarks that compute: what they count and simulate must be correct on every
//! machine. The benchmarks themselves have no test harness.

#![allow(
    dead_code,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "tests of the benchmarks' own code, which has the same exceptions"
)]

#[path = "../benches/measure/stats.rs"]
mod stats;
#[path = "../benches/measure/site/visits.rs"]
mod visits;

use sessions_model::index::Step;
use sessions_model::stored_name::StoredName;

const EPOCH: i64 = 1_800_000_000;
const SECONDS: usize = 30;
const SESSIONS: usize = 20_000;

fn names() -> Vec<StoredName> {
    (0..SESSIONS)
        .map(|number| StoredName::parse(format!("{number:064}").chars().rev().collect::<String>().as_bytes()).unwrap())
        .collect()
}

fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

#[test]
fn ratios_compare_measurements_of_the_same_round() {
    assert_eq!(stats::ratio(&[1.0, 20.0, 3.0], &[1.0, 10.0, 1.0]), 2.0);
    assert_eq!(stats::median(&[3.0, 1.0, 2.0]), 2.0);
    assert_eq!(stats::percentile(&[], 0.5), 0.0);
    assert_eq!(
        stats::percentile(&(0..1000).map(f64::from).collect::<Vec<_>>(), 0.999),
        998.0
    );
}

#[test]
fn a_tenth_of_the_sessions_are_in_a_visit_and_click_twice_a_minute() {
    let visits = visits::simulate(&names(), EPOCH, Step::from_setting(60), SECONDS);
    let clicks: usize = visits.clicks.iter().map(Vec::len).sum();
    // A visit of ten minutes has a first click and twenty more.
    let expected = SESSIONS as f64 * visits::OPEN / visits::VISIT * 21.0 * SECONDS as f64;
    assert!((clicks as f64 / expected - 1.0).abs() < 0.1, "{clicks} of {expected}");
    let recently = visits.states.iter().filter(|state| state.at >= -60).count();
    // 86 % of the sessions in a visit have clicked within the last minute. The sessions whose visit
    // ended within the last minute are another 8 % of that number.
    assert!((share(recently, SESSIONS) - 0.094).abs() < 0.01, "{recently}");
}

#[test]
fn an_index_is_never_a_step_behind_a_click() {
    for seconds in [10, 60] {
        let (names, step) = (names(), Step::from_setting(seconds));
        let mut visits = visits::simulate(&names, EPOCH, step, SECONDS);
        let (mut clicks, mut written) = (0, 0);
        for (second, numbers) in visits.clicks.iter().enumerate() {
            for &number in numbers {
                clicks += 1;
                let is_first = visits.states[number].click(second as i64, EPOCH, step, &names[number]);
                written += usize::from(is_first);
            }
        }
        for state in &visits.states {
            assert!((0..seconds).contains(&(state.at - state.indexed)), "{state:?}");
        }
        // A visit's first click always writes. Each of the other twenty writes if it is in another
        // step than the click before it.
        let mean = visits::CLICKS_APART / seconds as f64;
        let others = mean * (1.0 - (-1.0 / mean).exp());
        let expected = others.mul_add(20.0, 1.0) / 21.0;
        assert!(
            (share(written, clicks) - expected).abs() < 0.03,
            "{written} of {clicks}, {expected}"
        );
    }
}
