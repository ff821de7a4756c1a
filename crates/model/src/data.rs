//! A session's own data, `d`: a JSON object, kept as text.
//!
//! Values keep their exact text (`1.0`, a number of twenty digits), and names are decoded only to
//! compare them.

mod increment;
mod key;

use std::borrow::Cow;
use std::collections::HashMap;

use crate::error::{DataError, Error};
use crate::json::{self, Fault};

pub use increment::incremented;
pub use key::Key;

/// The members of an object, in order; a name may occur more than once. There are no halves of
/// surrogate pairs, because [`Data::parse`] replaces them.
#[derive(Debug, Default)]
pub struct Data<'a> {
    /// The whole argument, if it consists of the members in order without white space between them.
    compact: Option<&'a str>,
    members: Vec<Member<'a>>,
}

/// The texts of a name and its value.
#[derive(Debug)]
struct Member<'a> {
    name: Cow<'a, str>,
    value: Cow<'a, str>,
}

impl<'a> Data<'a> {
    /// Parses an argument.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, DataError> {
        let text = std::str::from_utf8(bytes).map_err(|_| DataError::NotUtf8)?;
        let mut data = Self {
            // A member has at least four bytes; most objects have few members.
            members: Vec::with_capacity((text.len() / 4).min(FEW)),
            ..Self::default()
        };
        let found = json::scan(text, |name, value| data.push(name, value)).map_err(|fault| match fault {
            Fault::TooDeep => DataError::TooDeep,
            Fault::At(offset) => broken(text, offset),
        })?;
        if !found.object {
            return Err(DataError::NotAnObject);
        }
        if found.wild_number {
            return Err(DataError::Number);
        }
        if found.half_pair {
            for Member { name, value } in &mut data.members {
                *name = Cow::Owned(json::whole_pairs(name).into_owned());
                *value = Cow::Owned(json::whole_pairs(value).into_owned());
            }
        } else if data.compact_length() == text.len() {
            data.compact = Some(text);
        }
        Ok(data)
    }

    pub const fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The length of the object without blanks around its members.
    fn compact_length(&self) -> usize {
        let lengths = self.members.iter().map(|m| m.name.len() + m.value.len() + 2);
        lengths.sum::<usize>() + 1
    }

    fn push(&mut self, name: &'a str, value: &'a str) {
        self.members.push(Member {
            name: Cow::Borrowed(name),
            value: Cow::Borrowed(value),
        });
    }
}

/// Lines and columns count from 1, a column in bytes. For a text that ends too early, the position
/// is its last byte.
fn broken(text: &str, offset: usize) -> DataError {
    let offset = offset.min(text.len().saturating_sub(1));
    let before = text.as_bytes().get(..offset).unwrap_or_default();
    let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    DataError::Broken {
        line: 1 + before.iter().filter(|&&byte| byte == b'\n').count(),
        column: 1 + offset - line_start,
    }
}

/// What CREATE stores of its DATA: the object without its nulls, at most `max_bytes`.
pub fn created<'d>(given: &'d Data<'_>, max_bytes: usize) -> Result<Option<Cow<'d, str>>, Error> {
    if let Some(text) = given
        .compact
        .filter(|_| given.members.iter().all(|member| member.value != "null"))
        && Distinct::of(given).members.len() == given.members.len()
    {
        return of_at_most(Some(Cow::Borrowed(text)), max_bytes);
    }
    Ok(merged(None, given, max_bytes)?.map(Cow::Owned))
}

/// What SAVE stores: the object as it is, its nulls included, at most `max_bytes`. `None`: it is
/// empty.
pub fn saved<'d>(given: &'d Data<'_>, max_bytes: usize) -> Result<Option<Cow<'d, str>>, Error> {
    let distinct = Distinct::of(given).members;
    if distinct.is_empty() {
        return Ok(None);
    }
    if let Some(text) = given.compact.filter(|_| distinct.len() == given.members.len()) {
        return of_at_most(Some(Cow::Borrowed(text)), max_bytes);
    }
    let mut text = String::with_capacity(given.compact_length());
    for (name, value) in distinct {
        put(&mut text, name, value);
    }
    text.push('}');
    of_at_most(Some(Cow::Owned(text)), max_bytes)
}

fn of_at_most(text: Option<Cow<'_, str>>, max_bytes: usize) -> Result<Option<Cow<'_, str>>, Error> {
    match text {
        Some(text) if text.len() > max_bytes => Err(Error::DataTooLarge { max_bytes }),
        text => Ok(text),
    }
}

/// What SET stores: `changes` merged into what is stored. A result above `max_bytes`
/// is refused unless it is smaller than what it replaces.
pub fn merged(stored: Option<&[u8]>, changes: &Data<'_>, max_bytes: usize) -> Result<Option<String>, Error> {
    let old = stored.unwrap_or(b"{}");
    let text = merged_text(old, changes).ok_or(Error::StoredDataNotAnObject)?;
    let length = text.as_ref().map_or(0, String::len);
    if length > max_bytes && length >= old.len() {
        return Err(Error::DataTooLarge { max_bytes });
    }
    Ok(text)
}

/// `None`: what is stored is not an object. `Some(None)`: the result is empty.
fn merged_text(old: &[u8], changes: &Data<'_>) -> Option<Option<String>> {
    let old = std::str::from_utf8(old).ok()?;
    let mut merge = Merge::new(changes, old.len());
    let found = json::scan(old, |name, value| merge.stored(name, value)).ok()?;
    if !found.object {
        return None;
    }
    if !found.half_pair {
        return Some(merge.finish());
    }
    // Another program stored these halves. Names may become equal when the halves are replaced.
    let old = json::whole_pairs(old);
    let mut whole = Data::default();
    json::scan(&old, |name, value| whole.push(name, value)).ok()?;
    let mut merge = Merge::new(changes, old.len());
    for (name, value) in Distinct::of(&whole).members {
        merge.stored(name, value);
    }
    Some(merge.finish())
}

/// More names than these are looked up in a hash table, which is expensive to build for only some
/// look-ups.
const FEW: usize = 16;

/// Members in which each name occurs once: the last value at the position of the first.
struct Distinct<'d> {
    members: Vec<(&'d str, &'d str)>,
    names: Names<'d>,
    /// A bit for each length of a decoded name, modulo 64. Avoids most look-ups if few names are
    /// looked up in a million.
    lengths: u64,
}

