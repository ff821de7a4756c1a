//! The bytes of a session: a head of about 35 bytes, then the data.

use crate::session::Session;

/// The data has a key of its own.
const APART: u8 = 1;

/// Where a session's data is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// After the head, in the same value.
    Packed,
    /// In a second field of the bucket, so that a read rewrites only the head.
    Split,
    /// In a string of its own, so that buckets stay small.
    Apart,
}

pub(crate) fn pack(session: &Session, form: Form) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(64 + session.data.len());
    bytes.push(if form == Form::Apart { APART } else { 0 });
    for time in [session.la, session.created, u64::from(session.ttl)] {
        bytes.extend(u32::try_from(time).unwrap().to_le_bytes());
    }
    for counter in [session.reads, session.writes] {
        varint(&mut bytes, counter);
    }
    for text in [&session.id, &session.ip] {
        varint(&mut bytes, u32::try_from(text.len()).unwrap());
        bytes.extend(text.as_bytes());
    }
    if form == Form::Packed {
        bytes.extend(&session.data);
    }
    bytes
}

/// Reads a session from a value, with its data if the value contains it.
pub(crate) fn unpack(bytes: &[u8]) -> Session {
    let mut rest = &bytes[1..];
    let mut time = || {
        let (time, after) = rest.split_first_chunk::<4>().unwrap();
        rest = after;
        u64::from(u32::from_le_bytes(*time))
    };
    let (la, created, ttl) = (time(), time(), time());
    let (reads, writes) = (take_varint(&mut rest), take_varint(&mut rest));
    let mut text = || {
        let length = take_varint(&mut rest) as usize;
        let (text, after) = rest.split_at(length);
        rest = after;
        String::from_utf8(text.to_vec()).unwrap()
    };
    let (id, ip) = (text(), text());
    Session {
        id,
        reads,
        writes,
        la,
        ttl: u32::try_from(ttl).unwrap(),
        created,
        ip,
        data: rest.to_vec(),
    }
}

pub(crate) fn is_apart(bytes: &[u8]) -> bool {
    bytes[0] == APART
}

fn varint(bytes: &mut Vec<u8>, mut number: u32) {
    while number >= 128 {
        bytes.push((number & 127) as u8 | 128);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take_varint(bytes: &mut &[u8]) -> u32 {
    let (mut number, mut shift) = (0, 0);
    loop {
        let (&byte, rest) = bytes.split_first().unwrap();
        *bytes = rest;
        number |= u32::from(byte & 127) << shift;
        shift += 7;
        if byte < 128 {
            return number;
        }
    }
}
