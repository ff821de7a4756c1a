//! The token in every form of the admin page. It prevents another site, or another service on
//! another port of this host, from sending a form: neither can read the page or the cookie.
//!
//! The form token is derived from the token of the log-in: nothing needs to be stored, it survives
//! a restart, and several instances of the service agree. The log-in's token cannot be computed
//! from the form token.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sessions_model::ident::Token;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Separates these hashes from all others of a session's token, such as its stored name and its
/// sid.
const PURPOSE: &[u8] = b"sessions-http form of the admin page\0";

/// The form token of the log-in with that session token: 43 characters of base64url.
pub(super) fn form_token(session_token: &Token) -> String {
    let digest = Sha256::new_with_prefix(PURPOSE)
        .chain_update(session_token.as_bytes())
        .finalize();
    URL_SAFE_NO_PAD.encode(digest)
}

/// Whether a form came from a page of this log-in.
pub(super) fn is_of_this_log_in(given: &str, session_token: &Token) -> bool {
    given.as_bytes().ct_eq(form_token(session_token).as_bytes()).into()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test ends by panicking")]
mod tests {
    use super::*;

    fn token(letter: u8) -> Token {
        Token::parse(&[letter; 64]).unwrap()
    }

    #[test]
    fn a_form_token_belongs_to_one_log_in() {
        let (mine, other) = (token(b'a'), token(b'b'));
        let form = form_token(&mine);
        assert_eq!(form.len(), 43);
        assert!(is_of_this_log_in(&form, &mine));
        assert!(!is_of_this_log_in(&form, &other));
        for wrong in ["", " ", &form[1..], &format!("{form}A"), &"a".repeat(64)] {
            assert!(!is_of_this_log_in(wrong, &mine), "{wrong}");
        }
    }

    #[test]
    fn a_form_token_is_not_a_part_of_the_stored_name() {
        let stored = "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb";
        let bytes = URL_SAFE_NO_PAD.decode(form_token(&token(b'a'))).unwrap();
        let digits = crate::digest::hexadecimal(&bytes);
        assert_ne!(digits, stored);
    }
}
