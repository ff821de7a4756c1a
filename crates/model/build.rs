//! Generates the hash-slot table of `slot`: for each of the 16,384 slots, three alphanumerics that
//! hash to that slot.

use std::path::Path;
use std::{env, fs, io};

use crc::{CRC_16_XMODEM, Crc};

const SLOTS: usize = 16_384;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    let table = slot_tags().map_err(io::Error::other)?;
    fs::write(Path::new(&out).join("slot_tags.bin"), table)
}

/// Three bytes per slot, by slot number. Each slot gets the alphabetically first tag that hashes to
/// it, so the table never changes.
fn slot_tags() -> Result<Vec<u8>, String> {
    let crc = Crc::<u16>::new(&CRC_16_XMODEM);
    let mut found: Vec<Option<[u8; 3]>> = vec![None; SLOTS];
    for &a in ALPHABET {
        for &b in ALPHABET {
            for &c in ALPHABET {
                let tag = [a, b, c];
                let slot = usize::from(crc.checksum(&tag)) % SLOTS;
                if let Some(place) = found.get_mut(slot) {
                    place.get_or_insert(tag);
                }
            }
        }
    }
    let missing = found.iter().filter(|tag| tag.is_none()).count();
    if missing > 0 {
        return Err(format!("{missing} of {SLOTS} slots have no tag"));
    }
    Ok(found.into_iter().flatten().flatten().collect())
}
