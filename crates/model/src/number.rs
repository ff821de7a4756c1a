//! Numbers in the arguments of commands: parsed once, valid from then on.

use crate::error::Error;
use crate::limits::{MAX_GRACE, MAX_SECONDS, MAX_SESSIONS};

/// Whole Unix seconds.
pub type Seconds = i64;

/// An idle timeout, 1 second to 10 years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ttl(i64);

impl Ttl {
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        parse_seconds(bytes, 1).map(Self).ok_or(Error::InvalidTtl)
    }

    /// A setting whose bounds the server has already checked.
    pub fn from_setting(seconds: i64) -> Self {
        Self(seconds.clamp(1, MAX_SECONDS))
    }

    pub const fn seconds(self) -> i64 {
        self.0
    }
}

/// An absolute limit, counted from the command that sets it, 1 second to 10 years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime(i64);

impl Lifetime {
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        parse_seconds(bytes, 1).map(Self).ok_or(Error::InvalidLifetime)
    }

    pub const fn ends(self, given: Seconds) -> Seconds {
        given.saturating_add(self.0)
    }
}

/// How long the old token of a rotated session still works, 1 to 60 seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grace(i64);

impl Grace {
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let seconds = parse_seconds(bytes, 1).filter(|&seconds| seconds <= MAX_GRACE);
        seconds.map(Self).ok_or(Error::InvalidGrace)
    }

    pub const fn ends(self, given: Seconds) -> Seconds {
        given.saturating_add(self.0)
    }
}

/// A write counter from an earlier reply.
pub fn parse_writes(bytes: &[u8]) -> Result<i64, Error> {
    parse_digits(bytes).ok_or(Error::InvalidWrites)
}

/// How many live sessions an id may have, 1 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Max(usize);

impl Max {
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let number = parse_digits(bytes).filter(|n| (1..=MAX_SESSIONS).contains(n));
        let number = number.and_then(|n| usize::try_from(n).ok());
        number.map(Self).ok_or(Error::InvalidMax)
    }

    pub const fn sessions(self) -> usize {
        self.0
    }
}

/// A look-back window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    Ever,
    /// At most this many seconds back.
    Last(i64),
}

impl Window {
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        match parse_seconds(bytes, 0) {
            Some(0) => Ok(Self::Ever),
            Some(dt) => Ok(Self::Last(dt)),
            None => Err(Error::InvalidDt),
        }
    }

    /// The first second of the window; `None`: the window has no beginning.
    pub const fn from(self, now: Seconds) -> Option<Seconds> {
        match self {
            Self::Ever => None,
            Self::Last(dt) => Some(now.saturating_sub(dt)),
        }
    }

    pub fn contains(self, last_activity: Seconds, now: Seconds) -> bool {
        self.from(now).is_none_or(|from| last_activity >= from)
    }
}

/// What INCR adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Increment(i64);

impl Increment {
    pub const ONE: Self = Self(1);

    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let digits = bytes.strip_prefix(b"-").unwrap_or(bytes);
        // The smallest number has no positive counterpart, so the sign is parsed with the digits.
        let number = std::str::from_utf8(bytes).ok().and_then(|text| text.parse().ok());
        number
            .filter(|_| digits.iter().all(u8::is_ascii_digit))
            .map(Self)
            .ok_or(Error::InvalidN)
    }

    pub const fn number(self) -> i64 {
        self.0
    }
}

/// A part of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    pub offset: usize,
    /// `None`: all.
    pub count: Option<usize>,
}

impl Limit {
    pub const ALL: Self = Self { offset: 0, count: None };

    pub fn parse(offset: &[u8], count: &[u8]) -> Result<Self, Error> {
        let number = |bytes| parse_digits(bytes).and_then(|n| usize::try_from(n).ok());
        let offset = number(offset).ok_or(Error::InvalidLimit)?;
        let count = match count {
            b"-1" => None,
            _ => Some(number(count).filter(|&n| n > 0).ok_or(Error::InvalidLimit)?),
        };
        Ok(Self { offset, count })
    }

    /// Whether a list with `listed` items, including the skipped ones, is complete.
    pub fn is_reached(self, listed: usize) -> bool {
        self.count
            .is_some_and(|count| listed >= self.offset.saturating_add(count))
    }
}

fn parse_seconds(bytes: &[u8], min: i64) -> Option<i64> {
    parse_digits(bytes).filter(|n| (min..=MAX_SECONDS).contains(n))
}

/// Only digits: no sign, no space, no decimals.
fn parse_digits(bytes: &[u8]) -> Option<i64> {
    if bytes.iter().all(u8::is_ascii_digit) {
        std::str::from_utf8(bytes).ok()?.parse().ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_digits_within_bounds() {
        for (text, ttl, dt) in [
            ("0", false, true),
            ("1", true, true),
            ("007", true, true),
            ("315360000", true, true),
            ("315360001", false, false),
            ("99999999999999999999", false, false),
            ("", false, false),
            ("-1", false, false),
            ("+1", false, false),
            ("1.0", false, false),
            (" 1", false, false),
        ] {
            assert_eq!(Ttl::parse(text.as_bytes()).is_ok(), ttl, "ttl {text:?}");
            assert_eq!(Lifetime::parse(text.as_bytes()).is_ok(), ttl, "lifetime {text:?}");
            assert_eq!(Window::parse(text.as_bytes()).is_ok(), dt, "dt {text:?}");
        }
    }

    #[test]
    fn a_max_is_a_whole_number_from_1_to_100() {
        for (text, expected) in [
            ("1", Some(1)),
            ("100", Some(100)),
            ("007", Some(7)),
            ("0", None),
            ("101", None),
            ("99999999999999999999", None),
            ("", None),
            ("-1", None),
            ("+1", None),
            ("1.0", None),
            (" 1", None),
        ] {
            let max = Max::parse(text.as_bytes()).map(Max::sessions);
            assert_eq!(max, expected.ok_or(Error::InvalidMax), "{text:?}");
        }
    }

    #[test]
    fn an_increment_is_a_whole_number_of_64_bits() {
        for (text, expected) in [
            ("0", Some(0)),
            ("-0", Some(0)),
            ("007", Some(7)),
            ("-12", Some(-12)),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
            ("-9223372036854775809", None),
            ("", None),
            ("-", None),
            ("--1", None),
            ("+1", None),
            ("1.0", None),
            ("1e3", None),
            (" 1", None),
            ("٣", None),
        ] {
            let increment = Increment::parse(text.as_bytes()).map(Increment::number);
            assert_eq!(increment, expected.ok_or(Error::InvalidN), "{text:?}");
        }
    }

    #[test]
    fn a_limit_has_an_offset_and_a_count_or_minus_1() {
        for (offset, count, valid) in [
            ("0", "1", true),
            ("5", "-1", true),
            ("0", "0", false),
            ("0", "-2", false),
            ("-1", "1", false),
            ("a", "1", false),
            ("0", "", false),
            ("99999999999999999999", "1", false),
        ] {
            let limit = Limit::parse(offset.as_bytes(), count.as_bytes());
            assert_eq!(limit.is_ok(), valid, "{offset:?} {count:?}");
        }
        let far = Limit::parse(b"9223372036854775807", b"9223372036854775807").unwrap();
        assert!(!far.is_reached(1_000_000));
    }
}
