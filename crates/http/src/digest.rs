//! SHA-256 in hexadecimal digits.

use sha2::{Digest, Sha256};

/// Bytes in lower-case digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    let halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    halves.filter_map(|half| char::from_digit(half.into(), 16)).collect()
}

/// The first 16 digits of a text's SHA-256, which are enough to recognise a known text.
pub fn fingerprint(text: &str) -> String {
    hexadecimal(Sha256::digest(text).get(..8).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_the_start_of_the_sha_256() {
        // printf abc | sha256sum
        assert_eq!(fingerprint("abc"), "ba7816bf8f01cfea");
        assert_eq!(hexadecimal(&[0, 9, 0xaf]), "0009af");
    }
}
