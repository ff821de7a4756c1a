//! Folders of tests: removed at the end, kept where a test fails.

use std::path::Path;
use tempfile::TempDir;

/// A folder of a test's own. `Drop` removes it with everything in it, unless the test is failing.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Folder {
        let folder = tempfile::Builder::new().prefix("sessions-e2e-").tempdir();
        Folder(folder.expect("a temporary folder can be made"))
    }

    pub(crate) fn path(&self) -> &Path {
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
