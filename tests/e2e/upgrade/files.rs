//! A folder for module files: the module under test, and another version that tests can tell apart
//! from it.

use crate::harness::{self, Client, module_path};
use std::fs;
use std::path::{Path, PathBuf};

/// The summary of EXISTS in the HELP of the module under test, and of the other version.
const SUMMARIES: [&str; 2] = ["Checks whether a session exists", "TELLS WHETHER A SESSION LIVES"];

pub(super) struct Folder(harness::Folder);

impl Folder {
    pub(super) fn new() -> Folder {
        Folder(harness::Folder::new())
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    /// A copy of the module under test.
    pub(super) fn module(&self, name: &str) -> PathBuf {
        self.write(name, &fs::read(module_path()).expect("the module can be read"))
    }

    /// A copy that `is_other` recognizes.
    pub(super) fn other_module(&self, name: &str) -> PathBuf {
        let mut bytes = fs::read(module_path()).expect("the module can be read");
        let [ours, theirs] = SUMMARIES.map(str::as_bytes);
        let places: Vec<usize> = (0..bytes.len() - ours.len())
            .filter(|&place| bytes[place..].starts_with(ours))
            .collect();
        assert!(!places.is_empty(), "the module says {:?}", SUMMARIES[0]);
        for place in places {
            bytes[place..place + theirs.len()].copy_from_slice(theirs);
        }
        self.write(name, &bytes)
    }

    /// Writes the file as `make install` does: never into a file that a server may have loaded.
    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let (new, path) = (self.path().join(format!("{name}.new")), self.path().join(name));
        fs::write(&new, bytes).expect("the module can be copied");
        fs::set_permissions(&new, fs::Permissions::from_mode(0o755)).expect("and made executable");
        fs::rename(&new, &path).expect("and named");
        path
    }
}

/// Whether the server has the other version loaded.
#[track_caller]
pub(super) fn is_other(client: &mut Client) -> bool {
    let help = client.line("SESSIONS.HELP").texts().join("\n");
    assert!(SUMMARIES.iter().any(|text| help.contains(text)), "{help}");
    help.contains(SUMMARIES[1])
}

pub(super) fn loads(module: &Path) -> String {
    format!("loadmodule {}", module.display())
}
