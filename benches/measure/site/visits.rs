//! Simulated visitors of a site: the random times at which each session is used, the same in each
//! run.
//!
//! A session is either in a visit, with a click every half minute on average, or between two
//! visits. The time until the next click is exponentially distributed. Each click except the last
//! one of a visit is followed by another one, so visits last ten minutes on average, and as many
//! visits begin as end.

use sessions_model::index::Step;
use sessions_model::stored_name::StoredName;

/// Seconds between two clicks of a visit, on average.
pub(super) const CLICKS_APART: f64 = 30.0;
/// Seconds between the first and the last click of a visit, on average.
pub(super) const VISIT: f64 = 600.0;
/// The share of sessions that are in a visit.
pub(super) const OPEN: f64 = 0.1;
/// Seconds between a visit's last click and the next visit.
const BETWEEN: f64 = VISIT * (1.0 - OPEN) / OPEN;
/// How many seconds before the beginning the simulation of clicks starts.
const BEFORE: f64 = 4000.0;

/// The state of a session after its clicks. Times are in seconds; times before the beginning are
/// negative.
#[derive(Clone, Copy, Debug)]
pub(super) struct State {
    /// The last click.
    pub(super) at: i64,
    /// The last click that wrote indexes.
    pub(super) indexed: i64,
}

impl State {
    /// Applies a click; returns whether it writes indexes. `epoch`: the time of the beginning,
    /// because steps follow the clock.
    pub(super) fn click(&mut self, at: i64, epoch: i64, step: Step, name: &StoredName) -> bool {
        let is_first = step.is_left(name, epoch + self.at, epoch + at);
        if is_first {
            self.indexed = at;
        }
        self.at = at;
        is_first
    }
}

/// Sessions at the beginning, and the clicks of each second from then on, in order, each by the
/// number of its session.
pub(super) struct Visits {
    pub(super) states: Vec<State>,
    pub(super) clicks: Vec<Vec<usize>>,
}

/// `epoch`: Unix time of the beginning.
pub(super) fn simulate(names: &[StoredName], epoch: i64, step: Step, seconds: usize) -> Visits {
    let mut chance = Chance(0x853C_49E6_748F_EA9B);
    let mut states = Vec::with_capacity(names.len());
    let mut clicks: Vec<Vec<(f64, usize)>> = vec![Vec::new(); seconds];
    for (number, name) in names.iter().enumerate() {
        let mut is_open = chance.share() < OPEN;
        let mut time = -BEFORE;
        let last = (time - chance.wait(is_open)).floor() as i64;
        let mut state = State {
            at: last,
            indexed: last,
        };
        loop {
            time += chance.wait(is_open);
            if time >= seconds as f64 {
                break;
            }
            if time < 0.0 {
                state.click(time.floor() as i64, epoch, step, name);
            } else {
                clicks[time as usize].push((time, number));
            }
            is_open = chance.share() < VISIT / (VISIT + CLICKS_APART);
        }
        states.push(state);
    }
    let in_order = |mut clicks: Vec<(f64, usize)>| {
        clicks.sort_by(|a, b| a.0.total_cmp(&b.0));
        clicks.into_iter().map(|(_, number)| number).collect()
    };
    Visits {
        states,
        clicks: clicks.into_iter().map(in_order).collect(),
    }
}

/// Random numbers that are the same in each run.
struct Chance(u64);

impl Chance {
    /// A number between 0 and 1, evenly distributed, never 0.
    fn share(&mut self) -> f64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        ((mixed >> 11) as f64 + 1.0) / (1_u64 << 53) as f64
    }

    /// Seconds until the next click.
    fn wait(&mut self, is_open: bool) -> f64 {
        let average = if is_open { CLICKS_APART } else { BETWEEN };
        -self.share().ln() * average
    }
}
