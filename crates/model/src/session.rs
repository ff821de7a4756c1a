//! The rules of a session: when it lives and what a use changes. Pure: no server, no clock, no keys;
//! time comes in as a number.

use crate::number::{Lifetime, Ttl};
use crate::stored_name::Storage;

pub use crate::field::{Field, Fields};
pub use crate::number::Seconds;

/// A session as stored. `B` is whatever holds a field's bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Session<B> {
    /// Empty: the session is anonymous.
    pub id: B,
    pub storage: Storage,
    pub reads: i64,
    pub writes: i64,
    pub ip: Option<B>,
    pub user_agent: Option<B>,
    /// When it was last used.
    pub last_activity: Seconds,
    /// Idle time-out; with `no_resave` what was left of it at `last_activity`.
    pub ttl: i64,
    /// JSON text of the session's own data.
    pub data: Option<B>,
    /// Use does not extend the life.
    pub no_resave: bool,
    /// `None`: made by redis-sessions.
    pub created: Option<Seconds>,
    /// The last second of an absolute limit.
    pub until: Option<Seconds>,
    /// The last second in which the token before the present one is good too.
    pub graced: Option<Seconds>,
}

/// What decides how long a session lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    pub last_activity: Seconds,
    /// As [`Session::ttl`].
    pub ttl: i64,
    pub no_resave: bool,
    pub until: Option<Seconds>,
}

/// What a use may set of a session's life; what is not given stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// The idle time-out from the use on.
    pub ttl: Option<Ttl>,
    /// The absolute limit, counted from the use on.
    pub lifetime: Option<Lifetime>,
    /// From the use on, use does not extend the life. There is no way back.
    pub no_resave: bool,
}

impl Terms {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Life {
    /// Seconds since the last use; 0 when the clock went back.
    pub fn idle(&self, now: Seconds) -> i64 {
        now.saturating_sub(self.last_activity).max(0)
    }

    /// Exact for any stored numbers: the wipe relies on a live session's end lying ahead.
    pub fn is_live(&self, now: Seconds) -> bool {
        let idle = (i128::from(now) - i128::from(self.last_activity)).max(0);
        idle <= i128::from(self.ttl) && self.until.is_none_or(|until| now <= until)
    }

    /// The idle time-out to show: with `no_resave`, what is left of it.
    pub fn ttl_shown(&self, now: Seconds) -> i64 {
        if self.no_resave {
            self.ttl.saturating_sub(self.idle(now))
        } else {
            self.ttl
        }
    }

    /// The life after a use at `now`. The last activity is never lowered.
    #[must_use]
    pub fn used(&self, now: Seconds, terms: &Terms) -> Self {
        Self {
            last_activity: self.last_activity.max(now),
            ttl: terms.ttl.map_or_else(|| self.ttl_shown(now), Ttl::seconds),
            no_resave: self.no_resave || terms.no_resave,
            until: terms.lifetime.map(|lifetime| lifetime.ends(now)).or(self.until),
        }
    }
}

impl<B: AsRef<[u8]>> Session<B> {
    /// Reads the fields of a hash. `None` when they make no session: neither a field `id` nor `hashed`, or
    /// an unreadable `la` or `ttl`.
    pub fn from_fields(fields: Fields<B>) -> Option<Self> {
        let number = |field: &Option<B>| field.as_ref().and_then(|b| stored_integer(b.as_ref()));
        let known = |field: Option<B>| field.filter(|b| !b.as_ref().is_empty());
        let storage = fields.storage();
        Some(Self {
            reads: number(&fields.reads).unwrap_or(0),
            writes: number(&fields.writes).unwrap_or(0),
            last_activity: number(&fields.last_activity)?,
            ttl: number(&fields.ttl)?,
            no_resave: fields.no_resave.is_some_and(|b| b.as_ref() == b"1"),
            created: number(&fields.created),
            until: number(&fields.until),
            graced: number(&fields.graced),
            storage,
            id: fields.hashed.or(fields.id)?,
            ip: known(fields.ip),
            user_agent: known(fields.user_agent),
            data: known(fields.data),
        })
    }

