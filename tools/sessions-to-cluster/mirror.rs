//! Removing from the cluster what the source no longer has.
//!
//! That is right only while the site still works with the source. So nothing is removed if anything
//! shows that the cluster has been used.

use crate::copying::Copied;
use crate::options::Options;
use crate::report::Report;
use crate::session::ident::App;
use crate::source::Source;
use crate::store::keys::parse_session_member;
use crate::trouble::Trouble;
use crate::writer::{There, Writer};

/// Slots that are looked at together.
const SLOTS_AT_ONCE: usize = 512;

pub(crate) fn run(
    source: &mut Source<'_>,
    writer: &mut Writer<'_>,
    apps: &[Copied],
    options: &Options,
    report: &mut Report,
) -> Result<(), Trouble> {
    let mut superfluous = Vec::with_capacity(apps.len());
    let mut emptied = None;
    for copied in apps {
        let found = not_at_the_source(source, writer, copied.app()?)?;
        report.made += found.iter().filter(|there| !there.untouched).count() as u64;
        if copied.live == 0 && !found.is_empty() {
            emptied = Some(copied.app.as_str());
        }
        superfluous.push(found);
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
    for (copied, found) in apps.iter().zip(&superfluous) {
        for some in found.chunks(SLOTS_AT_ONCE) {
            let removed = writer.remove(copied.app()?, some)?;
            report.removed += removed.iter().filter(|&&removed| removed).count() as u64;
            report.used_meanwhile += removed.iter().filter(|&&removed| !removed).count() as u64;
        }
    }
    Ok(())
}

/// The sessions of an app that the cluster has and the source has not.
fn not_at_the_source(source: &mut Source<'_>, writer: &mut Writer<'_>, app: App<'_>) -> Result<Vec<There>, Trouble> {
    let mut found = Vec::new();
    let mut places: Vec<_> = Writer::everywhere().collect();
    while !places.is_empty() {
        let rest = places.split_off(places.len().min(SLOTS_AT_ONCE));
        let portions = writer.entries(app, &places)?;
        let mut next: Vec<_> = Vec::new();
        let mut named = Vec::new();
        for ((slot, _), portion) in places.into_iter().zip(portions) {
            next.extend(portion.next.map(|cursor| (slot, cursor)));
            let members = portion.members.iter().filter_map(|member| parse_session_member(member));
            named.extend(members.map(|(token, id)| (token, id.to_vec())));
        }
        next.extend(rest);
        places = next;
        let tokens: Vec<_> = named.iter().map(|(token, _)| *token).collect();
        let missing = source.missing(app, &tokens)?;
        let superfluous = named.into_iter().zip(missing).filter(|(_, missing)| *missing);
        let superfluous = superfluous.map(|(name, _)| name).collect();
        found.extend(writer.read(app, superfluous)?.into_iter().flatten());
    }
    Ok(found)
}
