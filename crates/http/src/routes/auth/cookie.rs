//! The token in a visitor's cookies: which cookie is the session's, and how its value leads to a
//! token.
//!
//! A browser or a neighbouring host may send any cookie, so this file works on bytes. A cookie that
//! cannot be understood names no session; it is never an error.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::percent_decode;
use sessions_model::ident::Token;
use sha2::Sha256;

/// How the value of an app's cookie leads to the token.
#[derive(Clone, Debug)]
pub enum Form {
    /// The value is the token.
    Token,
    /// The token is the SHA-256 of the value.
    Sha256,
    /// The token is the SHA-256 of a value that is signed, as express-session and @fastify/session
    /// do.
    Signed(Secrets),
}

impl Form {
    /// The token that a cookie's value leads to.
    pub fn token(&self, value: &[u8]) -> Option<Token> {
        match self {
            Self::Token => Token::parse(value),
            Self::Sha256 => Some(Token::digest_of(value)),
            Self::Signed(secrets) => secrets.signed(value).map(|signed| Token::digest_of(&signed)),
        }
    }
}

/// The secrets with which a site's frameworks sign cookies: one, or several during a change.
#[derive(Clone)]
pub struct Secrets(Vec<Vec<u8>>);

impl Secrets {
    /// Reads a file that has a secret per line. `None`: the file has none.
    pub fn parse(file: &[u8]) -> Option<Self> {
        let lines = file.split(|&byte| byte == b'\n');
        let lines = lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let secrets: Vec<_> = lines.filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect();
        (!secrets.is_empty()).then_some(Self(secrets))
    }

    /// The part of a cookie's value before the last dot, if one of the secrets has signed it.
    fn signed(&self, value: &[u8]) -> Option<Vec<u8>> {
        let decoded: Vec<u8> = percent_decode(value).collect();
        let unmarked = decoded.strip_prefix(b"s:").unwrap_or(&decoded);
        let dot = unmarked.iter().rposition(|&byte| byte == b'.')?;
        let (signed, signature) = (unmarked.get(..dot)?, unmarked.get(dot + 1..)?);
        let signature = STANDARD_NO_PAD.decode(signature).ok()?;
        let matches = |secret: &Vec<u8>| is_signature(&signature, signed, secret);
        self.0.iter().any(matches).then(|| signed.to_vec())
    }
}

/// The time of the comparison does not depend on how much of a forged signature is right.
fn is_signature(signature: &[u8], signed: &[u8], secret: &[u8]) -> bool {
    Hmac::<Sha256>::new_from_slice(secret).is_ok_and(|mut mac| {
        mac.update(signed);
        mac.verify_slice(signature).is_ok()
    })
}

/// Secrets must not get into a log by way of `{:?}`.
impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} secrets", self.0.len())
    }
}

/// The value of the cookie `name` in the `Cookie` headers of a request.
///
/// `None` if the cookie is missing, empty or present with different values: a neighbouring
/// sub-domain can set a cookie of this name, and the request does not show which host has set which
/// cookie.
pub(in crate::routes) fn named<'h>(headers: impl IntoIterator<Item = &'h [u8]>, name: &str) -> Option<&'h [u8]> {
    let mut found: Option<&[u8]> = None;
    for pair in headers
        .into_iter()
        .flat_map(|header| header.split(|&byte| byte == b';'))
    {
        let mut halves = pair.splitn(2, |&byte| byte == b'=');
        let (Some(key), Some(value)) = (halves.next(), halves.next()) else {
            continue;
        };
        if key.trim_ascii() != name.as_bytes() {
            continue;
        }
        let value = unquoted(value.trim_ascii());
        if found.is_some_and(|found| found != value) {
            return None;
        }
        found = Some(value);
    }
    found.filter(|value| !value.is_empty())
}

