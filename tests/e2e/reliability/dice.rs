//! Random numbers that a seed repeats. `SESSIONS_SEED` repeats a failed run as far as threads allow.

use std::sync::OnceLock;

pub(super) struct Dice(u64);

fn seed() -> u64 {
    static SEED: OnceLock<u64> = OnceLock::new();
    *SEED.get_or_init(|| {
        let given = std::env::var("SESSIONS_SEED").ok().and_then(|seed| seed.parse().ok());
        given.unwrap_or_else(|| {
            let time = std::time::UNIX_EPOCH.elapsed().expect("a clock after 1970");
            time.subsec_nanos().into()
        })
    })
}

impl Dice {
    /// One of many, which all depend on the seed.
    pub(super) fn new(number: u64) -> Dice {
        let mut dice = Dice((seed() + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (number + 1) << 32);
        (0..20).for_each(|_| _ = dice.below(2));
        dice
    }

    /// 0 to `end` - 1, by xorshift64*.
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32;
        number as usize % end
    }
}

/// Shown when a test fails.
pub(super) fn shown_seed() -> String {
    format!("SESSIONS_SEED={}", seed())
}
