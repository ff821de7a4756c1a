//! Names in the compact layout: of buckets, of fields in buckets, and of tokens, from which the
//! bucket is computed.

use sha2::{Digest, Sha256};

use crate::session::{NAMESPACE, Random};

/// Names a session: four bytes computed from its id, so that splitting a bucket and finding the
/// sessions of an id require no read of values, then 16 bytes of the token's SHA-256, so that
/// stored bytes give no access to a session.
pub(crate) const HANDLE: usize = 20;
pub(crate) type Handle = Vec<u8>;

/// Four bytes that decide the bucket of an id. A product would use a keyed hash.
pub(crate) fn spread(id: &str) -> u32 {
    let digest = Sha256::digest(id.as_bytes());
    u32::from_le_bytes([digest[0], digest[1], digest[2], digest[3]])
}

const DIGITS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// A token of 64 characters, of which six are computed from its id and lead to the bucket.
pub(crate) fn token(id: &str, random: &mut Random) -> String {
    let mut number = spread(id) as usize;
    let mut place = String::new();
    for _ in 0..6 {
        place.push(char::from(DIGITS[number % 62]));
        number /= 62;
    }
    place + &random.text(58)
}

pub(crate) fn handle(token: &str) -> Handle {
    let place = &token.as_bytes()[..6];
    let digit = |byte: &u8| DIGITS.iter().position(|digit| digit == byte).unwrap() as u64;
    let spread = place.iter().rev().fold(0, |number, byte| number * 62 + digit(byte));
    let mut handle = u32::try_from(spread).unwrap().to_le_bytes().to_vec();
    handle.extend(&Sha256::digest(token.as_bytes())[..HANDLE - 4]);
    handle
}

pub(crate) fn spread_of(handle: &[u8]) -> u32 {
    u32::from_le_bytes([handle[0], handle[1], handle[2], handle[3]])
}

pub(crate) fn phase(handle: &[u8]) -> u8 {
    handle[4]
}

/// The number of the bucket when there are `count`: linear hashing, so that a new bucket takes its
/// sessions from only one other bucket.
pub(crate) fn number(spread: u32, count: u64) -> u64 {
    let whole = count.next_power_of_two();
    let number = u64::from(spread) % whole;
    if number < count { number } else { number % (whole / 2) }
}

/// The bucket from which the bucket `number` was split.
pub(crate) fn parent(number: u64) -> u64 {
    number - (number + 1).next_power_of_two() / 2
}

pub(crate) fn key(number: u64) -> Vec<u8> {
    format!("{NAMESPACE}:b:{number}").into_bytes()
}

/// How many buckets there are.
pub(crate) fn count_key() -> Vec<u8> {
    format!("{NAMESPACE}:n").into_bytes()
}

/// The hash of an id that has very many sessions.
pub(crate) fn own(spread: u32) -> Vec<u8> {
    format!("{NAMESPACE}:o:{spread:08x}").into_bytes()
}

/// The sessions of an id with very many sessions, by last activity.
pub(crate) fn own_order(spread: u32) -> Vec<u8> {
    format!("{NAMESPACE}:r:{spread:08x}").into_bytes()
}

/// The field of a session's data, if the data has a field.
pub(crate) fn data_field(handle: &[u8]) -> Vec<u8> {
    [handle, b"d"].concat()
}

/// The key of a session's data, if the data has a key.
pub(crate) fn data_key(handle: &[u8]) -> Vec<u8> {
    [NAMESPACE.as_bytes(), b":d:", handle].concat()
}