fn unquoted(value: &[u8]) -> &[u8] {
    let inner = value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
    inner.unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with Node.js: `cookie-signature`'s `sign("AbC-_74", "first secret")`.
    const SIGNED_BY_FIRST: &str = "AbC-_74.I/GByb2CUzvt2GntDeAczU/OxRFtS8eOLimduXNDN+U";
    const SIGNED_BY_SECOND: &str = "AbC-_74.RTmb5Mpr+F2fdme9GYY9XIKZ2KQ8LiCUJC/Bbp+EF7o";

    fn value<'h>(headers: &[&'h str]) -> Option<&'h str> {
        let headers = headers.iter().map(|header| header.as_bytes());
        named(headers, "sid").map(|value| std::str::from_utf8(value).unwrap())
    }

    fn signed() -> Form {
        Form::Signed(Secrets::parse(b"first secret\nsecond secret\n").unwrap())
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name_in_any_of_the_headers() {
        let found: &[&[&str]] = &[
            &["sid=x"],
            &["a=1; sid=x"],
            &["a=1;sid=x;b=2"],
            &["a=1", "sid=x"],
            &["a=1; b", "  sid = x ; c=3"],
            &["sid=\"x\""],
            &["=sid=y; sid=x"],
            &["SID=y; xsid=y; sid2=y; a=sid=y; sid=x"],
        ];
        for headers in found {
            assert_eq!(value(headers), Some("x"), "{headers:?}");
        }
        let missing: &[&[&str]] = &[
            &[],
            &[""],
            &["sid"],
            &["sid="],
            &["sid=\"\""],
            &["a=1; Sid=x"],
            &["a=sid=x"],
        ];
        for headers in missing {
            assert_eq!(value(headers), None, "{headers:?}");
        }
    }

    #[test]
    fn a_value_must_match_as_a_whole() {
        for (header, expected) in [
            ("sid=a=b==", "a=b=="),
            ("sid=\"", "\""),
            ("sid=\"x", "\"x"),
            ("sid=x,y", "x,y"),
            ("sid=a b", "a b"),
        ] {
            assert_eq!(value(&[header]), Some(expected), "{header:?}");
        }
        assert_eq!(named([&b"sid=\xff\x80"[..]], "sid"), Some(&b"\xff\x80"[..]));
    }

    #[test]
    fn a_name_twice_is_a_session_only_if_both_values_are_the_same() {
        for headers in [&["sid=x; sid=x"][..], &["sid=x", "sid=x"], &["sid=x; a=1; sid=\"x\""]] {
            assert_eq!(value(headers), Some("x"), "{headers:?}");
        }
        let different: &[&[&str]] = &[
            &["sid=x; sid=y"],
            &["sid=x", "sid=y"],
            &["sid=x; sid=y; sid=x"],
            &["sid=x; sid="],
            &["sid=; sid=x"],
            &["sid=x; sid =y"],
        ];
        for headers in different {
            assert_eq!(value(headers), None, "{headers:?}");
        }
    }

    #[test]
    fn the_form_token_takes_64_alphanumerics_and_nothing_else() {
        let token = "aB3".repeat(21) + "z";
        assert_eq!(
            Form::Token.token(token.as_bytes()).unwrap().as_bytes(),
            token.as_bytes()
        );
        for value in [&token[1..], &format!("{token}a"), &token.replace('B', "-"), ""] {
            assert!(Form::Token.token(value.as_bytes()).is_none(), "{value:?}");
        }
    }

    #[test]
    fn the_form_sha256_takes_the_digest_of_any_value() {
        // printf 'AbC-_74' | sha256sum
        let expected = b"759be9068cdd84d169c0053f016071d4b7d8c911461f6e55d827851f85736d04";
        assert_eq!(Form::Sha256.token(b"AbC-_74").unwrap().as_bytes(), expected);
        // A token in the cookie is hashed like any other value, so a stored name opens no session.
        assert_ne!(Form::Sha256.token(expected).unwrap().as_bytes(), expected);
        assert!(Form::Sha256.token(b"\xff\0").is_some());
    }

    #[test]
    fn the_form_signed_takes_what_one_of_the_secrets_has_signed() {
        let expected = Form::Sha256.token(b"AbC-_74");
        for text in [SIGNED_BY_FIRST, SIGNED_BY_SECOND] {
            let escaped = text.replace('+', "%2B").replace('/', "%2f");
            for value in [
                text.to_owned(),
                format!("s:{text}"),
                format!("s%3A{escaped}"),
                format!("s%3a{escaped}"),
                escaped,
            ] {
                assert_eq!(signed().token(value.as_bytes()), expected, "{value:?}");
            }
        }
    }

    #[test]
    fn a_value_with_another_signature_is_refused() {
        let (start, signature) = SIGNED_BY_FIRST.rsplit_once('.').unwrap();
        let other = Secrets::parse(b"another secret").unwrap();
        assert!(Form::Signed(other).token(SIGNED_BY_FIRST.as_bytes()).is_none());
        for value in [
            "",
            ".",
            "s:",
            "s:.",
            start,
            &format!("{start}."),
            &format!("{start}.{signature}="),
            &format!("{start}.{}", &signature[1..]),
            &format!("{start}.{signature}A"),
            &format!("{start}2.{signature}"),
            &format!("{start}. {signature}"),
            &format!("s:s:{SIGNED_BY_FIRST}"),
            &format!(".{signature}"),
            // Values that `sha256` would accept.
            "AbC-_74",
        ] {
            assert!(signed().token(value.as_bytes()).is_none(), "{value:?}");
        }
        assert!(signed().token(b"\xff%.\xfe%zz").is_none());
    }

    #[test]
    fn a_secret_is_a_line_and_is_not_printed() {
        for (file, count) in [("one", 1), ("one\n", 1), ("one\r\n\r\n two \n", 2)] {
            let secrets = Secrets::parse(file.as_bytes()).unwrap();
            assert_eq!(format!("{secrets:?}"), format!("{count} secrets"), "{file:?}");
        }
        assert_eq!(
            Secrets::parse(b"one\r\n two \n").unwrap().0,
            [b"one".to_vec(), b" two ".to_vec()]
        );
        for file in ["", "\n", "\r\n\n"] {
            assert!(Secrets::parse(file.as_bytes()).is_none(), "{file:?}");
        }
    }
}
