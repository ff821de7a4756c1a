//! A run: what is copied, in which order, and what is noted of it.
//!
//! A run notes on the cluster, by app, when it began, by the source's clock. A session that was last
//! used before the last run began was copied then as it is now: if the cluster does not have it, it
//! has ended there. And each copy has a field that tells whether it has been used since.

use std::collections::HashSet;
use std::io::{IsTerminal, Write, stderr};
use std::process::ExitCode;
use std::time::Instant;

use crate::mirror;
use crate::options::Options;
use crate::report::Report;
use crate::session::Seconds;
use crate::session::ident::App;
use crate::source::{Entry, Source};
use crate::store::keys::parse_session_member;
use crate::trouble::Trouble;
use crate::writer::{Put, Writer};

/// Clocks that differ by more than this are worth a word.
const CLOCKS_DIFFER: i64 = 5;

/// An app in this run.
pub(crate) struct Copied {
    pub(crate) app: String,
    began: Seconds,
    /// Live sessions that the source has and that can be copied.
    pub(crate) live: usize,
}

impl Copied {
    pub(crate) fn app(&self) -> Result<App<'_>, Trouble> {
        App::parse(self.app.as_bytes()).map_err(|error| Trouble::new(error.to_string()))
    }
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, Trouble> {
    let started = Instant::now();
    let mut source = Source::open(options)?;
    let mut writer = Writer::open(options)?;
    let mut report = Report::new(options);
    let (here, there) = (source.now()?, writer.cluster.now()?);
    if here.abs_diff(there) > CLOCKS_DIFFER.unsigned_abs() {
        report.notice(format!(
            "The clocks differ: the cluster's is {} s {}. Sessions time out by the clock of the server that has them.",
            here.abs_diff(there),
            if there > here { "ahead" } else { "behind" }
        ));
    }
    let apps: Vec<String> = if options.apps.is_empty() {
        source.apps()?.into_iter().collect()
    } else {
        options.apps.clone()
    };
    if apps.is_empty() {
        return Err(Trouble::new(format!(
            "FROM: database {} has no sessions in the namespace {}",
            options.database, options.namespace
        )));
    }
    let mut done = Vec::new();
    for app in apps {
        done.push(copy(&mut source, &mut writer, app, &mut report)?);
    }
    if options.mirror {
        mirror::run(&mut source, &mut writer, &done, options, &mut report)?;
    }
    if !options.dry_run && report.blocked == 0 {
        for copied in &done {
            writer.set_last_run(copied.app()?, copied.began)?;
        }
    }
    let apps: Vec<&str> = done.iter().map(|copied| copied.app.as_str()).collect();
    print!("{}", report.text(options, &apps, started.elapsed()));
    Ok(if report.is_complete() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn copy(
    source: &mut Source<'_>,
    writer: &mut Writer<'_>,
    name: String,
    report: &mut Report,
) -> Result<Copied, Trouble> {
    let app = App::parse(name.as_bytes()).map_err(|error| Trouble::new(error.to_string()))?;
    let last_run = writer.last_run(app)?;
    let began = source.now()?;
    let progress = Progress::new(source.count(app)?);
    let mut seen = HashSet::new();
    let mut broken_seen = HashSet::new();
    let mut live = 0;
    let mut cursor = Some(b"0".to_vec());
    while let Some(at) = cursor {
        let portion = source.entries(app, &at)?;
        cursor = portion.next;
        let mut members = portion.members;
        members.retain(|member| match parse_session_member(member) {
            Some((token, _)) => seen.insert(token),
            None => broken_seen.insert(member.clone()),
        });
        let mut sessions = Vec::with_capacity(members.len());
        for entry in source.read(app, &members)? {
            match entry {
                Entry::Live(session) => sessions.push(session),
                Entry::NotAffine => report.not_affine += 1,
                Entry::TimedOut => report.timed_out += 1,
                Entry::Gone => report.ended_meanwhile += 1,
                Entry::Broken => report.broken += 1,
            }
        }
        live += sessions.len();
        for put in writer.put(app, &sessions, last_run)? {
            *match put {
                Put::Copied => &mut report.copied,
                Put::Updated => &mut report.updated,
                Put::Unchanged => &mut report.unchanged,
                Put::Kept => &mut report.kept,
                Put::Gone => &mut report.gone,
                Put::Blocked => &mut report.blocked,
            } += 1;
        }
        progress.show(&name, seen.len());
    }
    report.seen += (seen.len() + broken_seen.len()) as u64;
    Ok(Copied { began, live, app: name })
}

/// How far it has got, on a terminal only.
struct Progress {
    of: u64,
    shown: bool,
}

impl Progress {
    fn new(of: u64) -> Self {
        Self {
            of,
            shown: stderr().is_terminal(),
        }
    }

    fn show(&self, app: &str, seen: usize) {
        if self.shown {
            let mut to = stderr().lock();
            // A terminal that is gone is no reason to stop.
            let _ = write!(to, "\r{app}: {seen} of {}\x1b[K", self.of).and_then(|()| to.flush());
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
