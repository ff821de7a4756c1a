//! Removes the sessions from the cluster that the source no longer has.
//!
//! This is only right while the site still uses the source. So the tool first checks the whole
//! cluster, and removes nothing if anything shows that the cluster has been used. A second pass
//! finds the sessions to remove again, because a list of them could grow with the number of
//! sessions.

use crate::copying::Copied;
use crate::failure::Failure;
use crate::options::Options;
use crate::report::Report;
use crate::source::Source;
use crate::writer::{Listed, Pass, Removal, Writer};
use sessions_model::ident::App;
use sessions_model::keys::parse_session_member;

/// How many slots are checked together, with up to some hundred entries of each.
const SLOTS_AT_ONCE: usize = 128;

pub(crate) fn remove(
    source: &mut Source<'_>,
    writer: &mut Writer<'_>,
    apps: &[Copied],
    options: &Options,
    report: &mut Report,
) -> Result<(), Failure> {
    let mut superfluous = Vec::with_capacity(apps.len());
    let mut emptied = None;
    for copied in apps {
        let found = go_over(source, writer, copied.app()?, Pass::Look)?;
        report.made += found.kept;
        if !copied.has_live && found.total() > 0 {
            emptied = Some(copied.app.as_str());
        }
        superfluous.push(found.total());
    }
    if !options.force {
        if report.cluster_was_used() {
            report.refuse(format!(
                "Nothing was removed: the cluster has been used. Of the sessions that the source has, {} were used and \
                 {} ended on the cluster, and the cluster has {} others that were made or used there. If the site works \
                 with the cluster by now, there is nothing left to copy. If that was a trial, --force makes everything \
                 as at the source.",
                report.kept, report.gone, report.made
            ));
            return Ok(());
        }
        if let Some(app) = emptied {
            report.refuse(format!(
                "Nothing was removed: the source has no live sessions of the app {app}, and the cluster has some. If that \
                 is right, use --force."
            ));
            return Ok(());
        }
    }
    for (copied, count) in apps.iter().zip(superfluous) {
        if count > 0 {
            let found = go_over(source, writer, copied.app()?, Pass::Remove)?;
            report.removed += found.removed;
            report.not_removed += found.kept + found.blocked;
        }
    }
    Ok(())
}

/// The results for the sessions that the cluster has and the source does not have.
#[derive(Default)]
struct Found {
    removed: u64,
    kept: u64,
    blocked: u64,
}

impl Found {
    const fn total(&self) -> u64 {
        self.removed + self.kept + self.blocked
    }
}

/// Reads an app's entries in all slots, in portions.
fn go_over(source: &mut Source<'_>, writer: &mut Writer<'_>, app: App<'_>, pass: Pass) -> Result<Found, Failure> {
    let mut found = Found::default();
    let mut places: Vec<_> = Writer::everywhere().collect();
    while !places.is_empty() {
        let rest = places.split_off(places.len().min(SLOTS_AT_ONCE));
        let portions = writer.entries(app, &places)?;
        let mut next: Vec<_> = Vec::new();
        let mut listed = Vec::new();
        for ((slot, _), portion) in places.into_iter().zip(portions) {
            next.extend(portion.next.map(|cursor| (slot, cursor)));
            let members = portion.members.iter().filter_map(|member| parse_session_member(member));
            listed.extend(members.map(|(name, id)| Listed {
                slot,
                name,
                id: id.to_vec(),
            }));
        }
        next.extend(rest);
        places = next;
        let missing = source.missing(app, &listed)?;
        let superfluous = listed.into_iter().zip(missing).filter(|(_, missing)| *missing);
        let superfluous: Vec<_> = superfluous.map(|(listed, _)| listed).collect();
        for removal in writer.remove(app, &superfluous, pass)? {
            match removal {
                Removal::Removed => found.removed += 1,
                Removal::Kept => found.kept += 1,
                Removal::Blocked => found.blocked += 1,
                Removal::Gone => {}
            }
        }
    }
    Ok(found)
}