/// The decoded names of members, with their positions.
enum Names<'d> {
    Few(Vec<Cow<'d, str>>),
    Many(HashMap<Cow<'d, str>, usize>),
}

impl<'d> Distinct<'d> {
    fn of(data: &'d Data<'_>) -> Self {
        let count = data.members.len();
        let mut distinct = Self {
            members: Vec::with_capacity(count),
            names: if count <= FEW {
                Names::Few(Vec::with_capacity(count))
            } else {
                Names::Many(HashMap::with_capacity(count))
            },
            lengths: 0,
        };
        for Member { name, value } in &data.members {
            distinct.put(name, value);
        }
        distinct
    }

    fn put(&mut self, name: &'d str, value: &'d str) {
        let name_only = decoded(name);
        if let Some((_, earlier)) = self.place(&name_only).and_then(|place| self.members.get_mut(place)) {
            *earlier = value;
            return;
        }
        self.lengths |= length_bit(&name_only);
        match &mut self.names {
            Names::Few(names) => names.push(name_only),
            Names::Many(names) => drop(names.insert(name_only, self.members.len())),
        }
        self.members.push((name, value));
    }

    /// The position of the member with a decoded name.
    fn place(&self, name: &str) -> Option<usize> {
        if self.lengths & length_bit(name) == 0 {
            return None;
        }
        match &self.names {
            Names::Few(names) => names.iter().position(|other| other == name),
            Names::Many(names) => names.get(name).copied(),
        }
    }
}

const fn length_bit(name: &str) -> u64 {
    1 << (name.len() % 64)
}

/// A merge in progress: takes the stored members one by one, so it never needs all of them at once.
struct Merge<'c> {
    changes: Distinct<'c>,
    /// Which of the changes replaced a stored member.
    applied: Vec<bool>,
    text: String,
}

impl<'c> Merge<'c> {
    fn new(changes: &'c Data<'_>, stored_bytes: usize) -> Self {
        Self {
            text: String::with_capacity(stored_bytes + changes.compact_length()),
            applied: vec![false; changes.members.len()],
            changes: Distinct::of(changes),
        }
    }

    /// Keeps a stored member, or replaces its value once: a second member of the same name is
    /// removed.
    fn stored(&mut self, name: &str, value: &str) {
        let Some(place) = self.changes.place(&decoded(name)) else {
            return put(&mut self.text, name, value);
        };
        if let (Some(applied), Some(&(_, value))) = (self.applied.get_mut(place), self.changes.members.get(place))
            && !std::mem::replace(applied, true)
            && value != "null"
        {
            put(&mut self.text, name, value);
        }
    }

    /// The text to store; `None` if nothing is left.
    fn finish(mut self) -> Option<String> {
        let changes = std::mem::take(&mut self.changes.members);
        let applied = std::mem::take(&mut self.applied);
        for ((name, value), applied) in changes.into_iter().zip(applied) {
            if !applied && value != "null" {
                put(&mut self.text, name, value);
            }
        }
        if self.text.is_empty() {
            return None;
        }
        self.text.push('}');
        Some(self.text)
    }
}

/// Appends a member to an object that is not closed yet.
fn put(text: &mut String, name: &str, value: &str) {
    text.push(if text.is_empty() { '{' } else { ',' });
    text.push_str(name);
    text.push(':');
    text.push_str(value);
}

/// A name without its escapes. Halves of surrogate pairs have no decoded form and stay as they are.
fn decoded(name: &str) -> Cow<'_, str> {
    let plain = name.get(1..name.len().saturating_sub(1)).unwrap_or_default();
    if !plain.contains('\\') {
        return Cow::Borrowed(plain);
    }
    serde_json::from_str(name).map_or(Cow::Borrowed(plain), Cow::Owned)
}

/// Stored text in a form that every JSON parser can read; `None` if it is not an object or is too
/// deep.
pub fn readable(text: &str) -> Option<Cow<'_, str>> {
    let found = json::scan(text, |_, _| {}).ok()?;
    if !found.object {
        return None;
    }
    let mut text = Cow::Borrowed(text);
    if found.half_pair {
        text = Cow::Owned(json::whole_pairs(&text).into_owned());
    }
    if found.wild_number {
        text = Cow::Owned(json::tame_numbers(&text));
    }
    Some(text)
}

#[cfg(test)]
mod tests;
