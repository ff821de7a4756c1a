//! Generates tokens from the operating system's random numbers, evenly distributed, in the hash
//! slot that the caller names: the slot of the session's id, or any slot for an anonymous session.
//!
//! A token has 61 random characters and three that put it into the slot. CRC16 is linear: the slot
//! of a text is the slot that the text would have with three zero bytes at its end, XOR the slot of
//! only its last three bytes. So the tags of the slots can be used as the ends of all tokens.

use std::sync::{Mutex, PoisonError};

use rand::TryRng;
use rand::rngs::SysRng;

use crate::error::Error;
use crate::ident::{TOKEN_LENGTH, Token};
use crate::slot::{Slot, TAG_LENGTH};

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const RANDOM: usize = TOKEN_LENGTH - TAG_LENGTH;

/// Generates a token in a slot.
///
/// Fails when the operating system returns no random numbers.
pub fn draw(slot: Slot) -> Result<Token, Error> {
    let random: [u8; RANDOM] = random_alphanumerics()?;
    let mut unfinished = [0; TOKEN_LENGTH];
    for (to, from) in unfinished.iter_mut().zip(random) {
        *to = from;
    }
    let needed = Slot::of_whole(&unfinished).xor(slot);

    let mut token = unfinished;
    for (to, from) in token.iter_mut().skip(RANDOM).zip(needed.tag()) {
        *to = from;
    }
    Ok(Token::from_alphanumerics(token))
}

/// Generates a token with only random characters, so that its slot is random, too.
///
/// Fails when the operating system returns no random numbers.
pub fn draw_anywhere() -> Result<Token, Error> {
    random_alphanumerics().map(Token::from_alphanumerics)
}

/// Random bytes for other purposes than tokens.
///
/// Fails when the operating system returns no random numbers.
pub fn random_bytes<const COUNT: usize>() -> Result<[u8; COUNT], Error> {
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    let mut drawn = [0; COUNT];
    for place in &mut drawn {
        *place = loop {
            match pool.next() {
                Some(byte) => break byte,
                None => pool.refill()?,
            }
        };
    }
    Ok(drawn)
}

/// How many bytes are fetched at a time: the largest amount that Linux returns in one piece, enough
/// for four tokens. The system call costs more than the rest of a token, but more bytes would keep
/// the bytes of more future tokens in memory.
const FETCHED: usize = 256;

/// Random bytes from the operating system that have not been used yet.
struct Pool {
    bytes: [u8; FETCHED],
    used: usize,
}

static POOL: Mutex<Pool> = Mutex::new(Pool {
    bytes: [0; FETCHED],
    used: FETCHED,
});

impl Pool {
    /// The next byte, which is erased here. `None`: all bytes have been used.
    fn next(&mut self) -> Option<u8> {
        let byte = self.bytes.get_mut(self.used)?;
        self.used += 1;
        Some(std::mem::take(byte))
    }

    /// Fails when the operating system returns no random numbers.
    #[cold]
    fn refill(&mut self) -> Result<(), Error> {
        SysRng.try_fill_bytes(&mut self.bytes).map_err(|_| Error::NoRandom)?;
        self.used = 0;
        Ok(())
    }
}

/// Rejects bytes from 248 on, which would favour some characters: 248 is four times 62.
fn random_alphanumerics<const COUNT: usize>() -> Result<[u8; COUNT], Error> {
    const EVEN: u8 = 248;
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    let mut drawn = [0; COUNT];
    for place in &mut drawn {
        let byte = loop {
            match pool.next() {
                Some(byte) if byte < EVEN => break byte,
                Some(_) => {}
                None => pool.refill()?,
            }
        };
        *place = ALPHABET.get(usize::from(byte % 62)).copied().unwrap_or(b'0');
    }
    Ok(drawn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_in_the_slot_of_its_id() {
        for id in ["", "bob", "a:b c@d", "日本", "x{tag}y", "{}x", "{open", "a{}{b}"] {
            for _ in 0..200 {
                let token = draw(Slot::of(id.as_bytes())).unwrap();
                assert!(Token::parse(token.as_bytes()).is_some());
                assert_eq!(Slot::of(token.as_bytes()), Slot::of(id.as_bytes()), "{id:?}");
            }
        }
    }

    #[test]
    fn the_random_characters_are_evenly_distributed() {
        const TOKENS: usize = 20_000;
        let mut seen = [0_u32; 256];
        for _ in 0..TOKENS {
            for byte in random_alphanumerics::<RANDOM>().unwrap() {
                seen[usize::from(byte)] += 1;
            }
        }
        #[expect(clippy::cast_precision_loss)]
        let expected = (TOKENS * RANDOM) as f64 / 62.0;
        let chi_square: f64 = ALPHABET
            .iter()
            .map(|&byte| (f64::from(seen[usize::from(byte)]) - expected).powi(2) / expected)
            .sum();
        // With 61 degrees of freedom, a value above 130 occurs about once in a million runs.
        assert!(chi_square < 130.0, "chi square {chi_square}");
    }
}
