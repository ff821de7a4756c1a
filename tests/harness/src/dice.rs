//! Random choices that a seed repeats. `SESSIONS_SEED` repeats the choices of a failed run; if
//! threads choose, only as far as their order is the same.

use std::sync::OnceLock;

#[derive(Clone)]
pub struct Dice(fastrand::Rng);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(fastrand::Rng::with_seed(seed))
    }

    /// The dice with this number; all of them depend on the seed of this run.
    pub fn nth(number: u64) -> Dice {
        let mut of_run = Dice::new(seed_of_run());
        Dice::new(of_run.number() ^ number)
    }

    pub fn number(&mut self) -> u64 {
        self.0.u64(..)
    }

    /// A number from 0 up to but not including `end`, which is above 0.
    pub fn below(&mut self, end: usize) -> usize {
        self.0.usize(..end)
    }

    /// A number between `low` and `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        self.0.i64(low..=high)
    }

    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn pick<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        self.0.shuffle(items);
    }

    pub fn token(&mut self) -> String {
        (0..64).map(|_| self.0.alphanumeric()).collect()
    }
}

/// `name` as a number from the environment.
pub fn from_environment(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} must be a number")))
}

/// `SESSIONS_SEED`, otherwise a new one at each call.
pub fn seed() -> u64 {
    from_environment("SESSIONS_SEED").unwrap_or_else(|| fastrand::u64(..1_000_000_000))
}

fn seed_of_run() -> u64 {
    static SEED: OnceLock<u64> = OnceLock::new();
    *SEED.get_or_init(seed)
}

/// The seed, to print when a test that uses `Dice::nth` fails.
pub fn shown_seed() -> String {
    format!("SESSIONS_SEED={}", seed_of_run())
}
