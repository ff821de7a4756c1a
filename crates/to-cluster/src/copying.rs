//! Copies the sessions of one app.
//!
//! Nothing is kept in memory about a session once it is written, so memory does not grow with the
//! number of sessions. ZSCAN may return an entry twice while the source's index shrinks: then the
//! session is compared again, which changes nothing, and counted again.

use std::io::{IsTerminal, Write, stderr};

use crate::failure::Failure;
use crate::report::Report;
use crate::source::{BYTES_AT_ONCE, Entry, Source};
use crate::writer::{Put, Writer};
use sessions_model::ident::App;
use sessions_model::session::Seconds;

/// An app in this run.
pub(crate) struct Copied {
    pub(crate) app: String,
    /// When copying the app began, by the source's clock.
    pub(crate) began: Seconds,
    /// Whether the source has any live session that can be copied.
    pub(crate) has_live: bool,
}

impl Copied {
    pub(crate) fn app(&self) -> Result<App<'_>, Failure> {
        App::parse(self.app.as_bytes()).map_err(|error| Failure::new(error.to_string()))
    }
}

pub(crate) fn copy(
    source: &mut Source<'_>,
    writer: &mut Writer<'_>,
    name: String,
    report: &mut Report,
) -> Result<Copied, Failure> {
    let app = App::parse(name.as_bytes()).map_err(|error| Failure::new(error.to_string()))?;
    let last_run = writer.last_run(app)?;
    let began = source.now()?;
    let mut progress = Progress::new(source.count(app)?);
    let mut has_live = false;
    let mut cursor = Some(b"0".to_vec());
    while let Some(at) = cursor {
        let portion = source.entries(app, &at)?;
        cursor = portion.next;
        let mut members = portion.members;
        let mut sessions = Vec::with_capacity(members.len());
        let mut bytes = 0;
        while !members.is_empty() {
            let rest = members.split_off(members.len().min(source.at_once()));
            for entry in source.read(app, &members)? {
                match entry {
                    Entry::Live(session) => {
                        bytes += session.bytes();
                        sessions.push(session);
                    }
                    Entry::NotAffine => report.not_affine += 1,
                    Entry::TimedOut => report.timed_out += 1,
                    Entry::Gone => report.ended_meanwhile += 1,
                    Entry::Broken => report.broken += 1,
                }
            }
            report.seen += members.len() as u64;
            progress.advance(&name, members.len());
            members = rest;
            // Sessions that are written together also wait together for a slot that is being moved,
            // so as many as fit are written together.
            if members.is_empty() || bytes >= BYTES_AT_ONCE {
                has_live |= !sessions.is_empty();
                count(&writer.put(app, &mut sessions, last_run)?, report);
                sessions.clear();
                bytes = 0;
            }
        }
    }
    Ok(Copied {
        began,
        has_live,
        app: name,
    })
}

fn count(puts: &[Put], report: &mut Report) {
    for put in puts {
        *match put {
            Put::Copied => &mut report.copied,
            Put::Updated => &mut report.updated,
            Put::Unchanged => &mut report.unchanged,
            Put::Kept => &mut report.kept,
            Put::Gone => &mut report.gone,
            Put::Blocked => &mut report.blocked,
        } += 1;
    }
}

/// The progress, which is only shown on a terminal.
struct Progress {
    of: u64,
    done: usize,
    shown: bool,
}

impl Progress {
    fn new(of: u64) -> Self {
        Self {
            of,
            done: 0,
            shown: stderr().is_terminal(),
        }
    }

    fn advance(&mut self, app: &str, by: usize) {
        self.done += by;
        if self.shown {
            let mut to = stderr().lock();
            // The run continues if the terminal is gone.
            let _ = write!(to, "\r{app}: {} of {}\x1b[K", self.done, self.of).and_then(|()| to.flush());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            let _ = write!(stderr().lock(), "\r\x1b[K");
        }
    }
}
