//! From one version to another and back, in each way that docs/upgrade.md shows, while users work;
//! the files that `make install` and `make package` create; data that earlier versions have
//! written.
//!
//! Only one version can be built here, so the other one is a copy of it with another text in HELP.

mod back;
mod earlier;
mod failover;
mod files;
mod installed;
mod package;
mod reload;
mod settings;
mod users;
