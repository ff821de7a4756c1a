//! Redis Cluster's hash slots, written from the cluster specification and not from `src/`.

use std::sync::LazyLock;

/// The slot of a key: CRC16 (XMODEM) modulo 16384 of the key, or of what is between its first
/// `{` and the next `}` if that is not empty.
pub fn slot(key: impl AsRef<[u8]>) -> u16 {
    let key = key.as_ref();
    crc16(hash_tag(key).unwrap_or(key)) % 16384
}

/// The text that puts a key of the module into a slot: the alphabetically first of the three-letter
/// words of `0-9A-Za-z` in that slot. Stored keys contain it, so it must never change.
pub fn tag_of_slot(slot: u16) -> &'static str {
    static TAGS: LazyLock<Vec<String>> = LazyLock::new(|| {
        let letters = || ('0'..='9').chain('A'..='Z').chain('a'..='z');
        let pairs = letters().flat_map(|a| letters().map(move |b| (a, b)));
        let mut words = vec![String::new(); 16384];
        for word in pairs.flat_map(|(a, b)| letters().map(move |c| String::from_iter([a, b, c]))) {
            let place = &mut words[usize::from(crc16(word.as_bytes()) % 16384)];
            if place.is_empty() {
                *place = word;
            }
        }
        words
    });
    &TAGS[usize::from(slot)]
}

fn hash_tag(key: &[u8]) -> Option<&[u8]> {
    let open = key.iter().position(|&byte| byte == b'{')?;
    let inner = &key[open + 1..];
    let close = inner.iter().position(|&byte| byte == b'}')?;
    (close > 0).then(|| &inner[..close])
}

fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |mut crc, &byte| {
        crc ^= u16::from(byte) << 8;
        for _ in 0..8 {
            let carry = crc & 0x8000 != 0;
            crc <<= 1;
            if carry {
                crc ^= 0x1021;
            }
        }
        crc
    })
}

#[test]
fn slots_agree_with_the_cluster_specification() {
    assert_eq!(crc16(b"123456789"), 0x31C3);
    assert_eq!(slot("foo"), 12182);
    assert_eq!(slot("{user1000}.following"), slot("user1000"));
    assert_eq!(slot("foo{}{bar}"), crc16(b"foo{}{bar}") % 16384);
    assert_eq!(slot("foo{{bar}}zap"), slot("{bar"));
}

#[test]
fn every_slot_has_a_tag_of_its_own() {
    for number in 0..16384 {
        assert_eq!(slot(tag_of_slot(number)), number);
    }
}
