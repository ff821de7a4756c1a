//! From one version to another and back, each way that docs/upgrade.md shows, with users at work;
//! the files that `make install` and `make package` make; data that earlier versions have written.
//!
//! There is one version to build here, so the other one is a copy of it with another text in HELP.

mod back;
mod earlier;
mod failover;
mod files;
mod installed;
mod package;
mod reload;
mod settings;
mod users;
