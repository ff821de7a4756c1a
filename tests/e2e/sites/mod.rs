//! The example sites, driven over HTTP and by Chromium, and the recipes of docs/migration.md with
//! the real packages that a site moves away from.
//!
//! `scripts/clients.sh` installs what they need; a test without it is skipped.

mod browser;
mod chromium;
mod connect_redis_sessions;
mod documented;
mod forms;
mod going_back;
mod login;
mod moving;
mod site;

use browser::{Answer, Browser};
use site::{LANGUAGES, Site};
