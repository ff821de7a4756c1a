//! Keys of the service: what a client sends, and the lines of the configuration.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use sha2::{Digest, Sha256};

#[derive(Clone, Debug)]
pub struct Key {
    pub name: String,
    /// What a client sends.
    pub text: String,
    apps: Vec<String>,
    rights: Vec<String>,
}

impl Key {
    /// A new key; `*` is every app.
    pub fn new(name: &str, apps: &[&str], rights: &[&str]) -> Key {
        let bytes: [u8; 32] = std::array::from_fn(|_| fastrand::u8(..));
        let owned = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        Key {
            name: name.into(),
            text: format!("shk_{}", URL_SAFE_NO_PAD.encode(bytes)),
            apps: owned(apps),
            rights: owned(rights),
        }
    }

    /// The SHA-256 of the text, in hex.
    pub fn sha256(&self) -> String {
        let hash = Sha256::digest(&self.text);
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The key's table in the configuration.
    pub fn table(&self) -> String {
        // TOML reads the strings and lists of JSON.
        format!(
            "[[keys]]\nname = {}\nsha256 = \"{}\"\napps = {}\nrights = {}\n",
            json!(self.name),
            self.sha256(),
            json!(self.apps),
            json!(self.rights)
        )
    }
}

impl AsRef<str> for Key {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

#[test]
fn a_key_has_32_random_bytes_in_base64url() {
    let [one, other] = ["a", "a"].map(|name| Key::new(name, &["*"], &["read"]));
    assert_ne!(one.text, other.text);
    assert_eq!((one.text.len(), &one.text[..4]), (47, "shk_"));
    assert_eq!(URL_SAFE_NO_PAD.decode(&one.text[4..]).map(|bytes| bytes.len()), Ok(32));
}
