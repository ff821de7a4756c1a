//! Drawing tokens: from the operating system's random numbers, evenly, and so
//! that a token lies in the hash slot of its session's id.
//!
//! A token is 61 random characters and three that put it into the slot. CRC16
//! is linear: the slot of a text is the slot it would have with three zero bytes
//! at its end, XOR the slot of its last three bytes alone. So the tags of the slots
//! serve as the ends of all tokens.

use rand::TryRng;
use rand::rngs::SysRng;

use super::ident::{TOKEN_LENGTH, Token};
use super::slot::{Slot, TAG_LENGTH};
use crate::error::Error;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const RANDOM: usize = TOKEN_LENGTH - TAG_LENGTH;

/// Draws a token in the slot of `id`.
///
/// Fails when the operating system gives no random numbers.
pub(crate) fn draw(id: &[u8]) -> Result<Token, Error> {
    let random = random_alphanumerics()?;
    let mut unfinished = [0; TOKEN_LENGTH];
    for (to, from) in unfinished.iter_mut().zip(random) {
        *to = from;
    }
    let needed = Slot::of_whole(&unfinished).xor(Slot::of(id));

    let mut token = unfinished;
    for (to, from) in token.iter_mut().skip(RANDOM).zip(needed.tag()) {
        *to = from;
    }
    Ok(Token::from_alphanumerics(token))
}

/// Rejects the bytes that would favour some characters: 62 goes four times into 248.
fn random_alphanumerics() -> Result<[u8; RANDOM], Error> {
    const EVEN: u8 = 248;
    let mut drawn = [0; RANDOM];
    let mut places = drawn.iter_mut();
    loop {
        // 61 usable bytes of 80 fail to come about once in more than 10^9 draws.
        let mut bytes = [0_u8; 80];
        SysRng.try_fill_bytes(&mut bytes).map_err(|_| Error::NoRandom)?;
        for byte in bytes.into_iter().filter(|&byte| byte < EVEN) {
            let Some(place) = places.next() else {
                return Ok(drawn);
            };
            *place = ALPHABET.get(usize::from(byte % 62)).copied().unwrap_or(b'0');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_lies_in_the_slot_of_its_id() {
        for id in ["", "bob", "a:b c@d", "日本", "x{tag}y", "{}x", "{open", "a{}{b}"] {
            for _ in 0..200 {
                let token = draw(id.as_bytes()).unwrap();
                assert!(Token::parse(token.as_bytes()).is_ok());
                assert_eq!(Slot::of(token.as_bytes()), Slot::of(id.as_bytes()), "{id:?}");
            }
        }
    }

    #[test]
    fn the_random_characters_are_evenly_distributed() {
        const TOKENS: usize = 20_000;
        let mut seen = [0_u32; 256];
        for _ in 0..TOKENS {
            for byte in random_alphanumerics().unwrap() {
                seen[usize::from(byte)] += 1;
            }
        }
        #[expect(clippy::cast_precision_loss)]
        let expected = (TOKENS * RANDOM) as f64 / 62.0;
        let chi_square: f64 = ALPHABET
            .iter()
            .map(|&byte| (f64::from(seen[usize::from(byte)]) - expected).powi(2) / expected)
            .sum();
        // 61 degrees of freedom: more than 130 happens once in a million runs.
        assert!(chi_square < 130.0, "chi square {chi_square}");
    }
}
