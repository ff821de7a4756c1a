//! When a session is live, and what a use changes.

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
fn a_clock_that_is_set_back_does_not_prolong_a_grace() {
    for (until, now, is_graced) in [
        (100, 100, true),
        (100, 101, false),
        (100, 40, true),
        (100, 39, false),
        (i64::MAX, i64::MIN, false),
        (i64::MIN, i64::MAX, false),
    ] {
        let graced = Session {
            graced: Some(until),
            ..session(100, 10)
        };
        assert_eq!(graced.is_graced(now), is_graced, "until {until}, now {now}");
    }
    assert!(!session(100, 10).is_graced(100));
}

#[test]
fn a_clock_that_is_set_back_makes_idle_0_and_keeps_the_last_activity() {
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
fn a_use_can_set_the_timeout_the_limit_and_no_resave() {
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
fn a_value_that_is_stored_as_empty_text_is_unknown() {
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
fn a_hash_without_id_or_with_unreadable_time_is_not_a_session() {
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