    pub fn is_anonymous(&self) -> bool {
        self.id.as_ref().is_empty()
    }
}

impl<B> Session<B> {
    pub const fn life(&self) -> Life {
        Life {
            last_activity: self.last_activity,
            ttl: self.ttl,
            no_resave: self.no_resave,
            until: self.until,
        }
    }
}

/// Any number of so many digits is an `i64`.
const MOST_DIGITS: usize = 18;

/// A number in a stored field. redis-sessions reads with JavaScript's `Number`:
/// decimals are cut here, everything without a finite value is unreadable.
fn stored_integer(text: &[u8]) -> Option<i64> {
    // What this module has stored, and so nearly everything: digits that can't overflow.
    if (1..=MOST_DIGITS).contains(&text.len()) && text.iter().all(u8::is_ascii_digit) {
        return Some(
            text.iter()
                .fold(0, |number, digit| number * 10 + i64::from(digit - b'0')),
        );
    }
    let text = std::str::from_utf8(text).ok()?;
    if let Ok(integer) = text.parse::<i64>() {
        return Some(integer);
    }
    let number = text.parse::<f64>().ok().filter(|n| n.is_finite())?;
    #[expect(clippy::cast_possible_truncation, reason = "`as` saturates")]
    let cut = number.trunc() as i64;
    Some(cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(la: Seconds, ttl: i64) -> Session<&'static str> {
        Session {
            id: "bob",
            reads: 1,
            writes: 1,
            ip: None,
            user_agent: None,
            last_activity: la,
            ttl,
            data: None,
            no_resave: false,
            created: None,
            until: None,
            graced: None,
            storage: Storage::Plain,
        }
    }

    #[test]
    fn a_session_lives_while_idle_is_at_most_ttl() {
        for (now, live) in [(99, true), (100, true), (110, true), (111, false)] {
            assert_eq!(session(100, 10).life().is_live(now), live, "now {now}");
        }
    }

    #[test]
    fn a_lifetime_ends_a_session_that_is_in_use() {
        let limited = Session {
            until: Some(105),
            ..session(100, 10)
        };
        assert!(limited.life().is_live(105));
        assert!(!limited.life().is_live(106));
    }

    #[test]
    fn a_clock_that_goes_back_makes_idle_0_and_keeps_the_last_activity() {
        let later = session(100, 10).life();
        assert_eq!(later.idle(90), 0);
        assert_eq!(later.used(90, &Terms::default()).last_activity, 100);
    }

    #[test]
    fn with_no_resave_every_use_stores_what_is_left_and_when() {
        let fixed = Session {
            no_resave: true,
            ..session(100, 10)
        };
        let fixed = fixed.life();
        assert_eq!(fixed.ttl_shown(101), 9);
        let used = fixed.used(101, &Terms::default());
        assert_eq!((used.last_activity, used.ttl), (101, 9));
    }

    #[test]
    fn a_use_can_set_the_time_out_the_limit_and_no_resave() {
        let old = session(100, 10).life();
        let terms = Terms {
            ttl: Some(Ttl::parse(b"50").unwrap()),
            lifetime: Some(Lifetime::parse(b"500").unwrap()),
            no_resave: true,
        };
        let expected = Life {
            last_activity: 105,
            ttl: 50,
            no_resave: true,
            until: Some(605),
        };
        assert_eq!(old.used(105, &terms), expected);
        assert_eq!(expected.used(115, &Terms::default()).ttl, 40);
        assert!(expected.used(115, &Terms::default()).no_resave);
    }

    #[test]
    fn absurd_stored_numbers_neither_overflow_nor_panic() {
        for la in [i64::MIN, -1, 0, i64::MAX] {
            for ttl in [i64::MIN, -1, 0, i64::MAX] {
                for no_resave in [false, true] {
                    let absurd = Session {
                        no_resave,
                        ..session(la, ttl)
                    };
                    for now in [0, i64::MAX] {
                        absurd.life().is_live(now);
                        let _ = absurd.life().used(now, &Terms::default());
                    }
                }
            }
        }
    }

    #[test]
    fn stored_numbers_are_cut_or_unreadable() {
        for (text, number) in [
            ("12", Some(12)),
            ("007", Some(7)),
            ("999999999999999999", Some(999_999_999_999_999_999)),
            ("000000000000000000012", Some(12)),
            ("9223372036854775807", Some(i64::MAX)),
            ("9223372036854775808", Some(i64::MAX)),
            ("-3", Some(-3)),
            ("12.9", Some(12)),
            ("-0.5", Some(0)),
            ("1e3", Some(1000)),
            ("1e300", Some(i64::MAX)),
            ("", None),
            ("abc", None),
            ("12x", None),
            (" 12", None),
            ("NaN", None),
            ("inf", None),
        ] {
            assert_eq!(stored_integer(text.as_bytes()), number, "{text:?}");
        }
        assert_eq!(stored_integer(b"\xff"), None);
    }

    #[test]
    fn what_is_stored_as_an_empty_text_is_unknown() {
        let fields = |text| {
            Fields::read(move |field| match field {
                Field::Id => Some("bob"),
                Field::La | Field::Ttl => Some("10"),
                Field::Ip | Field::Ua | Field::D => Some(text),
                _ => None,
            })
        };
        for (text, known) in [("", None), (" ", Some(" "))] {
            let session = Session::from_fields(fields(text)).unwrap();
            assert_eq!((session.ip, session.user_agent, session.data), (known, known, known));
        }
    }

    #[test]
    fn a_hash_without_id_or_with_unreadable_time_is_no_session() {
        let complete = |field| match field {
            Field::Id => Some("bob"),
            Field::La => Some("100"),
            Field::Ttl => Some("10"),
            _ => None,
        };
        let session = Session::from_fields(Fields::read(complete)).unwrap();
        assert!(!session.is_anonymous());
        let empty_id = |field| if field == Field::Id { Some("") } else { complete(field) };
        assert!(Session::from_fields(Fields::read(empty_id)).unwrap().is_anonymous());
        for (field, value) in [
            (Field::Id, None),
            (Field::La, None),
            (Field::La, Some("soon")),
            (Field::Ttl, None),
            (Field::Ttl, Some("")),
        ] {
            let fields = Fields::read(|name| if name == field { value } else { complete(name) });
            assert_eq!(Session::from_fields(fields), None, "{field:?} {value:?}");
        }
    }
}
