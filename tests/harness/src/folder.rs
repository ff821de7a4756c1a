//! Folders of tests: removed at the end, kept if a test fails.

use std::path::Path;
use tempfile::TempDir;

/// A folder for one test. `Drop` removes it with everything in it, unless the test is failing.
pub struct Folder(TempDir);

impl Folder {
    #[expect(clippy::new_without_default, reason = "it makes a folder on disk")]
    pub fn new() -> Folder {
        let folder = tempfile::Builder::new().prefix("sessions-e2e-").tempdir();
        Folder(folder.expect("a temporary folder can be made"))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.disable_cleanup(true);
            eprintln!("kept: {}", self.path().display());
        }
    }
}
