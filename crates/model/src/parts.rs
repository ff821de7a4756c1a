//! The parts of an app's data, each with its own indexes: a single server has one part, a cluster
//! has one for each hash slot.

use crate::slot::{SLOTS, Slot};

/// All data of a single server, or the data of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Whole,
    Slot(Slot),
}

impl Part {
    /// Whether a new session of this id belongs to this part.
    pub fn holds(self, id: &[u8]) -> bool {
        match self {
            Self::Whole => true,
            Self::Slot(slot) => Slot::of(id) == slot,
        }
    }
}

/// The parts of a server at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Parts that this server has and that are not being moved.
    pub stable: PartSet,
    /// Parts that are being moved from or to another server.
    pub moving: PartSet,
}

impl Parts {
    /// The parts of a single server.
    pub fn whole() -> Self {
        let mut parts = Self::default();
        parts.stable.insert(Part::Whole);
        parts
    }
}

const WORDS: usize = SLOTS as usize / u64::BITS as usize;

/// A set of parts, which is cheap to copy and compare.
#[derive(Clone, PartialEq, Eq)]
pub struct PartSet {
    whole: bool,
    slots: [u64; WORDS],
}

impl Default for PartSet {
    fn default() -> Self {
        Self {
            whole: false,
            slots: [0; WORDS],
        }
    }
}

/// The word that contains a slot, and the slot's bit in it.
const fn place(slot: Slot) -> (usize, u64) {
    let number = slot.number() as usize;
    (number / u64::BITS as usize, 1 << (number % u64::BITS as usize))
}

impl PartSet {
    pub fn insert(&mut self, part: Part) {
        self.put(part, true);
    }

    /// Adds all slots from the first to the last.
    pub fn insert_slots(&mut self, first: Slot, last: Slot) {
        let ((first_word, first_bit), (last_word, last_bit)) = (place(first), place(last));
        let bits_from = |bit: u64| !(bit - 1);
        let bits_to = |bit: u64| bit | (bit - 1);
        for (number, word) in self.slots.iter_mut().enumerate().take(last_word + 1).skip(first_word) {
            let mut bits = u64::MAX;
            if number == first_word {
                bits &= bits_from(first_bit);
            }
            if number == last_word {
                bits &= bits_to(last_bit);
            }
            *word |= bits;
        }
    }

    pub fn remove(&mut self, part: Part) {
        self.put(part, false);
    }

    fn put(&mut self, part: Part, present: bool) {
        let slot = match part {
            Part::Whole => {
                self.whole = present;
                return;
            }
            Part::Slot(slot) => slot,
        };
        let (word, bit) = place(slot);
        if let Some(word) = self.slots.get_mut(word) {
            *word = if present { *word | bit } else { *word & !bit };
        }
    }

    pub fn contains(&self, part: Part) -> bool {
        match part {
            Part::Whole => self.whole,
            Part::Slot(slot) => {
                let (word, bit) = place(slot);
                self.slots.get(word).is_some_and(|word| word & bit != 0)
            }
        }
    }

    pub fn extend(&mut self, others: &Self) {
        self.whole |= others.whole;
        for (word, other) in self.slots.iter_mut().zip(&others.slots) {
            *word |= other;
        }
    }

    /// The first part that `others` does not have.
    pub fn first_missing_in(&self, others: &Self) -> Option<Part> {
        if self.whole && !others.whole {
            return Some(Part::Whole);
        }
        let missing = self.slots.iter().zip(&others.slots).map(|(word, other)| word & !other);
        (0_u16..).zip(missing).find_map(|(word, missing)| {
            let bit = missing.trailing_zeros();
            let number = u32::from(word) * u64::BITS + bit;
            let slot = Slot::from_number(u16::try_from(number).ok()?);
            slot.filter(|_| missing != 0).map(Part::Slot)
        })
    }

    /// The parts in the order of the slots.
    pub fn iter(&self) -> impl Iterator<Item = Part> {
        let whole = self.whole.then_some(Part::Whole);
        let words = (0_u32..).zip(&self.slots).filter(|(_, word)| **word != 0);
        let slots = words.flat_map(|(at, &word)| {
            let bits = (0..u64::BITS).filter(move |bit| word >> bit & 1 != 0);
            bits.filter_map(move |bit| Slot::from_number(u16::try_from(at * u64::BITS + bit).ok()?))
        });
        whole.into_iter().chain(slots.map(Part::Slot))
    }
}

impl std::fmt::Debug for PartSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(number: u16) -> Part {
        Part::Slot(Slot::from_number(number).unwrap())
    }

    #[test]
    fn a_set_contains_what_was_inserted() {
        let mut set = PartSet::default();
        for number in [0, 63, 64, 9999, SLOTS - 1] {
            set.insert(slot(number));
        }
        set.remove(slot(64));
        let expected: Vec<_> = [0, 63, 9999, SLOTS - 1].map(slot).into();
        assert_eq!(set.iter().collect::<Vec<_>>(), expected);
        assert!(!set.contains(slot(64)) && !set.contains(Part::Whole));
    }

    #[test]
    fn a_range_of_slots_is_all_of_them() {
        for (first, last) in [
            (0, 0),
            (0, 63),
            (5, 9),
            (63, 64),
            (60, 200),
            (16_320, 16_383),
            (0, 16_383),
        ] {
            let mut set = PartSet::default();
            let ends = [first, last].map(|number| Slot::from_number(number).unwrap());
            set.insert_slots(ends[0], ends[1]);
            assert!(set.iter().eq((first..=last).map(slot)), "{first} to {last}");
        }
    }

    #[test]
    fn the_first_missing_is_found_part_by_part() {
        let (mut all, mut done) = (PartSet::default(), PartSet::default());
        for number in [5, 64, 16_383] {
            all.insert(slot(number));
        }
        for number in [5, 64, 16_383] {
            assert_eq!(all.first_missing_in(&done), Some(slot(number)));
            done.insert(slot(number));
        }
        assert_eq!(all.first_missing_in(&done), None);
        let whole = Parts::whole().stable;
        assert_eq!(whole.first_missing_in(&done), Some(Part::Whole));
    }
}
