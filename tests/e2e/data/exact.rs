//! How data comes back: values and names keep their text, except halves of surrogate pairs and
//! white space.

use super::kept;
use crate::harness::*;

#[test]
fn numbers_keep_their_exact_text() {
    let server = Server::start();
    let mut client = server.client();
    for number in [
        "0",
        "-0",
        "1.0",
        "1.10",
        "12345678901234567890",
        "-98765432109876543210987654321",
        "1e5",
        "1E+308",
        "1e-999",
        "0e999",
        "0.1000000000000000055511151231257827",
        "9007199254740993",
        "-0.0",
        "1.0E0",
        &"9".repeat(128),
    ] {
        let json = format!(r#"{{"n":{number},"a":[{number},{{"n":{number}}}]}}"#);
        kept(&mut client, &json, &json);
    }
}

#[test]
fn strings_keep_their_escapes_and_names_theirs() {
    let server = Server::start();
    let mut client = server.client();
    for text in [
        r#""""#,
        r#""\"""#,
        r#""\\""#,
        r#""\/""#,
        r#""/""#,
        r#""\r\n\t\b\f""#,
        r#""\u0000""#,
        r#""a\u0000b""#,
        r#""\u00e9""#,
        r#""é""#,
        r#""\ud83d\ude00""#,
        r#""😀""#,
        r#""\\ud83d""#,
        "\"\u{2028}\"",
        "\"\u{7f}\"",
        r#""\uFFFF""#,
        r#""%s%n""#,
        r#""$-1\r\n""#,
    ] {
        let json = format!(r#"{{"n":{text}}}"#);
        kept(&mut client, &json, &json);
        let json = format!(r#"{{{text}:1}}"#);
        kept(&mut client, &json, &json);
    }
}

#[test]
fn half_an_escaped_surrogate_pair_is_stored_as_the_replacement_character() {
    let server = Server::start();
    let mut client = server.client();
    for (text, stored) in [
        (r#""\ud83d""#, r#""\ufffd""#),
        (r#""\uDE00""#, r#""\ufffd""#),
        (r#""\ud83dx""#, r#""\ufffdx""#),
        (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
    ] {
        for form in [r#"{"n":@}"#, r#"{@:1}"#, r#"{"a":[{"b":@,@:@}]}"#] {
            kept(&mut client, &form.replace('@', text), &form.replace('@', stored));
        }
    }
    kept(&mut client, r#"{"\ud83d":1,"b":2,"\ud83c":3}"#, r#"{"\ufffd":3,"b":2}"#);
}

#[test]
fn white_space_is_removed_except_inside_strings() {
    let server = Server::start();
    let mut client = server.client();
    kept(
        &mut client,
        " {\t\"a b\" :\n\" x \" ,\r\n \"c\":true , \"d\" : false }\n",
        r#"{"a b":" x ","c":true,"d":false}"#,
    );
}
