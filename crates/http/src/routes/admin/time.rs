//! Times in words and as dates. Dates are UTC: staff and server may be in different time zones, and
//! a page without scripts does not know the reader's.

use super::text::counted;
use crate::clock::Unix;

pub(super) const MINUTE: i64 = 60;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;

/// A moment as a page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    /// `5 minutes ago` or `in 2 hours`.
    pub(super) words: String,
    /// `2026-03-05 14:03:27 UTC`.
    pub(super) date: String,
    /// For the attribute `datetime`.
    pub(super) machine: String,
}

impl Moment {
    pub(super) fn new(at: Unix, now: Unix) -> Self {
        let words = match at - now {
            seconds if seconds > 0 => format!("in {}", span(seconds)),
            seconds if seconds > -5 => "just now".to_owned(),
            seconds => format!("{} ago", span(-seconds)),
        };
        let (day, time) = day_and_time(at);
        Self {
            words,
            date: format!("{day} {time} UTC"),
            machine: format!("{day}T{time}Z"),
        }
    }
}

/// A number of seconds in one unit, rounded: `59 seconds`, `1 hour`, `3 days`. Less than two of a
/// unit are shown in the next smaller unit, which is more exact: an hour and a half is `90
/// minutes`.
pub(super) fn span(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let rounded = |unit: i64| seconds.saturating_add(unit / 2) / unit;
    let (number, unit) = if seconds < 2 * MINUTE {
        (seconds, "second")
    } else if rounded(MINUTE) < 120 {
        (rounded(MINUTE), "minute")
    } else if rounded(HOUR) < 48 {
        (rounded(HOUR), "hour")
    } else {
        (rounded(DAY), "day")
    };
    counted(number.unsigned_abs(), unit)
}

/// `2026-03-05` and `14:03:27`.
fn day_and_time(at: Unix) -> (String, String) {
    let (year, month, day) = civil(at.div_euclid(DAY));
    let second = at.rem_euclid(DAY);
    let (hour, minute) = (second / HOUR, second % HOUR / MINUTE);
    (
        format!("{year:04}-{month:02}-{day:02}"),
        format!("{hour:02}:{minute:02}:{:02}", second % MINUTE),
    )
}

/// Year, month and day of a number of days since 1970-01-01, in the Gregorian calendar. Years are
/// counted from 1 March, so that the additional day of a leap year is the last day of its year.
fn civil(days: i64) -> (i64, i64, i64) {
    const FROM_YEAR_0: i64 = 719_468;
    const IN_400_YEARS: i64 = 146_097;
    let days = days + FROM_YEAR_0;
    let (era, day) = (days.div_euclid(IN_400_YEARS), days.rem_euclid(IN_400_YEARS));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let (month, next) = match month_from_march {
        0..=9 => (month_from_march + 3, 0),
        _ => (month_from_march - 9, 1),
    };
    (400 * era + year + next, month, day_of_month)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_shown_in_one_unit_that_is_never_too_coarse() {
        for (seconds, expected) in [
            (-7, "0 seconds"),
            (0, "0 seconds"),
            (1, "1 second"),
            (119, "119 seconds"),
            (120, "2 minutes"),
            (149, "2 minutes"),
            (150, "3 minutes"),
            (90 * MINUTE, "90 minutes"),
            (2 * HOUR - 31, "119 minutes"),
            (2 * HOUR - 30, "2 hours"),
            (4 * HOUR - 7, "4 hours"),
            (47 * HOUR, "47 hours"),
            (2 * DAY - 1, "2 days"),
            (3650 * DAY, "3,650 days"),
            (i64::MAX, "106,751,991,167,300 days"),
        ] {
            assert_eq!(span(seconds), expected, "{seconds}");
        }
    }

    #[test]
    fn a_moment_is_shown_by_its_distance_from_now() {
        for (distance, expected) in [
            (0, "just now"),
            (-4, "just now"),
            (-5, "5 seconds ago"),
            (-3 * HOUR, "3 hours ago"),
            (1, "in 1 second"),
            (3 * DAY, "in 3 days"),
        ] {
            assert_eq!(
                Moment::new(1_000_000 + distance, 1_000_000).words,
                expected,
                "{distance}"
            );
        }
    }

    /// Expected: `date -u -d @SECONDS`.
    #[test]
    fn dates_are_gregorian_and_utc() {
        for (at, expected) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_782_399, "2000-02-28 23:59:59 UTC"),
            (951_782_400, "2000-02-29 00:00:00 UTC"),
            (1_709_251_199, "2024-02-29 23:59:59 UTC"),
            (1_709_251_200, "2024-03-01 00:00:00 UTC"),
            (1_772_719_407, "2026-03-05 14:03:27 UTC"),
            (4_107_542_400, "2100-03-01 00:00:00 UTC"),
            (-1, "1969-12-31 23:59:59 UTC"),
        ] {
            assert_eq!(Moment::new(at, 0).date, expected, "{at}");
        }
        assert_eq!(Moment::new(1_772_719_407, 0).machine, "2026-03-05T14:03:27Z");
    }
}
