//! Puts the commit into the module, and generates bindings from the module's own header of the
//! server's API.

use std::process::Command;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=SESSIONS_COMMIT");
    println!("cargo::rustc-env=SESSIONS_COMMIT={}", commit());
    #[cfg(feature = "server")]
    translate_header()?;
    Ok(())
}

#[cfg(feature = "server")]
fn translate_header() -> io::Result<()> {
    use std::path::Path;

    use bindgen::MacroTypeVariation;

    const HEADER: &str = "src/server/beyond.h";

    println!("cargo::rerun-if-changed={HEADER}");
    let constants = bindgen::Builder::default()
        .header(HEADER)
        .default_macro_constant_type(MacroTypeVariation::Signed)
        .generate()
        .map_err(io::Error::other)?;
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    constants.write_to_file(Path::new(&out).join("beyond.rs"))
}

/// The abbreviated commit: from the environment, for a build in a container, otherwise from this
/// checkout; `unknown` without `.git`.
fn commit() -> String {
    if let Ok(commit) = env::var("SESSIONS_COMMIT") {
        return commit.chars().take(12).collect();
    }
    let git = |args: &[&str]| {
        let output = Command::new("git").args(args).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    };
    // A source archive may be unpacked inside another repository, whose commit is not the module's.
    let here = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let top = git(&["rev-parse", "--show-toplevel"]).unwrap_or_default();
    if fs::canonicalize(&top).ok() != fs::canonicalize(&here).ok() {
        return "unknown".to_owned();
    }
    for path in ["HEAD", "logs/HEAD"] {
        if let Some(file) = git(&["rev-parse", "--git-path", path]) {
            println!("cargo::rerun-if-changed={file}");
        }
    }
    git(&["rev-parse", "--short=12", "HEAD"]).unwrap_or_else(|| "unknown".to_owned())
}
