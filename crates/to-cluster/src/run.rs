//! A run: the order of the work, and the notes that it writes.
//!
//! For each app, a run notes on the cluster when it began, by the source's clock. A session that
//! was last used before the last run began was copied by that run unchanged: if the cluster does
//! not have it, the session has ended there. Each copy also has a mark that shows whether it has
//! been used since.

use std::process::ExitCode;
use std::time::Instant;

use crate::copying;
use crate::failure::Failure;
use crate::mirror;
use crate::options::Options;
use crate::report::Report;
use crate::source::Source;
use crate::writer::Writer;

/// The difference between clocks, in seconds, above which the report mentions it.
const CLOCKS_DIFFER: i64 = 5;

pub(crate) fn run(options: &Options) -> Result<ExitCode, Failure> {
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
        return Err(Failure::new(format!(
            "FROM: database {} has no sessions in the namespace {}",
            options.database, options.namespace
        )));
    }
    let mut done = Vec::new();
    for app in apps {
        done.push(copying::copy(&mut source, &mut writer, app, &mut report)?);
    }
    if options.mirror {
        mirror::remove(&mut source, &mut writer, &done, options, &mut report)?;
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
