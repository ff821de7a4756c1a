//! The hash slots of a cluster.

use std::fmt;

use crc::{CRC_16_XMODEM, Crc};

/// How many there are.
pub const SLOTS: u16 = 16_384;
pub const TAG_LENGTH: usize = 3;
const CRC: Crc<u16> = Crc::<u16>::new(&CRC_16_XMODEM);

/// Three alphanumerics a slot, by slot number, whose own slot it is; written by `build.rs`.
static TAGS: &[u8; SLOTS as usize * TAG_LENGTH] = include_bytes!(concat!(env!("OUT_DIR"), "/slot_tags.bin"));

/// One of the 16,384 slots, by its number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot(u16);

impl Slot {
    /// `None`: there is no slot of that number.
    pub fn from_number(number: u16) -> Option<Self> {
        (number < SLOTS).then_some(Self(number))
    }

    /// The slot of a key, as `CLUSTER KEYSLOT` returns it: of the text between
    /// the first `{` and the next `}` if it is not empty, otherwise of the whole key.
    pub fn of(key: &[u8]) -> Self {
        let tag = key
            .iter()
            .position(|&b| b == b'{')
            .and_then(|open| key.get(open + 1..))
            .and_then(|rest| rest.split(|&b| b == b'}').next().filter(|tag| tag.len() < rest.len()))
            .filter(|tag| !tag.is_empty());
        Self::of_whole(tag.unwrap_or(key))
    }

    /// The slot of a text in which braces are not looked for.
    pub(super) fn of_whole(text: &[u8]) -> Self {
        Self(CRC.checksum(text) % SLOTS)
    }

    pub(super) const fn xor(self, other: Self) -> Self {
        Self(self.0 ^ other.0)
    }

    pub const fn number(self) -> u16 {
        self.0
    }

    /// A text of this slot: the same one always, as key names hold it.
    pub fn tag(self) -> [u8; TAG_LENGTH] {
        let mut tag = [b'0'; TAG_LENGTH];
        let from = TAGS.iter().skip(usize::from(self.0) * TAG_LENGTH);
        for (to, from) in tag.iter_mut().zip(from) {
            *to = *from;
        }
        tag
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_the_cluster() {
        // From the Redis Cluster specification and CLUSTER KEYSLOT.
        for (key, expected) in [
            ("123456789", 12_739),
            ("foo", 12_182),
            ("{foo}.bar", 12_182),
            ("x{foo}{bar}", 12_182),
        ] {
            assert_eq!(Slot::of(key.as_bytes()).number(), expected, "{key:?}");
        }
        for untagged in ["foo{}{bar}", "foo{bar"] {
            assert_eq!(Slot::of(untagged.as_bytes()), Slot::of_whole(untagged.as_bytes()));
        }
    }

    #[test]
    fn every_slot_has_its_own_tag() {
        for number in 0..SLOTS {
            let tag = Slot::from_number(number).unwrap().tag();
            assert_eq!(Slot::of(&tag).number(), number);
            assert!(tag.iter().all(u8::is_ascii_alphanumeric));
        }
        assert_eq!(Slot::from_number(SLOTS), None);
    }
}
