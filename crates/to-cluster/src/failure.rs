//! The reason why a run ends early, as text for the user: never with a token, an id, data or a
//! password.

use std::fmt;

use sessions_model::ident::TOKEN_LENGTH;

#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// An error that a server has returned.
    pub(crate) fn answered(who: impl fmt::Display, error: &str) -> Self {
        Self(format!("{who} returned an error: {}", without_secrets(error)))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Servers repeat arguments in some errors, always after these words. Text that looks like a token
/// is also removed.
pub(crate) fn without_secrets(error: &str) -> String {
    let (text, _) = error.split_once(", with args").unwrap_or((error, ""));
    let mut kept = String::with_capacity(text.len());
    for word in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        if word.len() >= TOKEN_LENGTH {
            kept.push('…');
        } else {
            kept.extend(word.chars().filter(|c| !c.is_control()));
        }
    }
    kept
}
