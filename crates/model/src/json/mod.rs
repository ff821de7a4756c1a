//! Reads JSON text in one pass and without recursion: checks whether it is valid, how deep it is,
//! and where the members of its object are. Nothing is decoded, so every number and string keeps
//! its text.
//!
//! A parser that builds values would need memory for each of them, and a recursive parser would
//! need a stack as deep as the client's data.

mod mend;

pub(super) use mend::tame_numbers;
pub use mend::whole_pairs;

use crate::limits::{MAX_DEPTH, MAX_NUMBER};
use mend::Escape;

/// Why a text was not read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Not JSON: the offset of the first wrong byte, or the length of a text that ends too early.
    At(usize),
    TooDeep,
}

/// What a valid text contains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// The text is one object.
    pub(super) object: bool,
    /// Half of an escaped surrogate pair.
    pub(super) half_pair: bool,
    /// A number longer than [`MAX_NUMBER`] or beyond the range of a double.
    pub(super) wild_number: bool,
}

/// Reads a whole text. If the text is an object, `each` gets the texts of the name and the value of
/// each member, including the members before a fault.
pub(super) fn scan<'t>(text: &'t str, mut each: impl FnMut(&'t str, &'t str)) -> Result<Found, Fault> {
    let mut scanner = Scanner {
        text,
        at: 0,
        found: Found::default(),
    };
    scanner.document(&mut each)?;
    Ok(scanner.found)
}

/// The open objects and arrays, one bit each; the innermost is the lowest bit, which is set for an
/// object.
#[derive(Clone, Copy, Default)]
struct Nest {
    objects: u32,
    depth: u32,
}

impl Nest {
    const fn open(&mut self, bracket: u8) -> Result<(), Fault> {
        if self.depth == MAX_DEPTH {
            return Err(Fault::TooDeep);
        }
        self.depth += 1;
        self.objects = self.objects << 1 | (bracket == b'{') as u32;
        Ok(())
    }

    const fn close(&mut self) {
        self.depth -= 1;
        self.objects >>= 1;
    }

    const fn is_in_object(self) -> bool {
        self.objects & 1 == 1
    }

    const fn closing(self) -> u8 {
        if self.is_in_object() { b'}' } else { b']' }
    }
}

/// The bytes that end the plain part of a string: quotation mark, backslash and control characters.
#[expect(clippy::indexing_slicing, reason = "an index beyond the end does not compile")]
static SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let (mut controls, _) = special.split_at_mut(b' ' as usize);
    while let [first, rest @ ..] = controls {
        *first = true;
        controls = rest;
    }
    special[b'"' as usize] = true;
    special[b'\\' as usize] = true;
    special
};

/// One table look-up, because three comparisons per byte would be most of the work on a session's
/// data.
fn is_special(byte: u8) -> bool {
    SPECIAL.get(usize::from(byte)).copied().unwrap_or(true)
}

struct Scanner<'t> {
    text: &'t str,
    at: usize,
    found: Found,
}

impl<'t> Scanner<'t> {
    fn document(&mut self, each: &mut impl FnMut(&'t str, &'t str)) -> Result<(), Fault> {
        let mut nest = Nest::default();
        let (mut name, mut value_at) = ("", 0);
        self.blanks();
        self.found.object = self.peek() == Some(b'{');
        loop {
            // A value begins here.
            match self.peek() {
                Some(open @ (b'{' | b'[')) => {
                    nest.open(open)?;
                    self.at += 1;
                    self.blanks();
                    if self.peek() == Some(nest.closing()) {
                        self.at += 1;
                        nest.close();
                    } else {
                        if nest.is_in_object() {
                            let given = self.name()?;
                            if nest.depth == 1 {
                                (name, value_at) = (given, self.at);
                            }
                        }
                        continue;
                    }
                }
                _ => self.scalar()?,
            }
            // A value ended here; each closing bracket ends another one.
            loop {
                if nest.depth == 1 && self.found.object {
                    each(name, self.text.get(value_at..self.at).unwrap_or_default());
                }
                self.blanks();
                match self.peek() {
                    None if nest.depth == 0 => return Ok(()),
                    Some(b',') if nest.depth > 0 => {
                        self.at += 1;
                        self.blanks();
                        if nest.is_in_object() {
                            let given = self.name()?;
                            if nest.depth == 1 {
                                (name, value_at) = (given, self.at);
                            }
                        }
                        break;
                    }
                    Some(closing) if nest.depth > 0 && closing == nest.closing() => {
                        self.at += 1;
                        nest.close();
                    }
                    _ => return self.broken(),
                }
            }
        }
    }

    /// A member's name, up to where its value begins.
    fn name(&mut self) -> Result<&'t str, Fault> {
        let start = self.at;
        self.string()?;
        let name = self.text.get(start..self.at).unwrap_or_default();
        self.blanks();
        self.expect(b':')?;
        self.blanks();
        Ok(name)
    }

    fn scalar(&mut self) -> Result<(), Fault> {
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            _ => self.broken(),
        }
    }

    fn word(&mut self, word: &str) -> Result<(), Fault> {
        word.bytes().try_for_each(|byte| self.expect(byte))
    }

    fn string(&mut self) -> Result<(), Fault> {
        self.expect(b'"')?;
        loop {
            let rest = self.rest();
            self.at += rest.iter().position(|&byte| is_special(byte)).unwrap_or(rest.len());
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.escape()?,
                _ => return self.broken(),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Fault> {
        let escape = Escape::at(self.rest());
        if escape == Escape::Half {
            self.found.half_pair = true;
        }
        match escape {
            Escape::Invalid { offset } => {
                self.at += offset;
                self.broken()
            }
            valid => {
                self.at += valid.length();
                Ok(())
            }
        }
    }

    fn number(&mut self) -> Result<(), Fault> {
        let start = self.at;
        self.skip(b'-');
        if !self.skip(b'0') {
            self.digits()?;
        }
        if self.skip(b'.') {
            self.digits()?;
        }
        let mut exponent = 0;
        if self.skip(b'e') || self.skip(b'E') {
            if !self.skip(b'+') {
                self.skip(b'-');
            }
            exponent = self.digits()?;
        }
        // 128 digits times ten to the 99th are within the range.
        let length = self.at - start;
        if length > MAX_NUMBER || exponent > 2 && !self.is_finite(start) {
            self.found.wild_number = true;
        }
        Ok(())
    }

    fn is_finite(&self, start: usize) -> bool {
        let number = self.text.get(start..self.at).unwrap_or_default();
        number.parse::<f64>().is_ok_and(f64::is_finite)
    }

    /// Reads at least one digit; returns how many.
    fn digits(&mut self) -> Result<usize, Fault> {
        let rest = self.rest();
        let count = rest.iter().position(|byte| !byte.is_ascii_digit());
        match count.unwrap_or(rest.len()) {
            0 => self.broken(),
            count => {
                self.at += count;
                Ok(count)
            }
        }
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn skip(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn expect(&mut self, byte: u8) -> Result<(), Fault> {
        if self.skip(byte) { Ok(()) } else { self.broken() }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'t [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    const fn broken<T>(&self) -> Result<T, Fault> {
        Err(Fault::At(self.at))
    }
}

#[cfg(test)]
mod tests;
