use super::*;

const MAX: usize = 1000;

fn set(stored: Option<&str>, changes: &str) -> Result<Option<String>, Error> {
    let changes = Data::parse(changes.as_bytes()).map_err(Error::InvalidData)?;
    merged(stored.map(str::as_bytes), &changes, MAX)
}

#[test]
fn an_argument_is_one_object_of_any_values() {
    for (text, expected) in [
        ("{}", None),
        (r#"{"a":"x","b":1,"c":true,"d":null}"#, None),
        (r#"{"a":[1,{"b":[]}],"c":{}}"#, None),
        (" { \"a\" : [ 1 , { } ] } ", None),
        (r#"{"a":"\ud83d","\ud83d":1}"#, None),
        ("", Some(DataError::Broken { line: 1, column: 1 })),
        (r#"{"cart":"#, Some(DataError::Broken { line: 1, column: 8 })),
        (r#"{"a":}"#, Some(DataError::Broken { line: 1, column: 6 })),
        ("{\n\"a\":x}", Some(DataError::Broken { line: 2, column: 5 })),
        ("{} {}", Some(DataError::Broken { line: 1, column: 4 })),
        ("[]", Some(DataError::NotAnObject)),
        ("1", Some(DataError::NotAnObject)),
        ("1e400", Some(DataError::NotAnObject)),
        (r#"{"a":[{"b":1e400}]}"#, Some(DataError::Number)),
    ] {
        assert_eq!(Data::parse(text.as_bytes()).err(), expected, "{text:?}");
    }
    assert_eq!(Data::parse(b"{\"a\":\"\xff\"}").err(), Some(DataError::NotUtf8));
}

#[test]
fn an_argument_is_at_most_32_levels_deep() {
    for levels in [31, 32, 100_000] {
        let lists = format!(r#"{{"a":{}{}}}"#, "[".repeat(levels), "]".repeat(levels));
        let objects = format!("{}1{}", r#"{"a":"#.repeat(levels + 1), "}".repeat(levels + 1));
        let expected = (levels > 31).then_some(DataError::TooDeep);
        for text in [lists, objects] {
            assert_eq!(Data::parse(text.as_bytes()).err(), expected, "{levels}");
            assert_eq!(readable(&text).is_none(), levels > 31, "{levels}");
            let refused = set(Some(&text), r#"{"b":1}"#) == Err(Error::StoredDataNotAnObject);
            assert_eq!(refused, levels > 31, "{levels}");
        }
    }
}

#[test]
fn very_many_names_are_merged_fast() {
    let names: Vec<_> = (0..200_000).map(|n| format!(r#""{n}":{n}"#)).collect();
    let all = format!("{{{}}}", names.join(","));
    let data = Data::parse(all.as_bytes()).unwrap();
    assert_eq!(created(&data, usize::MAX).unwrap().as_deref(), Some(all.as_str()));
    let again = merged(Some(all.as_bytes()), &data, usize::MAX);
    assert_eq!(again.unwrap(), Some(all));
}

#[test]
fn merging_keeps_order_removes_nulls_and_appends() {
    for (stored, changes, expected) in [
        (None, r#"{"a":1}"#, Some(r#"{"a":1}"#)),
        (Some(r#"{"a":1,"b":2}"#), r#"{"a":3}"#, Some(r#"{"a":3,"b":2}"#)),
        (
            Some(r#"{"a":1,"b":2}"#),
            r#"{"c":3,"a":null}"#,
            Some(r#"{"b":2,"c":3}"#),
        ),
        (Some(r#"{"a":1}"#), r#"{"a":null}"#, None),
        (None, r#"{"a":null}"#, None),
        (None, r#"{"a":1,"a":2}"#, Some(r#"{"a":2}"#)),
        (None, r#"{"a":1,"b":3,"a":2}"#, Some(r#"{"a":2,"b":3}"#)),
        (None, r#"{"a":1,"a":null}"#, None),
        (None, r#"{"a":null,"a":1}"#, Some(r#"{"a":1}"#)),
        (Some(r#"{"a":1}"#), r#"{"\u0061":2}"#, Some(r#"{"a":2}"#)),
        (Some(r#"{"\u0061":1}"#), r#"{"a":2}"#, Some(r#"{"\u0061":2}"#)),
        // A name that another program stored twice.
        (Some(r#"{"a":1,"b":2,"a":3}"#), r#"{"a":4}"#, Some(r#"{"a":4,"b":2}"#)),
        (Some(r#"{"a":1,"b":2,"a":3}"#), r#"{"a":null}"#, Some(r#"{"b":2}"#)),
    ] {
        assert_eq!(
            set(stored, changes).unwrap().as_deref(),
            expected,
            "{stored:?} {changes}"
        );
    }
}

#[test]
fn a_nested_value_is_replaced_as_a_whole() {
    let stored = r#"{"a":{"x":1,"y":null},"b":[1, 2]}"#;
    for (changes, expected) in [
        (r#"{"a":{"z":2}}"#, r#"{"a":{"z":2},"b":[1, 2]}"#),
        (r#"{"a":{"x":null}}"#, r#"{"a":{"x":null},"b":[1, 2]}"#),
        (r#"{"b":null}"#, r#"{"a":{"x":1,"y":null}}"#),
        (r#"{"c":[{}]}"#, r#"{"a":{"x":1,"y":null},"b":[1, 2],"c":[{}]}"#),
    ] {
        assert_eq!(
            set(Some(stored), changes).unwrap().as_deref(),
            Some(expected),
            "{changes}"
        );
    }
}

#[test]
fn values_keep_their_exact_text() {
    let text = r#"{"a":1.0,"b":12345678901234567890,"c":1E+5,"d":"\u0000\r\n","e":[ -0 , {"f" : 1.10} ]}"#;
    assert_eq!(set(None, text).unwrap().as_deref(), Some(text));
}

#[test]
fn half_a_surrogate_pair_is_stored_as_the_replacement_character() {
    for (stored, changes, expected) in [
        (None, r#"{"a":"\ud83d"}"#, r#"{"a":"\ufffd"}"#),
        (
            None,
            r#"{"a":[{"\ude00":"x\ud83d"}]}"#,
            r#"{"a":[{"\ufffd":"x\ufffd"}]}"#,
        ),
        (None, r#"{"\ud83d":1,"b":2,"\ude00":3}"#, r#"{"\ufffd":3,"b":2}"#),
        (Some(r#"{"\ud83d":1}"#), r#"{"\udfff":2}"#, r#"{"\ufffd":2}"#),
        (
            Some(r#"{"\ud83d":1,"b":null,"\ude00":3}"#),
            r#"{"c":"\ud83d\ude00"}"#,
            r#"{"\ufffd":3,"b":null,"c":"\ud83d\ude00"}"#,
        ),
    ] {
        let text = set(stored, changes).unwrap();
        assert_eq!(text.as_deref(), Some(expected), "{stored:?} {changes}");
    }
}

#[test]
fn created_data_has_no_nulls_and_may_be_empty() {
    for (given, stored) in [
        ("{}", None),
        (r#"{"a":null}"#, None),
        (r#" {"a" : null, "b" : 1} "#, Some(r#"{"b":1}"#)),
        (r#"{"b":[null]}"#, Some(r#"{"b":[null]}"#)),
    ] {
        let data = Data::parse(given.as_bytes()).unwrap();
        assert_eq!(created(&data, MAX).unwrap().as_deref(), stored, "{given}");
    }
}

#[test]
fn new_data_is_stored_in_the_same_form_with_and_without_blanks() {
    let many: Vec<String> = (0..40).map(|n| format!(r#""k{n}":{n}"#)).collect();
    let twice = format!(r#"{{{},"k7":"last"}}"#, many.join(","));
    let last = format!("{{{}}}", many.join(",").replace(r#""k7":7"#, r#""k7":"last""#));
    for (given, stored) in [
        (r#"{"a":1,"b":[1, 2],"c":{}}"#, r#"{"a":1,"b":[1, 2],"c":{}}"#),
        (r#"{"a":1,"b":2,"a":3}"#, r#"{"a":3,"b":2}"#),
        (r#"{"a":1,"\u0061":3}"#, r#"{"a":3}"#),
        (r#"{"a":"\ud83d","b":2}"#, r#"{"a":"\ufffd","b":2}"#),
        (&twice, &last),
    ] {
        // No name or value contains a comma that is followed by a name.
        let spaced = format!(" {} ", given.replace(",\"", " ,\t\""));
        for given in [given, &spaced] {
            let data = Data::parse(given.as_bytes()).unwrap();
            assert_eq!(created(&data, usize::MAX).unwrap().as_deref(), Some(stored), "{given}");
            assert_eq!(saved(&data, usize::MAX).unwrap().as_deref(), Some(stored), "{given}");
            assert_eq!(set(Some("{}"), given).unwrap().as_deref(), Some(stored), "{given}");
        }
    }
}

#[test]
fn data_above_the_limit_is_refused_unless_it_shrinks() {
    let large = format!(r#"{{"a":"{}","b":1}}"#, "x".repeat(MAX));
    let data = Data::parse(large.as_bytes()).unwrap();
    let refused = Err(Error::DataTooLarge { max_bytes: MAX });
    assert_eq!(created(&data, MAX).map(|text| text.map(Cow::into_owned)), refused);
    assert_eq!(saved(&data, MAX).map(|text| text.map(Cow::into_owned)), refused);
    assert_eq!(set(None, &large), refused);
    assert_eq!(set(Some(&large), r#"{"b":2}"#), refused);
    assert!(set(Some(&large), r#"{"b":null}"#).is_ok());
}

#[test]
fn stored_text_that_is_not_an_object_is_refused_by_set() {
    for stored in [
        "",
        "[1]",
        "[{}]",
        "7",
        "{",
        "{\"a\":1",
        "nonsense",
        "{\"a\":1}x",
        "\u{c}{}",
    ] {
        assert_eq!(
            set(Some(stored), r#"{"a":1}"#),
            Err(Error::StoredDataNotAnObject),
            "{stored:?}"
        );
        assert_eq!(readable(stored), None, "{stored:?}");
    }
    assert_eq!(readable(" {\"a\":[1]} ").as_deref(), Some(" {\"a\":[1]} "));
}

#[test]
fn what_strict_parsers_refuse_is_replaced() {
    let stored = r#"{"a":[1e400,"\ud83d","\ud83d\ude00"],"\ude00":{"b":-1E999}}"#;
    let expected = r#"{"a":[null,"\ufffd","\ud83d\ude00"],"\ufffd":{"b":null}}"#;
    assert_eq!(readable(stored).as_deref(), Some(expected));
}
