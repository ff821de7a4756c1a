//! How the token is found in a request: in which cookie, in which form, and when in a header
//! instead.

use super::{Asked, assert_ann, assert_unknown, session_of_ann, sid};
use crate::harness::{Client, Folder, stored_name, token_of};
use std::fs;

/// Made by Node.js' `cookie-signature` 1.2.2 with the secret `first secret`.
const VALUE: &str = "AbC-_74";
const SIGNATURE: &str = "I/GByb2CUzvt2GntDeAczU/OxRFtS8eOLimduXNDN+U";

/// A session of `ann` whose token is the SHA-256 of what a framework has generated.
fn saved(client: &mut Client, value: &str) {
    let reply = client.run(&["SESSIONS.SAVE", "webapp", &stored_name(value), "{}", "NX", "ID", "ann"]);
    assert_eq!(reply.int(), 2);
}

/// A service for signed cookies; the file with its two secrets is removed after the start.
fn signed() -> Asked {
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), "new secret\nfirst secret\n").expect("secrets are written");
    let lines = format!("form = \"signed\"\nsecret-file = {:?}", file.path());
    let asked = Asked::about(&lines);
    saved(&mut asked.client(), VALUE);
    asked
}

#[test]
fn the_token_comes_from_the_cookie_of_the_app() {
    let asked = Asked::about("");
    let token = session_of_ann(&mut asked.client());
    for cookies in [
        sid(&token),
        format!("a=1; sid={token}; b=2"),
        format!("sid=\"{token}\""),
        format!("xsid={}; sid={token}", token_of('x')),
    ] {
        assert_ann(asked.told_of(&cookies));
    }
    let apart = asked.ask().header("Cookie", "a=1").header("Cookie", sid(&token));
    assert_ann(apart.send());
    for cookies in [
        String::new(),
        format!("SID={token}"),
        format!("xsid={token}"),
        format!("a=sid={token}"),
        sid(&token_of('n')),
        sid(&token[1..]),
        sid(&format!("{token}0")),
    ] {
        assert_unknown(asked.told_of(&cookies));
    }
    assert_unknown(asked.ask().send());
    assert_unknown(asked.ask().header("Cookie", b"sid=\xff\xfe").send());
    assert_unknown(asked.ask().token(&token).send());
}

#[test]
fn a_cookie_with_two_different_values_is_refused() {
    let asked = Asked::about("");
    let mut client = asked.client();
    let (token, other) = (session_of_ann(&mut client), session_of_ann(&mut client));
    assert_ann(asked.told_of(&format!("sid={token}; sid={token}")));
    for cookies in [
        format!("sid={token}; sid={other}"),
        format!("sid=; sid={token}"),
        format!("sid={token}; sid=x"),
    ] {
        assert_unknown(asked.told_of(&cookies));
    }
    let apart = asked.ask().header("Cookie", sid(&token)).header("Cookie", sid(&other));
    assert_unknown(apart.send());
}

#[test]
fn in_the_form_sha256_the_token_is_the_digest_of_the_value_and_never_the_value() {
    let asked = Asked::about("form = \"sha256\"");
    saved(&mut asked.client(), VALUE);
    assert_ann(asked.told_of(&sid(VALUE)));
    assert_unknown(asked.told_of(&sid(&stored_name(VALUE))));
    assert_unknown(asked.told_of(&sid(&session_of_ann(&mut asked.client()))));
}

#[test]
fn in_the_form_signed_the_value_has_a_signature_of_one_of_the_secrets() {
    let asked = signed();
    let escaped = SIGNATURE.replace('/', "%2F").replace('+', "%2B");
    for value in [
        format!("s%3A{VALUE}.{escaped}"),
        format!("s:{VALUE}.{SIGNATURE}"),
        format!("{VALUE}.{SIGNATURE}"),
        format!("{VALUE}.{escaped}"),
    ] {
        assert_ann(asked.told_of(&sid(&value)));
    }
    for value in [
        VALUE.to_owned(),
        format!("s:{VALUE}"),
        format!("s:{VALUE}."),
        format!("s:{VALUE}.{}", &SIGNATURE[1..]),
        format!("s:{VALUE}.{SIGNATURE}="),
        format!("s:{}.{SIGNATURE}", stored_name(VALUE)),
        stored_name(VALUE),
    ] {
        assert_unknown(asked.told_of(&sid(&value)));
    }
}

#[test]
fn new_secrets_are_read_at_sighup() {
    let folder = Folder::new();
    let file = folder.path().join("secrets");
    fs::write(&file, "new secret\nfirst secret\n").unwrap();
    let asked = Asked::about(&format!("form = \"signed\"\nsecret-file = {file:?}"));
    saved(&mut asked.client(), VALUE);
    let value = format!("s:{VALUE}.{SIGNATURE}");
    assert_ann(asked.told_of(&sid(&value)));
    fs::write(&file, "new secret\n").unwrap();
    asked.service.signal("HUP");
    asked.service.wait_until_logged("reloaded keys, certificates and apps");
    assert_unknown(asked.told_of(&sid(&value)));
}

#[test]
fn a_bearer_is_taken_only_where_the_app_says_so() {
    let asked = Asked::about("");
    let token = session_of_ann(&mut asked.client());
    let bearer = format!("Bearer {token}");
    assert_unknown(asked.ask().header("Authorization", &bearer).send());
    assert_ann(
        asked
            .ask()
            .header("Authorization", &bearer)
            .header("Cookie", sid(&token))
            .send(),
    );

    let asked = Asked::about("bearer = true");
    let token = session_of_ann(&mut asked.client());
    let bearer = format!("Bearer {token}");
    assert_ann(asked.ask().header("Authorization", &bearer).send());
    assert_ann(asked.ask().header("Authorization", format!("bearer  {token}")).send());
    assert_ann(asked.told_of(&sid(&token)));
    // A password of HTTP Basic for the site is ignored.
    assert_ann(
        asked
            .ask()
            .header("Authorization", "Basic YTpi")
            .header("Cookie", sid(&token))
            .send(),
    );
    // Another host of the domain may have set the cookie, but not the header.
    let other = asked
        .ask()
        .header("Authorization", &bearer)
        .header("Cookie", sid(&token_of('n')));
    assert_ann(other.send());
    let other = asked.ask().header("Authorization", format!("Bearer {}", token_of('n')));
    assert_unknown(other.header("Cookie", sid(&token)).send());
}

#[test]
fn a_bearer_has_the_form_of_the_cookie() {
    let asked = Asked::about("bearer = true\nform = \"sha256\"");
    saved(&mut asked.client(), VALUE);
    assert_ann(asked.ask().header("Authorization", format!("Bearer {VALUE}")).send());
    let stored = format!("Bearer {}", stored_name(VALUE));
    assert_unknown(asked.ask().header("Authorization", stored).send());
}
